"""A device matches on a mirror while the host tree goes on: what it read is confirmed or refused."""

import numpy as np
import pytest
import torch

from draftproof.optimized import eager, flat_tree, host
from draftproof.properties.backend import Backend

PAGE, CAPACITY, STEPS, REQUESTS = 2, 600, 120, 6


def requests(rng: np.random.Generator) -> list[list[int]]:
    """Return requests over two tokens that share prefixes."""
    return [rng.integers(0, 2, rng.integers(1, 24)).tolist() for _ in range(REQUESTS)]


class Serving:
    """A tree with a pool of pages, and a mirror that follows it now and then."""

    def __init__(self, device: str) -> None:
        self.device = device
        self.tree = host.RadixTree(PAGE)
        self.mirror = flat_tree.FlatTree(self.tree, device)
        self.free = list(range(0, CAPACITY, PAGE))

    def insert(self, tokens: list[int]) -> None:
        """Insert a request under new pages; keep those that were not taken."""
        pages = [self.free.pop() for _ in range(-(-len(tokens) // PAGE))]
        slots = [page + i for page in pages for i in range(PAGE)]
        present = self.tree.insert(tokens, slots[: len(tokens)])
        whole = len(tokens) // PAGE
        self.free += pages[: present // PAGE] + pages[whole:]

    def evict(self, count: int) -> set[int]:
        """Evict, and return the slots."""
        freed = self.tree.evict(count).tolist()
        self.free += [slot for slot in freed if slot % PAGE == 0]
        return set(freed)

    def read(self, asked: list[list[int]]) -> tuple[np.ndarray, np.ndarray, np.ndarray, int]:
        """Match on the mirror: nodes, lengths, block tables, and the epoch that they speak of."""
        tokens = torch.tensor([token for each in asked for token in each], dtype=torch.int32)
        offsets = torch.tensor(np.cumsum([0, *map(len, asked)]), dtype=torch.int64)
        mirror, roots = self.mirror, torch.zeros(len(asked), dtype=torch.int32, device=self.device)
        found = eager.match_prefixes(
            tokens.to(self.device),
            offsets.to(self.device),
            roots,
            *(mirror.table, mirror.nodes, mirror.edges),
            page_size=PAGE,
        )
        tables = eager.fill_block_tables(
            found.nodes, found.lengths, mirror.nodes, mirror.slots, page_size=PAGE, width=12
        )
        assert not found.status.any()
        assert not tables.status.any()
        nodes, lengths, pages = (array.cpu().numpy() for array in (found.nodes, found.lengths, tables.tables))
        return nodes, lengths, pages, mirror.epoch


@pytest.mark.parametrize("device", ["cpu", pytest.param("cuda", marks=pytest.mark.gpu)])
@pytest.mark.parametrize("seed", range(6))
def test_no_slot_is_freed_between_a_confirmed_read_and_its_unlock(device: str, seed: int) -> None:
    if reason := Backend.load("draftproof.optimized.host").unavailable:
        pytest.skip(f"unavailable: {reason}")
    rng, serving = np.random.default_rng(seed), Serving(device)
    confirmed = stale = 0
    for _ in range(STEPS):
        asked = requests(rng)
        nodes, lengths, pages, epoch = serving.read(asked)
        for _ in range(rng.integers(3)):  # time passes between the read and its use
            serving.evict(int(rng.integers(1, 40)))
            serving.insert(requests(rng)[0])
        held: list[int] = []
        used: set[int] = set()
        for r in range(REQUESTS):
            expected = [page * PAGE + i for page in pages[r, : lengths[r] // PAGE] for i in range(PAGE)]
            try:
                match = serving.tree.confirm(int(nodes[r]), int(lengths[r]), epoch)
            except host.StaleMatchError:
                stale += 1
                continue
            assert match.slots.tolist() == expected
            confirmed += bool(expected)
            serving.tree.lock(match.node)
            held.append(match.node)
            used |= set(expected)
        assert not serving.evict(CAPACITY) & used
        for node in held:
            serving.tree.unlock(node)
        for tokens in requests(rng):
            serving.insert(tokens)
        if rng.random() < 0.7:
            serving.mirror.update()
    assert confirmed > STEPS
    assert stale > STEPS / 4
