"""A tree whose every call is made on its model too, and whose answers are compared."""

from collections.abc import Callable
from typing import Any

import numpy as np

from draftproof.properties.inputs.forms import arrange
from draftproof.properties.lockstep.calls import Joined, RaisedError
from draftproof.properties.lockstep.judging import MismatchError, judge_value
from draftproof.properties.lockstep.notation import format_numbers
from draftproof.properties.lockstep.prefix.handle import Handle
from draftproof.properties.lockstep.prefix.nodes import Nodes, Prefix
from draftproof.properties.lockstep.prefix.recording import judge_slots, record_tree
from draftproof.properties.lockstep.prefix.steps import Namespace, Tokens
from draftproof.reference.prefix import PrefixModel, SlotPool

SIZES = ("cached", "locked", "evictable", "nodes", "epoch")


class CheckedTree:
    """One tree, the model of its tokens, the prediction of its nodes, and the pool of its slots.

    Each method makes one call to the tree and raises MismatchError if the answer is not the model's.

    Parameters
    ----------
    tree_class, page_size, policy
        The tree is made by ``tree_class(page_size, policy)``.
    pages
        Pages in the pool.
    high
        Whether the pool's last page is the last of all that int32 can name, instead of its first page 0.
    overwrite
        Whether the arrays given and got are overwritten after each call, as their owner may do.
    """

    def __init__(
        self,
        tree_class: Callable[..., Any],
        page_size: int,
        policy: str,
        pages: int,
        high: bool = False,
        overwrite: bool = False,
    ) -> None:
        self.page_size, self.overwrites = page_size, overwrite
        self.base = (2**31 // page_size - pages) * page_size if high else 0
        self.outside = (self.base - 2 * pages * page_size) if high else pages * page_size
        """The first of many slots that are not the pool's."""
        self.recorded = record_tree(tree_class, page_size, policy)
        self.model = PrefixModel(page_size, policy)
        self.pool = SlotPool(pages, page_size)
        self.capacity = pages * page_size
        self.nodes = Nodes(page_size)
        self.namespaces: list[Namespace] = [None]
        self.ids: dict[int, int] = {0: 0}
        """What the tree calls each node, as far as it has said so."""
        self.owners: dict[int, int] = {0: 0}
        """The node that was last called by each id."""
        self.pages_of: dict[int, Prefix] = {}
        """The prefix that ends with a cached page, by the page's first slot."""

    def open(self, namespace: Namespace) -> None:
        """Open a namespace."""
        self.model.open(namespace)
        node = self.nodes.open(namespace)
        if namespace not in self.namespaces:
            self.namespaces.append(namespace)
        self._judge_node(node, self.recorded.call("open", namespace))

    def allocate(self, count: int) -> np.ndarray | None:
        """Take whole pages for so many tokens from the pool; None if it has too few."""
        wanted = -(-count // self.page_size) * self.page_size
        return self.pool.allocate(wanted) + np.int32(self.base) if wanted <= self.pool.free_tokens else None

    def free(self, slots: np.ndarray) -> None:
        """Give whole pages back to the pool."""
        self.pool.free(slots - np.int32(self.base))

    def match(self, tokens: Tokens, namespace: Namespace, form: str = "list") -> Handle:
        """Match tokens: the longest cached prefix in whole pages, and the node that ends there."""
        expected = self.model.match(np.array(tokens, np.int32), namespace=namespace)
        node = self.nodes.end_at((namespace, tokens[: len(expected)]))
        asked = arrange(tokens, form)
        answer = self.recorded.call("match", asked, **keywords_of(namespace))
        handle = self._judge_match(expected, node, answer)
        self._overwrite(tokens=asked, slots=answer.slots)
        return handle

    def read(self, tokens: Tokens, namespace: Namespace, form: str = "int32") -> Handle:
        """Match without touching, as a device does; with ``match`` where the tree offers nothing else."""
        if not hasattr(self.recorded.target, "match_many"):
            return self.match(tokens, namespace, form)
        length = self.longest(tokens, namespace)
        node = self.nodes.covering((namespace, tokens[:length]))
        asked, bounds = arrange(tokens, form), arrange([0, len(tokens)], form)
        lengths, ids = self.recorded.call("match_many", asked, bounds, **keywords_of(namespace))
        judge_value(Joined(self.recorded.last, ": length"), length, int(lengths[0]))
        its_id = int(ids[0])
        self._judge_node(node, its_id)
        self._overwrite(tokens=asked, offsets=bounds, lengths=lengths, nodes=ids)
        return Handle(node, its_id, self.nodes.epoch, tokens[:length], namespace)

    def confirm(self, seen: Handle, length: int) -> Handle | None:
        """Confirm tokens of what was seen earlier; None if the tree refused it, as it had to."""
        if self.nodes.stale(seen.node, seen.epoch):
            self._judge_stale("confirm", seen.id, length, seen.epoch)
            return None
        tokens = seen.tokens[:length]
        expected = self.model.match(np.array(tokens, np.int32), namespace=seen.namespace)
        node = self.nodes.end_at((seen.namespace, tokens))
        answer = self.recorded.call("confirm", seen.id, length, seen.epoch)
        handle = self._judge_match(expected, node, answer)
        self._overwrite(slots=answer.slots)
        return handle

    def lock(self, handle: Handle, seen: bool) -> None:
        """Lock a node, with the epoch at which it was seen or without.

        An id without an epoch may be another node's by now: nobody could tell, so nothing is done.
        """
        if seen and self.nodes.stale(handle.node, handle.epoch):
            self._judge_stale("lock", handle.id, epoch=handle.epoch)
        elif self.nodes.alive(handle.node):
            namespace, tokens = self.nodes.prefixes[handle.node]
            self.model.lock(tokens, namespace=namespace)
            handle.locks += 1
            self.recorded.call("lock", handle.id, **({"epoch": handle.epoch} if seen else {}))

    def unlock(self, handle: Handle) -> None:
        """Undo one of the handle's locks."""
        namespace, tokens = self.nodes.prefixes[handle.node]
        self.model.unlock(tokens, namespace=namespace)
        handle.locks -= 1
        self.recorded.call("unlock", handle.id)

    def evict(self, count: int) -> None:
        """Evict; the freed slots and their order are the model's."""
        expected = self.model.evict(count)
        pages = [self.pages_of.pop(slot) for slot in expected.tolist() if slot % self.page_size == 0]
        self.nodes.cut(pages)
        answer = self.recorded.call("evict", count)
        judge_slots(self.recorded.last, expected, answer)
        self.free(answer)
        self._overwrite(slots=answer)

    def insert(
        self, tokens: Tokens, slots: np.ndarray, namespace: Namespace, priority: int, form: str = "list"
    ) -> int:
        """Insert; return how many tokens were present."""
        whole = len(tokens) // self.page_size * self.page_size
        present = self.model.insert(np.array(tokens, np.int32), slots, namespace=namespace, priority=priority)
        self.nodes.end_at((namespace, tokens[:present]), (namespace, tokens[:whole]))
        for begin in range(present, whole, self.page_size):
            self.pages_of[int(slots[begin])] = namespace, tokens[: begin + self.page_size]
        keywords = keywords_of(namespace) | ({"priority": priority} if priority else {})
        stored, places = arrange(tokens, form), arrange(slots, form)
        answer = self.recorded.call("insert", stored, places, **keywords)
        judge_value(self.recorded.last, present, answer)
        self._overwrite(tokens=stored, slots=places)
        return present

    def longest(self, tokens: Tokens, namespace: Namespace) -> int:
        """Return the length of the longest cached prefix without touching it."""
        length = 0
        while length < len(tokens) and (namespace, tokens[: length + self.page_size]) in self.model.pages:
            length += self.page_size
        return length

    def slots_of(self, tokens: Tokens, namespace: Namespace) -> np.ndarray:
        """Return the slots of a cached prefix without touching it."""
        ends = range(self.page_size, len(tokens) + 1, self.page_size)
        pages = [self.model.pages[namespace, tokens[:end]].slots for end in ends]
        return np.array([slot for page in pages for slot in page], np.int32)

    def judge_state(self, held: int) -> int:
        """Compare the sizes, and return how many; every slot must be free, cached or one of the ``held``."""
        model = self.model
        expected = (model.cached, model.locked, model.evictable, len(self.nodes), self.nodes.epoch)
        for size, number in zip(SIZES, expected, strict=True):
            judge_value(f"tree.{size}", number, self.recorded.read(size))
        total = self.pool.free_tokens + self.recorded.read("cached") + held
        judge_value("slots free, cached and held", self.capacity, total)
        return 1 + len(SIZES)

    def _overwrite(self, **arrays: Any) -> None:
        if self.overwrites:
            self.recorded.overwrite(arrays)

    def _judge_match(self, expected: np.ndarray, node: int, answer: Any) -> Handle:
        line = self.recorded.last
        if not hasattr(answer, "slots") or not hasattr(answer, "node"):
            raise MismatchError(line, "a Match", type(answer).__name__)
        judge_slots(line, expected, answer.slots)
        self._judge_node(node, answer.node)
        namespace, tokens = self.nodes.prefixes[node]
        return Handle(node, answer.node, self.nodes.epoch, tokens, namespace)

    def _judge_node(self, node: int, got: Any) -> None:
        """Expect the id that the node has had so far, or one that no other live node has."""
        line = self.recorded.last
        if type(got) is not int or got < 0:
            raise MismatchError(line, "a node id, an int of at least 0", f"{got!r}")
        if got != self.ids.setdefault(node, got):
            raise MismatchError(line, f"node {self.ids[node]}", f"node {got}")
        other = self.owners.get(got, node)
        if other != node and self.nodes.alive(other):
            namespace, tokens = self.nodes.prefixes[other]
            end = f"{format_numbers(tokens)} in namespace {namespace!r}"
            raise MismatchError(line, f"a node other than the one that ends at {end}", f"node {got}")
        self.owners[got] = node

    def _judge_stale(self, method: str, *arguments: int, **keywords: int) -> None:
        try:
            self.recorded.call(method, *arguments, **keywords)
        except RaisedError as raised:
            # By name: a tree of another project has a class of its own.
            names = [kind.__name__ for kind in type(raised.error).__mro__]
            if "StaleMatchError" in names and isinstance(raised.error, ValueError):
                return
            raise MismatchError(raised.line, "StaleMatchError", type(raised.error).__name__) from raised
        raise MismatchError(self.recorded.last, "StaleMatchError", "no error")


def keywords_of(namespace: Namespace) -> dict[str, Any]:
    """Return the keywords by which calls name a namespace."""
    return {} if namespace is None else {"namespace": namespace}
