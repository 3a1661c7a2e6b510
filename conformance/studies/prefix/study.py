"""What a cache is worth on a trace: every policy and capacity replayed, and held against exact simulation."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from draftproof.conformance.diagnostic import DiagnosticError
from draftproof.conformance.studies.prefix import belady, exact_cache
from draftproof.conformance.studies.prefix.cost import Cost
from draftproof.conformance.studies.prefix.formats import Trace
from draftproof.conformance.studies.prefix.numbering import naming
from draftproof.conformance.studies.prefix.prefixes import Pages, number_pages
from draftproof.conformance.studies.prefix.replay import MakeTree, replay

POLICIES = tuple(exact_cache.ORDERS)
BELADY = "belady"
CAPACITIES = 5
"""How many capacities are replayed if none is asked for."""
STRIDE = 256
"""Requests between two reports of progress."""

Advance = Callable[[str, int], None]


@dataclass(frozen=True, slots=True)
class Ratios:
    """Hits as a part of all that was asked for."""

    tokens: float
    """Tokens of the prompts that lay in blocks found."""
    blocks: float


@dataclass(frozen=True, slots=True)
class Outcome:
    """One policy at one capacity. The optimum is only simulated: no tree, no times."""

    policy: str
    capacity: int
    """Blocks that have a slot."""
    hits: Ratios
    evicted: int | None = None
    """Blocks."""
    exact: bool | None = None
    """Whether the tree found, for every single request, what the simulation did."""
    requests_per_second: float | None = None
    blocks_per_second: float | None = None
    """Blocks asked for; both count the time in the tree's calls."""
    nodes: int | None = None
    """The most that the tree had."""
    bytes_per_block: float | None = None
    """The tree's memory for each cached block, if the tree counts it."""


@dataclass(frozen=True, slots=True)
class Study:
    """Everything about one trace."""

    trace: str
    requests: int
    tokens: int
    """Of all prompts."""
    blocks: int
    """Of all prompts."""
    distinct: int
    """Blocks that an infinite cache would hold."""
    longest: int
    """Blocks of the longest prompt."""
    infinite: Ratios
    """What the infinite cache finds."""
    outcomes: list[Outcome]
    cost: Cost | None = None
    """What matching costs, where that was counted."""

    def line(self, policy: str) -> dict[int, Outcome]:
        """Return one policy's outcomes by capacity."""
        return {each.capacity: each for each in self.outcomes if each.policy == policy}

    @property
    def policies(self) -> list[str]:
        """The policies that were replayed, the optimum last."""
        return list(dict.fromkeys(each.policy for each in self.outcomes))

    @property
    def capacities(self) -> list[int]:
        """The capacities, ascending."""
        return sorted({each.capacity for each in self.outcomes})


def plan_replays(trace: Trace, capacities: Sequence[int], page_size: int) -> tuple[Pages, list[int]]:
    """Return a trace's pages and the capacities to replay: those asked for, or some that fit the trace.

    Raises DiagnosticError if a capacity holds no page, or the trace has too many.
    """
    with naming(trace.name):
        pages = number_pages(trace.requests, page_size)
    if small := [each for each in capacities if each < page_size]:
        raise DiagnosticError("trace-capacity", f"a capacity of {small[0]} holds no page of {page_size}")
    fitting = [each * page_size for each in _list_round_numbers(len(pages.parents))]
    return pages, sorted(set(capacities)) or fitting


def study_trace(
    trace: Trace,
    pages: Pages,
    capacities: Sequence[int],
    policies: Sequence[str],
    page_size: int,
    make_tree: MakeTree,
    advance: Advance,
) -> Study:
    """Replay a trace; ``advance`` gets what is being done, and how many requests more are."""
    blocks = sum(len(request.blocks) for request in trace.requests)
    tokens = sum(request.length for request in trace.requests)

    def ratios(hits: np.ndarray) -> Ratios:
        found = hits * page_size
        covered = sum(r.covered(n) for r, n in zip(trace.requests, found.tolist(), strict=True))
        return Ratios(covered / max(tokens, 1), int(found.sum()) / max(blocks, 1))

    outcomes = []
    for policy in policies:
        for capacity in capacities:
            # More slots than pages make no difference, but an array of them for whoever asks for a trillion.
            room = min(capacity // page_size, len(pages.parents))
            counter = _Counter(advance, f"{trace.name}, {policy}, {capacity:,} blocks")
            got = replay(make_tree(page_size, policy), trace.requests, page_size, room, counter.step)
            expected = exact_cache.simulate(pages, room, policy, counter.step)
            counter.flush()
            outcomes.append(
                Outcome(
                    policy,
                    capacity,
                    ratios(got.hits),
                    got.evicted * page_size,
                    np.array_equal(got.hits, expected.hits) and got.evicted == expected.evicted,
                    len(trace.requests) / max(got.seconds, 1e-9),
                    blocks / max(got.seconds, 1e-9),
                    got.peak,
                    got.bytes_per_block,
                )
            )
    for capacity in capacities:
        best = belady.compute_optimum(pages, capacity // page_size)
        outcomes.append(Outcome(BELADY, capacity, ratios(best)))
    return Study(
        trace=trace.name,
        requests=len(trace.requests),
        tokens=tokens,
        blocks=blocks,
        distinct=len(pages.parents) * page_size,
        longest=max((len(request.blocks) for request in trace.requests), default=0),
        infinite=ratios(pages.known),
        outcomes=outcomes,
    )


class _Counter:
    """Passes progress on in large steps: a bar that moves for each request would cost more than it."""

    def __init__(self, advance: Advance, what: str) -> None:
        self._advance, self._what, self._waiting = advance, what, 0
        advance(what, 0)

    def step(self, done: int) -> None:
        self._waiting += done
        if self._waiting >= STRIDE:
            self.flush()

    def flush(self) -> None:
        self._advance(self._what, self._waiting)
        self._waiting = 0


def _list_round_numbers(limit: int) -> list[int]:
    """Return the last few of 1, 3, 10, 30, ... up to ``limit``.

    >>> _list_round_numbers(182_790)
    [1000, 3000, 10000, 30000, 100000]
    """
    numbers = [digit * 10**power for power in range(len(str(limit))) for digit in (1, 3)]
    return [each for each in numbers if each <= max(limit, 1)][-CAPACITIES:]
