"""A match ends inside a page."""

from draftproof.properties.mutants.base.flat_tree import Matcher

STORY = "The SGLang family, on the device: the matched length is no multiple of the page size."
KILLED_BY = ("admissible",)
CONFORMANCE = {"arrays": "numpy"}


class PageMatchedInPart(Matcher):
    """Does not round down."""

    def rounded(self, common: int) -> int:
        """Return every token that agrees."""
        return common


match_prefixes = PageMatchedInPart()
