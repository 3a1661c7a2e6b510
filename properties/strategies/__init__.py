"""Hypothesis strategies for kernels of LLM decoding: what is drawn is small, what follows from it is large.

``cases`` draws the inputs of an operation as a ``Case``, one line of text that a seeded generator turns
into arrays. The others draw what kernels of one's own are fed with: vocabulary sizes at tile borders,
rows of probabilities and logits with hostile values at the seams, uniforms, ragged lengths, drafted ids.
All of them refuse wrong arguments with ``InvalidArgument`` when called, and shrink to what is small and
harmless: few elements, no hostile value, seed 0.
"""

from draftproof.properties.strategies.drafts import draft_tokens, ragged_lengths
from draftproof.properties.strategies.operations import cases
from draftproof.properties.strategies.prefix import token_sequences, tree_scripts
from draftproof.properties.strategies.rows import distributions, logits, uniforms, vocabularies

__all__ = [
    "cases",
    "distributions",
    "draft_tokens",
    "logits",
    "ragged_lengths",
    "token_sequences",
    "tree_scripts",
    "uniforms",
    "vocabularies",
]
