"""Of the tree's secret only the low word is used."""

from draftproof.properties.mutants.base.flat_tree import Matcher

STORY = "A classic slip of words in pairs: the high one is lost where 64 bits become 32."
KILLED_BY = ("admissible",)
CONFORMANCE = {"arrays": "numpy"}


class SecretHalfRead(Matcher):
    """Takes the high word for zero."""

    def secret_under(self, root: int) -> int:
        """Return the low word."""
        return super().secret_under(root) & 0xFFFFFFFF


match_prefixes = SecretHalfRead()
