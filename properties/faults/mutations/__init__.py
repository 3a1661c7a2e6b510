"""First-order mutations: every small slip in an operation's own source, and whether the suite sees it."""

from draftproof.properties.faults.mutations.measuring import Outcome, measure
from draftproof.properties.faults.mutations.mutation import Mutation, mutations

__all__ = ["Mutation", "Outcome", "measure", "mutations"]
