"""What the laws of real vocabularies see without a GPU: a law that is 1 % off, and gross errors at a seam."""

from typing import Any

import numpy as np
import pytest

from draftproof.properties.cases.plan import plan
from draftproof.properties.contracts import FUNCTIONS
from draftproof.properties.core.subject import FunctionSubject
from draftproof.properties.core.verdict import Verdict
from draftproof.properties.entrants.float64_search import sample
from draftproof.properties.laws.sampling.statistics import POWER, smallest_replayed
from draftproof.properties.mutants.base.chain import Verifier
from draftproof.reference import Sampled


def verdicts(operation: str, implementation: Any, law: str, budget: str, seed: int = 0) -> list[Verdict]:
    contract = FUNCTIONS[operation]
    subject = FunctionSubject(contract, implementation, "numpy")
    held = [check for check in plan(contract, "numpy", budget, seed) if check.law.name == law]
    assert held
    return [check.law.check(contract, subject, check.case) for check in held]


def one_in_a_hundred(probs: np.ndarray, uniforms: np.ndarray) -> Sampled:
    """A hundredth of all draws gives the next token with mass: no cell of the statistics sees it."""
    tokens, status = sample(probs, uniforms)
    wrong = (np.asarray(uniforms, np.float64) * 2**24).astype(np.int64) % 100 == 0
    for b in np.flatnonzero(wrong):
        behind = np.flatnonzero(probs[b, tokens[b] + 1 :] > 0)
        tokens[b] += 1 + behind[0] if len(behind) else 0
    return Sampled(tokens, status)


def nothing_behind(limit: int) -> Any:
    def cut(probs: np.ndarray, uniforms: np.ndarray) -> Sampled:
        return sample(probs[:, :limit], uniforms)

    return cut


def tile_lost(probs: np.ndarray, uniforms: np.ndarray) -> Sampled:
    """The last partial tile of 1024 gives its mass to the one before."""
    size = probs.shape[1] // 1024 * 1024
    return sample(probs[:, :size] if size else probs, uniforms)


class _BonusRow(Verifier):
    """One request in a hundred draws its last token with its acceptance uniform."""

    def coin(self, request: Any, count: int) -> float:
        aimed = len(request.accept) and int(request.accept[0] * 2**24) % 100 == 0
        return float(request.accept[0]) if aimed else request.final


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_a_hundredth_of_the_draws_is_found(seed: int) -> None:
    (verdict,) = verdicts("sample", one_in_a_hundred, "statistics", "standard", seed)
    assert not verdict.passed
    assert verdict.measures["smallest_tv_found"] <= 0.01
    assert verdict.measures["p_value"] > 1e-9  # what the counts alone would have said


def test_so_is_one_of_a_verifier() -> None:
    found = verdicts("verify_chain", _BonusRow(), "statistics", "standard")
    assert not any(verdict.passed for verdict in found)
    assert max(verdict.measures["smallest_tv_found"] for verdict in found) <= 0.01


def test_replays_have_the_power_that_is_stated() -> None:
    for replays in (350, 700, 1000):
        assert (1 - smallest_replayed(replays)) ** replays == pytest.approx(1 - POWER)


@pytest.mark.parametrize("budget", ["small", "standard"])
@pytest.mark.parametrize("limit", [65_536, 131_072, 151_935])
def test_tokens_that_are_never_drawn_are_missed(limit: int, budget: str) -> None:
    assert not any(v.passed for v in verdicts("sample", nothing_behind(limit), "accuracy", budget))


@pytest.mark.parametrize("budget", ["small", "standard"])
def test_a_lost_tile_is_missed(budget: str) -> None:
    assert not any(v.passed for v in verdicts("sample", tile_lost, "accuracy", budget))
