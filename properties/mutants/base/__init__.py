"""A plain right backend, one method per step: a mutant overrides the step that its bug is in.

The namespace itself is a backend that conforms; what it is for is being broken.
"""

from draftproof.properties.mutants.base.addition import Adder
from draftproof.properties.mutants.base.chain import Verifier
from draftproof.properties.mutants.base.flat_tree import Matcher, TableFiller
from draftproof.properties.mutants.base.greedy import GreedyVerifier
from draftproof.properties.mutants.base.sampling import Sampler, Softmax, Uniforms
from draftproof.reference.prefix import RadixTree

__all__ = [
    "RadixTree",
    "fill_block_tables",
    "match_prefixes",
    "sample",
    "softmax",
    "uniforms",
    "vector_add",
    "verify_chain",
    "verify_chain_greedy",
]

CONFORMANCE = {"arrays": "numpy"}

fill_block_tables = TableFiller()
match_prefixes = Matcher()
sample = Sampler()
softmax = Softmax()
uniforms = Uniforms()
vector_add = Adder()
verify_chain = Verifier()
verify_chain_greedy = GreedyVerifier()
