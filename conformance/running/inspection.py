"""How one backend is inspected: a check becomes a result, whichever child makes it."""

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace

from draftproof.conformance.reporting.records import Result
from draftproof.conformance.reporting.unjudged import KEPT, NO_PROMISE
from draftproof.conformance.running.backends import choose_device
from draftproof.conformance.running.child import Child
from draftproof.conformance.running.messages import Answer, Hello
from draftproof.conformance.running.scope.patience import Patience
from draftproof.conformance.running.scope.selection import FORGIVENESS, TIME_OVER, Selection, is_cut
from draftproof.conformance.running.waivers import Waivers
from draftproof.properties.backend import exempt
from draftproof.properties.cases.plan import Check
from draftproof.properties.core.case import Case
from draftproof.properties.core.verdict import Finding, State
from draftproof.properties.judges.rounding import too_many_forgiven
from draftproof.properties.laws.shared.admissible import ADMISSIBLE

DEATHS = 5
"""After so many deaths of a child the rest of an operation is not run."""

SHRINKS = 24
"""Attempts to find a smaller failing case."""

UNJUDGED = {State.WAIVED, State.NOT_PROMISED, State.NOT_OBSERVED, State.UNAVAILABLE}
"""The states in which a law says nothing, and need not: where all are, there is nothing to forgive."""

TRIES, TRY_SECONDS = 2, 10.0
"""How often, and how long, something is looked at that is not promised."""


class Inspection:
    """One backend on one device: what is waived, what is asked for, how often children died, and time."""

    def __init__(
        self,
        backend: str,
        device: str,
        hello: Hello,
        deaths: Counter[str],
        waivers: Waivers | None = None,
        deadline: float = math.inf,
        selection: Selection | None = None,
        timeout: float | None = None,
    ) -> None:
        self.backend, self.asked, self.hello, self.deaths = backend, device, hello, deaths
        self.tried: Counter[tuple[str, str]] = Counter()
        self.waivers, self.selection = waivers or Waivers(), selection or Selection()
        self.patience = Patience(timeout, deadline)

    def judge(self, child: Child, check: Check) -> Result:
        """Check one law on one case in a child, unless it must not or need not be."""
        law, case = check.law, check.case
        if left_out := self.selection.leave_out(check):
            return self._result(check, Answer(State.NOT_RUN, 0.0, reason=left_out), case)
        if crash := self.waivers.never_launch(case.operation, str(case)):
            return self._result(check, Answer(State.WAIVED, 0.0, reason=crash.reason), case)
        if exemption := exempt(self.hello.variants, law.name, case.operation):
            return self._result(check, Answer(State.UNAVAILABLE, 0.0, reason=exemption), case)
        if lacking := child.find_lacking(law):
            reason = f"the law needs {', '.join(lacking)}, which the backend's Python lacks"
            return self._result(check, Answer(State.UNAVAILABLE, 0.0, reason=reason), case)
        if check.unpromised:
            return self._result(check, self._try(child, check), case)
        if self.deaths[case.operation] >= DEATHS:
            reason = f"the process died {DEATHS} times before"
            return self._result(check, Answer(State.NOT_RUN, 0.0, reason=reason), case)
        if not self.patience.left:
            return self._result(check, Answer(State.NOT_RUN, 0.0, reason=TIME_OVER), case)
        answer = self._ask(child, check, case)
        if answer.state is State.FAIL and law.cases is None and answer.findings:
            case, answer = self._shrink(child, check, answer)
        return self._result(check, answer, case)

    def _ask(self, child: Child, check: Check, case: Case) -> Answer:
        """Ask for one answer; a case that the end of the time cuts short has not been run."""
        operation, left = case.operation, self.patience.left
        limit = self.patience.limit(operation, check.law, warm=child.has_answered(operation))
        answer = child.check(operation, check.law.name, case, min(limit, left))
        if answer.hung and left < limit:
            return replace(answer, state=State.NOT_RUN, reason=TIME_OVER)
        if answer.hung or child.has_answered(operation):
            self.patience.learn(operation, answer.seconds, hung=answer.hung)
        return answer

    def _try(self, child: Child, check: Check) -> Answer:
        """Say what is not promised; look once or twice whether it is kept all the same."""
        operation, reason = check.case.operation, f"{NO_PROMISE} {check.unpromised}"
        self.tried[operation, check.unpromised] += 1
        if self.tried[operation, check.unpromised] <= TRIES and self.patience.left > 0:
            died = self.deaths[operation]
            limit = min(TRY_SECONDS, check.law.seconds, self.patience.left)
            answer = child.check(operation, check.law.name, check.case, limit, promised=False)
            self.deaths[operation] = died  # what was not promised is not held against it
            if answer.state is State.PASS:
                reason += KEPT
        return Answer(State.NOT_PROMISED, 0.0, reason=reason)

    def _shrink(self, child: Child, check: Check, answer: Answer) -> tuple[Case, Answer]:
        """Return the smallest case found that has a finding of the same kind as the worst, with its answer.

        A smaller case that fails otherwise shows another fault, and would hide this one.
        """
        smallest, attempts, kind = check.case, SHRINKS, answer.findings[0].kind
        candidates = _list_smaller(smallest)
        while attempts and self.patience.left and (case := next(candidates, None)):
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


def judge_forgiveness(results: Sequence[Result]) -> Iterator[Result]:
    """Yield, by dtype, a failure if more decisions needed forgiveness than rounding explains.

    ``results`` are those of one operation. Where not a single decision was made, this is not run.
    """
    judged = [result for result in results if result.law == ADMISSIBLE.name]
    for dtype in sorted({result.dtype for result in judged}):
        mine = [result for result in judged if result.dtype == dtype]
        if all(result.state in UNJUDGED for result in mine):
            continue
        decisions = sum(result.decisions for result in mine)
        forgiven = sum(result.forgiven for result in mine)
        excessive = too_many_forgiven(forgiven, decisions)
        finding = Finding(
            "all decisions", "at most 1e-4 within the rounding bound", f"{forgiven} of {decisions}"
        )
        unseen = decisions == 0
        cut = next((result.reason for result in mine if is_cut(result)), "") if all(map(is_cut, mine)) else ""
        yield Result(
            operation=mine[0].operation,
            dtype=dtype,
            law=FORGIVENESS,
            case="-",
            state=State.NOT_RUN if unseen else State.FAIL if excessive else State.PASS,
            findings=(finding,) if excessive else (),
            reason=(cut or "no decision was judged") if unseen else "",
        )


def _list_smaller(case: Case) -> Iterator[Case]:
    """Yield smaller cases, the most promising first: without flags, then with each axis cut down.

    The longest axis comes first: while there are many rows, one of them has the finding still.
    """
    if case.flags:
        yield replace(case, flags=frozenset())
    if len(case.flags) > 1:
        for flag in sorted(case.flags):
            yield replace(case, flags=frozenset({flag}))
    for axis, size in sorted(case.shape.items(), key=lambda item: -item[1]):
        for less in sorted({1, size // 2} - {0, size}):
            yield case.reshaped(**{axis: less})
