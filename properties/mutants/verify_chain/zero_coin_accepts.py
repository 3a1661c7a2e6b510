"""A draft is accepted where u q equals p."""

from draftproof.properties.mutants.base.chain import Verifier

STORY = "SGLang 35771: `u <= p / q` accepts, at u = 0, a token to which the target gives no probability."
KILLED_BY = ("exact law",)
CONFORMANCE = {"arrays": "numpy"}


class ZeroCoinAccepts(Verifier):
    """Accepts on equality."""

    def accepts(self, uniform: float, q: float, p: float) -> bool:
        """Not strictly."""
        return uniform * q <= p


verify_chain = ZeroCoinAccepts()
