"""Wrong trees that short random scripts take for right ones: each is rejected, by the law meant for it."""

from collections.abc import Callable, Hashable
from typing import Any, cast

import numpy as np
import pytest

from draftproof import reference
from draftproof.optimized import host
from draftproof.properties.cases.plan import plan
from draftproof.properties.contracts import CONTRACTS
from draftproof.properties.core.contract import ObjectContract
from draftproof.properties.core.subject import Subject
from draftproof.properties.inputs.forms import FORMS, arrange
from draftproof.properties.laws.prefix.endurance import DEAR, _last_slots, long_lives
from draftproof.properties.lockstep.prefix.circumstances import CIRCUMSTANCES, write_circumstance
from draftproof.properties.lockstep.prefix.steps import Insert
from draftproof.properties.lockstep.shrinking import without_shrinking

CONTRACT = cast(ObjectContract, CONTRACTS["RadixTree"])


class LocksInAByte(reference.RadixTree):
    """With 256 requests on a shared prompt it is evictable."""

    def lock(self, node: int, *, epoch: int | None = None) -> None:
        super().lock(node, epoch=epoch)
        for each in self._path(node):
            self._nodes[each].locks %= 256

    def unlock(self, node: int) -> None:
        super().unlock(node)
        for each in self._path(node):
            self._nodes[each].locks %= 256


class HitsInAByte(reference.RadixTree):
    def _touch(self, node: int, priority: int | None = None) -> None:
        super()._touch(node, priority)
        for each in self._path(node):
            self._nodes[each].hits %= 256


class OneFrameANode(reference.RadixTree):
    def _touch(self, node: int, priority: int | None = None) -> None:
        self._climb(node)
        super()._touch(node, priority)

    def _climb(self, node: int) -> int:
        return 0 if node < 0 else 1 + self._climb(self._nodes[node].parent)


class KeepsWhatMatched(reference.RadixTree):
    def match(self, tokens: Any, *, namespace: Hashable = None) -> Any:
        found = super().match(tokens, namespace=namespace)
        self.__dict__.setdefault("log", []).append(found.slots)
        return found


class LooksAtEveryNode(reference.RadixTree):
    def insert(self, tokens: Any, slots: Any, **keywords: Any) -> int:
        assert sorted(self._nodes) == [node for node, _ in self.walk()]
        return super().insert(tokens, slots, **keywords)


class TokensFromTheFront(reference.RadixTree):
    def match(self, tokens: Any, *, namespace: Hashable = None) -> Any:
        left = np.array(tokens, np.int64)
        while len(left):
            left = left[1:].copy()
        return super().match(tokens, namespace=namespace)


class TokensByReference(reference.RadixTree):
    """Keeps the caller's array; here it is read again before each match."""

    def insert(self, tokens: Any, slots: Any, **keywords: Any) -> int:
        before = set(self._nodes)
        present = super().insert(tokens, slots, **keywords)
        for node in set(self._nodes) - before:
            row = self._nodes[node]
            if isinstance(tokens, np.ndarray) and not row.children:
                self.__dict__.setdefault("borrowed", []).append((row, tokens[row.begin : row.end]))
        return present

    def match(self, tokens: Any, *, namespace: Hashable = None) -> Any:
        for row, array in self.__dict__.get("borrowed", []):
            row.edge[:] = array[: len(row.edge)].tolist()
        return super().match(tokens, namespace=namespace)


class AnswersShared(reference.RadixTree):
    def match(self, tokens: Any, *, namespace: Hashable = None) -> Any:
        found = super().match(tokens, namespace=namespace)
        kept = self.__dict__.setdefault("kept", {})
        return kept.setdefault((found.node, len(found.slots), self.epoch), found)


class NamespacesInWords(reference.RadixTree):
    def open(self, namespace: Hashable) -> int:
        for known in self._roots:
            if str(known) == str(namespace):
                self._roots[namespace] = self._roots[known]
        return super().open(namespace)


class StridesIgnored(reference.RadixTree):
    def match(self, tokens: Any, *, namespace: Hashable = None) -> Any:
        if isinstance(tokens, np.ndarray) and tokens.ndim == 1 and tokens.base is not None and len(tokens):
            tokens = np.lib.stride_tricks.as_strided(tokens, strides=(tokens.itemsize,))
        return super().match(tokens, namespace=namespace)


class UnsignedTokens(reference.RadixTree):
    """Reads every other width as int32."""

    def match(self, tokens: Any, *, namespace: Hashable = None) -> Any:
        if isinstance(tokens, np.ndarray) and tokens.dtype == np.int64 and tokens.ndim == 1:
            tokens = tokens.view(np.int32)[: len(tokens)]
        return super().match(tokens, namespace=namespace)


class PagesByHash(reference.RadixTree):
    """Takes a page's polynomial in 31 for the page: whoever had it first has it for all."""

    def _walk(self, root: int, tokens: list[int]) -> Any:
        known, size = self.__dict__.setdefault("known", {}), self.page_size
        taken: list[int] = []
        for begin in range(0, len(tokens), size):
            page = tokens[begin : begin + size]
            hashed = sum(token * 31 ** (size - place) for place, token in enumerate(page))
            taken += known.setdefault((len(page), hashed), page)
        return super()._walk(root, taken)


class SlotsInFloats(reference.RadixTree):
    def match(self, tokens: Any, *, namespace: Hashable = None) -> Any:
        found = super().match(tokens, namespace=namespace)
        rounded = np.minimum(found.slots.astype(np.float32).astype(np.int64), 2**31 - 1)
        return found._replace(slots=rounded.astype(np.int32))


class LargePagesInHalves(reference.RadixTree):
    """Leaves one token out of pages of 128 and more."""

    def match(self, tokens: Any, *, namespace: Hashable = None) -> Any:
        found = super().match(tokens, namespace=namespace)
        if self.page_size >= 128 and len(found.slots):
            found.slots[-1] = found.slots[0]
        return found


WRONG: dict[str, list[type]] = {
    "long lives": [LocksInAByte, HitsInAByte, OneFrameANode, NamespacesInWords, StridesIgnored,
                   UnsignedTokens, SlotsInFloats],
    "memory kept": [KeepsWhatMatched],
    "cost": [LooksAtEveryNode, TokensFromTheFront],
    "model": [TokensByReference, AnswersShared, PagesByHash, LargePagesInHalves],
}  # fmt: skip


@pytest.mark.parametrize(("law", "tree"), [(law, tree) for law, trees in WRONG.items() for tree in trees])
def test_a_wrong_tree_is_rejected(law: str, tree: type) -> None:
    """In the small budget, by the law that is meant for it."""
    subject = Subject(CONTRACT, tree, "numpy")
    checks = [check for check in plan(CONTRACT, "numpy", "small", 0) if check.law.name == law]
    with without_shrinking():
        findings = (
            finding for check in checks for finding in check.law.check(CONTRACT, subject, check.case).findings
        )
        assert next(findings, None) is not None


@pytest.mark.parametrize("make", [reference.RadixTree, host.RadixTree], ids=["oracle", "host"])
@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_integers_gives_the_same_answers(make: Callable[..., Any], form: str) -> None:
    tree = make(2)
    assert tree.insert(arrange([1, 2, 3, 4, 5], form), arrange([10, 11, 6, 7, 0], form), priority=1) == 0
    assert tree.insert(arrange([1, 2, 3], form), arrange([12, 13, 0], form)) == 2
    assert tree.match(arrange([1, 2, 3, 4], form)).slots.tolist() == [10, 11, 6, 7]
    lengths, _ = tree.match_many(arrange([1, 2, 3, 9], form), arrange([0, 4], form))
    assert lengths.tolist() == [2]


def test_every_circumstance_has_low_slots_and_the_last_ones() -> None:
    slots: dict[str, set[str]] = {}
    for case in long_lives(CONTRACT, "numpy", "standard", 0):
        if case.options["script"] not in ("random", DEAR):
            slots.setdefault(case.options["script"], set()).add(case.options["slots"])
    assert slots.keys() == CIRCUMSTANCES.keys() - {DEAR}
    assert all(each == {"low", "high"} for each in slots.values()), slots


@pytest.mark.parametrize("page_size", [1, 3, 250])
def test_the_last_slots_are_int32s_last(page_size: int) -> None:
    script = list(write_circumstance("namespaces", 1, page_size))
    stored = sum(-(-len(step.tokens) // page_size) for step in script if isinstance(step, Insert))
    beyond = _last_slots(script, page_size) + stored * page_size
    assert 2**31 - page_size < beyond <= 2**31
