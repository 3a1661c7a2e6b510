"""A diagnostic in four parts: a code to search for, what is wrong, why, and what to do."""

from collections.abc import Sequence


class DiagnosticError(ValueError):
    """A request or a file that makes no sense, explained.

    >>> print(DiagnosticError("truncated", "run.jsonl has no footer", ["it crashed"], "run it again"))
    run.jsonl has no footer [truncated]
      - it crashed
      hint: run it again
    """

    def __init__(self, code: str, message: str, causes: Sequence[str] = (), hint: str = "") -> None:
        super().__init__(code, message, causes, hint)
        self.code = code
        self.message = message
        self.causes = tuple(causes)
        self.hint = hint

    def __str__(self) -> str:
        lines = [f"{self.message} [{self.code}]", *(f"  - {cause}" for cause in self.causes)]
        return "\n".join(lines + [f"  hint: {self.hint}"] * bool(self.hint))
