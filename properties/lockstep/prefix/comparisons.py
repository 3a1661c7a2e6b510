"""Trees that laws compare with one another, and the slots that they are given."""

from typing import Any

from draftproof.properties.inputs.forms import arrange
from draftproof.properties.lockstep.calls import RecordedObject
from draftproof.properties.lockstep.prefix.steps import Insert, Match, Namespace, Open, Tokens
from draftproof.properties.lockstep.steps import Script


class PrefixSlots:
    """One slot for every token of every prefix: a function of the prefix, whoever inserts it and when."""

    def __init__(self, page_size: int) -> None:
        self.page_size = page_size
        self.pages: dict[tuple[int | Namespace, bool, Tokens], int] = {}

    def assign(self, tokens: Tokens, namespace: Namespace) -> list[int]:
        """Return the slots of a sequence, page by page consecutive; those past the last page are 0."""
        size = self.page_size
        above: tuple[int | Namespace, bool] = (namespace, True)
        slots: list[int] = []
        for begin in range(0, len(tokens) - size + 1, size):
            page = self.pages.setdefault((*above, tokens[begin : begin + size]), len(self.pages))
            slots += range(page * size, page * size + size)
            above = (page, False)
        return slots + [0] * (len(tokens) - len(slots))


def insert(tree: RecordedObject, slots: PrefixSlots, step: Insert) -> Any:
    """Insert a step's tokens under their own slots."""
    own = arrange(slots.assign(step.tokens, step.namespace), step.form)
    tokens = arrange(step.tokens, step.form)
    return tree.call("insert", tokens, own, namespace=step.namespace, priority=step.priority)


def match(tree: RecordedObject, step: Insert | Match) -> Any:
    """Match a step's tokens."""
    return tree.call("match", arrange(step.tokens, step.form), namespace=step.namespace)


def open_namespaces(tree: RecordedObject, script: Script) -> None:
    """Open every namespace that the steps speak of."""
    spoken = [getattr(step, "namespace", None) for step in script if not isinstance(step, Open)]
    for namespace in dict.fromkeys(spoken):
        if namespace is not None:
            tree.call("open", namespace)
