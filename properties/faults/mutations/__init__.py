"""First-order mutations: every small slip in an operation's own source, and whether the suite sees it.

cosmic-ray and mutmut change files and start a command for each mutation, which would be seconds of imports
and inputs for every one: here the changed source is executed beside the real one, in a fork that has both.
"""

from draftproof.properties.faults.mutations.measuring import Outcome, measure
from draftproof.properties.faults.mutations.mutation import Mutation, mutations

__all__ = ["Mutation", "Outcome", "measure", "mutations"]
