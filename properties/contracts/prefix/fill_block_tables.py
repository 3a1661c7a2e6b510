"""The contract of filling block tables from a flat tree."""

from collections.abc import Mapping

from draftproof import reference
from draftproof.properties.contracts.prefix.flat_tree import CACHED, NODES, PAGE_SIZES, SECTOR, STATUS
from draftproof.properties.core.case import Case
from draftproof.properties.core.contract import Argument, Arrays, Bench, FunctionContract, Work
from draftproof.properties.inputs import prefix as inputs
from draftproof.properties.inputs.flat_trees import TREES
from draftproof.properties.inputs.ragged import SharedTree
from draftproof.properties.judges.equality import required
from draftproof.properties.judges.prefix import judge_fill_block_tables
from draftproof.properties.laws.shared.functions import SHARED


def _bytes(shape: Mapping[str, int], inputs: Arrays | None, outputs: Arrays | None) -> float:
    """Bytes of the tables, and of the first slot of each page in them: that page's slots, or a sector."""
    cells = shape["R"] * shape["width"]
    pages = cells if outputs is None else int((required(outputs, "tables") >= 0).sum())
    return 4 * cells + min(4 * shape["page_size"], SECTOR) * pages + 12 * shape["R"]


def _bench(requests: int, page_size: int) -> Bench:
    shape = {"R": requests, **CACHED, "page_size": page_size, "width": 8192 // page_size}
    options = {"tree": "bushy", "lengths": "full"}
    return Bench(Case("fill_block_tables", shape, "int32", options, seed=1))


def _deep(R: int, page_size: int, lengths: str) -> Case:
    """Return matches under hundreds of nodes, in tables that are wide enough for them."""
    shape = {"R": R, "M": 1200, "C": 12_000, "page_size": page_size, "width": 1025}
    return Case("fill_block_tables", shape, "int32", {"tree": "deep", "lengths": lengths})


FILL_BLOCK_TABLES = FunctionContract(
    name="fill_block_tables",
    pillar="prefix",
    rule=(
        "Climb from each matched node to the root and write for block j of the matched tokens the page that "
        "holds them: the slot of its first token, divided by the page size. The rest of the row is -1. A "
        "length that is negative or no multiple of the page size is rounded down and sets INVALID_LENGTH. A "
        "row that does not end where the one below began, or is no run of whole pages, ends the climb; it, "
        "a negative slot and a node without a row set INVALID_TREE."
    ),
    source="block tables: PagedAttention, arXiv 2309.06180, section 4.3",
    arguments=(
        Argument("matched_nodes", ("R",), "int32", "the node in which each match ends, or -1", hostile=True),
        Argument("matched_lengths", ("R",), "int32", "how many tokens matched", hostile=True),
        NODES,
        Argument("slots", ("C",), "int32", "the slot of each token of the edges", hostile=True),
    ),
    outputs=(Argument("tables", ("R", "width"), "int32", "pages, then -1"), STATUS),
    oracle=reference.fill_block_tables,
    fill=inputs.fill_block_tables,
    judge=judge_fill_block_tables,
    sizes={
        "R": (1, 2, 5, 32, 33, 128, 129, 257, 1024, 1025),
        "M": (1, 2, 7, 60, 120, 128, 400, 1024, 1200),
        "C": (1, 64, 1501, 2048, 12_000, 50_000),
        "page_size": PAGE_SIZES,
        "width": (0, 1, 7, 32, 33, 128, 300, 1025),
    },
    options={"tree": TREES, "lengths": ("ragged", "full")},
    keywords=("page_size", "width"),
    flags=inputs.FILL_FLAGS,
    dtypes=("int32",),
    laws=SHARED,
    work=Work(bytes=_bytes),
    benches=(_bench(1, 1), _bench(1024, 1), _bench(1024, 16)),
    large=Case(
        "fill_block_tables",
        {"R": 64, "M": 64, "C": 2**16, "page_size": 1, "width": 2**14},
        "int32",
        {"tree": "bushy", "lengths": "full"},
    ),
    rows=SharedTree("matched_nodes", "matched_lengths"),
    corners=(_deep(5, 1, "full"), _deep(9, 2, "ragged")),
)
