"""The first law: the answer is right."""

from draftproof.properties.case import Case
from draftproof.properties.contract import Contract
from draftproof.properties.laws.law import Law
from draftproof.properties.subject import Subject
from draftproof.properties.verdict import Verdict


def check(contract: Contract, subject: Subject, case: Case) -> Verdict:
    """Judge one call on the case's inputs."""
    inputs = contract.fill(case)
    keywords = contract.call_keywords(case)
    return contract.judge(inputs, keywords, subject(inputs, keywords, case.shape, case.dtype))


ADMISSIBLE = Law(
    "admissible",
    "Every decision is the oracle's, or lies within the rounding bound of its boundary.",
    check,
)
