"""The contract of the radix tree: an object with calls."""

from draftproof import reference
from draftproof.properties.contracts.prefix.flat_tree import PAGE_SIZES
from draftproof.properties.contracts.prefix.tree_acts import ACTS
from draftproof.properties.core.contract import ObjectContract
from draftproof.properties.laws.prefix.tree import TREE_LAWS

RADIX_TREE = ObjectContract(
    name="RadixTree",
    pillar="prefix",
    rule=(
        "A radix tree over tokens in whole pages, one root per namespace. match returns the longest cached "
        "prefix and splits the edge in which it ends; insert stores what is missing and says how much was "
        "present; evict cuts pages off the ends of unlocked leaves in the policy's order, exactly as many as "
        "asked for or all there are; lock and unlock count, on the node and its ancestors. What was read at "
        "an earlier epoch is confirmed or refused as stale. A call that raises changes nothing."
    ),
    source="RadixAttention, arXiv 2312.07104, section 3; PATRICIA: Morrison, J. ACM 15 (1968)",
    oracle=reference.RadixTree,
    sizes={"P": PAGE_SIZES, "steps": (20, 60, 150)},
    options={
        "policy": tuple(reference.prefix.POLICIES),
        "tokens": ("small", "wide", "deep", "colliding"),
        "slots": ("low", "high"),
    },
    flags=("bad_calls", "namespaces", "overwritten"),
    dtypes=("int32",),
    laws=TREE_LAWS,
    length="steps",
    acts=ACTS,
)
