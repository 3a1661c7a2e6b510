"""The block rule stops at the first position that fails."""

from draftproof.properties.mutants.base.chain import Request, Verifier

STORY = "A classic slip: a loop with a break where the last position that passes is meant."
KILLED_BY = ("exact law", "bounds")
CONFORMANCE = {"arrays": "numpy"}


class BlockBreaksEarly(Verifier):
    """Breaks out of the loop."""

    def accepted_by_block(self, request: Request) -> int:
        """Stop where a position fails."""
        rates = self.rates(request)
        for i in range(1, len(rates)):
            if not request.accept[i - 1] < self.passes(request, i, rates):
                return i - 1
        return len(request.drafts)


verify_chain = BlockBreaksEarly()
