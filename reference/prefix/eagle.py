"""The keys under which the cache of an EAGLE draft model is shared: pairs of tokens."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from draftproof.reference.prefix import checks


class PairKeys:
    """Numbers the pairs of neighbouring tokens, so that a ``RadixTree`` can hold a draft model's cache.

    EAGLE's draft model reads at position i the target's feature of token i and the embedding of token
    i + 1, the one that was sampled from that feature (Li et al. 2024, arXiv 2401.15077, section 3). Its
    keys and values at position i therefore depend on tokens 0 to i + 1: two requests that agree up to
    token i, and not on token i + 1, share the target's entry at i but not the draft model's. A tree whose
    "token" at position i is the pair (t_i, t_i+1) matches exactly as far as the draft model's cache can
    be shared. n tokens have n - 1 pairs, hence n - 1 slots: at the last position the draft model has not
    run yet, for the token after it is not known.

    A pair has 64 bits and a key 32. Hashing one to the other would some day hand a request another's
    cache, so pairs are numbered in the order in which they are first seen. Keys are only comparable
    with those of the same object, which lives as long as its tree. It remembers every pair that it was ever
    shown until ``forget`` is called.

    >>> pairs = PairKeys()
    >>> pairs.keys([5, 6, 5, 6])
    array([0, 1, 0], dtype=int32)
    >>> pairs.keys([5, 6, 7])
    array([0, 2], dtype=int32)
    """

    def __init__(self) -> None:
        self._numbers: dict[tuple[int, int], int] = {}
        self._free: list[int] = []
        """Numbers below the highest that no pair has."""

    def __len__(self) -> int:
        return len(self._numbers)

    def keys(self, tokens: np.ndarray | Sequence[int]) -> np.ndarray:
        """Return one key per pair of neighbours.

        Parameters
        ----------
        tokens
            int32 [n], or a sequence of ints.

        Returns
        -------
        np.ndarray
            int32 [n - 1]; none for fewer than two tokens.
        """
        given = checks.int32_vector("PairKeys.keys", "tokens", tokens)
        return np.array([self._number(pair) for pair in pairwise(given)], dtype=np.int32)

    def forget(self, kept: np.ndarray | Sequence[int]) -> None:
        """Forget every pair but those with a key among ``kept``; new pairs get the keys of forgotten ones.

        Parameters
        ----------
        kept
            int32 [n], or a sequence of ints, in any order and as often as you like: the keys in the tree,
            ``tree.tokens()``, and those of running requests.

        >>> pairs = PairKeys()
        >>> pairs.keys([5, 6, 7])
        array([0, 1], dtype=int32)
        >>> pairs.forget([1])
        >>> pairs.keys([6, 7, 8, 9])
        array([1, 0, 2], dtype=int32)
        """
        keys = set(checks.int32_vector("PairKeys.forget", "kept", kept))
        self._numbers = {pair: key for pair, key in self._numbers.items() if key in keys}
        taken = set(self._numbers.values())
        self._free = [key for key in range(max(taken, default=-1), -1, -1) if key not in taken]

    def _number(self, pair: tuple[int, int]) -> int:
        number = self._numbers.get(pair)
        if number is None:
            number = self._free.pop() if self._free else len(self._numbers)
            self._numbers[pair] = number
        return number
