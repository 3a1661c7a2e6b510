"""Timing a stranger's backend in a process of its own: its crash, hang or output is none of ours.

``python -m draftproof.conformance.timing.strangers FILE MODULE [OPERATION ...]`` is that process.
"""

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path

from draftproof.conformance.diagnostic import DiagnosticError
from draftproof.conformance.reporting.records import BenchRow
from draftproof.conformance.reporting.report import replace_infinite
from draftproof.conformance.running.messages import clean

LONGEST = 900.0
"""Seconds that all timings of one backend may take."""

MOST, LAST_WORDS = 2**20, 2**12
"""Bytes of its rows, and of what it printed last, that are read."""


def time_stranger(module: str, operations: Sequence[str], seconds: float = LONGEST) -> Iterator[BenchRow]:
    """Yield a backend's timings, made in a child; DiagnosticError if the child ends otherwise."""
    with tempfile.TemporaryDirectory(prefix="draftproof-") as folder:
        rows, log = Path(folder) / "rows.json", Path(folder) / "output.log"
        command = [sys.executable, "-m", __name__, str(rows), module, *operations]
        with log.open("wb") as output:
            child = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True
            )
            try:
                code = child.wait(seconds)
            except subprocess.TimeoutExpired:
                code = None
            finally:
                with suppress(ProcessLookupError):
                    os.killpg(child.pid, signal.SIGKILL)
                child.wait()
        if code != 0:
            how = f"did not end within {seconds:.0f} s" if code is None else f"ended with {code}"
            words = _last_words(log) or "it said nothing"
            raise DiagnosticError("bench-stranger", f"cannot time {module}: its process {how}", [words])
        yield from _read(module, rows)


def _last_words(log: Path) -> str:
    with log.open("rb") as file:
        file.seek(max(0, log.stat().st_size - LAST_WORDS))
        lines = file.read(LAST_WORDS).decode("utf-8", "replace").splitlines()
    return clean(" | ".join(lines[-3:]))


def _read(module: str, path: Path) -> list[BenchRow]:
    """Read the rows; DiagnosticError if they are none."""
    try:
        with path.open("rb") as file:
            return [BenchRow(**row) for row in json.loads(file.read(MOST))]
    except (OSError, TypeError, ValueError, RecursionError) as error:
        raise DiagnosticError(
            "bench-stranger", f"cannot time {module}: what came from its process are no timings"
        ) from error


def main() -> None:
    """Time the module that the arguments name; write its rows as JSON, or say why not and exit with 2."""
    from draftproof.conformance.timing.bench import prepare_here

    path, module, *operations = sys.argv[1:]
    try:
        rows = [asdict(row) for row in prepare_here([module], operations)()]
    except DiagnosticError as error:
        print(error, file=sys.stderr)
        raise SystemExit(2) from error
    Path(path).write_text(json.dumps(replace_infinite(rows)), encoding="utf-8")


if __name__ == "__main__":
    main()
