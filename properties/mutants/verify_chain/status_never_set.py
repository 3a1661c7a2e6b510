"""The status is always 0."""

from draftproof.properties.mutants.base.chain import Verifier
from draftproof.reference import Status

STORY = (
    "A classic slip: an output nobody looked at; requests that ended early for a bad id or without mass "
    "pass for good."
)
KILLED_BY = ("admissible",)
CONFORMANCE = {"arrays": "numpy"}


class StatusNeverSet(Verifier):
    """Reports OK."""

    def flags(self, flags: Status, token: int, seen: bool) -> int:
        """Say nothing."""
        return 0


verify_chain = StatusNeverSet()
