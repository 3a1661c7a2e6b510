"""The contract of matching prefixes on a flat tree."""

from collections.abc import Mapping

from draftproof import reference
from draftproof.properties.contracts.prefix.flat_tree import CACHED, NODES, PAGE_SIZES, STATUS
from draftproof.properties.core.case import Case
from draftproof.properties.core.contract import Argument, Arrays, Bench, FunctionContract, Work
from draftproof.properties.inputs import prefix as inputs
from draftproof.properties.inputs.flat_trees import TOKENS, TREES
from draftproof.properties.inputs.ragged import RaggedRows
from draftproof.properties.judges.equality import required
from draftproof.properties.judges.prefix import judge_match_prefixes
from draftproof.properties.laws.shared.functions import SHARED


def _bytes(shape: Mapping[str, int], inputs: Arrays | None, outputs: Arrays | None) -> float:
    """Bytes of the matched tokens, of as many in the tree (each edge once), and of what each request has."""
    matched = shape["N"] if outputs is None else int(required(outputs, "lengths").sum())
    return 4 * (matched + min(matched, shape["C"])) + 8 + 24 * shape["R"]


def _bench(requests: int, page_size: int, target: float) -> Bench:
    shape = {"R": requests, "N": 8192 * requests, **CACHED, "H": 16_384, "page_size": page_size}
    options = {"tree": "bushy", "tokens": "wide", "lengths": "full"}
    return Bench(Case("match_prefixes", shape, "int32", options, seed=1), target)


def _deep(R: int, N: int, page_size: int, lengths: str) -> Case:
    """Return requests that follow a path of hundreds of nodes."""
    shape = {"R": R, "N": N, "M": 1200, "C": 12_000, "H": 4096, "page_size": page_size}
    return Case("match_prefixes", shape, "int32", {"tree": "deep", "tokens": "wide", "lengths": lengths})


def _long(R: int, N: int, C: int, page_size: int) -> Case:
    """Return requests that part from the tree late, in pages that are right but for one token."""
    shape = {"R": R, "N": N, "M": 60, "C": C, "H": 256, "page_size": page_size}
    return Case("match_prefixes", shape, "int32", {"tree": "bushy", "tokens": "wide", "lengths": "ragged"})


def _crowded(R: int, H: int, page_size: int, flag: str) -> Case:
    """Return requests on a tree whose table is full, or whose pages have each other's fingerprints."""
    shape = {"R": R, "N": 600, "M": 60, "C": 1501, "H": H, "page_size": page_size}
    options = {"tree": "flat", "tokens": "wide", "lengths": "ragged"}
    return Case("match_prefixes", shape, "int32", options, flags=frozenset({flag}))


MATCH_PREFIXES = FunctionContract(
    name="match_prefixes",
    pillar="prefix",
    rule=(
        "From each request's root, look up the child whose edge begins with the request's next page: in an "
        "open-addressed table, by a hash of parent and page under the secret that the root's row carries, "
        "confirmed by comparing the page. Compare the "
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
        "R": (1, 2, 5, 32, 33, 128, 129, 257, 1024, 1025),
        "N": (70, 600, 4096, 5000, 140_000),
        "M": (1, 2, 7, 60, 120, 128, 400, 1024, 1200),
        "C": (1, 64, 1501, 2048, 12_000, 150_000),
        "H": (1, 16, 64, 256, 512, 4096),
        "page_size": PAGE_SIZES,
    },
    options={"tree": TREES, "tokens": TOKENS, "lengths": ("ragged", "full")},
    keywords=("page_size",),
    flags=inputs.MATCH_FLAGS,
    dtypes=("int32",),
    laws=SHARED,
    work=Work(bytes=_bytes),
    benches=(
        _bench(1, 1, 10),
        _bench(1, 16, 10),
        _bench(1024, 1, 60),
        _bench(1024, 16, 60),
    ),
    large=Case(
        "match_prefixes",
        {"R": 64, "N": 2**22, "M": 64, "C": 2**16, "H": 128, "page_size": 4},
        "int32",
        {"tree": "bushy", "tokens": "wide", "lengths": "full"},
    ),
    rows=RaggedRows(),
    corners=(
        _deep(2, 5000, 1, "full"),
        _deep(5, 5000, 2, "ragged"),
        *(_crowded(R, 16, page_size, "full_table") for R, page_size in ((32, 1), (33, 2), (31, 4))),
        _crowded(33, 64, 2, "collisions"),
        *(_long(R, 140_000, 150_000, page_size=1) for R in (2, 3, 4)),
        *(_long(129, 20_000, 12_000, page_size) for page_size in (4, 16)),
        *(_long(65, 140_000, 150_000, page_size) for page_size in (128, 256)),
    ),
)
