"""The chain is cut because of the very token that is dropped."""

from dataclasses import replace

import numpy as np

from draftproof.properties.mutants.base.chain import Request, Verifier

STORY = (
    "A classic slip of adaptive length: drafting stops at a token of low confidence and drops it, "
    "although it was drawn; what is dropped depends on its own value and the law is lost."
)
KILLED_BY = ("admissible", "exact law")
CONFORMANCE = {"arrays": "numpy"}


class DroppedLowConfidence(Verifier):
    """Drops the token it looked at."""

    def accepted(self, request: Request, rule: str) -> int:
        """Verify the drafts before the first that the drafter doubted."""
        return super().accepted(self.confident(request), rule)

    def next_weights(self, request: Request, count: int, rule: str) -> np.ndarray:
        """Treat what was dropped as never drafted."""
        return super().next_weights(self.confident(request), count, rule)

    def confident(self, request: Request) -> Request:
        """Drop the first draft below half of the row's largest probability, and what follows."""
        doubted = [i for i, x in enumerate(request.drafts) if request.q[i, x] < 0.5 * request.q[i].max()]
        return replace(request, drafts=request.drafts[: doubted[0]]) if doubted else request


verify_chain = DroppedLowConfidence()
