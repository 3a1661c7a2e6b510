"""A host tree as four tensors on a device, kept up to date by what changed.

``nodes``, ``edges``, ``slots`` and ``table`` are what ``match_prefixes`` and ``fill_block_tables`` take. An
update moves the blocks that were written since the last one, packed by the host in one array: one copy
to the device, then one scatter for each tensor.
"""

import torch

from draftproof.optimized.host import RadixTree
from draftproof.optimized.host.prefix.changes import ARENA_BLOCK, ROW_BLOCK, TABLE_BLOCK

ROW = 8
"""Columns of ``nodes``: PARENT, START, LENGTH, END, KEY, BORN, SECRET_LOW, SECRET_HIGH."""


class FlatTree:
    """The flat form of ``tree`` on ``device``, as it was at ``epoch``.

    ``update`` writes on the current stream; what matches on another stream has to wait for it. A match
    made on the tensors is confirmed on the host with their ``epoch``: ``tree.confirm(node, length, epoch)``.
    Other threads may change the tree at any time, also during an update: what is copied, and its epoch, are
    of one moment. A mirror itself belongs to one thread. ``copy.copy`` makes another one of the same tree,
    ``copy.deepcopy`` one of a tree of its own.

    Parameters
    ----------
    tree
        A native host tree; any number of mirrors may follow it.
    device
        Where the tensors lie.

    Attributes
    ----------
    nodes
        int32 [M, 8]: a row for each node id: PARENT, START, LENGTH, END, KEY, BORN, and the tree's secret,
        under which pages are hashed, low word first; a free row has parent -1 and zeros.
    edges, slots
        int32 [C]: the tokens of all edges, and their slots; anything where no edge lies.
    table
        int32 [H], H a power of two: children by the hash of parent and page; -1 is free.
    epoch
        The tree's epoch that the tensors show.
    """

    def __init__(self, tree: RadixTree, device: torch.device | str = "cpu") -> None:
        self.device = torch.device(device)
        self._tree = tree
        self.release()

    def __copy__(self) -> "FlatTree":
        return FlatTree(self._tree, self.device)

    def release(self) -> int:
        """Copy the tree anew into tensors no larger than it needs; return how many bytes were copied."""
        self.nodes = _empty_rows(0, self.device)
        self.edges, self.slots, self.table = (_free(0, self.device) for _ in range(3))
        self.epoch, self._generation = -1, 0
        return self.update()

    def update(self) -> int:
        """Bring the tensors up to the tree's present state; return how many bytes were copied for it.

        Tensors that become too small are replaced by ones of at least twice the size; ``table`` always has
        the size of the host's.
        """
        changes = self._tree.changes(self._generation)
        self._grow(max(changes.arena_size, 1), changes.row_size, changes.table_size)
        packed = torch.from_numpy(changes.packed).to(self.device)
        arena, rows, table = changes.arena_blocks, changes.row_blocks, changes.table_blocks
        arena_ids, row_ids, table_ids, edges, slots, nodes, entries = packed.split(
            [
                *(arena, rows, table, arena * ARENA_BLOCK, arena * ARENA_BLOCK),
                *(rows * ROW_BLOCK * ROW, table * TABLE_BLOCK),
            ]
        )
        _scatter(self.edges, ARENA_BLOCK, arena_ids, edges)
        _scatter(self.slots, ARENA_BLOCK, arena_ids, slots)
        _scatter(self.nodes, ROW_BLOCK * ROW, row_ids, nodes)
        _scatter(self.table, TABLE_BLOCK, table_ids, entries)
        self.epoch, self._generation = changes.epoch, changes.generation
        return changes.packed.nbytes

    def _grow(self, tokens: int, rows: int, entries: int) -> None:
        if tokens > len(self.edges):
            size = _blocks(max(tokens, 2 * len(self.edges)), ARENA_BLOCK)
            self.edges, self.slots = (
                _longer(old, _free(size, self.device)) for old in (self.edges, self.slots)
            )
        if rows > len(self.nodes):
            size = _blocks(max(rows, 2 * len(self.nodes)), ROW_BLOCK)
            self.nodes = _longer(self.nodes, _empty_rows(size, self.device))
        if entries != len(self.table):
            # Every entry has another place now, so every block comes anew.
            self.table = _free(entries, self.device)


def _blocks(count: int, block: int) -> int:
    return -(-count // block) * block


def _free(size: int, device: torch.device) -> torch.Tensor:
    return torch.full((size,), -1, dtype=torch.int32, device=device)


def _empty_rows(size: int, device: torch.device) -> torch.Tensor:
    rows = torch.zeros((size, ROW), dtype=torch.int32, device=device)
    rows[:, 0] = -1
    return rows


def _longer(old: torch.Tensor, new: torch.Tensor) -> torch.Tensor:
    new[: len(old)] = old
    return new


def _scatter(whole: torch.Tensor, block: int, ids: torch.Tensor, blocks: torch.Tensor) -> None:
    whole.view(-1, block).index_copy_(0, ids.long(), blocks.view(-1, block))
