"""No right implementation is accused, whatever its design.

``DRAFTPROOF_ENTRANTS=20`` holds every budget and so many seeds against them; by default a share of both.
"""

import os
import pkgutil
from importlib import import_module
from types import ModuleType

import pytest

from draftproof.properties import entrants
from draftproof.properties.cases.plan import Check
from draftproof.properties.cases.promised import has_choices
from draftproof.properties.contracts import CONTRACTS
from draftproof.properties.core.case import Case
from draftproof.properties.core.law import BUDGETS
from draftproof.properties.core.promises import read_promises
from draftproof.properties.core.subject import subject_of
from draftproof.properties.faults.hunt import DEAR, hunt, kill_order
from draftproof.properties.judges.rounding import FORGIVEN_FREE

SEEDS = int(os.environ.get("DRAFTPROOF_ENTRANTS", "0"))
NAMES = [module.name for module in pkgutil.iter_modules(entrants.__path__)]


def module_of(name: str) -> ModuleType:
    return import_module(f"{entrants.__name__}.{name}")


OPERATIONS = [(name, op) for name in NAMES for op in CONTRACTS if hasattr(module_of(name), op)]
DRAWN = [(name, op) for name, op in OPERATIONS if {law.name for law in CONTRACTS[op].laws} >= {*DEAR}]


def checks(name: str, operation: str, budget: str, seed: int) -> list[Check]:
    """Return the checks of what an entrant takes part in."""
    promises = read_promises(CONTRACTS[operation], module_of(name).CONFORMANCE.get(operation))
    return [
        check for check in kill_order(operation, "numpy", budget, seed) if has_choices(check.case, promises)
    ]


def accused(name: str, operation: str, held: list[Check]) -> object:
    subject = subject_of(module_of(name), CONTRACTS[operation], "numpy")
    assert subject is not None
    return hunt(subject, held)


def test_there_are_ten_designs() -> None:
    assert len(NAMES) >= 10
    assert {operation for _, operation in OPERATIONS} >= {"sample", "softmax", "uniforms", "verify_chain"}


@pytest.mark.parametrize("seed", range(3, 3 + max(SEEDS, 2)))
@pytest.mark.parametrize("budget", BUDGETS if SEEDS else ["standard"])
@pytest.mark.parametrize(("name", "operation"), OPERATIONS)
def test_no_right_design_is_accused(name: str, operation: str, budget: str, seed: int) -> None:
    held = [check for check in checks(name, operation, budget, seed) if SEEDS or check.law.name not in DEAR]
    assert accused(name, operation, held) is None


@pytest.mark.parametrize(("name", "operation"), DRAWN)
def test_nor_by_the_laws_of_real_vocabularies(name: str, operation: str) -> None:
    held = [check for check in checks(name, operation, "small", 0) if check.law.name in DEAR]
    assert held
    assert accused(name, operation, held) is None


UNDERFLOWING = (
    "verify_chain/B=2,K=32,V=257/float32/drafts=drawn,lengths=none,rows=flat,rule=block,uniforms=float64"
    "/seed=1123723659/edge_uniforms+subnormal",
    "verify_chain/B=2,K=32,V=257/float32/drafts=drawn,lengths=none,rows=flat,rule=block,uniforms=float64"
    "/seed=118310441/edge_uniforms+subnormal",
    "verify_chain/B=3,K=16,V=1/float32/drafts=drawn,lengths=none,rows=sparse,rule=block,uniforms=float64"
    "/seed=1175077770/seam_draws+subnormal",
    "verify_chain/B=2,K=2,V=131073/float32/drafts=given,lengths=none,rows=flat,rule=block,uniforms=float32"
    "/seed=1080213288/impossible_draft+rare_drafts",
)
"""A rate rounded to 0 stays 0; one rounded to less than 1 leaves something beside no excess; products of a
whole row are subnormal.
"""


@pytest.mark.parametrize("line", UNDERFLOWING)
def test_rates_that_underflow_are_not_accused(line: str) -> None:
    contract = CONTRACTS["verify_chain"]
    subject = subject_of(module_of("chain_float32"), contract, "numpy")
    assert subject is not None
    admissible = next(law for law in contract.laws if law.name == "admissible")
    verdict = admissible.check(contract, subject, Case.parse(line))
    assert verdict.findings == []
    assert verdict.forgiven == 0


def test_planted_uniforms_are_what_a_float32_tree_was_accused_for() -> None:
    # Seed 3 of the standard budget: five decisions at the largest uniform below 1, each within its bound.
    contract = CONTRACTS["sample"]
    subject = subject_of(module_of("float32_tree"), contract, "numpy")
    assert subject is not None
    forgiven = 0
    for check in checks("float32_tree", "sample", "standard", 3):
        if check.law.name == "admissible":
            forgiven += check.law.check(contract, subject, check.case).forgiven
    assert forgiven <= FORGIVEN_FREE
