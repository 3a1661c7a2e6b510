"""What is compiled: kernels to machine code that is looked at, libraries on first use.

A finished library lies in the user's cache folder, under a digest of everything it depends on, beside a
digest of its own bytes: one that was cut off is compiled again. Of several processes that want the same
one, one compiles it and the others wait; it gets to its place by an atomic rename, so that even where files
cannot be locked they do not disturb each other. What is loaded runs with the user's rights, so a file or
folder that others may write to is refused.
"""

import hashlib
import os
import re
import signal
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

INCLUDED = re.compile(r'^[ \t]*#[ \t]*include[ \t]+"([^"]+)"', re.MULTILINE)


LIMIT, ANSWER_LIMIT = 300.0, 30.0
"""Seconds that a compiler gets for a library (ziglang needed 100 once), and to say its version."""

SAID = 4000
"""Characters of a compiler's complaint that are passed on."""

OTHERS = stat.S_IWGRP | stat.S_IWOTH
FOLDERS = 3
"""Folders that must be the user's own: the backend's, draftproof's, and the cache that they are in."""


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
    """Return where a backend's libraries lie; BuildError where the system knows no home of the user."""
    base = Path(os.environ.get("XDG_CACHE_HOME", ""))
    if not base.is_absolute():  # the specification says that such a path is to be ignored
        try:
            base = Path.home() / ".cache"
        except RuntimeError as error:
            raise BuildError(f"no folder for libraries: {error}; XDG_CACHE_HOME names one") from error
    return base / "draftproof" / backend


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
    """Make a library unless it is there, whole, by a compiler's command to which ``-o`` and a file are added.

    ``what`` names it in the line on standard error that says what goes on, and in BuildError: for a compiler
    that fails or hangs, and for a library or folder that others may write to. A process that finds another
    one at it waits, and compiles nothing if ``target`` is there by then.
    """
    try:
        _make_folder(target.parent)
        refuse_shared(target.parent)
        if _is_whole(target):
            return
        with _locked(target), tempfile.TemporaryDirectory(dir=target.parent) as folder:
            if _is_whole(target):
                return
            made = Path(folder) / target.name
            said = f"draftproof: compiling {what} with {command[0]}, once, into {target.parent}"
            print(said, file=sys.stderr, flush=True)
            run_compiler([*command, "-o", str(made)], what)
            if not made.is_file():
                raise BuildError(f"{command[0]} wrote no library of {what}")
            made.chmod(0o700)
            # First the digest: a library without its own is compiled again, and never loaded.
            seal = made.with_name(_seal(made).name)
            seal.write_text(_digest_of(made), encoding="ascii")
            seal.chmod(0o600)
            seal.replace(_seal(target))
            made.replace(target)
    except OSError as error:
        raise BuildError(
            f"cannot keep the library of {what} in {target.parent}: {error}; "
            "XDG_CACHE_HOME names another folder"
        ) from error


def run_compiler(command: Sequence[str], what: str, seconds: float = LIMIT) -> str:
    """Run a compiler and return its standard output; BuildError if it fails, or hangs for so many seconds."""
    # Into files: a compiler's server (ccache's, sccache's) may keep its end of a pipe for ever.
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as errors:
        try:
            process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=out, stderr=errors, start_new_session=True
            )
        except OSError as error:
            raise BuildError(f"{command[0]} cannot be run for {what}: {error}") from error
        try:
            code = process.wait(seconds)
        except subprocess.TimeoutExpired:
            raise BuildError(f"{command[0]} hung on {what}: no end within {seconds:.0f} s") from None
        finally:
            _end(process)
        out.seek(0)
        errors.seek(0)
        said = out.read(SAID).decode(errors="replace")
        if code != 0:
            complaint = errors.read(SAID).decode(errors="replace") + said
            raise BuildError(f"{command[0]} failed on {what}:\n{complaint or f'exit code {code}, no words'}")
        return said


def refuse_shared(folder: Path) -> None:
    """Raise BuildError if others may write to a folder of libraries, or put another one in its place."""
    try:
        for path in (folder, *folder.parents)[:FOLDERS]:
            if path.exists():
                _refuse_others(path)
    except OSError as error:
        raise BuildError(f"cannot look at {folder}: {error}") from error


def _refuse_others(path: Path) -> None:
    if sys.platform == "win32":
        return
    found = path.stat()
    # In a sticky folder such as /tmp nobody renames what is another's.
    others = found.st_mode & OTHERS and not (stat.S_ISDIR(found.st_mode) and found.st_mode & stat.S_ISVTX)
    # A link's owner can make it lead elsewhere.
    if others or not {found.st_uid, path.lstat().st_uid} <= {os.geteuid(), 0}:
        mode = stat.filemode(found.st_mode)
        raise BuildError(
            f"{path} may be written to by others ({mode}, owner {found.st_uid}), and what lies there is run: "
            "chmod go-w if it is yours, or let XDG_CACHE_HOME name a folder that is"
        )


def _make_folder(folder: Path) -> None:
    """Make a folder and those it is in, the user's own whatever the umask says."""
    for path in reversed((folder, *folder.parents)):
        if not path.exists():
            path.mkdir(0o700, exist_ok=True)


def _is_whole(library: Path) -> bool:
    """Whether a library is there with all of its bytes; BuildError if others may write to it."""
    seal = _seal(library)
    if not (library.exists() and seal.exists()):
        return False
    _refuse_others(library)
    _refuse_others(seal)
    return seal.read_bytes() == _digest_of(library).encode()


def _seal(library: Path) -> Path:
    return library.with_name(f"{library.name}.sha256")


def _digest_of(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


@contextmanager
def _locked(target: Path) -> Iterator[None]:
    """Hold the lock of ``target``, a file beside it; the system lets go of it when its holder dies.

    Where files cannot be locked (some network drives) nobody waits, nor for one that hangs for too long.
    """
    # Never deleted: who opened it before would hold the lock of a file that nobody else finds.
    with target.with_name(f".{target.name}.lock").open("ab") as file:
        deadline = time.monotonic() + LIMIT
        while not _try_to_lock(file.fileno()) and time.monotonic() < deadline:
            time.sleep(0.05)
        yield


if sys.platform == "win32":
    import msvcrt

    def _try_to_lock(file: int) -> bool:
        try:
            msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
        except PermissionError:
            return False
        except OSError:
            return True
        return True

    def _end(process: "subprocess.Popen[bytes]") -> None:
        process.kill()
        process.wait()

else:
    import fcntl

    def _try_to_lock(file: int) -> bool:
        """Return whether there is nothing to wait for: it is locked, or cannot be."""
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        except OSError:
            return True
        return True

    def _end(process: "subprocess.Popen[bytes]") -> None:
        """End a compiler that has not ended, with all that it has started."""
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
