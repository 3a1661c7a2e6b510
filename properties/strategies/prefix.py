"""Strategies for prefix trees: token sequences that share prefixes, and whole scripts of steps."""

from hypothesis import strategies as st

from draftproof.properties.core.case import Case
from draftproof.properties.lockstep.prefix.script import NAMESPACES as NAMED
from draftproof.properties.lockstep.prefix.script import PRIORITIES as RANKS
from draftproof.properties.lockstep.prefix.script import write_script
from draftproof.properties.lockstep.prefix.sequences import EXTREMES
from draftproof.properties.lockstep.prefix.steps import Namespace, Tokens
from draftproof.properties.lockstep.steps import Script
from draftproof.properties.strategies.rows import SEEDS
from draftproof.properties.strategies.validation import choice, integer

NAMESPACES: st.SearchStrategy[Namespace] = st.sampled_from((None, *NAMED))
PRIORITIES = st.integers(-2, 2) | st.sampled_from(RANKS)
KINDS = ("small", "wide", "deep", "colliding")


def token_sequences(page_size: int = 1, *, pages: int = 6) -> st.SearchStrategy[Tokens]:
    """Return token sequences of up to so many pages, often with part of one more.

    The pages come from a handful, which differ in one token at their beginning, middle or end, so that
    sequences share prefixes and part inside pages. Shrinks to short sequences of zeros.
    """
    integer("token_sequences", "page_size", page_size, 1)
    integer("token_sequences", "pages", pages, 0)
    places = sorted({0, page_size // 2, page_size - 1})
    distinct = st.builds(
        lambda place, token: (*(0,) * place, token, *(0,) * (page_size - 1 - place)),
        st.sampled_from(places),
        st.sampled_from((0, 1, 2, 256, *EXTREMES)),
    )
    partial = st.integers(0, page_size - 1)
    return st.builds(_joined, st.lists(distinct, max_size=pages), distinct, partial)


def tree_scripts(
    page_size: int = 1, *, steps: int = 30, tokens: str = "small", hostile: bool = False
) -> st.SearchStrategy[Script]:
    """Return scripts of calls to a prefix tree, for ``properties.lockstep.prefix.executor``.

    A script follows from a seed; ``tokens`` is "small" for few different tokens, "wide" for all of
    int32, "deep" for sequences that grow, "colliding" for pages of one hash.
    With ``hostile`` calls that must be refused are among them.
    """
    integer("tree_scripts", "page_size", page_size, 1)
    integer("tree_scripts", "steps", steps, 0)
    choice("tree_scripts", "tokens", tokens, KINDS)
    flags = st.sets(st.sampled_from(("namespaces", *(("bad_calls",) if hostile else ()))))
    cases = st.builds(
        Case,
        operation=st.just("RadixTree"),
        shape=st.fixed_dictionaries({"P": st.just(page_size), "steps": st.integers(0, steps)}),
        dtype=st.just("int32"),
        options=st.just({"tokens": tokens}),
        seed=SEEDS,
        flags=flags.map(frozenset),
    )
    return cases.map(write_script)


def _joined(pages: list[Tokens], last: Tokens, part: int) -> Tokens:
    return (*(token for page in pages for token in page), *last[:part])
