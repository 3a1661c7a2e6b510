"""Train the target and the draft of ``tiny_models.py`` on the text that comes with Python.

The target learns the text; the draft learns the target's distribution (distillation), which is what
makes drafts acceptable. Minutes on one GPU: python examples/train_tiny_models.py
"""

import argparse
import hashlib
import importlib.util
import platform
from collections.abc import Callable
from pathlib import Path
from pydoc_data.topics import topics

import torch
from safetensors.torch import save_file
from tiny_models import CONTEXT, MODELS, SHAPES, VOCABULARY, Decoder
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from torch.nn import functional

MODULES = """
argparse ast base64 bdb bisect bz2 calendar cmd code codeop collections colorsys compileall configparser
contextlib contextvars copy copyreg csv ctypes dataclasses datetime decimal difflib dis doctest email enum
filecmp fileinput fnmatch fractions ftplib functools getopt getpass gettext glob graphlib gzip hashlib heapq
hmac html http imaplib importlib inspect ipaddress json keyword linecache locale logging lzma mailbox
mimetypes modulefinder multiprocessing netrc numbers opcode operator optparse pathlib pdb pickle pickletools
pkgutil platform plistlib poplib pprint profile pstats pty py_compile pyclbr pydoc queue quopri random re
reprlib rlcompleter sched secrets selectors shelve shlex shutil signal smtplib socket socketserver sqlite3
ssl statistics string stringprep struct subprocess symtable tabnanny tarfile tempfile textwrap threading
timeit token tokenize trace traceback tracemalloc types typing unittest urllib uuid venv warnings wave
weakref webbrowser xml zipapp zipfile
"""
HELD_OUT = 20  # every 20th document is kept from training
BATCH = 32
RATE = 3e-3
SEED = 20260821


def documents() -> list[str]:
    """Return the help topics, then the sources of ``MODULES``, in a fixed order."""
    sources = []
    for name in MODULES.split():
        spec = importlib.util.find_spec(name)
        if spec is None or spec.origin is None:
            raise FileNotFoundError(f"this Python has no source for the module {name}")
        sources.append(Path(spec.origin).read_text(encoding="utf-8"))
    return [topics[name] for name in sorted(topics)] + sources


def split(texts: list[str]) -> tuple[list[str], list[str]]:
    """Return the documents to train on and those held out."""
    held_out = texts[::HELD_OUT]
    return [text for i, text in enumerate(texts) if i % HELD_OUT], held_out


def train_tokenizer(texts: list[str]) -> Tokenizer:
    """Return a byte-level BPE tokenizer with ``VOCABULARY`` tokens, learnt from ``texts``."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    trainer = trainers.BpeTrainer(vocab_size=VOCABULARY, initial_alphabet=alphabet, show_progress=False)
    tokenizer.train_from_iterator(texts, trainer)
    return tokenizer


def encode(tokenizer: Tokenizer, texts: list[str]) -> torch.Tensor:
    """Return the tokens of all texts, one after another: int64 [N]."""
    return torch.tensor([token for text in texts for token in tokenizer.encode(text).ids])


def train(
    model: Decoder,
    loss_of: Callable[[torch.Tensor, torch.Tensor], torch.Tensor],
    tokens: torch.Tensor,
    steps: int,
    generator: torch.Generator,
) -> None:
    """Fit ``model`` with AdamW, a linear warm-up and a cosine decay; print the loss now and then.

    loss_of takes (tokens int64 [BATCH, CONTEXT], the tokens that follow each of them).
    """
    optimizer = torch.optim.AdamW(model.parameters(), lr=RATE, betas=(0.9, 0.95), weight_decay=0.1)
    warmup = max(1, steps // 20)
    warm = torch.optim.lr_scheduler.LinearLR(optimizer, 0.01, total_iters=warmup)
    decay = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, max(1, steps - warmup), RATE / 20)
    schedule = torch.optim.lr_scheduler.SequentialLR(optimizer, [warm, decay], [warmup])
    window = torch.arange(CONTEXT + 1)
    model.train()
    for step in range(1, steps + 1):
        starts = torch.randint(len(tokens) - CONTEXT, (BATCH, 1), generator=generator)
        batch = tokens[(starts + window).to(tokens.device)]
        loss = loss_of(batch[:, :-1], batch[:, 1:])
        optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        if step % max(1, steps // 10) == 0:
            print(f"  step {step}: loss {loss.item():.3f}", flush=True)
    model.half().float()  # the weights that are saved
    model.eval().requires_grad_(False)


def cross_entropy(logits: torch.Tensor, following: torch.Tensor) -> torch.Tensor:
    """Return the mean of -log p(following) in nats: [B, T, V] and [B, T] give a scalar."""
    return functional.cross_entropy(logits.flatten(0, 1), following.flatten())


def divergence(target: torch.Tensor, draft: torch.Tensor) -> torch.Tensor:
    """Return the mean Kullback-Leibler divergence of the draft's law from the target's, from logits."""
    laws = draft.log_softmax(-1).flatten(0, 1), target.log_softmax(-1).flatten(0, 1)
    return functional.kl_div(*laws, reduction="batchmean", log_target=True)


@torch.no_grad()
def report(target: Decoder, draft: Decoder, tokens: torch.Tensor) -> None:
    """Print both losses and the expected acceptance rate, 1 - TV(p, q), on held-out tokens."""
    count = min(64, (len(tokens) - 1) // CONTEXT)
    windows = tokens[: count * CONTEXT].view(count, CONTEXT), tokens[1 : count * CONTEXT + 1].view(count, -1)
    p, q = target(windows[0]), draft(windows[0])
    overlap = torch.minimum(p.softmax(-1), q.softmax(-1)).sum(-1).mean().item()
    print(
        f"held out: target {cross_entropy(p, windows[1]):.3f} nats a token, "
        f"draft {cross_entropy(q, windows[1]):.3f}, acceptance at temperature 1 {overlap:.3f}"
    )


def main() -> None:
    """Train tokenizer, target and draft, and save them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=3000, help="optimizer steps of each model")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--out", type=Path, default=MODELS)
    args = parser.parse_args()
    torch.manual_seed(args.seed)
    torch.set_float32_matmul_precision("high")
    generator = torch.Generator().manual_seed(args.seed)

    texts = documents()
    digest = hashlib.sha256("\0".join(texts).encode()).hexdigest()
    size = sum(map(len, texts))
    print(f"Python {platform.python_version()}: {len(texts)} documents, {size} characters, sha256 {digest}")
    training, held_out = split(texts)
    tokenizer = train_tokenizer(training)
    tokens = encode(tokenizer, training).to(args.device)
    unseen = encode(tokenizer, held_out).to(args.device)
    print(f"{len(tokens)} tokens to train on, {len(unseen)} held out; device {args.device}, seed {args.seed}")

    target = Decoder(SHAPES["target"]).to(args.device)
    draft = Decoder(SHAPES["draft"]).to(args.device)
    print("target (cross entropy, nats a token)")
    train(target, lambda seen, next_: cross_entropy(target(seen), next_), tokens, args.steps, generator)
    print("draft (divergence from the target, nats a token)")
    train(draft, lambda seen, _: divergence(target(seen), draft(seen)), tokens, args.steps, generator)
    report(target, draft, unseen)

    args.out.mkdir(parents=True, exist_ok=True)
    tokenizer.save(str(args.out / "tokenizer.json"))
    for name, model in {"target": target, "draft": draft}.items():
        weights = {key: value.half().cpu() for key, value in model.state_dict().items()}
        save_file(weights, args.out / f"{name}.safetensors")


if __name__ == "__main__":
    main()
