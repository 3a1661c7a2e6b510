"""What a sampler emits: one token of the row, and how one draw is asked for."""

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from draftproof.properties.core.case import Case
from draftproof.properties.core.contract import Arrays
from draftproof.properties.core.probes import Asked, DrawProbe, Mean, Partition, Rows, Source


class SampleEmission:
    """The law of the drawn token is its row's."""

    drafts = 0
    tests = 1
    choices = ({"rule": "-"},)

    def ask(self, case: Case, rows: Rows) -> Asked:
        """Make one request of the row."""
        inputs: Arrays = {"probs": rows.p[:1], "uniforms": np.zeros(1, np.float32)}
        return Asked(inputs, {}, {"B": 1, "V": case.shape["V"]})

    def refresh(self, placed: dict[str, Any], source: Source) -> None:
        """Draw new uniforms, in place."""
        source.uniforms(placed["uniforms"])

    def read(self, results: tuple[Any, ...]) -> tuple[Any, Any]:
        """Return tokens [B, 1]; nothing is accepted."""
        return results[0][:, None], None

    def compare(
        self, case: Case, rows: Rows, sums: Callable[[np.ndarray], np.ndarray], counts: np.ndarray
    ) -> Iterable[Partition | Mean]:
        """Hold the drawn tokens against the row."""
        yield Partition("the drawn tokens", counts[0], sums(rows.p[0].astype(np.float64)))


def _ask_draw(way: str, p: np.ndarray, q: np.ndarray) -> Asked:
    return Asked({"probs": p[None], "uniforms": np.zeros(1)}, {}, {"B": 1, "V": len(p)})


SAMPLE_DRAW = DrawProbe({"row": {}}, "uniforms", _ask_draw, lambda way, p, q: p.astype(np.float64))
"""A draw from the row itself."""
