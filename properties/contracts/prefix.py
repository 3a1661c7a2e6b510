"""Contracts of prefix matching."""

from collections.abc import Mapping

from draftproof import reference
from draftproof.properties.core.case import Case
from draftproof.properties.core.contract import Argument, Arrays, Bench, Contract, Work
from draftproof.properties.core.verdict import Verdict
from draftproof.properties.inputs import prefix as inputs
from draftproof.properties.inputs.flat_trees import TOKENS, TREES
from draftproof.properties.inputs.ragged import RaggedRows, SharedTree
from draftproof.properties.judges.equality import required
from draftproof.properties.judges.prefix import judge_fill_block_tables, judge_match_prefixes
from draftproof.properties.laws.prefix.tree import TREE_LAWS
from draftproof.properties.laws.shared.functions import SHARED

NODES = Argument(
    "nodes", ("M", "8"), "int32", "a row per node: parent, start, length, end, key, born, 0, 0", hostile=True
)
STATUS = Argument("status", ("R",), "int32", "status bits")
PAGE_SIZES = (1, 2, 3, 4, 16, 64)
SECTOR = 32
"""Bytes that memory moves at least."""

CACHED = {"M": 12_000, "C": 10_000_000}
"""The tree of the benchmarks: ten million tokens in some ten thousand nodes."""


def _match_bytes(shape: Mapping[str, int], outputs: Arrays | None) -> float:
    """Bytes of the matched tokens, of as many in the tree (each edge once), and of what each request has."""
    matched = shape["N"] if outputs is None else int(required(outputs, "lengths").sum())
    return 4 * (matched + min(matched, shape["C"])) + 8 + 24 * shape["R"]


def _fill_bytes(shape: Mapping[str, int], outputs: Arrays | None) -> float:
    """Bytes of the tables, and of the first slot of each page in them: that page's slots, or a sector."""
    cells = shape["R"] * shape["width"]
    pages = cells if outputs is None else int((required(outputs, "tables") >= 0).sum())
    return 4 * cells + min(4 * shape["page_size"], SECTOR) * pages + 12 * shape["R"]


def _match_bench(requests: int, page_size: int, target: float) -> Bench:
    shape = {"R": requests, "N": 8192 * requests, **CACHED, "H": 16_384, "page_size": page_size}
    options = {"tree": "bushy", "tokens": "wide", "lengths": "full"}
    return Bench(Case("match_prefixes", shape, "int32", options, seed=1), target)


def _fill_bench(requests: int, page_size: int) -> Bench:
    shape = {"R": requests, **CACHED, "page_size": page_size, "width": 8192 // page_size}
    options = {"tree": "bushy", "lengths": "full"}
    return Bench(Case("fill_block_tables", shape, "int32", options, seed=1))


MATCH_PREFIXES = Contract(
    name="match_prefixes",
    pillar="prefix",
    rule=(
        "From each request's root, look up the child whose edge begins with the request's next page: in an "
        "open-addressed table, by a hash of parent and page, confirmed by comparing the page. Compare the "
        "edge with what is left of the request, rounded down to whole pages; go on from its end, if all of "
        "it agrees. lengths says how many tokens agreed, nodes where. Nothing is split or touched. Offsets "
        "outside the tokens count as an empty request and set INVALID_LENGTH; a root without a row gives "
        "node -1, and a table entry without a usable row is passed over: both set INVALID_TREE."
    ),
    source="RadixAttention, arXiv 2312.07104, section 3; open addressing: Knuth, TAOCP 3, section 6.4",
    arguments=(
        Argument("tokens", ("N",), "int32", "the requests' tokens, end to end"),
        Argument("offsets", ("R+1",), "int64", "request r is tokens[offsets[r]:offsets[r+1]]", hostile=True),
        Argument("roots", ("R",), "int32", "the root of each request's namespace", hostile=True),
        Argument("table", ("H",), "int32", "children by hash; -1 where free; H a power of two", hostile=True),
        NODES,
        Argument("edges", ("C",), "int32", "the tokens of all edges"),
    ),
    outputs=(
        Argument("lengths", ("R",), "int32", "matched tokens, whole pages"),
        Argument("nodes", ("R",), "int32", "the node in whose edge the match ends"),
        STATUS,
    ),
    oracle=reference.match_prefixes,
    fill=inputs.match_prefixes,
    judge=judge_match_prefixes,
    sizes={
        "R": (1, 2, 5, 33),
        "N": (70, 600, 5000),
        "M": (1, 7, 60, 400),
        "C": (64, 1500, 12_000),
        "H": (1, 16, 128, 512),
        "page_size": PAGE_SIZES,
    },
    options={"tree": TREES, "tokens": TOKENS, "lengths": ("ragged", "full")},
    keywords=("page_size",),
    flags=inputs.MATCH_FLAGS,
    dtypes=("int32",),
    laws=SHARED,
    work=Work(bytes=_match_bytes, flops=lambda shape: 0.0),
    benches=(
        _match_bench(1, 1, 10),
        _match_bench(1, 16, 10),
        _match_bench(1024, 1, 60),
        _match_bench(1024, 16, 60),
    ),
    large=Case(
        "match_prefixes",
        {"R": 64, "N": 2**22, "M": 64, "C": 2**16, "H": 128, "page_size": 4},
        "int32",
        {"tree": "bushy", "tokens": "wide", "lengths": "full"},
    ),
    rows=RaggedRows(),
)

FILL_BLOCK_TABLES = Contract(
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
        "R": (1, 2, 5, 33),
        "M": (1, 7, 60, 400),
        "C": (64, 1500, 12_000),
        "page_size": PAGE_SIZES,
        "width": (0, 1, 7, 33, 300),
    },
    options={"tree": TREES, "lengths": ("ragged", "full")},
    keywords=("page_size", "width"),
    flags=inputs.FILL_FLAGS,
    dtypes=("int32",),
    laws=SHARED,
    work=Work(bytes=_fill_bytes, flops=lambda shape: 0.0),
    benches=(_fill_bench(1, 1), _fill_bench(1024, 1), _fill_bench(1024, 16)),
    large=Case(
        "fill_block_tables",
        {"R": 64, "M": 64, "C": 2**16, "page_size": 1, "width": 2**14},
        "int32",
        {"tree": "bushy", "lengths": "full"},
    ),
    rows=SharedTree("matched_nodes", "matched_lengths"),
)

RADIX_TREE = Contract(
    name="RadixTree",
    pillar="prefix",
    rule=(
        "A radix tree over tokens in whole pages, one root per namespace. match returns the longest cached "
        "prefix and splits the edge in which it ends; insert stores what is missing and says how much was "
        "present; evict cuts pages off the ends of unlocked leaves in the policy's order, exactly as many as "
        "asked for or all there are; lock and unlock count, on the node and its ancestors. What was read at "
        "an earlier epoch is confirmed or refused as stale. A call that raises changes nothing."
    ),
    source="RadixAttention, arXiv 2312.07104, section 3; PATRICIA: Morrison, J. ACM 15 (1968)",
    arguments=(),
    outputs=(),
    oracle=reference.RadixTree,
    fill=lambda case: {},  # its inputs are calls: the laws make scripts of them
    judge=lambda inputs, keywords, outputs: Verdict(),
    sizes={"P": PAGE_SIZES, "steps": (20, 60, 150)},
    options={"policy": tuple(reference.prefix.POLICIES), "tokens": ("small", "wide", "deep")},
    keywords=(),
    flags=("bad_calls", "namespaces"),
    dtypes=("int32",),
    laws=TREE_LAWS,
    work=Work(bytes=lambda shape, outputs: 0.0, flops=lambda shape: 0.0),
)
