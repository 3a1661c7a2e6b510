"""Shortens a script that fails until a few calls show what is wrong."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from draftproof.properties.core.verdict import Finding
from draftproof.properties.lockstep.prefix.steps import Begin, Evict, Fork, Insert, Match, Read, Step

TRIES = 500
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
    search = _Search(failure, run, tries)
    while search.leave_out() | search.simplify():
        pass
    return search.best


class _Search:
    """The shortest script so far, and how many more may be tried."""

    def __init__(self, failure: Failure, run: Run, tries: int) -> None:
        self.best, self.run, self.tries = failure, run, tries

    def leave_out(self) -> bool:
        """Try without runs of steps, long ones first; say whether that got anywhere."""
        improved = False
        part = len(self.best.script) // 2
        while part:
            # From the end: what fails is there, what it needs is often far before.
            end = len(self.best.script)
            while end > 0:
                improved |= self._fails(self.best.script[: max(0, end - part)] + self.best.script[end:])
                end = min(end - part, len(self.best.script))
            part //= 2
        return improved

    def simplify(self) -> bool:
        """Try simpler steps, all at once and one by one; say whether that got anywhere."""
        improved = False
        for plainer in _plainer(self.best.script):
            improved |= self._fails(plainer)
        place = 0
        while place < len(self.best.script):
            script = self.best.script
            simpler = ([*script[:place], step, *script[place + 1 :]] for step in _simpler(script[place]))
            if any(self._fails(candidate) for candidate in simpler):
                improved = True
            else:
                place += 1
        return improved

    def _fails(self, script: list[Step]) -> bool:
        """Run a script; keep it if it fails and is smaller than the best."""
        if self.tries <= 0:
            return False
        self.tries -= 1
        found = self.run(script)
        if found is None or _size(found) >= _size(self.best):
            return False
        self.best = found
        return True


def _size(failure: Failure) -> tuple[int, int, int]:
    script = failure.script
    numbers = sum(len(tokens) for step in script for tokens in (_tokens(step),) if tokens)
    return len(failure.calls), len(script), numbers + sum(s.count for s in script if isinstance(s, Evict))


def _tokens(step: Step) -> tuple[int, ...] | None:
    if isinstance(step, Insert | Match | Read | Begin):
        return step.tokens
    return step.tail if isinstance(step, Fork) else None


def _plainer(script: list[Step]) -> Iterator[list[Step]]:
    """Yield the script without namespaces, and without what all of its sequences begin with."""
    spaced = Insert | Match | Read | Begin
    yield [replace(step, namespace=None) if isinstance(step, spaced) else step for step in script]
    sequences = [step.tokens for step in script if isinstance(step, spaced) and step.tokens]
    shared = 0
    while sequences and all(s[: shared + 1] == sequences[0][: shared + 1] for s in sequences):
        if shared == len(sequences[0]):
            break
        shared += 1
    while shared:
        yield [
            replace(step, tokens=step.tokens[shared:]) if isinstance(step, spaced) else step
            for step in script
        ]
        shared //= 2


def _simpler(step: Step) -> Iterator[Step]:
    if isinstance(step, Begin):
        yield Match(step.name, step.tokens, step.namespace)
        yield Insert(step.tokens, step.namespace)
    if isinstance(step, Insert | Match | Read | Begin):
        yield from (replace(step, tokens=tokens) for tokens in _fewer(step.tokens))
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
