"""Two tiny language models that share a vocabulary: a target and a draft, in plain PyTorch.

Decoders as in Llama (RMSNorm, rotary positions, SwiGLU, tied embeddings), with a key-value cache
whose requests each have their own length, so that rejected drafts are rolled back by shortening it.
``train_tiny_models.py`` made the weights in ``models/``.
"""

from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors.torch import load_file
from tokenizers import Tokenizer
from torch import nn
from torch.nn import functional

MODELS = Path(__file__).parent / "models"
VOCABULARY = 512
CONTEXT = 512
ROTARY_BASE = 10_000.0


@dataclass(frozen=True)
class Shape:
    """The sizes of a decoder; ``width`` is a multiple of ``head``."""

    width: int
    layers: int
    hidden: int
    head: int = 32


SHAPES = {"target": Shape(width=160, layers=4, hidden=416), "draft": Shape(width=64, layers=2, hidden=176)}


class Cache:
    """Keys and values of the tokens seen so far: float [layers, B, heads, capacity, head].

    Request b has ``lengths[b]`` tokens; what lies beyond is never attended to and is overwritten.
    """

    def __init__(self, model: "Decoder", requests: int, capacity: int) -> None:
        weight = model.embedding.weight
        heads = model.shape.width // model.shape.head
        size = model.shape.layers, requests, heads, capacity, model.shape.head
        self.keys, self.values = weight.new_zeros(size), weight.new_zeros(size)
        self.lengths = torch.zeros(requests, dtype=torch.int64, device=weight.device)

    def rollback(self, lengths: torch.Tensor) -> None:
        """Forget every token from position ``lengths[b]`` on: int64 [B], at most the present lengths."""
        self.lengths = lengths.clone()

    def append(
        self, layer: int, positions: torch.Tensor, keys: torch.Tensor, values: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Write [B, heads, T, head] at ``positions`` [B, T] and return the layer's whole store."""
        requests = torch.arange(len(positions), device=positions.device)[:, None]
        self.keys[layer][requests, :, positions] = keys.transpose(1, 2)
        self.values[layer][requests, :, positions] = values.transpose(1, 2)
        return self.keys[layer], self.values[layer]


class Decoder(nn.Module):
    """A causal decoder over byte-level BPE tokens."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        self.embedding = nn.Embedding(VOCABULARY, shape.width)
        self.blocks = nn.ModuleList(Block(shape, layer) for layer in range(shape.layers))
        self.norm = nn.RMSNorm(shape.width, eps=1e-5)
        for name, weight in self.named_parameters():
            if "norm" not in name:
                nn.init.normal_(weight, std=0.02)

    def forward(self, tokens: torch.Tensor, cache: Cache | None = None) -> torch.Tensor:
        """Return the next token's logits after each of ``tokens``: [B, T, V] from int64 [B, T].

        With a cache the tokens continue each request where its cache ends, and are added to it.
        """
        width = tokens.shape[1]
        positions = torch.arange(width, device=tokens.device)[None]
        if cache is not None:
            positions = cache.lengths[:, None] + positions
        x = self.embedding(tokens)
        for block in self.blocks:
            x = block(x, positions, cache)
        if cache is not None:
            cache.lengths = cache.lengths + width
        return functional.linear(self.norm(x), self.embedding.weight)


class Block(nn.Module):
    """Attention and a gated feed-forward layer, each behind an RMSNorm and a residual."""

    def __init__(self, shape: Shape, layer: int) -> None:
        super().__init__()
        self.layer, self.head = layer, shape.head
        self.attention_norm = nn.RMSNorm(shape.width, eps=1e-5)
        self.qkv = nn.Linear(shape.width, 3 * shape.width, bias=False)
        self.out = nn.Linear(shape.width, shape.width, bias=False)
        self.feed_norm = nn.RMSNorm(shape.width, eps=1e-5)
        self.gate_up = nn.Linear(shape.width, 2 * shape.hidden, bias=False)
        self.down = nn.Linear(shape.hidden, shape.width, bias=False)

    def forward(self, x: torch.Tensor, positions: torch.Tensor, cache: Cache | None) -> torch.Tensor:
        """Return [B, T, width] from [B, T, width] at ``positions`` [B, T] or [1, T]."""
        x = x + self._attend(self.attention_norm(x), positions, cache)
        gate, up = self.gate_up(self.feed_norm(x)).chunk(2, dim=-1)
        fed: torch.Tensor = self.down(functional.silu(gate) * up)
        return x + fed

    def _attend(self, x: torch.Tensor, positions: torch.Tensor, cache: Cache | None) -> torch.Tensor:
        qkv = self.qkv(x).unflatten(-1, (3, -1, self.head)).permute(2, 0, 3, 1, 4)
        queries, keys, values = rotate(qkv[0], positions), rotate(qkv[1], positions), qkv[2]
        if cache is not None:
            keys, values = cache.append(self.layer, positions, keys, values)
        seen = torch.arange(keys.shape[2], device=x.device) <= positions[:, None, :, None]
        mixed = functional.scaled_dot_product_attention(queries, keys, values, attn_mask=seen)
        out: torch.Tensor = self.out(mixed.transpose(1, 2).flatten(-2))
        return out


def rotate(x: torch.Tensor, positions: torch.Tensor) -> torch.Tensor:
    """Turn each pair of x [B, heads, T, head] by its position's angles (Su et al., arXiv 2104.09864)."""
    half = x.shape[-1] // 2
    rates = ROTARY_BASE ** -(torch.arange(half, device=x.device, dtype=torch.float32) / half)
    angles = positions[:, None, :, None] * rates
    cos, sin = angles.cos().to(x.dtype), angles.sin().to(x.dtype)
    first, second = x[..., :half], x[..., half:]
    return torch.cat([first * cos - second * sin, second * cos + first * sin], dim=-1)


def load(name: str, device: torch.device | str = "cpu", folder: Path = MODELS) -> Decoder:
    """Return the trained "target" or "draft" in float32."""
    model = Decoder(SHAPES[name])
    model.load_state_dict(load_file(folder / f"{name}.safetensors"))
    return model.to(device).eval().requires_grad_(False)


def load_tokenizer(folder: Path = MODELS) -> Tokenizer:
    """Return the byte-level BPE tokenizer that both models share."""
    return Tokenizer.from_file(str(folder / "tokenizer.json"))
