"""Prefix matching: the radix tree that shares cached prefixes, its model, its pool and its flat form."""

from draftproof.reference.prefix.eagle import PairKeys
from draftproof.reference.prefix.flat import FlatTree
from draftproof.reference.prefix.model import PrefixModel
from draftproof.reference.prefix.node import Match, StaleMatchError
from draftproof.reference.prefix.policy import POLICIES
from draftproof.reference.prefix.pool import SlotPool
from draftproof.reference.prefix.radix_tree import RadixTree

__all__ = [
    "POLICIES",
    "FlatTree",
    "Match",
    "PairKeys",
    "PrefixModel",
    "RadixTree",
    "SlotPool",
    "StaleMatchError",
]
