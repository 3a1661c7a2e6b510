"""q is rounded after the drafts were drawn from it."""

import numpy as np

from draftproof.properties.mutants.base.chain import Verifier

STORY = (
    "DeepSpec 31: drawing and verifying compute q in different precisions. Here the drafts were drawn "
    "from float32, and the verifier rounds q to bfloat16."
)
KILLED_BY = ("exact law",)
CONFORMANCE = {"arrays": "numpy"}


class DraftProbsRounded(Verifier):
    """Reads q in bfloat16."""

    def draft_rows(self, drafts: np.ndarray, q: np.ndarray | None, p: np.ndarray) -> np.ndarray:
        """Keep eight bits of each mantissa."""
        rows = super().draft_rows(drafts, q, p)
        kept = rows.astype(np.float32).view(np.uint32) + np.uint32(0x8000) & np.uint32(0xFFFF0000)
        return kept.view(np.float32).astype(np.float64)


verify_chain = DraftProbsRounded()
