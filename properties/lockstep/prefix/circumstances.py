"""Scripts for what random ones hardly meet: counts, depths, lengths and lives at which trees go wrong."""

from collections.abc import Callable, Iterator
from functools import lru_cache
from itertools import count

import numpy as np

from draftproof.properties.inputs.forms import FORMS
from draftproof.properties.lockstep.prefix.script import PAIRS
from draftproof.properties.lockstep.prefix.steps import (
    Confirm,
    Evict,
    Insert,
    Lock,
    Match,
    Namespace,
    Open,
    Read,
    Tokens,
    Unlock,
)
from draftproof.properties.lockstep.steps import Step

LENGTHS = (1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 32, 33, 63, 64, 65, 127, 128, 129, 255, 256, 257, 511, 512,
           513, 1023, 1024, 1025, 2047, 2048, 2049)  # fmt: skip
"""Tokens or pages, around powers of two."""
COUNTS = (3, 100, 120, 127, 128, 140, 255, 256, 257, 300)
"""Hits and locks, around what a byte holds; in an order that is another one modulo a byte."""
LOCKS = 460
"""Of a node and one below it: the node's own, two thirds of them, are more than 300 too."""
DEPTH, CHAIN = 2000, 270
"""Nodes of a deep chain, and of one that is short enough to be made under every policy."""
CALLS = 300

Circumstance = Callable[[np.random.Generator, int], Iterator[Step]]
"""Yields steps, of a generator of random numbers and a page size."""


def many_locks(rng: np.random.Generator, page_size: int) -> Iterator[Step]:
    """Lock a node and one below it hundreds of times; all that time nothing of it may go."""
    shared, below, beside = _run(page_size, 0, 2), _run(page_size, 0, 4), _run(page_size, 9, 2)
    yield Insert(_run(page_size, 0, 3))
    yield Match("longer", _run(page_size, 0, 3))
    yield Evict(page_size)
    for name, tokens in (("shared", shared), ("below", below), ("beside", beside)):
        yield Insert(tokens)
        yield Match(name, tokens)
    for number in range(1, LOCKS + 1):
        yield Lock("shared" if number % 3 else "below", number % 2 == 0)
        if number in COUNTS or number == LOCKS:
            yield from _every_call(shared, number, page_size)
            yield from _uses(rng, page_size, number)
            yield Lock("longer", True)
            yield Confirm("stale", "longer")
            yield Evict(page_size)
            yield Insert(beside)
    yield Lock("beside")
    yield Evict(2**31 - 1)
    for number in range(1, LOCKS + 1):
        yield Unlock("shared" if number % 3 else "below")
        if number in COUNTS or number >= LOCKS - 3:
            yield Evict(page_size)


def many_hits(rng: np.random.Generator, page_size: int) -> Iterator[Step]:
    """Use leaves 3 to 300 times, then evict them page by page: the order tells whether uses were counted."""
    leaves = [(_run(page_size, 10 * number, 2), hits) for number, hits in enumerate(rng.permutation(COUNTS))]
    for tokens, _ in leaves:
        yield Insert(tokens)
    uses = [tokens for tokens, hits in leaves for _ in range(int(hits))]
    for number, place in enumerate(rng.permutation(len(uses))):
        yield Match("hit", uses[place]) if number % 4 else Insert(uses[place])
        if number % 397 == 0:
            yield Read("read", uses[place])
            yield Confirm("again", "read")
    yield from _every_call(leaves[0][0], 0, page_size)
    for _ in range(2 * len(leaves)):
        yield Evict(page_size)


def deep_chain(rng: np.random.Generator, page_size: int, depth: int = DEPTH) -> Iterator[Step]:
    """Split one edge into thousands of nodes, in a namespace, then use, lock and evict them from the end."""
    tokens, namespace = _run(page_size, 0, depth), "deep"
    yield Open(namespace)
    yield Insert(tokens, namespace)
    yield Match("end", tokens, namespace)
    for pages in range(
        depth - 1, 0, -1
    ):  # from below: each split is near the root, and so is all that it uses
        yield Confirm("split", "end", pages)
    for pages in LENGTHS:
        if pages <= depth or pages == LENGTHS[-1]:
            yield from _every_call(tokens[: pages * page_size], pages, page_size, namespace)
    yield Read("end", tokens, namespace)
    yield Lock("end", True)
    yield Evict(2**31 - 1)
    yield Unlock("end")
    for wanted in (1, 2, 3, depth // 2):
        yield Evict(wanted * page_size)
        yield Match("part", tokens, namespace)


def chain(rng: np.random.Generator, page_size: int) -> Iterator[Step]:
    """Do with some hundred nodes what a deep chain does with thousands."""
    yield from deep_chain(rng, page_size, CHAIN)


def every_length(rng: np.random.Generator, page_size: int) -> Iterator[Step]:
    """Store sequences of every length around powers of two; ask with one token wrong, mostly a late one."""
    for number, length in enumerate(LENGTHS):
        tokens = (number, *range(1000, 999 + length))
        form = FORMS[number % len(FORMS)]
        yield Insert(tokens, None, number % 3, form)
        yield Match("whole", tokens, None, form)
        last = length // page_size * page_size
        places = {
            0,
            length // 2,
            last - 1,
            last - page_size,
            last - 2 * page_size + page_size // 2 + 1,
            length - 1,
        }
        for place in sorted(place for place in places if 0 <= place < length):
            wrong = (*tokens[:place], -5, *tokens[place + 1 :])
            yield Read("read", wrong)
            yield Match("wrong", wrong)
            yield Confirm("again", "read")
        yield Lock("whole", number % 2 == 0)
        yield Insert((*tokens, 7, 8, 9), None, 1)
        yield Unlock("whole")
        if number % 4 == 3:
            yield Evict(0)
            yield Evict(length)
            yield Evict(length + 1)
            yield Insert(tokens)


def many_calls(rng: np.random.Generator, page_size: int) -> Iterator[Step]:
    """Call every method hundreds of times on small sequences, some of them namespaces opened before."""
    for number in range(CALLS):
        tokens = _run(page_size, int(rng.integers(40)), 1 + number % 3)
        namespace = (None, "a", 7)[number % 3]
        yield Open(number)
        for _ in range(int(rng.integers(3))):
            yield Open(namespace)
        if number < 3:
            yield Open(namespace)
        yield Insert(tokens, *((namespace,) if number > 2 else ()))
        yield from _every_call(tokens, number, page_size)
        if number % 2:
            yield Evict(page_size * int(rng.integers(3)))


def many_values(rng: np.random.Generator, page_size: int) -> Iterator[Step]:
    """Store tokens from both ends of int32, and around what fewer bits hold."""
    powers = [
        sign * 2**power + more for power in (7, 8, 15, 16, 17, 24, 30) for sign in (1, -1) for more in (-1, 0)
    ]
    for number, token in enumerate((*powers, 0, -1, -2, 2**31 - 1, -(2**31))):
        place = int(rng.integers(2 * page_size))
        tokens = (*_run(page_size, 0, 3)[:place], token, *_run(page_size, 3, 3)[place + 1 :])
        yield Insert(tokens, None, number % 3, FORMS[number % len(FORMS)])
        yield from _every_call(tokens, number, page_size)


def many_nodes(rng: np.random.Generator, page_size: int) -> Iterator[Step]:
    """Let a tree grow to a thousand nodes, shrink by half and grow again: ids are given anew."""
    numbers = count()
    for share in (2, 3, 1):
        for _ in range(600):
            number = next(numbers)
            tokens = _run(page_size, number % 251, 1) + _run(page_size, number, 2)
            yield Insert(tokens, None, number % 5 - 2)
            if number % 100 == 0:
                yield from _every_call(tokens, number, page_size)
        yield Evict(1800 * page_size // share)


def many_namespaces(rng: np.random.Generator, page_size: int) -> Iterator[Step]:
    """Store the same tokens in namespaces that are easily taken for one another."""
    tokens = _run(page_size, 0, 3)
    named: list[Namespace] = [None, *(one for pair in PAIRS for one in pair)]
    for namespace in named:
        yield Open(namespace)
        yield Match("before", tokens, namespace)
        yield Read("read", tokens, namespace)
        yield Insert(tokens[: page_size * (1 + len(repr(namespace)) % 3)], namespace)
    for namespace in named:
        yield Open(namespace)
        yield Match("after", tokens, namespace)
        yield Read("read", tokens, namespace)
        yield Confirm("again", "read")
        yield Lock("again", True)
        yield Evict(page_size)
    yield from _every_call(tokens, 1, page_size)


def _run(page_size: int, first: int, pages: int) -> Tokens:
    return tuple(range(first * page_size, (first + pages) * page_size))


def _every_call(tokens: Tokens, number: int, page_size: int, namespace: Namespace = None) -> Iterator[Step]:
    """Make each call once, where things stand as they do; one of them parts an edge that is new."""
    name, longer = f"m{number}", (*tokens, *[-1 - number] * (page_size + 1))
    new = _run(page_size, 2 * 10**6 + 3 * number, 3)
    yield Open("elsewhere")
    yield Match("elsewhere", tokens, "elsewhere")
    yield Read("elsewhere", tokens, "elsewhere")
    yield Insert(tokens[: len(tokens) // 2], "elsewhere", number % 3)
    yield Match(name, tokens, namespace)
    yield Read(f"{name} read", tokens, namespace)
    yield Confirm(f"{name} again", f"{name} read")
    yield Confirm(f"{name} part", f"{name} read", number % 3)
    yield Lock(name, number % 2 == 0)
    yield Insert(longer, namespace, -number % 3)
    yield Match("other", longer, namespace)
    yield Insert(new, namespace, number % 3)
    yield Read("new", new, namespace)
    yield Confirm("parted", "new", 1)
    yield Evict(1)
    yield Unlock(name)
    yield Evict(0)


def _uses(rng: np.random.Generator, page_size: int, number: int) -> Iterator[Step]:
    """Use leaves in every way and in any order: that in which they go tells whether it counted."""
    leaves = [_run(page_size, 10**6 + 100 * number + 3 * each, 2) for each in range(8)]
    for tokens in leaves:
        yield Insert(tokens)
    for place in rng.permutation(np.repeat(np.arange(8), [0, 1, 1, 2, 2, 3, 3, 4])).tolist():
        if place % 2:
            yield Read("used", leaves[place])
            yield Confirm("used", "used")
        elif place % 4:
            yield Match("used", leaves[place])
        else:
            yield Insert(leaves[place], None, place)


CIRCUMSTANCES: dict[str, Circumstance] = {
    "locks": many_locks,
    "hits": many_hits,
    "depth": deep_chain,
    "chain": chain,
    "lengths": every_length,
    "calls": many_calls,
    "values": many_values,
    "nodes": many_nodes,
    "namespaces": many_namespaces,
}
"""By what there is much of."""


@lru_cache(32)
def write_circumstance(name: str, seed: int, page_size: int) -> tuple[Step, ...]:
    """Return the steps of one of CIRCUMSTANCES, and after them some whose order of use the end will tell."""
    rng = np.random.default_rng(seed)
    return (*CIRCUMSTANCES[name](rng, page_size), *_uses(rng, page_size, 0))
