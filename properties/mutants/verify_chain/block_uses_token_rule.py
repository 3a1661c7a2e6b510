"""The block rule accepts like the token rule."""

import numpy as np

from draftproof.properties.mutants.base.chain import Request, Verifier

STORY = (
    "vllm-ascend 7807: `block` is asked for, and verified by the token rule: the law is kept, the "
    "longer blocks are lost."
)
KILLED_BY = ("admissible", "bounds")
CONFORMANCE = {"arrays": "numpy"}


class BlockUsesTokenRule(Verifier):
    """Knows one rule."""

    def accepted(self, request: Request, rule: str) -> int:
        """Walk the chain whatever the rule."""
        return self.accepted_by_token(request)

    def next_weights(self, request: Request, count: int, rule: str) -> np.ndarray:
        """Draw as the token rule does."""
        return super().next_weights(request, count, "token")


verify_chain = BlockUsesTokenRule()
