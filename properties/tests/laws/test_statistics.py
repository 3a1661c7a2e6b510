"""The statistical tier's own statistics: false alarms as often as stated, power as stated."""

from functools import cache

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from draftproof.properties.contracts import FUNCTIONS
from draftproof.properties.contracts.speculative.chain_emission import DRAFTS, mean_accepted
from draftproof.properties.core.probes import Partition
from draftproof.properties.core.verdict import Verdict
from draftproof.properties.laws.sampling import statistics
from draftproof.properties.laws.sampling.statistics import (
    FALSE_ALARM,
    HEAD,
    TAIL,
    Cells,
    compare_counts,
    make_rows,
    planned_tests,
    smallest_found,
)

DRAWS = 500_000
RUNS = 2_000
LENIENT = 0.01
"""A false-alarm rate that a simulation can measure; the suite's own is 1e-9."""


@pytest.fixture
def lenient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look up what a number of draws finds once for each."""
    monkeypatch.setattr(statistics, "smallest_found", cache(smallest_found))


def law_of(cells: int) -> np.ndarray:
    weights = 1.0 / (5.0 + np.arange(cells))
    return np.asarray(weights / weights.sum())


def alarms(law: np.ndarray, actual: np.ndarray) -> int:
    """Return how many of RUNS samples from ``actual`` are rejected as samples from ``law``."""
    rng = np.random.default_rng(0)
    rejected = 0
    for counts in rng.multinomial(DRAWS, actual, RUNS):
        verdict = Verdict()
        compare_counts(verdict, Partition("tokens", counts.astype(np.float64), law), LENIENT)
        rejected += not verdict.passed
    return rejected


@pytest.mark.usefixtures("lenient")
@pytest.mark.parametrize("cells", [2, 40, 800])
def test_false_alarms_are_as_rare_as_stated(cells: int) -> None:
    law = law_of(cells)
    raised = alarms(law, law)
    assert binomtest(raised, RUNS, LENIENT).pvalue > 1e-4, raised


@pytest.mark.usefixtures("lenient")
@pytest.mark.parametrize("cells", [2, 40, 400])
@pytest.mark.parametrize("shape", ["one cell", "alternating"])
def test_a_deviation_of_the_stated_size_is_found(cells: int, shape: str) -> None:
    law = law_of(cells)
    distance = smallest_found(cells - 1, DRAWS, LENIENT)
    change = np.zeros(cells)
    if shape == "one cell":
        change[0], change[1:] = distance, -distance * law[1:] / law[1:].sum()
    else:
        # In proportion to the law: the least visible of all deviations of this size.
        more = np.arange(cells) % 2 == 0
        change = np.where(more, law / law[more].sum(), -law / law[~more].sum()) * distance
    actual = law + change
    assert (actual >= 0).all()
    assert np.abs(change).sum() / 2 == pytest.approx(distance)
    found = alarms(law, actual)
    assert found >= RUNS * statistics.POWER - 10, found


def test_the_suite_finds_a_fifth_of_a_percent_at_the_deep_budget() -> None:
    draws, cells = statistics.DRAWS["deep"]["cuda"], HEAD + TAIL
    alarm = FALSE_ALARM / planned_tests("cuda")
    assert smallest_found(2 * cells - 1, draws, alarm) <= 0.002
    # The second token is drawn where the first draft is accepted.
    for case in statistics.statistical_cases(FUNCTIONS["verify_chain"], "cuda", "deep", 0):
        if case.options["drafts"] == "given":
            continue
        rows = make_rows(case, DRAFTS)
        accepted = float(np.minimum(rows.p[0], rows.q[0]).sum(dtype=np.float64))
        assert smallest_found(cells - 1, accepted * draws, alarm) <= 0.002


@given(st.integers(1, 2_000), st.integers(1_000, 10**8))
def test_more_draws_find_less(degrees: int, draws: int) -> None:
    assert smallest_found(degrees, 4.0 * draws, 1e-11) <= smallest_found(degrees, draws, 1e-11) <= 1.0
    assert smallest_found(0, draws, 1e-11) == 1.0


def test_a_token_outside_the_support_is_an_alarm() -> None:
    law, verdict = np.array([0.5, 0.5, 0.0]), Verdict()
    compare_counts(verdict, Partition("tokens", np.array([500.0, 499.0, 1.0]), law), 1e-11)
    assert not verdict.passed


@given(st.integers(1, 5_000), st.integers(0, 2**31))
def test_cells_partition_the_vocabulary(vocabulary: int, seed: int) -> None:
    p = np.random.default_rng(seed).random(vocabulary)
    cells = Cells.by(p, seed)
    sums = cells.sums(p)
    assert sums.shape == (HEAD + TAIL,)
    np.testing.assert_allclose(sums.sum(), p.sum())
    head = np.sort(p)[::-1][:HEAD]
    np.testing.assert_array_equal(sums[: len(head)], head)


@given(st.integers(0, 2**31), st.sampled_from([2, 5, 40]))
def test_the_block_rules_mean_equals_its_definition(seed: int, vocabulary: int) -> None:
    rng = np.random.default_rng(seed)
    p, q = rng.dirichlet(np.ones(vocabulary), 2), rng.dirichlet(np.ones(vocabulary), 2)
    q[0, 0] = p[1, -1] = 0.0
    rate = np.minimum(1.0, np.divide(p[0], q[0], out=np.zeros(vocabulary), where=q[0] > 0))
    second = np.minimum(q[1][None, :], rate[:, None] * p[1][None, :]).sum(1)
    expected = np.minimum(p[0], q[0]).sum() + (q[0] * second).sum()
    assert mean_accepted(p, q, "block") == pytest.approx(expected, rel=1e-9)
