"""How one backend is inspected: a check becomes a result, whichever child makes it."""

import math
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace

from draftproof.conformance.reporting.records import Result
from draftproof.conformance.running.backends import choose_device
from draftproof.conformance.running.child import Child
from draftproof.conformance.running.messages import Answer, Hello
from draftproof.conformance.running.waivers import Waivers
from draftproof.properties.backend import exempt
from draftproof.properties.cases.plan import Check
from draftproof.properties.core.case import Case
from draftproof.properties.core.verdict import Finding, State
from draftproof.properties.judges.rounding import too_many_forgiven
from draftproof.properties.laws.shared.admissible import ADMISSIBLE

DEATHS = 5
"""After so many deaths of a child the rest of an operation is not run."""

SHRINKS = 12
"""Attempts to find a smaller failing case."""

TIME_OVER = "the time asked for was over"
"""The reason of what was not run because the run was limited; it alone is nothing wrong."""


class Inspection:
    """One backend on one device: what is waived, how often children died, and when the time is over."""

    def __init__(
        self,
        backend: str,
        device: str,
        hello: Hello,
        deaths: Counter[str],
        waivers: Waivers | None = None,
        deadline: float = math.inf,
    ) -> None:
        self.backend, self.asked, self.hello, self.deaths = backend, device, hello, deaths
        self.waivers, self.deadline = waivers or Waivers(), deadline
        """``deadline`` is a time of ``time.monotonic``."""

    def judge(self, child: Child, check: Check) -> Result:
        """Check one law on one case in a child, unless it must not or need not be."""
        law, case = check.law, check.case
        if crash := self.waivers.never_launch(case.operation, str(case)):
            return self._result(check, Answer(State.WAIVED, 0.0, reason=crash.reason), case)
        if reason := exempt(self.hello.variants, law.name, case.operation):
            return self._result(check, Answer(State.UNAVAILABLE, 0.0, reason=reason), case)
        if self.deaths[case.operation] >= DEATHS:
            reason = f"the process died {DEATHS} times before"
            return self._result(check, Answer(State.NOT_RUN, 0.0, reason=reason), case)
        if self._left() <= 0:
            return self._result(check, Answer(State.NOT_RUN, 0.0, reason=TIME_OVER), case)
        answer = self._ask(child, check, case)
        if answer.state is State.FAIL and law.cases is None and answer.findings:
            case, answer = self._shrink(child, check, answer)
        return self._result(check, answer, case)

    def _left(self) -> float:
        return self.deadline - time.monotonic()

    def _ask(self, child: Child, check: Check, case: Case) -> Answer:
        """Ask for one answer; a case that the end of the time cuts short has not been run."""
        limit = min(check.law.seconds, max(self._left(), 0.0))
        answer = child.check(case.operation, check.law.name, case, limit)
        if answer.hung and limit < check.law.seconds:
            return replace(answer, state=State.NOT_RUN, reason=TIME_OVER)
        return answer

    def _shrink(self, child: Child, check: Check, answer: Answer) -> tuple[Case, Answer]:
        """Return the smallest case found that has a finding of the same kind as the worst, with its answer.

        A smaller case that fails otherwise shows another fault, and would hide this one.
        """
        smallest, attempts, kind = check.case, SHRINKS, answer.findings[0].kind
        candidates = _list_smaller(smallest)
        while attempts and self._left() > 0 and (case := next(candidates, None)):
            attempts -= 1
            tried = self._ask(child, check, case)
            if any(finding.kind == kind for finding in tried.findings):
                findings = sorted(tried.findings, key=lambda finding: finding.kind != kind)
                answer = replace(tried, findings=tuple(findings))
                smallest, candidates = case, _list_smaller(case)
        return smallest, answer

    def _result(self, check: Check, answer: Answer, smallest: Case) -> Result:
        """Return the result of a check; findings and reproduction are those of the smallest failing case."""
        reproduce = f"draftproof replay '{smallest}' --backend {self.backend} --law '{check.law.name}'"
        if self.asked != "cpu" or choose_device(self.backend, None) != "cpu":
            reproduce += f" --device {self.asked}"
        return Result(
            operation=check.case.operation,
            dtype=check.case.dtype,
            law=check.law.name,
            case=str(check.case),
            state=answer.state,
            seconds=answer.seconds,
            decisions=answer.decisions,
            forgiven=answer.forgiven,
            findings=answer.findings,
            measures=answer.measures,
            reason=answer.reason,
            reproduce=reproduce,
        )


def is_cut(result: Result) -> bool:
    """Whether a result says only that the time asked for was over."""
    return result.state is State.NOT_RUN and result.reason == TIME_OVER


def judge_forgiveness(results: Sequence[Result]) -> Iterator[Result]:
    """Yield, by dtype, a failure if more decisions needed forgiveness than rounding explains.

    ``results`` are those of one operation. Where not a single decision was made, this is not run.
    """
    judged = [result for result in results if result.law == ADMISSIBLE.name]
    for dtype in sorted({result.dtype for result in judged}):
        mine = [result for result in judged if result.dtype == dtype]
        if all(result.state is State.WAIVED for result in mine):
            continue
        decisions = sum(result.decisions for result in mine)
        forgiven = sum(result.forgiven for result in mine)
        excessive = too_many_forgiven(forgiven, decisions)
        finding = Finding(
            "all decisions", "at most 1e-4 within the rounding bound", f"{forgiven} of {decisions}"
        )
        cut, unseen = all(is_cut(result) for result in mine), decisions == 0
        yield Result(
            operation=mine[0].operation,
            dtype=dtype,
            law="forgiveness",
            case="-",
            state=State.NOT_RUN if unseen else State.FAIL if excessive else State.PASS,
            findings=(finding,) if excessive else (),
            reason=(TIME_OVER if cut else "no decision was judged") if unseen else "",
        )


def _list_smaller(case: Case) -> Iterator[Case]:
    """Yield smaller cases, the most promising first: without flags, then with each axis cut down."""
    if case.flags:
        yield replace(case, flags=frozenset())
    if len(case.flags) > 1:
        for flag in sorted(case.flags):
            yield replace(case, flags=frozenset({flag}))
    for axis, size in case.shape.items():
        for less in sorted({1, size // 2} - {0, size}):
            yield case.reshaped(**{axis: less})
