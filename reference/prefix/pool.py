"""The pool of slots in which a prefix cache's keys and values lie."""

import numpy as np

from draftproof.reference.prefix import checks


class SlotPool:
    """Slots 0 to pages * page_size - 1, given out and taken back by whole pages.

    Slot s lies in page s // page_size, which is how a logical prefix, scattered over the pages that
    happened to be free, is found by attention kernels (Kwon et al. 2023, arXiv 2309.06180).

    Parameters
    ----------
    pages
        How many pages there are, at least 0.
    page_size
        Slots per page, at least 1.

    >>> pool = SlotPool(pages=3, page_size=2)
    >>> pool.allocate(3)
    array([0, 1, 2, 3], dtype=int32)
    >>> pool.free([0, 1])
    >>> pool.allocate(4)  # the lowest free page first
    array([0, 1, 4, 5], dtype=int32)
    """

    def __init__(self, pages: int, page_size: int = 1) -> None:
        self.pages = checks.at_least("SlotPool", "pages", pages, 0)
        self.page_size = checks.at_least("SlotPool", "page_size", page_size, 1)
        self._free = set(range(self.pages))

    @property
    def free_tokens(self) -> int:
        """Slots that can be allocated."""
        return len(self._free) * self.page_size

    def allocate(self, count: int) -> np.ndarray:
        """Take the lowest free pages that hold ``count`` tokens and return all of their slots.

        Parameters
        ----------
        count
            Tokens wanted, at most ``free_tokens``; rounded up to whole pages.

        Returns
        -------
        np.ndarray
            int32, page by page.
        """
        wanted = checks.at_least("SlotPool.allocate", "count", count, 0)
        if wanted > self.free_tokens:
            raise ValueError(f"SlotPool.allocate: count must be at most {self.free_tokens}, got {wanted}")
        taken = sorted(self._free)[: -(-wanted // self.page_size)]
        self._free.difference_update(taken)
        slots = [page * self.page_size + i for page in taken for i in range(self.page_size)]
        return np.array(slots, dtype=np.int32)

    def free(self, slots: np.ndarray | list[int]) -> None:
        """Take whole pages back, in any order.

        Parameters
        ----------
        slots
            int32, or a list of ints: every slot of each page that is freed, once.

        Raises
        ------
        ValueError
            For a slot outside the pool, twice in the call, free already, or without the rest of its page.
            Nothing is freed then.
        """
        where = "SlotPool.free"
        given = checks.int32_vector(where, "slots", slots)
        returned: set[int] = set()
        for slot in given:
            if not 0 <= slot < self.pages * self.page_size:
                raise ValueError(f"{where}: slots must be below {self.pages * self.page_size}, got {slot}")
            if slot in returned or slot // self.page_size in self._free:
                raise ValueError(f"{where}: slots must be in use, got {slot}, which is free")
            returned.add(slot)
        pages = {slot // self.page_size for slot in returned}
        for page in sorted(pages):
            missing = set(range(page * self.page_size, (page + 1) * self.page_size)) - returned
            if missing:
                raise ValueError(
                    f"{where}: slots must be whole pages, got page {page} without {min(missing)}"
                )
        self._free |= pages
