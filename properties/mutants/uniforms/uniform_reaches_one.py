"""A uniform can be 1."""

from draftproof.properties.mutants.base.sampling import Uniforms

STORY = (
    "SGLang 30822 guards against it: a 32-bit word times 2^-32 is rounded to float32, and the largest "
    "words give exactly 1, at which a draw runs off its row."
)
KILLED_BY = ("admissible",)
CONFORMANCE = {"arrays": "numpy"}


class UniformReachesOne(Uniforms):
    """Rounds up to 1."""

    def uniform(self, word: int) -> float:
        """Scale all 32 bits."""
        return word * 2.0**-32


uniforms = UniformReachesOne()
