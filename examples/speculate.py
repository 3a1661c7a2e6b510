"""Speculative decoding in its simplest real use: draft, verify, accept or reject, roll the cache back.

python examples/speculate.py --prompt "The with statement" --temperature 0.7
"""

import argparse
from typing import Literal, NamedTuple

import torch
from tiny_models import CONTEXT, Cache, Decoder, load, load_tokenizer

import draftproof


class Generated(NamedTuple):
    """What ``speculate`` returns for B requests."""

    text: torch.Tensor
    """int64 [B, P + count]: the prompt and the new tokens."""
    steps: torch.Tensor
    """int64 [B]: passes of the target that it took."""
    accepted: torch.Tensor
    """int64 [B]: drafts accepted in these passes."""


@torch.no_grad()
def speculate(
    target: Decoder,
    draft: Decoder,
    prompt: torch.Tensor,
    count: int,
    *,
    temperature: float,
    drafts: int,
    seeds: torch.Tensor,
    rule: Literal["token", "block"] = "token",
) -> Generated:
    """Continue prompt int64 [B, P] by ``count`` tokens as ``target`` alone would, ``drafts`` at a time.

    seeds int64 [B]: a request's text depends on its own seed; temperature 0 is greedy.
    """
    requests, given = prompt.shape
    goal, needed = given + count, 2 * drafts + 1
    text = torch.nn.functional.pad(prompt, (0, count + needed))
    # A cache holds all of a request's text but its newest token, which the next pass reads.
    target_cache, draft_cache = (Cache(model, requests, goal + needed) for model in (target, draft))
    target(prompt[:, :-1], target_cache)
    draft(prompt[:, :-1], draft_cache)
    lengths = torch.full((requests,), given, device=prompt.device)
    steps, accepted = torch.zeros_like(lengths), torch.zeros_like(lengths)
    offsets = torch.zeros_like(seeds)
    while (active := lengths < goal).any():
        uniforms = draftproof.uniforms(seeds, offsets, needed)
        newest = text.gather(1, lengths[:, None] - 1)
        drafted, draft_probs = propose(draft, draft_cache, newest, uniforms[:, :drafts], temperature)
        logits = target(torch.cat([newest, drafted], 1), target_cache)
        if temperature > 0:
            verified = draftproof.verify_chain(
                drafted,
                None,
                draft_probs,
                law(logits, temperature),
                uniforms[:, drafts:-1],
                uniforms[:, -1],
                rule=rule,
                check=True,
            )
        else:
            verified = draftproof.verify_chain_greedy(drafted, None, logits.argmax(-1).int(), check=True)
        places = lengths[:, None] + torch.arange(drafts + 1, device=text.device)
        text.scatter_(1, places, verified.tokens.long())  # the next pass overwrites the padding
        lengths = lengths + (verified.accepted + 1) * active
        target_cache.rollback(lengths - 1)
        draft_cache.rollback(lengths - 1)
        steps, accepted, offsets = steps + active, accepted + verified.accepted * active, offsets + needed
    return Generated(text[:, :goal], steps, accepted)


def propose(
    draft: Decoder, cache: Cache, newest: torch.Tensor, uniforms: torch.Tensor, temperature: float
) -> tuple[torch.Tensor, torch.Tensor]:
    """Draft a token for each column of uniforms [B, K]: int32 [B, K] and their laws float32 [B, K, V]."""
    tokens, laws = [], []
    for column in uniforms.T:
        laws.append(law(draft(newest, cache), temperature))
        newest = draftproof.sample(laws[-1][:, 0], column).tokens[:, None]
        tokens.append(newest)
    draft(newest, cache)  # so that the cache has the last draft too
    return torch.cat(tokens, 1), torch.cat(laws, 1)


def law(logits: torch.Tensor, temperature: float) -> torch.Tensor:
    """Return softmax(logits / temperature), at 0 its limit: float32 [B, T, V]."""
    if temperature == 0:
        return torch.nn.functional.one_hot(logits.argmax(-1), logits.shape[-1]).float()
    return draftproof.softmax((logits.float() / temperature).flatten(0, 1)).view_as(logits)


def main() -> None:
    """Generate one text and say what speculation saved."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--prompt", default="The with statement is used to")
    parser.add_argument("--tokens", type=int, default=128)
    parser.add_argument("--temperature", type=float, default=0.7)
    parser.add_argument("--drafts", type=int, default=4)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    args = parser.parse_args()
    tokenizer = load_tokenizer()
    prompt = torch.tensor([tokenizer.encode(args.prompt).ids], dtype=torch.int64, device=args.device)
    if min(prompt.shape[1], args.tokens, args.drafts) < 1 or args.temperature < 0:
        parser.error("prompt, tokens and drafts must be at least 1 long, the temperature at least 0")
    if prompt.shape[1] + args.tokens > CONTEXT:
        parser.error(f"prompt and new tokens must fit into {CONTEXT} tokens")
    made = speculate(
        load("target", args.device),
        load("draft", args.device),
        prompt,
        args.tokens,
        temperature=args.temperature,
        drafts=args.drafts,
        seeds=torch.tensor([args.seed], device=args.device),
    )
    print(tokenizer.decode(made.text[0].tolist()))
    steps, accepted = int(made.steps), int(made.accepted)
    print(f"\n{args.tokens} tokens in {steps} passes of the target: {args.tokens / steps:.2f} a pass")
    print(f"{accepted} of {steps * args.drafts} drafts accepted: {accepted / (steps * args.drafts):.0%}")


if __name__ == "__main__":
    main()
