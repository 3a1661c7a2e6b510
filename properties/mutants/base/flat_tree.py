"""Right implementations of the device operations on a flat prefix tree, with one method per decision."""

from copy import copy

import numpy as np

from draftproof.reference import BlockTables, PrefixMatch, Status
from draftproof.reference.prefix.flat import Column
from draftproof.reference.prefix.flat_hash import bucket, fingerprint, secret_of, signed


class Matcher:
    """``match_prefixes``, request by request."""

    table: np.ndarray
    nodes: np.ndarray
    edges: np.ndarray
    page_size: int
    secret: int
    """Of the tree in which the present request is looked up."""

    def __call__(
        self,
        tokens: np.ndarray,
        offsets: np.ndarray,
        roots: np.ndarray,
        table: np.ndarray,
        nodes: np.ndarray,
        edges: np.ndarray,
        *,
        page_size: int,
    ) -> PrefixMatch:
        """Match every request."""
        call = copy(self)  # another thread may be walking another tree
        call.table, call.nodes, call.edges, call.page_size = table, nodes, edges, page_size
        answers = [call.match(tokens, offsets, call.root(roots, r), r) for r in range(len(roots))]
        lengths, last, status = np.array(answers, np.int32).reshape(-1, 3).T.copy()
        return PrefixMatch(lengths, last, status)

    def root(self, roots: np.ndarray, r: int) -> int:
        """Return where request r begins."""
        return int(roots[r])

    def request(self, tokens: np.ndarray, offsets: np.ndarray, r: int) -> tuple[np.ndarray, Status]:
        """Return the tokens of request r."""
        begin, end = int(offsets[r]), int(offsets[r + 1])
        if not 0 <= begin <= end <= len(tokens):
            return tokens[:0], Status.INVALID_LENGTH
        return tokens[begin:end], Status.OK

    def match(self, tokens: np.ndarray, offsets: np.ndarray, node: int, r: int) -> tuple[int, int, int]:
        """Return length, node and status of one request."""
        asked, flags = self.request(tokens, offsets, r)
        if not 0 <= node < len(self.nodes):
            return 0, -1, int(flags | Status.INVALID_TREE)
        self.secret = self.secret_under(node)
        length = 0
        while len(asked) - length >= self.page_size:
            child, seen = self.child(node, asked[length : length + self.page_size])
            flags |= seen
            if child < 0:
                break
            start, edge = self.nodes[child, Column.START], int(self.nodes[child, Column.LENGTH])
            common = self.rounded(self.common(self.edges[start : start + edge], asked[length:]))
            length, node = length + common, child
            if common < edge:
                break
        return length, node, int(flags)

    def secret_under(self, root: int) -> int:
        """Return the secret under which pages are hashed."""
        return secret_of(self.nodes[root])

    def child(self, node: int, page: np.ndarray) -> tuple[int, Status]:
        """Return the child whose edge begins with a page, or -1, and what was wrong on the way."""
        flags, key = Status.OK, signed(fingerprint(page.tolist(), self.secret))
        for i in range(len(self.table)):
            row = int(self.table[(bucket(node, key) + i) & (len(self.table) - 1)])
            if row == -1:
                break
            if not self.usable(row):
                flags |= Status.INVALID_TREE
            elif tuple(self.nodes[row, [Column.PARENT, Column.KEY]]) == (node, key) and self.same(row, page):
                return row, flags
        return -1, flags

    def usable(self, row: int) -> bool:
        """Whether an entry of the table has a row, and the row an edge of whole pages."""
        if not 0 <= row < len(self.nodes):
            return False
        start, length = int(self.nodes[row, Column.START]), int(self.nodes[row, Column.LENGTH])
        whole = length >= self.page_size and length % self.page_size == 0
        return whole and start >= 0 and start + length <= len(self.edges)

    def same(self, row: int, page: np.ndarray) -> bool:
        """Whether a row's edge begins with the page."""
        start = self.nodes[row, Column.START]
        return bool((self.edges[start : start + self.page_size] == page).all())

    def common(self, edge: np.ndarray, rest: np.ndarray) -> int:
        """Return how many tokens agree."""
        shorter = min(len(edge), len(rest))
        return int((np.cumprod(edge[:shorter] == rest[:shorter])).sum())

    def rounded(self, common: int) -> int:
        """Return whole pages."""
        return common // self.page_size * self.page_size


class TableFiller:
    """``fill_block_tables``, request by request."""

    nodes: np.ndarray
    slots: np.ndarray
    page_size: int

    def __call__(
        self,
        matched_nodes: np.ndarray,
        matched_lengths: np.ndarray,
        nodes: np.ndarray,
        slots: np.ndarray,
        *,
        page_size: int,
        width: int,
    ) -> BlockTables:
        """Fill every request's row."""
        call = copy(self)
        call.nodes, call.slots, call.page_size = nodes, slots, page_size
        tables = np.full((len(matched_nodes), width), -1, np.int32)
        pairs = zip(matched_nodes.tolist(), matched_lengths.tolist(), strict=True)
        status = [call.fill(tables[r], node, length) for r, (node, length) in enumerate(pairs)]
        return BlockTables(tables, np.array(status, np.int32).reshape(-1))

    def fill(self, table: np.ndarray, node: int, length: int) -> int:
        """Fill one row of the tables and return its status."""
        flags = Status.INVALID_LENGTH if length < 0 or length % self.page_size else Status.OK
        upper = max(length, 0) // self.page_size * self.page_size
        if node == -1:
            return int(flags)
        if not 0 <= node < len(self.nodes):
            return int(flags | Status.INVALID_TREE)
        while upper > 0:
            if not 0 <= node < len(self.nodes) or not self.covers(node, upper):
                return int(flags | Status.INVALID_TREE)
            begin = int(self.nodes[node, Column.END] - self.nodes[node, Column.LENGTH])
            first = int(self.nodes[node, Column.START]) - begin
            for j in range(begin // self.page_size, min(upper // self.page_size, len(table))):
                slot = int(self.slots[first + j * self.page_size])
                table[j] = self.page(slot)
                flags |= Status.INVALID_TREE if slot < 0 else Status.OK
            node, upper = int(self.nodes[node, Column.PARENT]), begin
        return int(flags)

    def covers(self, node: int, upper: int) -> bool:
        """Whether a row continues downwards what is filled from ``upper`` on."""
        start, length, end = (int(self.nodes[node, c]) for c in (Column.START, Column.LENGTH, Column.END))
        begin = end - length
        whole = length >= self.page_size and length % self.page_size == 0 and begin % self.page_size == 0
        return whole and start >= 0 and start + length <= len(self.slots) and 0 <= begin < upper <= end

    def page(self, slot: int) -> int:
        """Return the page of a slot."""
        return slot // self.page_size if slot >= 0 else -1
