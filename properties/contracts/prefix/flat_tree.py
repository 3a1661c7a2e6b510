"""What the operations on a flat tree share: its rows, its page sizes, the tree of the benchmarks."""

from draftproof.properties.core.contract import Argument

NODES = Argument(
    "nodes",
    ("M", "8"),
    "int32",
    "a row per node: parent, start, length, end, key, born, low and high word of the tree's secret",
    hostile=True,
)
STATUS = Argument("status", ("R",), "int32", "0, or bits: INVALID_TREE, INVALID_LENGTH")
PAGE_SIZES = (1, 2, 3, 4, 16, 32, 64, 128, 250, 256)
SECTOR = 32
"""Bytes that memory moves at least."""

CACHED = {"M": 12_000, "C": 10_000_000}
"""The tree of the benchmarks: ten million tokens in some ten thousand nodes."""
