"""Which source files a result depends on, and their digests."""

import ast
import hashlib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import draftproof

PILLARS = ("speculative", "sampling", "prefix", "grammar", "primitives")
LISTS = ("__init__.py", "variants.py")
"""Files that only name what others hold: a new operation's name makes no older result stale."""
COMPILED = ("cuda", "host")
"""Backends whose libraries are compiled on first use."""
SUFFIXES = (".py", ".cu", ".cuh", ".h", ".cpp")


def sources(operation: str, pillar: str, backend: str, root: Path | None = None) -> dict[str, str]:
    """Return the SHA-256 of each source file that a result of ``operation`` in ``backend`` depends on.

    The oracle's side, the proof's and the kernel's. Of oracles and kernels the shared files and those
    of the operation's pillar; of the proof what judges every operation, and what the pillar's contracts
    import, however indirectly; never ``LISTS``. ``backend`` is a short name; "reference" has no
    kernels. Paths are relative to the package (``root``, by default the imported one), so that they
    are the same in a clone and in an installed wheel. Raises FileNotFoundError for a backend without
    any source.
    """
    root = root or Path(draftproof.__file__).parent
    contracts = root / "properties" / "contracts" / f"{pillar}.py"
    files = {
        *_pillar_files(root / "reference", pillar),
        *_imported({*(root / "properties").glob("*.py"), contracts}, root),
    }
    if backend != "reference":
        kernels = _pillar_files(root / "optimized" / backend, pillar)
        if not kernels:
            raise FileNotFoundError(f"{operation}: backend {backend!r} has no sources in {root}")
        optimized = root / "optimized"
        shared = {
            *(optimized / "signatures").rglob("*"),
            optimized / "results.py",
            root / "axes.py",
            *((optimized / "compiled.py",) if backend in COMPILED else ()),
        }
        others = {f"{name}.py" for name in PILLARS if name != pillar}
        files |= {*kernels, *(path for path in shared if path.name not in others)}
    return {
        path.relative_to(root).as_posix(): _sha256(path, path.stat().st_mtime_ns)
        for path in sorted(files)
        if path.suffix in SUFFIXES and path.name not in LISTS and path.is_file()
    }


def _pillar_files(folder: Path, pillar: str) -> list[Path]:
    """Return what lies in ``folder``, other pillars' folders left out."""
    others = set(PILLARS) - {pillar}
    return [path for path in folder.rglob("*") if path.relative_to(folder).parts[0] not in others]


def _imported(files: set[Path], root: Path) -> set[Path]:
    """Return ``files`` and every module of ``properties`` that they import, however indirectly."""
    found: set[Path] = set()
    due = {path for path in files if path.is_file()}
    while due:
        path = due.pop()
        found.add(path)
        due |= {root / name for name in _imports(path, path.stat().st_mtime_ns)} - found
        due = {path for path in due if path.is_file() and path.name not in LISTS}
    return found


@cache
def _imports(path: Path, modified: int) -> frozenset[str]:
    """Return the files of ``properties`` that the imports in ``path`` may mean."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return frozenset(name for node in ast.walk(tree) for name in _named(node))


def _named(node: ast.AST) -> Iterator[str]:
    prefix = "draftproof.properties."
    if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(prefix.rstrip(".")):
        folder = (node.module or "").removeprefix("draftproof.").replace(".", "/")
        # ``from package import module`` and ``from module import name`` look alike.
        yield f"{folder}.py"
        yield from (f"{folder}/{name.name}.py" for name in node.names)
    elif isinstance(node, ast.Import):
        for name in node.names:
            if name.name.startswith(prefix):
                yield name.name.removeprefix("draftproof.").replace(".", "/") + ".py"


@cache
def _sha256(path: Path, modified: int) -> str:
    # Dozens of rows share most of their sources; the time of change makes the cache safe.
    return hashlib.sha256(path.read_bytes()).hexdigest()
