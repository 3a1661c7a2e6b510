"""Where the command line prints: what was found on standard output, the rest on standard error."""

import json
from typing import Any

from rich.console import Console

from draftproof.conformance.reporting.report import replace_infinite

out = Console()
console = Console(stderr=True)
"""Progress and complaints."""


def print_json(document: Any) -> None:
    """Print a value as JSON, which has no infinity."""
    print(json.dumps(replace_infinite(document), default=sorted, indent=1, allow_nan=False))
