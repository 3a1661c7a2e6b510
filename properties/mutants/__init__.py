"""Small wrong backends, each a bug that was shipped once or a classic slip: the suite must reject them all.

``draftproof check draftproof.properties.mutants.verify_chain.zero_coin_accepts`` shows one being rejected.
To plant a new bug, add a module to the folder of the operation that it breaks, with ``STORY``,
``KILLED_BY``, the operation, and, if it is not about memory, ``CONFORMANCE = {"arrays": "numpy"}``: it is
found by its ``STORY``.
"""

import sys

from draftproof.properties.mutants.discovery import load_mutants
from draftproof.properties.mutants.mutant import Mutant

MUTANTS: dict[str, Mutant] = load_mutants(sys.modules[__name__])
"""Every mutant by name."""
