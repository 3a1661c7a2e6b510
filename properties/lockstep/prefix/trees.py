"""Trees that laws compare with one another, and the slots that they are given."""

from collections.abc import Callable
from typing import Any

from draftproof.properties.core.verdict import Finding
from draftproof.properties.lockstep.prefix.calls import Calls, RaisedError
from draftproof.properties.lockstep.prefix.judging import MismatchError
from draftproof.properties.lockstep.prefix.shrink import Failure, Run
from draftproof.properties.lockstep.prefix.steps import Insert, Match, Namespace, Open, Step, Tokens


class Trees:
    """Makes the trees of one comparison and keeps what was called on them."""

    def __init__(self, tree_class: Callable[..., Any], policy: str) -> None:
        self.tree_class, self.policy = tree_class, policy
        self.made: list[Calls] = []

    def new(self, name: str, page_size: int) -> Calls:
        """Return a new tree."""
        tree = Calls(self.tree_class, page_size, self.policy, name)
        self.made.append(tree)
        return tree


class Places:
    """One slot for every token of every prefix: a function of the prefix, whoever inserts it and when."""

    def __init__(self, page_size: int) -> None:
        self.page_size = page_size
        self.pages: dict[tuple[int | Namespace, bool, Tokens], int] = {}

    def slots(self, tokens: Tokens, namespace: Namespace) -> list[int]:
        """Return the slots of a sequence, page by page consecutive; those past the last page are 0."""
        size = self.page_size
        above: tuple[int | Namespace, bool] = (namespace, True)
        slots: list[int] = []
        for begin in range(0, len(tokens) - size + 1, size):
            page = self.pages.setdefault((*above, tokens[begin : begin + size]), len(self.pages))
            slots += range(page * size, page * size + size)
            above = (page, False)
        return slots + [0] * (len(tokens) - len(slots))


def store(tree: Calls, places: Places, step: Insert) -> Any:
    """Insert a step's tokens under their own slots."""
    slots = places.slots(step.tokens, step.namespace)
    return tree("insert", list(step.tokens), slots, namespace=step.namespace, priority=step.priority)


def matched(tree: Calls, step: Insert | Match) -> Any:
    """Match a step's tokens."""
    return tree("match", list(step.tokens), namespace=step.namespace)


def opened(tree: Calls, steps: list[Step]) -> None:
    """Open every namespace that the steps speak of."""
    spoken = [getattr(step, "namespace", None) for step in steps if not isinstance(step, Open)]
    for namespace in dict.fromkeys(spoken):
        if namespace is not None:
            tree("open", namespace)


Comparison = Callable[[Trees, int, list[Step]], int]
"""Compares trees of a page size after some steps; returns how many answers it compared."""


def comparing(comparison: Comparison, tree_class: Callable[..., Any], page_size: int, policy: str) -> Run:
    """Return what runs a comparison on a script and says what was wrong."""

    def run(steps: list[Step]) -> Failure | None:
        trees = Trees(tree_class, policy)
        try:
            comparison(trees, page_size, steps)
        except MismatchError as mismatch:
            finding = mismatch.finding
        except RaisedError as raised:
            finding = Finding(raised.line, "an answer", f"{type(raised.error).__name__}: {raised.error}")
        else:
            return None
        return Failure(steps, finding, [line for tree in trees.made for line in tree.lines])

    return run
