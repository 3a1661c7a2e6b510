"""Prefix matching: the radix tree that shares cached prefixes, its model, its pool and its flat form."""

from draftproof.reference.prefix.model import PrefixModel
from draftproof.reference.prefix.node import Match, StaleMatchError
from draftproof.reference.prefix.radix import RadixTree

__all__ = ["Match", "PrefixModel", "RadixTree", "StaleMatchError"]
