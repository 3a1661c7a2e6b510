"""Libraries that are compiled on first use: where they lie, and how they get there.

A finished library lies in the user's cache folder, under a digest of everything it depends on. It gets
there by an atomic rename, so processes that build the same one at once do not disturb each other.
"""

import hashlib
import os
import subprocess
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path


class BuildError(RuntimeError):
    """A compiler is missing or refused a source; the message carries what it said."""


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


def compile_to(target: Path, command: Sequence[str], what: str) -> None:
    """Run a compiler's command, to which ``-o`` and a file are added; ``what`` names it in BuildError."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent) as folder:
        made = Path(folder) / target.name
        done = subprocess.run([*command, "-o", str(made)], capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise BuildError(f"{command[0]} failed on {what}:\n{done.stderr}{done.stdout}")
        made.replace(target)
