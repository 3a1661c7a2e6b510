"""A small package of its own, and evidence of it."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from draftproof.conformance.evidence import store
from draftproof.conformance.evidence.book import Book
from draftproof.conformance.evidence.freshness import Today
from draftproof.conformance.evidence.records import Evidence, EvidenceBench, EvidenceMutant, Mutant, Run
from draftproof.conformance.evidence.sources import Sources
from draftproof.conformance.reporting.records import Report
from draftproof.conformance.reporting.report import short_name
from draftproof.properties.contracts import CONTRACTS

PILLARS = {
    "verify_chain": "speculative",
    "verify_chain_greedy": "speculative",
    "sample": "sampling",
    "softmax": "sampling",
    "uniforms": "sampling",
    "vector_add": "primitives",
}
PLACES = {name: f"properties/contracts/{pillar}/{name}.py" for name, pillar in PILLARS.items()}
RUN = Run(date(2026, 11, 21), {"triton": "3.6.0", "cupy": None}, "standard", 0)
DEVICE = "NVIDIA H100 80GB HBM3"
FILES = {
    "__init__.py": "",
    "axes.py": "SIZE = 1",
    "reference/__init__.py": """
        from draftproof.reference.sampling.softmax import softmax
        from draftproof.reference.speculative.verify_chain import verify_chain
        """,
    "reference/distribution.py": "",
    "reference/speculative/verify_chain.py": "from draftproof.reference.distribution import law",
    "properties/core/law.py": "",
    "properties/core/__init__.py": "",
    "properties/laws/__init__.py": "",
    "properties/laws/written.py": "import draftproof.properties.core.law",
    "properties/judges/replay.py": '''
        def judge():
            """Judge."""
            from draftproof import reference  # late

            return reference.softmax
        ''',
    "properties/contracts/speculative/verify_chain.py": """
        from draftproof.properties.judges import replay
        from draftproof.properties.laws.written import WRITTEN
        """,
    "properties/judges/__init__.py": "",
    "properties/mutants/zero_coin.py": "from draftproof.properties.mutants.base import verify_chain",
    "properties/mutants/base/__init__.py": """
        from draftproof.properties.mutants.base.chain import Verifier
        from draftproof.properties.mutants.base.other import Other

        verify_chain = Verifier()
        """,
    "properties/mutants/base/chain.py": "",
    "properties/mutants/base/other.py": "",
    "optimized/operations.py": "import draftproof.optimized.cuda.sampling.sample",
    "optimized/results.py": "from draftproof.axes import SIZE",
    "optimized/eager/__init__.py": 'CONFORMANCE = {"memory": 40, "synchronises": ("sample",)}',
    "optimized/cuda/__init__.py": "from draftproof.optimized.cuda.speculative import verify_chain",
    "optimized/cuda/loader.py": "import draftproof.optimized.results",
    "optimized/cuda/include/tile.cuh": "",
    "optimized/cuda/rows.cuh": '#include "tile.cuh"',
    "optimized/cuda/speculative/beside.cuh": "",
    "optimized/cuda/speculative/verify_chain.cu": """
        #include "rows.cuh"
        #include "beside.cuh"
        #include <cmath>
        """,
    "optimized/cuda/speculative/verify_chain.py": """
        import importlib

        from draftproof.optimized import operations
        from draftproof.optimized.cuda import loader
        from draftproof.optimized.cuda.sampling.softmax import divide

        importlib.import_module("draftproof.optimized.cuda.sampling.sample")
        """,
    "optimized/triton/__init__.py": "",
    "optimized/cupy/__init__.py": "",
}
"""Of the files that are not named here there is one for each operation, with nothing in it."""


class Tree:
    """A package, which may be looked at again after it has changed."""

    places = PLACES

    def __init__(self, root: Path) -> None:
        self.root = root

    def sources(self, **more: str) -> Sources:
        """Find sources as they are now; ``more`` are places of further contracts."""
        return Sources(self.root, PLACES | more)

    def look(self, **more: str) -> Today:
        """Look at the package as it is now."""
        return Today(self.sources(**more), {name: CONTRACTS[name] for name in PILLARS})

    def edit(self, path: str, text: str) -> None:
        """Append to a file, or make it."""
        whole = self.root / path
        whole.write_text((whole.read_text() if whole.exists() else "") + text)


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    """A package with a file of every kind."""
    files = dict.fromkeys(PLACES.values(), "")
    for name, pillar in PILLARS.items():
        backends = ("eager", "triton", "cupy", "cuda")
        folders = ("reference", *(f"optimized/{backend}" for backend in backends))
        files |= dict.fromkeys((f"{folder}/{pillar}/{name}.py" for folder in folders), "")
    for name, text in (files | FILES).items():
        path = tmp_path / "package" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        lines = text.strip("\n").splitlines()
        indent = len(lines[0]) - len(lines[0].lstrip()) if lines else 0
        path.write_text("\n".join(line[indent:] for line in lines))
    return Tree(tmp_path / "package")


@pytest.fixture
def today(tree: Tree) -> Today:
    return tree.look()


@pytest.fixture
def data(tmp_path: Path, reports: tuple[Report, ...], mutants: tuple[Mutant, ...], today: Today) -> Path:
    """A folder of evidence."""
    book = Book(DEVICE, tmp_path / "data", RUN, today)
    for report in reports:
        backend = short_name(report.header.subject.backend)
        for operation in PILLARS:
            mine = [result for result in report.results if result.operation == operation]
            book.write_rows(operation, backend, "cuda", mine)
    for operation in ("verify_chain", "sample"):
        rows = [row for report in reports for row in report.benches if row.operation == operation]
        timed = []
        for row in rows:
            own = replace(row, backend=short_name(row.backend))
            timed.append(EvidenceBench(own, 0.5, RUN, today.sources.of_timing(operation, own.backend)))
        book.write_bench(operation, timed)
    digests = today.sources.of_mutant(("verify_chain",), "draftproof.properties.mutants.zero_coin")
    known = book.operations["verify_chain"]
    fates = tuple(EvidenceMutant(mutant, 1.5, RUN, digests) for mutant in mutants)
    store.save(type(known)(known.device, known.operation, known.rows, known.bench, fates), tmp_path / "data")
    return tmp_path / "data"


@pytest.fixture
def evidence(data: Path) -> Evidence:
    return store.load_device(data / store.name_folder(DEVICE))
