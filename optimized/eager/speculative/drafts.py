"""How much of each drafted chain can be used, in PyTorch."""

import torch

from draftproof.optimized.results import Status


def usable(
    draft_tokens: torch.Tensor, draft_lengths: torch.Tensor | None, valid: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the drafts before the first invalid one (int64 [B]) and the status so far (int64 [B]).

    valid bool [B, K]: which drafts are ids of the vocabulary.
    """
    requests, width = draft_tokens.shape
    if draft_lengths is None:
        given = torch.full((requests,), width, device=draft_tokens.device)
    else:
        given = draft_lengths.long()
    lengths = given.clamp(0, width)
    status = Status.INVALID_LENGTH * (given != lengths)
    columns = torch.arange(width, device=draft_tokens.device)
    wrong = ~valid & (columns < lengths[:, None])
    status = status | Status.INVALID_TOKEN * wrong.any(-1)
    first_wrong = leading(~wrong)
    return torch.minimum(lengths, first_wrong), status


def leading(holds: torch.Tensor) -> torch.Tensor:
    """Return how many columns hold before the first that does not: int64 [B] from bool [B, K]."""
    return holds.long().cumprod(-1).sum(-1)


def emitted(draft_tokens: torch.Tensor, accepted: torch.Tensor, last: torch.Tensor) -> torch.Tensor:
    """Return int32 [B, K+1]: the accepted drafts, the last token, then -1."""
    width = draft_tokens.shape[1]
    columns = torch.arange(width + 1, device=draft_tokens.device)
    padded = torch.nn.functional.pad(draft_tokens, (0, 1), value=-1)
    tokens = torch.where(columns < accepted[:, None], padded, -1)
    return torch.where(columns == accepted[:, None], last[:, None].int(), tokens)
