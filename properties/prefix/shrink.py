"""Shortens a script that fails until a few calls show what is wrong."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from draftproof.properties.prefix.steps import Begin, Evict, Fork, Insert, Match, Read, Step
from draftproof.properties.verdict import Finding

TRIES = 400
"""Shorter scripts tried."""


@dataclass(frozen=True, slots=True)
class Failure:
    """A script that fails, up to its last step."""

    script: list[Step]
    finding: Finding
    calls: list[str]
    """What was called, in lines that can be pasted and run."""

    @property
    def shown(self) -> Finding:
        """The finding together with the calls that lead to it."""
        lines = "\n    ".join(self.calls)
        return replace(self.finding, where=f"{self.finding.where}, after\n    {lines}\n ")


Run = Callable[[list[Step]], Failure | None]


def shrunk(failure: Failure, run: Run, tries: int = TRIES) -> Failure:
    """Return the shortest failing script that was found by leaving steps and tokens out."""
    for _ in range(tries):
        for candidate in _shorter(failure.script):
            tries -= 1
            found = run(candidate)
            if found is not None and _size(found) < _size(failure):
                failure = found
                break
            if tries <= 0:
                return failure
        else:
            return failure
    return failure


def _size(failure: Failure) -> tuple[int, int, int]:
    script = failure.script
    numbers = sum(len(tokens) for step in script for tokens in (_tokens(step),) if tokens)
    return len(failure.calls), len(script), numbers + sum(s.count for s in script if isinstance(s, Evict))


def _tokens(step: Step) -> tuple[int, ...] | None:
    if isinstance(step, Insert | Match | Read | Begin):
        return step.tokens
    return step.tail if isinstance(step, Fork) else None


def _shorter(script: list[Step]) -> Iterator[list[Step]]:
    """Yield the script without some of its steps, large parts first, then with simpler steps."""
    part = len(script) // 2
    while part:
        # From the end: what fails is there, what it needs is often far before.
        for end in range(len(script), 0, -part):
            yield script[: max(0, end - part)] + script[end:]
        part //= 2
    for place, step in enumerate(script):
        for simpler in _simpler(step):
            yield [*script[:place], simpler, *script[place + 1 :]]


def _simpler(step: Step) -> Iterator[Step]:
    if isinstance(step, Begin):
        yield Match(step.name, step.tokens, step.namespace)
    if isinstance(step, Insert | Match | Read | Begin):
        yield from (replace(step, tokens=tokens) for tokens in _fewer(step.tokens))
        if step.namespace is not None:
            yield replace(step, namespace=None)
    if isinstance(step, Insert) and step.priority:
        yield replace(step, priority=0)
    if isinstance(step, Fork):
        yield from (replace(step, tail=tail) for tail in _fewer(step.tail))
    if isinstance(step, Evict):
        yield from (Evict(count) for count in sorted({1, step.count // 2}) if count < step.count)


def _fewer(tokens: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
    """Yield halves, then the tokens without a run at either end."""
    part = len(tokens)
    while part > 1:
        part //= 2
        yield tokens[:-part]
        yield tokens[part:]
    if len(tokens) == 1:
        yield ()
