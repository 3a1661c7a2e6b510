"""What is compiled: kernels to machine code that is looked at, libraries on first use.

A finished library lies in the user's cache folder, under a digest of everything it depends on. Of several
processes that want the same one, one compiles it and the others wait; it gets to its place by an atomic
rename, so that even where files cannot be locked they do not disturb each other.
"""

import errno
import hashlib
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

INCLUDED = re.compile(r'^[ \t]*#[ \t]*include[ \t]+"([^"]+)"', re.MULTILINE)


class BuildError(RuntimeError):
    """A compiler is missing or refused a source; the message carries what it said."""


class Compilation(NamedTuple):
    """One call of a compiler that is still to be made, and all that its result follows from."""

    name: str
    language: str
    """Of ``texts``: "python" or "c++"."""
    texts: tuple[str, ...]
    """The sources: every function that is compiled, or the file and what it includes."""
    settings: tuple[str, ...]
    """The compiler with its version, options, architecture."""
    machine_code: Callable[[], bytes]
    """Compiles, to a cubin."""


def cache_folder(backend: str) -> Path:
    """Return where a backend's libraries lie."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "draftproof" / backend


def digest(words: Iterable[str], files: Iterable[Path]) -> str:
    """Return a short digest of words (versions, options) and of what is in the files."""
    found = hashlib.sha256(" ".join(words).encode())
    for path in files:
        found.update(path.read_bytes())
    return found.hexdigest()[:20]


def with_includes(source: Path, folder: Path) -> tuple[Path, ...]:
    """Return a C++ file and every file of ours that it includes, from beside it or from ``folder``."""
    found: dict[Path, None] = {}
    due = [source]
    while due:
        path = due.pop()
        if path in found:
            continue
        found[path] = None
        for name in INCLUDED.findall(path.read_text(encoding="utf-8")):
            beside, shared = (path.parent / name).resolve(), (folder / name).resolve()
            due += [beside if beside.exists() else shared] if beside.exists() or shared.exists() else []
    return (source, *sorted(found.keys() - {source}))


def compile_to(target: Path, command: Sequence[str], what: str) -> None:
    """Run a compiler's command, to which ``-o`` and a file are added; ``what`` names it in BuildError.

    A process that finds another one at it waits, and compiles nothing if ``target`` is there by then.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    with _locked(target), tempfile.TemporaryDirectory(dir=target.parent) as folder:
        if target.exists():
            return
        made = Path(folder) / target.name
        done = subprocess.run([*command, "-o", str(made)], capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise BuildError(f"{command[0]} failed on {what}:\n{done.stderr}{done.stdout}")
        made.replace(target)


@contextmanager
def _locked(target: Path) -> Iterator[None]:
    """Hold the lock of ``target``, a file beside it; the system lets go of it when its holder dies.

    Where files cannot be locked (some network drives) nobody waits.
    """
    # Never deleted: who opened it before would hold the lock of a file that nobody else finds.
    with target.with_name(f".{target.name}.lock").open("ab") as file:
        _wait_for(file.fileno())
        yield


if sys.platform == "win32":
    import msvcrt

    def _wait_for(file: int) -> None:
        while True:
            try:
                return msvcrt.locking(file, msvcrt.LK_LOCK, 1)
            except OSError as error:
                if error.errno != errno.EDEADLK:  # after ten seconds it gives up: once more
                    return None

else:
    import fcntl

    def _wait_for(file: int) -> None:
        try:
            fcntl.flock(file, fcntl.LOCK_EX)
        except OSError:
            return
