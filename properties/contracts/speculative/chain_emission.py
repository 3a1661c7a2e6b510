"""What a chain verifier emits at real vocabulary sizes: its closed forms, and how one draw is asked for."""

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from draftproof.properties.core.case import Case
from draftproof.properties.core.probes import Asked, DrawProbe, Mean, Partition, Rows, Source

DRAFTS = 2
"""Drafts per request: with one the block rule is the token rule."""


class ChainEmission:
    """The law of (first draft accepted?, first token), of the second token, and of the mean accepted."""

    drafts = DRAFTS
    tests = 3

    def __init__(self, rules: Iterable[str]) -> None:
        self.choices = tuple(
            {"rule": rule, **kind}
            for rule in rules
            for kind in (
                {"drafts": "drawn", "lengths": "none"},
                {"drafts": "given", "lengths": "ragged", "rows": "peaked"},
            )
        )

    def ask(self, case: Case, rows: Rows) -> Asked:
        """Make one request of the rows."""
        return Asked(
            {
                "draft_tokens": np.zeros((1, DRAFTS), np.int32),
                "draft_lengths": np.zeros(1, np.int32) if case.options["lengths"] == "ragged" else None,
                "draft_probs": None if case.options["drafts"] == "given" else rows.q[None],
                "target_probs": rows.p[None],
                "accept_uniforms": np.zeros((1, DRAFTS), np.float32),
                "sample_uniforms": np.zeros(1, np.float32),
            },
            {"rule": case.options["rule"]},
            {"B": 1, "K": DRAFTS, "V": case.shape["V"]},
        )

    def refresh(self, placed: dict[str, Any], source: Source) -> None:
        """Draw new drafts and uniforms, in place."""
        for i in range(DRAFTS):
            source.drafts(placed["draft_tokens"][:, i], i)
        if placed["draft_lengths"] is not None:
            source.lengths(placed["draft_lengths"], DRAFTS)
        source.uniforms(placed["accept_uniforms"])
        source.uniforms(placed["sample_uniforms"])

    def read(self, results: tuple[Any, ...]) -> tuple[Any, Any]:
        """Return tokens [B, K+1] and accepted [B]."""
        return results[0], results[1]

    def compare(
        self, case: Case, rows: Rows, sums: Callable[[np.ndarray], np.ndarray], counts: np.ndarray
    ) -> Iterable[Partition | Mean]:
        """Hold the counts against closed forms.

        For both rules P(accepted >= 1, y) = min(p, q)(y) where there is a draft, P(accepted = 0, y) the rest
        of p(y), and the second token has the law of its own row, since the rows here do not depend on the
        drafts. Drafts that are given, whatever law they come from, are accepted with probability p(y).
        """
        p, q = rows.p.astype(np.float64), rows.q.astype(np.float64)
        given = case.options["drafts"] == "given"
        lengths = range(DRAFTS + 1) if case.options["lengths"] == "ragged" else (DRAFTS,)
        drafted = sum(length > 0 for length in lengths) / len(lengths)
        both = drafted * (p[0] * q[0] if given else np.minimum(p[0], q[0]))
        first = np.concatenate([sums(p[0] - both), sums(both)])
        yield Partition("the first token, with its acceptance", np.concatenate(counts[:2]), first)
        yield Partition("the second token", counts[2], sums(p[1]))
        draws, total, squares = counts[3][:3]
        means = [0.0, float(both.sum() / drafted), mean_accepted(p, q, case.options["rule"], given)]
        expected = sum(means[length] for length in lengths) / len(lengths)
        yield Mean("E[accepted]", "mean_accepted", draws, total, squares, expected)


def mean_accepted(p: np.ndarray, q: np.ndarray, rule: str, given: bool = False) -> float:
    """E[accepted] for two drafts on rows that do not depend on them.

    token: b_1 + b_1 b_2 with b = sum min(p, q). block: E[P_1] + E[min(1, P_1 p/q)], the second by
    sorting the ratios: sum_v min(q_2, c p_2) is piecewise linear in c. Given drafts: b = sum p q, for both.
    """
    overlap = [float((p[i] * q[i] if given else np.minimum(p[i], q[i])).sum()) for i in range(DRAFTS)]
    if rule == "token" or given:
        return overlap[0] * (1 + overlap[1])
    with np.errstate(divide="ignore", invalid="ignore"):
        turning = np.where(p[1] > 0, q[1] / p[1], np.inf)
        rate = np.where(q[0] > 0, np.minimum(1.0, p[0] / q[0]), 0.0)
    order = np.argsort(turning)
    below = np.concatenate([[0.0], np.cumsum(q[1][order])])
    above = np.concatenate([[0.0], np.cumsum(p[1][order])])
    reached = np.searchsorted(turning[order], rate)
    return float(overlap[0] + q[0] @ (below[reached] + rate * (above[-1] - above[reached])))


def _ask_draw(way: str, p: np.ndarray, q: np.ndarray) -> Asked:
    K = {"row": 0, "residual": 1, "given": 2}[way]
    given = way == "given"
    return Asked(
        {
            "draft_tokens": np.zeros((1, K), np.int32),
            "draft_lengths": np.ones(1, np.int32) if given else None,
            "draft_probs": None if given else np.tile(q, (1, K, 1)),
            "target_probs": np.tile(p, (1, K + 1, 1)),
            "accept_uniforms": np.full((1, K), 0.5),
            "sample_uniforms": np.zeros(1),
        },
        {"rule": "token"},
        {"B": 1, "K": K, "V": len(p)},
    )


def _weights(way: str, p: np.ndarray, q: np.ndarray) -> np.ndarray:
    weights: np.ndarray = p.astype(np.float64)
    return np.maximum(weights - q, 0.0) if way == "residual" else weights


CHAIN_DRAW = DrawProbe(
    {
        "row": {"rule": "token"},
        "residual": {"rule": "token", "drafts": "drawn"},
        "given": {"rule": "token", "drafts": "given", "lengths": "ragged"},
    },
    "sample_uniforms",
    _ask_draw,
    _weights,
)
"""Straight from the target's row where nothing was drafted, from the residual after a rejected draft.

Given, one of two: what is left of the target's row without the first, the second being behind the end.
"""
