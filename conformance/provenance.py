"""Which source files a result depends on, and their digests."""

import hashlib
from functools import cache
from pathlib import Path

import draftproof

PILLARS = ("speculative", "sampling", "prefix", "grammar", "primitives")
LISTS = ("__init__.py", "variants.py")
"""Files that only name what others hold: a new operation's name makes no older result stale."""
SUFFIXES = (".py", ".cu", ".cuh", ".h")


def sources(operation: str, pillar: str, backend: str, root: Path | None = None) -> dict[str, str]:
    """Return the SHA-256 of each source file that a result of ``operation`` in ``backend`` depends on.

    The oracle's side, the proof's and the kernel's; of oracles and kernels the shared files and those
    of the operation's pillar, but not ``LISTS``. ``backend`` is a short name; "reference" has no
    kernels. Paths are relative to the package (``root``, by default the imported one), so that they
    are the same in a clone and in an installed wheel. Raises FileNotFoundError for a backend without
    any source.
    """
    root = root or Path(draftproof.__file__).parent
    files = [
        *_pillar_files(root / "reference", pillar),
        *(root / "properties").glob("*.py"),
        root / "properties" / "contracts" / f"{pillar}.py",
        *(path for part in ("judges", "laws", "inputs") for path in (root / "properties" / part).rglob("*")),
    ]
    if backend != "reference":
        kernels = _pillar_files(root / "optimized" / backend, pillar)
        if not kernels:
            raise FileNotFoundError(f"{operation}: backend {backend!r} has no sources in {root}")
        files += [*kernels, *(root / "optimized" / "arguments").rglob("*"), root / "optimized" / "results.py"]
    return {
        path.relative_to(root).as_posix(): _sha256(path, path.stat().st_mtime_ns)
        for path in sorted(files)
        if path.suffix in SUFFIXES and path.name not in LISTS and path.is_file()
    }


def _pillar_files(folder: Path, pillar: str) -> list[Path]:
    """Return what lies in ``folder``, other pillars' folders left out."""
    others = set(PILLARS) - {pillar}
    return [path for path in folder.rglob("*") if path.relative_to(folder).parts[0] not in others]


@cache
def _sha256(path: Path, modified: int) -> str:
    # Dozens of rows share most of their sources; the time of change makes the cache safe.
    return hashlib.sha256(path.read_bytes()).hexdigest()
