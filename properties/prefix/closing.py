"""The last steps of every script: whatever happened, they show what is wrong with the tree by now."""

from draftproof.properties.prefix.executor import Executor
from draftproof.properties.prefix.steps import Evict, Match, Release, Step, Unlock

LOOKS = 12
"""Sequences asked for again."""


def closing(executor: Executor) -> list[Step]:
    """Return steps that end every request and lock, match again, and evict everything in two parts."""
    ends: list[Step] = [Release(name) for name in executor.requests]
    unlocks: list[Step] = [
        Unlock(name) for name, handle in executor.handles.items() for _ in range(handle.locks)
    ]
    again = list(executor.asked)[-LOOKS:]
    looks: list[Step] = [
        Match(f"again{i}", tokens, namespace) for i, (namespace, tokens) in enumerate(again)
    ]
    return [*ends, *unlocks, *looks, Evict(executor.model.cached // 2), Evict(executor.capacity)]
