"""Wrong matchers and fillers that small flat trees take for right ones: each is rejected."""

from typing import Any, cast

import numpy as np
import pytest

from draftproof.properties.contracts import CONTRACTS
from draftproof.properties.core.contract import FunctionContract
from draftproof.properties.core.subject import FunctionSubject
from draftproof.properties.faults.hunt import hunt, kill_order
from draftproof.properties.inputs.flat_trees import flat_tree
from draftproof.properties.inputs.prefix import ENDINGS, _wrong
from draftproof.properties.mutants.base.flat_tree import Matcher, TableFiller
from draftproof.reference import BlockTables, PrefixMatch


class HalfOfAPage(Matcher):
    """Compares the first half of each page of an edge but the first."""

    def common(self, edge: np.ndarray, rest: np.ndarray) -> int:
        edge, rest = edge.copy(), rest.copy()
        shorter = min(len(edge), len(rest)) // self.page_size * self.page_size
        if self.page_size >= 16:
            for first in range(self.page_size, shorter, self.page_size):
                half = slice(first + self.page_size // 2, first + self.page_size)
                edge[half] = rest[half]
        return super().common(edge, rest)


class LastTokenOfAPage(Matcher):
    """Leaves the last token of large pages out."""

    def common(self, edge: np.ndarray, rest: np.ndarray) -> int:
        edge, rest = edge.copy(), rest.copy()
        if self.page_size >= 128:
            edge[self.page_size - 1 :: self.page_size] = rest[self.page_size - 1 :: self.page_size] = 0
        return super().common(edge, rest) if len(edge) else 0


class FewLevels(Matcher):
    """Follows 64 edges at most."""

    levels = 0

    def request(self, tokens: np.ndarray, offsets: np.ndarray, r: int) -> Any:
        self.levels = 0
        return super().request(tokens, offsets, r)

    def child(self, node: int, page: np.ndarray) -> Any:
        self.levels += 1
        found = super().child(node, page)
        return found if self.levels <= 64 else (-1, found[1])


class LengthInTwoBytes(Matcher):
    """Cuts requests at 65,535 tokens."""

    def request(self, tokens: np.ndarray, offsets: np.ndarray, r: int) -> Any:
        asked, flags = super().request(tokens, offsets, r)
        return asked[: 2**16 - 1], flags


class OneBlock(Matcher):
    """Has threads for 1024 requests."""

    def __call__(
        self, tokens: np.ndarray, offsets: np.ndarray, roots: np.ndarray, *tree: Any, **keywords: Any
    ) -> Any:
        found = super().__call__(tokens, offsets, roots, *tree, **keywords)
        for column in found:
            column[1024:] = 0
        return PrefixMatch(*found)


class SlotsInFloats(TableFiller):
    """Divides in float32."""

    def page(self, slot: int) -> int:
        return int(np.float32(slot) / np.float32(self.page_size)) if slot >= 0 else -1


class FewColumns(TableFiller):
    """Fills 1024 columns at most."""

    def __call__(self, *arguments: Any, **keywords: Any) -> Any:
        filled = super().__call__(*arguments, **keywords)
        filled.tables[:, 1024:] = -1
        return BlockTables(*filled)


WRONG = {
    "match_prefixes": (HalfOfAPage, LastTokenOfAPage, FewLevels, LengthInTwoBytes, OneBlock),
    "fill_block_tables": (SlotsInFloats, FewColumns),
}


def subject_of(name: str, function: Any) -> FunctionSubject:
    return FunctionSubject(cast(FunctionContract, CONTRACTS[name]), function, "numpy")


@pytest.mark.parametrize(("name", "wrong"), [(name, wrong) for name, some in WRONG.items() for wrong in some])
def test_a_wrong_one_is_rejected(name: str, wrong: type) -> None:
    subject = subject_of(name, wrong())
    assert hunt(subject, kill_order(name, "numpy", "standard")) is not None


@pytest.mark.parametrize(
    ("name", "right"), [("match_prefixes", Matcher()), ("fill_block_tables", TableFiller())]
)
def test_a_right_one_is_not(name: str, right: Any) -> None:
    assert hunt(subject_of(name, right), kill_order(name, "numpy", "standard")) is None


@pytest.mark.parametrize("page_size", [1, 2, 16, 256])
def test_requests_part_at_every_place_of_a_page(page_size: int) -> None:
    rng, pages = np.random.default_rng(0), 6
    for kind in ("late", "between"):
        assert kind in ENDINGS
        places = [_wrong(rng, kind, pages * page_size, page_size) for _ in range(300)]
        inside = {place % page_size for place in places}
        assert {0, page_size - 1} <= inside
        assert any(place >= page_size // 2 for place in inside)
        which = {place // page_size for place in places}
        assert which == ({3, 4, 5} if kind == "late" else {1, 2, 3, 4})


def test_a_table_of_no_power_of_two_is_refused() -> None:
    shape = {"M": 7, "C": 64, "H": 100, "page_size": 1}
    with pytest.raises(ValueError, match="H must be a power of two, got 100"):
        flat_tree(np.random.default_rng(0), shape, "flat", "small", frozenset())
