"""From the slots of a prefix to what attention kernels take: block tables and flattened indices."""

from collections.abc import Sequence

import numpy as np

from draftproof.reference.prefix import checks


def block_table(slots: np.ndarray | Sequence[int], page_size: int) -> np.ndarray:
    """Return the pages of one request: token t lies in page table[t // P], at offset t % P.

    Parameters
    ----------
    slots
        int32 [n], or a sequence of ints: where each token lies. Page by page consecutive from a multiple of
        P on; the last page may be begun only.
    page_size
        Slots per page, P.

    Returns
    -------
    np.ndarray
        int32 [ceil(n / P)].

    Raises
    ------
    ValueError
        For a negative slot, or a page whose tokens do not lie together and in order.

    >>> block_table([10, 11, 4, 5, 8], 2)
    array([5, 2, 4], dtype=int32)
    """
    where = "block_table"
    given = checks.int32_vector(where, "slots", slots)
    size = checks.at_least(where, "page_size", page_size, 1)
    pages = []
    for i in range(0, len(given), size):
        page = given[i : i + size]
        if page[0] < 0:
            raise ValueError(f"{where}: slots must not be negative, got {page[0]}")
        if page[0] % size or page != list(range(page[0], page[0] + len(page))):
            raise ValueError(
                f"{where}: slots of a page must be consecutive from a multiple of {size} on, got {page}"
            )
        pages.append(page[0] // size)
    return np.array(pages, dtype=np.int32)


def flatten(requests: Sequence[np.ndarray | Sequence[int]]) -> tuple[np.ndarray, np.ndarray]:
    """Return the slots, or the pages, of many requests as one array and the places where each begins.

    Compressed rows: request r has indices[indptr[r]:indptr[r+1]]. Shared prefixes appear once per request.

    Parameters
    ----------
    requests
        R times int32 [n_r], or sequences of ints.

    Returns
    -------
    indptr, indices
        int32 [R+1] from 0 on, and int32 [sum of n_r].

    Raises
    ------
    ValueError
        For a negative entry, or more entries than int32 can count.

    >>> flatten([[10, 11, 4], [], [10, 11]])
    (array([0, 3, 3, 5], dtype=int32), array([10, 11,  4, 10, 11], dtype=int32))
    """
    indptr, indices = [0], []
    for r, request in enumerate(requests):
        row = checks.int32_vector("flatten", f"requests[{r}]", request)
        if row and min(row) < 0:
            raise ValueError(f"flatten: requests[{r}] must not be negative, got {min(row)}")
        indices += row
        indptr.append(checks.int32("flatten", "the number of all entries", len(indices)))
    return np.array(indptr, dtype=np.int32), np.array(indices, dtype=np.int32)
