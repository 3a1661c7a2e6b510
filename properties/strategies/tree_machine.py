"""A Hypothesis state machine that invents the script of a prefix tree step by step."""

from collections.abc import Callable
from functools import partial
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import Bundle, rule

from draftproof.properties.lockstep.machine import LockstepMachine
from draftproof.properties.lockstep.prefix.executor import TreeExecutor
from draftproof.properties.lockstep.prefix.refusals import REFUSALS
from draftproof.properties.lockstep.prefix.simplification import simplify_script
from draftproof.properties.lockstep.prefix.steps import (
    Begin,
    Confirm,
    Evict,
    Fork,
    Insert,
    Lock,
    Match,
    Namespace,
    Open,
    Read,
    Release,
    Tokens,
    Unlock,
)
from draftproof.properties.lockstep.refusals import Bad
from draftproof.properties.strategies.prefix import NAMESPACES, PRIORITIES, token_sequences
from draftproof.properties.strategies.validation import integer


def make_machine(  # noqa: C901 - a rule for each kind of step, none of which branches
    tree_class: Callable[..., Any], page_size: int = 1, policy: str = "lru"
) -> type[LockstepMachine]:
    """Return a state machine whose every step is judged beside the model.

    Parameters
    ----------
    tree_class
        Called as ``tree_class(page_size, policy)``; ``reference.RadixTree`` has the interface.
    page_size, policy
        Of the tree.

    Run it with ``hypothesis.stateful.run_state_machine_as_test``, or give pytest its ``TestCase``.
    """
    integer("make_machine", "page_size", page_size, 1)
    sequences = token_sequences(page_size)

    class PrefixTreeMachine(LockstepMachine):
        """A tree, its model, and what was remembered of both."""

        nodes: Bundle[str] = Bundle("nodes")
        requests: Bundle[str] = Bundle("requests")
        sequences_seen: Bundle[Tokens] = Bundle("sequences_seen")

        def __init__(self) -> None:
            super().__init__(partial(TreeExecutor, tree_class, page_size, policy), simplify_script)

        @rule(namespace=NAMESPACES)
        def open(self, namespace: Namespace) -> None:
            """Open a namespace, maybe again."""
            self.take(Open(namespace))

        @rule(target=sequences_seen, tokens=sequences, namespace=NAMESPACES, priority=PRIORITIES)
        def insert(self, tokens: Tokens, namespace: Namespace, priority: int) -> Tokens:
            """Store a sequence of its own."""
            self.take(Insert(tokens, namespace, priority))
            return tokens

        @rule(
            target=sequences_seen,
            begin=sequences_seen,
            place=st.integers(0, 8 * page_size),
            end=sequences,
            namespace=NAMESPACES,
        )
        def branch(self, begin: Tokens, place: int, end: Tokens, namespace: Namespace) -> Tokens:
            """Store a sequence that leaves an earlier one anywhere."""
            self.take(Insert((*begin[:place], *end), namespace))
            return (*begin[:place], *end)

        @rule(target=nodes, tokens=sequences_seen | sequences, namespace=NAMESPACES)
        def match(self, tokens: Tokens, namespace: Namespace) -> str:
            """Match a whole sequence."""
            name = self.make_name()
            self.take(Match(name, tokens, namespace))
            return name

        @rule(tokens=sequences_seen, namespace=NAMESPACES)
        def split_at_every_place(self, tokens: Tokens, namespace: Namespace) -> None:
            """Match every prefix of a sequence, the longest last."""
            for end in range(0, len(tokens) + 1, max(1, page_size // 2)):
                self.take(Match(self.make_name(), tokens[:end], namespace))

        @rule(target=nodes, tokens=sequences_seen, namespace=NAMESPACES)
        def read(self, tokens: Tokens, namespace: Namespace) -> str:
            """Match without touching."""
            name = self.make_name()
            self.take(Read(name, tokens, namespace))
            return name

        @rule(target=nodes, of=nodes)
        def confirm(self, of: str) -> str:
            """Confirm what was seen, however much has happened since."""
            name = self.make_name()
            self.take(Confirm(name, of))
            return name

        @rule(node=nodes, seen=st.booleans())
        def lock(self, node: str, seen: bool) -> None:
            """Lock a node."""
            self.take(Lock(node, seen))

        @rule(node=nodes)
        def unlock(self, node: str) -> None:
            """Undo a lock."""
            self.take(Unlock(node))

        @rule(count=st.integers(0, 6 * page_size))
        def evict(self, count: int) -> None:
            """Evict some."""
            self.take(Evict(count))

        @rule(target=requests, tokens=sequences_seen | sequences, namespace=NAMESPACES)
        def begin(self, tokens: Tokens, namespace: Namespace) -> str:
            """Begin a request."""
            name = self.make_name()
            self.take(Begin(name, tokens, namespace))
            return name

        @rule(target=requests, of=requests, tail=sequences)
        def fork(self, of: str, tail: Tokens) -> str:
            """Begin a second request on the prefix of a first."""
            name = self.make_name()
            self.take(Fork(name, of, tail))
            return name

        @rule(request=requests, priority=PRIORITIES)
        def release(self, request: str, priority: int) -> None:
            """End a request."""
            self.take(Release(request, priority))

        @rule(kind=st.sampled_from(sorted(REFUSALS)), number=st.integers(0, 999))
        def bad_call(self, kind: str, number: int) -> None:
            """Make a call that must be refused."""
            self.take(Bad(kind, number))

    return PrefixTreeMachine
