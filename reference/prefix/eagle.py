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
    with those of the same object, which lives as long as its tree.

    >>> pairs = PairKeys()
    >>> pairs.keys([5, 6, 5, 6])
    array([0, 1, 0], dtype=int32)
    >>> pairs.keys([5, 6, 7])
    array([0, 2], dtype=int32)
    """

    def __init__(self) -> None:
        self._numbers: dict[tuple[int, int], int] = {}

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
        pairs = pairwise(given)
        keys = [self._numbers.setdefault(pair, len(self._numbers)) for pair in pairs]
        return np.array(keys, dtype=np.int32)
