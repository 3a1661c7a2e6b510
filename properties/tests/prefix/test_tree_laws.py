"""The laws of the prefix tree: the oracle obeys them, every planted bug is shown in a few calls."""

import re
from dataclasses import replace

import pytest

from draftproof import reference
from draftproof.properties.contracts import CONTRACTS
from draftproof.properties.core.case import Case
from draftproof.properties.core.law import Law
from draftproof.properties.core.subject import Subject
from draftproof.properties.laws.prefix.tree import TREE_LAWS
from draftproof.properties.mutants import MUTANTS
from draftproof.properties.mutants.kill import rejections

CONTRACT = CONTRACTS["RadixTree"]
SUBJECT = Subject(CONTRACT, reference.RadixTree, "numpy")
CASE = Case("RadixTree", {"P": 2, "steps": 40}, "int32", {"policy": "lru", "tokens": "small"}, seed=1)
MANY = {"locks_in_a_byte", "recursion_over_depth"}
"""Bugs that no few calls can show."""
PLANTED = sorted(
    name for name, mutant in MUTANTS.items() if mutant.operations == ("RadixTree",) and name not in MANY
)
FEW = 7
"""Calls: two trees are made and filled where a law compares two."""


@pytest.mark.parametrize("law", TREE_LAWS, ids=lambda law: law.name)
@pytest.mark.parametrize("page_size", [1, 3, 64])
def test_the_oracle_obeys(law: Law, page_size: int) -> None:
    for seed, policy in enumerate(reference.prefix.POLICIES):
        case = replace(
            CASE.reshaped(P=page_size),
            seed=seed,
            options={"policy": policy, "tokens": ("small", "wide", "deep")[seed % 3]},
            flags=frozenset({"bad_calls", "namespaces"}),
        )
        verdict = law.check(CONTRACT, SUBJECT, case)
        assert verdict.passed, verdict.findings[0]
        assert verdict.decisions


@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_bug_is_shown_in_a_few_calls(name: str) -> None:
    law = MUTANTS[name].killed_by[0]
    # The shortest of a few: a script may get stuck at a longer one.
    found = [rejection for rejection, _ in zip(rejections(MUTANTS[name], {law}), range(3), strict=False)]
    shortest = min(found, key=lambda rejection: calls(rejection.finding.where))
    print(f"{law}: {shortest.case}: {shortest.finding}")
    assert calls(shortest.finding.where) <= FEW


def calls(text: str) -> int:
    return len(re.findall(r"^ +\w+\.\w+\(", text, re.MULTILINE))
