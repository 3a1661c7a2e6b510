"""Offsets wrap at 2^32."""

from draftproof.properties.mutants.base.sampling import Uniforms

STORY = "A classic slip: the counter is kept in 32 bits, and a long run repeats its noise."
KILLED_BY = ("admissible",)
CONFORMANCE = {"arrays": "numpy"}


class OffsetCutTo32Bits(Uniforms):
    """Keeps a short counter."""

    def number(self, offset: int, j: int) -> int:
        """32 bits of it."""
        return (offset + j) % 2**32


uniforms = OffsetCutTo32Bits()
