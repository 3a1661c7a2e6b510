"""One uniform serves two decisions."""

from draftproof.properties.mutants.base.chain import Request, Verifier

STORY = (
    "SGLang 7207, vllm-ascend 16370, and others: the uniform that rejected the draft "
    "also draws from the residual, so that only its upper part is ever drawn from."
)
KILLED_BY = ("admissible", "exact law")
CONFORMANCE = {"arrays": "numpy"}


class CoinReused(Verifier):
    """Draws with the uniform that rejected."""

    def coin(self, request: Request, count: int) -> float:
        """The coin of the rejected draft."""
        return float(request.accept[count]) if count < len(request.drafts) else request.final


verify_chain = CoinReused()
