"""The namespaces of the host tree: names that have a root while they are open."""

from collections.abc import Callable, Hashable
from typing import Any

import numpy as np
import numpy.typing as npt

from draftproof.optimized.host.prefix import arguments
from draftproof.optimized.host.prefix.answers import LOCKED, refuse_namespace

Int32 = npt.NDArray[np.int32]


class Namespaces:
    """The part of ``RadixTree`` that opens and closes.

    A root's name is its id and, above 32 bits, how many were opened before: no later root has it, so one
    that another thread closes meanwhile is refused.
    """

    __slots__ = ("_close", "_naming", "_open", "_roots")

    _close: Callable[[int], Any]
    _naming: Any
    _open: Callable[[], int]
    _roots: dict[Hashable, int]

    def open(self, namespace: Hashable) -> int:
        """Open a namespace if it is not open yet, and return its root. None is open at once, root 0."""
        arguments.hashable("RadixTree.open", namespace)
        with self._naming:
            root: int | None = self._roots.get(namespace)
            if root is None:
                fresh: int = self._open()
                try:
                    # Looking for the name may have run code of its own that opened it.
                    root = self._roots.setdefault(namespace, fresh)
                finally:
                    if root != fresh:
                        self._close(fresh)
        return root & 0xFFFFFFFF

    def close(self, namespace: Hashable) -> Int32:
        """Free all slots of a namespace that nobody has locked, and forget its name.

        Its root's id is given anew: whoever keeps it on a device must forget it, too.

        Parameters
        ----------
        namespace
            One that was opened; not None.

        Returns
        -------
        np.ndarray
            int32: the freed slots, in no order.
        """
        where = "RadixTree.close"
        if namespace is None:
            raise ValueError(f"{where}: namespace must be one that was opened, got None, which stays open")
        with self._naming:
            freed: Int32 | int = self._close(self._root(where, namespace))
            if isinstance(freed, int):
                if freed == LOCKED:
                    raise ValueError(f"{where}: namespace must not be locked, got {namespace!r}, which is")
                refuse_namespace(where, namespace)
            self._roots.pop(namespace, None)
        return freed

    def _root(self, where: str, namespace: Hashable) -> int:
        arguments.hashable(where, namespace)
        root = self._roots.get(namespace)
        if root is None:
            refuse_namespace(where, namespace)
        return root
