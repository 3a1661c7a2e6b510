"""Launches a backend's kernels on a few small cases, and judges them: what compute-sanitizer watches.

``python -m draftproof.conformance.running.sanitize draftproof.optimized.cuda``
"""

import sys
from importlib import import_module

from draftproof.properties.cases.plan import cases
from draftproof.properties.cases.sizes import LARGE_VOCABULARY
from draftproof.properties.contracts import CONTRACTS
from draftproof.properties.core.subject import subject_of
from draftproof.properties.laws.shared.admissible import ADMISSIBLE

CASES = 6
SEED = 1


def main(backend: str) -> int:
    """Return 0 if every operation of ``backend`` answers its small cases rightly, else 1."""
    module, wrong = import_module(backend), 0
    for contract in CONTRACTS.values():
        subject = subject_of(module, contract, "cuda")
        if subject is None:
            continue
        small = [
            case
            for case in cases(contract, "cuda", "small", SEED)
            if case.shape.get("V", 0) <= LARGE_VOCABULARY
        ]
        for case in small[:CASES]:
            verdict = ADMISSIBLE.check(contract, subject, case)
            subject.synchronise()
            wrong += not verdict.passed
            for finding in verdict.findings[:2]:
                print(f"{case}: {finding}")
        print(f"{contract.name}: {min(CASES, len(small))} cases")
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
