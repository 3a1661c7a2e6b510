"""The law of compilers: every text is compiled to the right value, or refused where the rule refuses it."""

from typing import Any

from draftproof.properties.core.case import Case
from draftproof.properties.core.contract import CompilerContract
from draftproof.properties.core.law import Law
from draftproof.properties.core.subject import Subject
from draftproof.properties.core.verdict import Verdict


def check_compiled(contract: CompilerContract, subject: Subject[CompilerContract], case: Case) -> Verdict:
    """Compile one text and judge the value, or the refusal."""
    text, keywords = contract.write(case), contract.call_keywords(case)
    value: Any
    try:
        value = subject.implementation(text, **keywords)
    except contract.refusal as refused:
        value = refused
    return contract.judge(text, keywords, value)


COMPILED = Law(
    "compiled",
    "A text is compiled to a value with the text's meaning, or refused as the rule says.",
    check_compiled,
    devices=("numpy", "cpu", "cuda"),
)
