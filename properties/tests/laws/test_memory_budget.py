"""The memory budget over shapes: Hypothesis climbs towards the case that needs most."""

import pytest
from hypothesis import given, target
from hypothesis import strategies as st

from draftproof.properties.backend import Backend
from draftproof.properties.contracts import FUNCTIONS
from draftproof.properties.laws.shared.device import MEMORY
from draftproof.properties.strategies import cases


@pytest.mark.gpu
@given(data=st.data())
@pytest.mark.parametrize("operation", list(FUNCTIONS))
@pytest.mark.parametrize("name", ["triton", "cupy", "cuda"])
def test_the_worst_case_is_within_the_budget(name: str, operation: str, data: st.DataObject) -> None:
    backend, contract = Backend.load(f"draftproof.optimized.{name}", "cuda"), FUNCTIONS[operation]
    if backend.unavailable:
        pytest.skip(f"unavailable: {backend.unavailable}")
    case = data.draw(cases(operation, device="cuda"))
    verdict = backend.check(MEMORY, case)
    allowed = contract.work.scratch(case.shape)
    target(verdict.measures["scratch_bytes"] / allowed, label="share of the memory allowed")
    assert verdict.passed, [*map(str, verdict.findings), backend.reproduction(MEMORY, case)]
