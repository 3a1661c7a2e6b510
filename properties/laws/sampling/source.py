"""Draws and counts for the statistical tier, on the subject's own device."""

from typing import Any, Protocol

import numpy as np


class Counter(Protocol):
    """Adds up answers per cell."""

    def add(self, tokens: Any, accepted: Any) -> None:
        """Count tokens [B, n] and accepted [B]; None for an operation that only draws."""

    def counts(self) -> np.ndarray:
        """[4, cells]: first tokens after a rejection, first tokens accepted, second tokens, moments."""

    def misses(self) -> int:
        """How many tokens had no probability, or were no ids at all."""


class Source:
    """Independent drafts and uniforms in NumPy, and the counting of answers."""

    def __init__(self, seed: int, q: np.ndarray) -> None:
        self.rng = np.random.default_rng([seed, 0x5EED])
        totals = np.cumsum(q.astype(np.float64), axis=-1)
        self.cdf = totals / totals[:, -1:]

    @staticmethod
    def on(device: str, seed: int, q: np.ndarray) -> "Source":
        """Return the source for a device; q float32 [K, V] are the drafters' rows."""
        return Source(seed, q) if device == "numpy" else TorchSource(device, seed, q)

    def drafts(self, target: Any, i: int) -> None:
        """Fill ``target`` [B] with draws from q_i."""
        target[:] = np.searchsorted(self.cdf[i], self.rng.random(len(target)), side="right")

    def uniforms(self, target: Any) -> None:
        """Fill ``target`` with multiples of 2**-24 in [0, 1)."""
        target[:] = self.rng.integers(2**24, size=target.shape) * 2.0**-24

    def lengths(self, target: Any, most: int) -> None:
        """Fill ``target`` with lengths in [0, most], each as likely."""
        target[:] = self.rng.integers(most + 1, size=target.shape)

    def counter(self, cell_of: np.ndarray, p: np.ndarray, cells: int) -> Counter:
        """Return a counter for the partition ``cell_of`` [V]; p [1 or 2, V] give the support."""
        return _Counter(cell_of, p, cells)


class _Counter:
    def __init__(self, cell_of: np.ndarray, p: np.ndarray, cells: int) -> None:
        self.cell_of, self.support, self.cells = cell_of, p > 0, cells
        self.total = np.zeros((4, cells))
        self.missed = 0

    def add(self, tokens: np.ndarray, accepted: np.ndarray | None) -> None:
        first = self._cells(tokens[:, 0], 0)
        if accepted is None:
            self.total[0] += np.bincount(first, minlength=self.cells)
            return
        kept = accepted >= 1
        for row, tokens_there in ((0, first[~kept[: len(first)]]), (1, first[kept[: len(first)]])):
            self.total[row] += np.bincount(tokens_there, minlength=self.cells)
        self.total[2] += np.bincount(self._cells(tokens[kept, 1], 1), minlength=self.cells)
        self.total[3, :3] += [len(accepted), accepted.sum(), (accepted.astype(np.int64) ** 2).sum()]

    def _cells(self, tokens: np.ndarray, position: int) -> np.ndarray:
        inside = (tokens >= 0) & (tokens < len(self.cell_of))
        possible = self.support[position][np.where(inside, tokens, 0)] & inside
        self.missed += int((~possible).sum())
        cells: np.ndarray = self.cell_of[np.where(inside, tokens, 0)]
        return cells

    def counts(self) -> np.ndarray:
        return self.total

    def misses(self) -> int:
        return self.missed


class TorchSource(Source):
    """The same in PyTorch, where millions of draws stay on the device."""

    def __init__(self, device: str, seed: int, q: np.ndarray) -> None:
        import torch

        super().__init__(seed, q)
        self.generator = torch.Generator(device).manual_seed(seed)
        self.device_cdf = torch.from_numpy(self.cdf).to(device)

    def drafts(self, target: Any, i: int) -> None:
        """Fill ``target`` [B] with draws from q_i."""
        import torch

        draws = torch.rand(target.shape, dtype=torch.float64, device=target.device, generator=self.generator)
        target.copy_(
            torch.searchsorted(self.device_cdf[i], draws, right=True).clamp(max=self.cdf.shape[1] - 1)
        )

    def uniforms(self, target: Any) -> None:
        """Fill ``target`` with multiples of 2**-24 in [0, 1)."""
        import torch

        target.copy_(
            torch.randint(2**24, target.shape, device=target.device, generator=self.generator) * 2.0**-24
        )

    def lengths(self, target: Any, most: int) -> None:
        """Fill ``target`` with lengths in [0, most], each as likely."""
        import torch

        target.copy_(torch.randint(most + 1, target.shape, device=target.device, generator=self.generator))

    def counter(self, cell_of: np.ndarray, p: np.ndarray, cells: int) -> Counter:
        """Return a counter that stays on the device."""
        return _TorchCounter(cell_of, p, cells, self.device_cdf.device)


class _TorchCounter:
    def __init__(self, cell_of: np.ndarray, p: np.ndarray, cells: int, device: Any) -> None:
        import torch

        self.cell_of = torch.from_numpy(cell_of).to(device)
        self.support = torch.from_numpy(p > 0).to(device)
        self.cells = cells
        self.total = torch.zeros((4, cells), dtype=torch.float64, device=device)
        self.missed = torch.zeros((), dtype=torch.int64, device=device)

    def add(self, tokens: Any, accepted: Any) -> None:
        import torch

        if accepted is None:
            self._add(0, tokens[:, 0], torch.ones_like(tokens[:, 0], dtype=torch.bool), 0)
            return
        kept = accepted >= 1
        self._add(0, tokens[:, 0], ~kept, 0)
        self._add(1, tokens[:, 0], kept, 0)
        self._add(2, tokens[:, 1], kept, 1)
        moments = [torch.ones_like(accepted), accepted, accepted * accepted]
        self.total[3, :3] += torch.stack([moment.double().sum() for moment in moments])

    def _add(self, row: int, tokens: Any, counted: Any, position: int) -> None:
        """Count without a synchronisation: what is not counted has weight 0."""
        import torch

        inside = (tokens >= 0) & (tokens < len(self.cell_of))
        ids = torch.where(inside, tokens, 0).long()
        self.missed += (counted & ~(inside & self.support[position][ids])).sum()
        self.total[row].index_add_(0, self.cell_of[ids], counted.double())

    def counts(self) -> np.ndarray:
        counted: np.ndarray = self.total.cpu().numpy()
        return counted

    def misses(self) -> int:
        return int(self.missed)
