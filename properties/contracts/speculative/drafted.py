"""The arguments and outputs that verifications of a chain share."""

from draftproof.properties.core.contract import Argument

TOKENS = Argument("tokens", ("B", "K+1"), "int32", "the accepted drafts, one new token, then -1")
ACCEPTED = Argument("accepted", ("B",), "int32", "how many drafts were accepted")
STATUS = Argument("status", ("B",), "int32", "0, or bits: DEGENERATE, INVALID_TOKEN, INVALID_LENGTH")
ROW_STATUS = Argument(
    "status", ("B",), "int32", "0, or bits: DEGENERATE, INVALID_TOKEN, NAN_SEEN, INVALID_LENGTH"
)
"""That of an operation on rows of probabilities, among which may be NaNs."""
DRAFT_TOKENS = Argument("draft_tokens", ("B", "K"), "int32", "the drafted ids", hostile=True)
DRAFT_LENGTHS = Argument(
    "draft_lengths", ("B",), "int32", "drafts of each request; None means K", optional=True, hostile=True
)
