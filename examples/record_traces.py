"""Record what a verifier is really given: the tiny models' logits, drafts and draft lengths.

Prompts are windows of the text held out from training. Each draft is drawn from exactly the law that
is recorded: the float32 softmax of the float16 logits. Writes one file per temperature:
python examples/record_traces.py
"""

import argparse
from pathlib import Path

import numpy as np
import torch
from tiny_models import MODELS, Cache, Decoder, load, load_tokenizer
from train_tiny_models import documents, encode, split

from draftproof import reference
from draftproof.properties.cases.traces.recorded import FOLDER
from draftproof.properties.cases.traces.trace import probabilities

TEMPERATURES = 0.3, 0.7, 1.0, 1.3
REQUESTS, DRAFTS, PROMPT = 48, 4, 64
CONFIDENT = 0.1  # the drafter stops after a token that it gave less than this; it keeps the token
SEED = 20260821


@torch.no_grad()
def record(
    target: Decoder, draft: Decoder, prompts: torch.Tensor, temperature: float, seed: int
) -> dict[str, np.ndarray]:
    """Return the arrays of one trace for ``prompts`` int64 [N, P]."""
    given = prompts.shape[1]
    generator = np.random.default_rng(seed)
    cache = Cache(draft, len(prompts), given + DRAFTS)
    draft_logits, tokens, chances, last = [], [], [], prompts
    for _ in range(DRAFTS):
        logits = draft(last, cache)[:, -1].half().cpu().numpy()
        probs = probabilities(logits, temperature)
        drawn = reference.sample(probs, generator.random(len(prompts))).tokens
        draft_logits.append(logits)
        tokens.append(drawn)
        chances.append(np.take_along_axis(probs, drawn[:, None].astype(np.int64), 1)[:, 0])
        last = torch.from_numpy(drawn)[:, None].long().to(prompts.device)
    drafts = np.stack(tokens, 1)
    text = torch.cat([prompts, torch.from_numpy(drafts).long().to(prompts.device)], 1)
    unsure = np.stack(chances, 1) < CONFIDENT
    lengths = np.where(unsure.any(1), unsure.argmax(1) + 1, DRAFTS)
    return {
        "temperature": np.float64(temperature),
        "seed": np.int64(seed),
        "prompts": prompts.cpu().numpy().astype(np.int32),
        "draft_tokens": drafts,
        "draft_lengths": lengths.astype(np.int32),
        "draft_logits": np.stack(draft_logits, 1),
        "target_logits": target(text)[:, given - 1 :].half().cpu().numpy(),
    }


def main() -> None:
    """Record every temperature."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--models", type=Path, default=MODELS)
    parser.add_argument("--out", type=Path, default=FOLDER)
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    args = parser.parse_args()
    target, draft = (load(name, args.device, args.models) for name in ("target", "draft"))
    unseen = encode(load_tokenizer(args.models), split(documents())[1])
    starts = np.random.default_rng(args.seed).integers(
        len(unseen) - PROMPT, size=(len(TEMPERATURES), REQUESTS)
    )
    for i, temperature in enumerate(TEMPERATURES):
        prompts = torch.stack([unseen[start : start + PROMPT] for start in starts[i]]).to(args.device)
        trace = record(target, draft, prompts, temperature, args.seed + i)
        p = probabilities(trace["target_logits"], temperature)[:, :-1]
        overlap = np.minimum(p, probabilities(trace["draft_logits"], temperature)).sum(-1).mean()
        lengths = np.bincount(trace["draft_lengths"], minlength=DRAFTS + 1)
        print(f"temperature {temperature}: acceptance {overlap:.3f}, draft lengths 0 to {DRAFTS}: {lengths}")
        np.savez_compressed(args.out / f"tiny-{temperature}.npz", **trace)  # type: ignore[arg-type]


if __name__ == "__main__":
    main()
