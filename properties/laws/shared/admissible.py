"""The first law: the answer is right."""

from draftproof.properties.core.case import Case
from draftproof.properties.core.contract import FunctionContract
from draftproof.properties.core.law import Law
from draftproof.properties.core.subject import FunctionSubject
from draftproof.properties.core.verdict import Verdict


def check(contract: FunctionContract, subject: FunctionSubject, case: Case) -> Verdict:
    """Judge one call on the case's inputs."""
    inputs = contract.fill(case)
    keywords = contract.call_keywords(case)
    return contract.judge(inputs, keywords, subject(inputs, keywords, case.shape, case.dtype))


ADMISSIBLE = Law(
    "admissible",
    "Every decision is the oracle's, or lies within the rounding bound of its boundary.",
    check,
)
