"""A failure is shown as small as it comes, and stays the same failure."""

from collections import Counter
from types import ModuleType
from typing import Any

import pytest

from draftproof.conformance.cli.outcome import worst_of_each_law
from draftproof.conformance.reporting.records import Result
from draftproof.conformance.running import worker
from draftproof.conformance.running.inspection import Inspection
from draftproof.conformance.running.messages import Answer, Hello
from draftproof.properties.cases.plan import Check
from draftproof.properties.contracts import CONTRACTS
from draftproof.properties.core.case import Case
from draftproof.properties.core.contract import FunctionContract
from draftproof.properties.core.subject import FunctionSubject
from draftproof.properties.core.verdict import Finding, State, Verdict
from draftproof.properties.laws.shared.admissible import ADMISSIBLE

CASE = Case(
    "sample", {"B": 8, "V": 64}, "float32", {"rows": "flat", "uniforms": "float32"}, 1, frozenset({"nan"})
)
SEAM = "0 (u * total = 0.25)"
DRAWN = Finding("row 6", SEAM, "63, whose cell is [0.9, 1)", 40.0)
STATUS = Finding("row 6, status", "<Status.NAN_SEEN: 4>", "0")


class TwoFaults:
    """A child whose backend draws wrongly in wide rows, and forgets the status of every row."""

    def check(self, operation: str, law: str, case: Case, limit: float) -> Answer:
        wrong = Finding(f"row {case.shape['B'] - 1}", "3 (u * total = 1e-05)", "2, whose cell is [0, 1)", 1.5)
        findings = (STATUS, wrong) if case.shape["V"] > 8 else (STATUS,)
        return Answer(State.FAIL, 0.0, findings)


def inspect(child: Any, first: Answer) -> Result:
    inspection = Inspection("strangers", "cpu", Hello("cpu", ("sample",)), Counter())
    replies = [first]

    class Child:
        def check(self, *arguments: Any) -> Answer:
            return replies.pop() if replies else child.check(*arguments)

        def find_lacking(self, law: Any) -> list[str]:
            return []

        def has_answered(self, operation: str) -> bool:
            return True

    return inspection.judge(Child(), Check(ADMISSIBLE, CASE))  # type: ignore[arg-type]


def test_the_same_finding_is_shrunk() -> None:
    result = inspect(TwoFaults(), Answer(State.FAIL, 0.0, (DRAWN, STATUS)))
    assert result.findings[0].kind == DRAWN.kind  # and not the status, which fails in smaller cases still
    assert "V=16" in result.reproduce
    assert "B=1," in result.reproduce


def test_a_case_that_fails_otherwise_is_no_smaller_one() -> None:
    class Status:
        def check(self, *arguments: Any) -> Answer:
            return Answer(State.FAIL, 0.0, (STATUS,))

    result = inspect(Status(), Answer(State.FAIL, 0.0, (DRAWN,)))
    assert result.findings == (DRAWN,)
    assert str(CASE) in result.reproduce


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (("row 1", "0 (u * total = 0.3)"), ("row 12", "17 (u * total = 1e-05)"), True),
        (("row 1", "an id in [0, 5)"), ("row 1", "an id with mass"), False),
        (
            ("row 1, position 2", "accepted: u q = 1, p = 2"),
            ("row 1, position 2", "rejected: u q = 1, p = 2"),
            False,
        ),
        (("row 1, status", "<Status.NAN_SEEN: 4>"), ("row 1, status", "<Status.DEGENERATE: 1>"), False),
        (("row 1, the accepted tokens", "[4, 1, 2]"), ("row 3, the accepted tokens", "[7]"), True),
        (("row 1, the padding", "-1 after the run"), ("row 1, the accepted tokens", "[7]"), False),
    ],
)
def test_what_counts_as_the_same(one: tuple[str, str], other: tuple[str, str], same: bool) -> None:
    assert (Finding(*one, "").kind == Finding(*other, "").kind) == same


def test_the_worst_finding_comes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    def found(contract: FunctionContract, subject: FunctionSubject, case: Case) -> Verdict:
        return Verdict([Finding(f"row {n}", "", "", excess) for n, excess in enumerate((2.0, 50.0, 7.0))])

    law = CONTRACTS["sample"].laws[0]
    monkeypatch.setattr(type(law), "check", property(lambda self: found))
    backend = ModuleType("backend")
    vars(backend).update(sample=print, CONFORMANCE={"arrays": "numpy"})
    answer = worker.check(backend, "numpy", "sample", law.name, str(CASE))
    assert [finding.excess for finding in answer.findings] == [50.0, 7.0, 2.0]


def test_the_worst_of_each_law_is_shown() -> None:
    def result(law: str, excess: float) -> Result:
        finding = Finding("row 0", "1", "2", excess)
        return Result("sample", "float32", law, str(CASE), State.FAIL, findings=(finding,))

    wrong = [
        result("values", 2.0),
        result("admissible", 3.0),
        result("values", 9.0),
        result("admissible", 1.0),
    ]
    shown = [(each.law, each.findings[0].excess) for each in worst_of_each_law(wrong)]
    assert shown == [("values", 9.0), ("admissible", 3.0)]
