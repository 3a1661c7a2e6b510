"""The count of accepted drafts includes the token after them."""

from draftproof.properties.mutants.base.chain import Verifier

STORY = (
    "vLLM, FlashInfer: emitted and accepted are off by one from each other, and statistics exceed the "
    "number of drafts."
)
KILLED_BY = ("admissible", "bounds")
CONFORMANCE = {"arrays": "numpy"}


class AcceptedCountsBonus(Verifier):
    """Reports emitted tokens as accepted ones."""

    def reported(self, count: int) -> int:
        """Count what was emitted."""
        return count + 1


verify_chain = AcceptedCountsBonus()
