"""How batches that share a tree are taken apart: what is a request's own, and what is everybody's."""

from itertools import pairwise
from typing import Any

import numpy as np

from draftproof.properties.core.batch import Selection
from draftproof.properties.core.contract import Arrays
from draftproof.properties.judges.equality import required


class RaggedRows:
    """Requests end to end, of any lengths: ``tokens`` [N] cut at ``offsets`` [R+1], with ``roots`` [R]."""

    def take(self, inputs: Arrays, rows: Selection) -> Arrays:
        """Lay the chosen requests end to end; the tree stays."""
        requests, roots = _requests(inputs), required(inputs, "roots")
        chosen = np.arange(len(roots))[rows]
        return {**inputs, **_packed([requests[r] for r in chosen]), "roots": roots[chosen]}

    def join(self, first: Arrays, second: Arrays) -> Arrays:
        """Lay the second's requests behind the first's, on the first's tree."""
        roots = np.concatenate([required(first, "roots"), required(second, "roots")])
        return {**first, **_packed(_requests(first) + _requests(second)), "roots": roots}

    def repeat(self, placed: dict[str, Any], copies: int) -> dict[str, Any]:
        """Repeat tensors of valid requests, tokens included."""
        offsets = placed["offsets"]
        first, last = int(offsets[0]), int(offsets[-1])
        turns = offsets.new_ones(copies).cumsum(0) - 1
        repeated = offsets.new_full(((len(offsets) - 1) * copies + 1,), copies * (last - first))
        repeated[:-1] = (turns[:, None] * (last - first) + offsets[:-1] - first).reshape(-1)
        return {
            **placed,
            "tokens": placed["tokens"][first:last].repeat(copies),
            "offsets": repeated,
            "roots": placed["roots"].repeat(copies),
        }


def _requests(inputs: Arrays) -> list[np.ndarray | None]:
    """Return each request's tokens; None for one whose offsets are invalid."""
    tokens, offsets = required(inputs, "tokens"), required(inputs, "offsets").tolist()
    return [tokens[b:e] if 0 <= b <= e <= len(tokens) else None for b, e in pairwise(offsets)]


def _packed(requests: list[np.ndarray | None]) -> Arrays:
    """Return tokens and offsets of requests; an invalid one ends before it begins.

    A request's end is the next one's begin. So what follows an invalid request lies before what precedes
    it, with a token between:

        requests  a b - c        tokens   c c c # a a b b b
        offsets   4 6 9 0 3      of the third request: 9 to 0
    """
    runs: list[list[np.ndarray]] = [[]]
    for request in requests:
        if request is None:
            runs.append([])
        else:
            runs[-1].append(request)
    sizes = [sum(map(len, run)) for run in runs]
    pieces = [piece for run in runs[::-1] for piece in (*run, np.zeros(1, np.int32))][:-1]
    offsets = []
    for number, run in enumerate(runs):
        begin = sum(sizes[number + 1 :]) + len(runs) - 1 - number
        offsets += [begin + int(length) for length in np.cumsum([0, *map(len, run)])]
    tokens = np.concatenate([*pieces, np.empty(0, np.int32)])
    return {"tokens": tokens, "offsets": np.array(offsets, np.int64)}


class SharedTree:
    """Some arguments have the batch as their first axis; the others are everybody's."""

    def __init__(self, *batched: str) -> None:
        self.batched = batched

    def take(self, inputs: Arrays, rows: Selection) -> Arrays:
        """Index what is batched."""
        return {**inputs, **{name: required(inputs, name)[rows] for name in self.batched}}

    def join(self, first: Arrays, second: Arrays) -> Arrays:
        """Concatenate what is batched; the rest is the first's."""
        return {
            **first,
            **{
                name: np.concatenate([required(first, name), required(second, name)]) for name in self.batched
            },
        }

    def repeat(self, placed: dict[str, Any], copies: int) -> dict[str, Any]:
        """Repeat what is batched."""
        return {**placed, **{name: placed[name].repeat(copies) for name in self.batched}}
