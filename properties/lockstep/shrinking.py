"""Shortens a script that fails until a few calls show what is wrong."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace

from draftproof.properties.core.verdict import Finding
from draftproof.properties.lockstep.steps import Script, SimplifyScript

TRIES = 500
"""Shorter scripts tried."""
STEPS = ContextVar("STEPS", default=40_000)
"""Steps that all of them may have together: a long script is not tried as often."""


@contextmanager
def without_shrinking() -> Iterator[None]:
    """Let failures be told as they come, for whoever only asks whether there is one."""
    token = STEPS.set(0)
    try:
        yield
    finally:
        STEPS.reset(token)


@dataclass(frozen=True, slots=True)
class Failure:
    """A script that fails, up to its last step."""

    script: Script
    finding: Finding
    calls: list[str]
    """What was called, in lines that can be pasted and run."""

    def describe(self) -> Finding:
        """Return the finding together with the calls that lead to it."""
        lines = "\n    ".join(self.calls)
        return replace(self.finding, where=f"{self.finding.where}, after\n    {lines}\n ")


Run = Callable[[Script], Failure | None]
"""Runs a script; returns how it failed, or None."""


def shrink(
    failure: Failure, run: Run, simplify_script: SimplifyScript | None = None, tries: int = TRIES
) -> Failure:
    """Return the shortest failing script that was found by leaving out steps and what they carry."""
    search = _Search(failure, run, simplify_script, tries)
    while search.leave_out() | search.simplify():
        pass
    return search.best


class _Search:
    """The shortest script so far, and how many more may be tried."""

    def __init__(
        self, failure: Failure, run: Run, simplify_script: SimplifyScript | None, tries: int
    ) -> None:
        self.best, self.run, self.tries, self.steps = failure, run, tries, STEPS.get()
        self.simplify_script = simplify_script

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
        for simpler in self.simplify_script(self.best.script) if self.simplify_script else ():
            improved |= self._fails(simpler)
        place = 0
        while place < len(self.best.script):
            script = self.best.script
            candidates = ([*script[:place], step, *script[place + 1 :]] for step in script[place].simplify())
            if any(self._fails(candidate) for candidate in candidates):
                improved = True
            else:
                place += 1
        return improved

    def _fails(self, script: Script) -> bool:
        """Run a script; keep it if it fails and is smaller than the best."""
        if self.tries <= 0 or self.steps < len(script):
            return False
        self.tries -= 1
        self.steps -= len(script)
        failure = self.run(script)
        if failure is None or _measure(failure) >= _measure(self.best):
            return False
        self.best = failure
        return True


def _measure(failure: Failure) -> tuple[int, int, int]:
    """Return what is to be made small: calls first, then steps, then what they carry."""
    return len(failure.calls), len(failure.script), sum(step.size for step in failure.script)
