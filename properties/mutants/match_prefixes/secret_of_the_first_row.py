"""The secret under which pages are hashed is read from the first row, whosever tree that is."""

from draftproof.properties.mutants.base.flat_tree import Matcher

STORY = "A classic slip of values in a header: looked for in row 0, not where the request begins."
KILLED_BY = ("admissible", "values")
CONFORMANCE = {"arrays": "numpy"}


class SecretOfTheFirstRow(Matcher):
    """Reads row 0."""

    def secret_under(self, root: int) -> int:
        """Return the first row's."""
        return super().secret_under(0)


match_prefixes = SecretOfTheFirstRow()
