"""The pytest plugin: ``pytest --pyargs draftproof.properties --backend my.kernels``.

It is loaded in every pytest run of everybody who has draftproof installed. So it imports nothing, and its
options exist only in runs that name ``draftproof.properties``: no other suite's ``--device`` is disturbed.
"""

import sys
from typing import Any

import pytest

SUITE = "draftproof.properties"

OPTIONS: dict[str, dict[str, Any]] = {
    "backend": {"metavar": "MODULE", "help": "judge this module's operations and nothing else"},
    "device": {"choices": ("cpu", "cuda", "interpreter"), "help": "where it runs; by default CUDA if it can"},
    "budget": {"choices": ("small", "standard", "deep"), "default": "small", "help": "how many cases"},
    "seed": {"type": int, "default": 0, "metavar": "N", "help": "which cases"},
}


def pytest_load_initial_conftests(
    early_config: pytest.Config, parser: pytest.Parser, args: list[str]
) -> None:
    """Offer the options if the suite is about to run."""
    if any(arg == SUITE or arg.startswith((f"{SUITE}.", f"{SUITE}::")) for arg in args):
        add_options(parser)


def add_options(parser: pytest.Parser) -> None:
    """Add the suite's options to a parser that lacks them."""
    group = parser.getgroup("draftproof", "kernels under judgement (draftproof)")
    if group.options:
        return
    for name, details in OPTIONS.items():
        # The destination is a name of ours: another suite's --device is not mistaken for this one.
        group.addoption(f"--{name}", dest=f"draftproof_{name}", **details)


def pytest_configure(config: pytest.Config) -> None:
    """Load the backend, so that a wrong name is a usage error and not a failed test."""
    name = config.getoption("draftproof_backend", None)
    if name is None:
        return
    from draftproof.properties.backend import Backend, BackendError

    # As for draftproof check: the backend may lie where the command is given.
    sys.path.insert(0, str(config.invocation_params.dir))

    try:
        backend = Backend.load(name, config.getoption("draftproof_device"))
    except BackendError as error:
        raise pytest.UsageError(f"--backend: {error}") from error
    if backend.unavailable:
        raise pytest.UsageError(f"--backend: {name} cannot run on {backend.device}: {backend.unavailable}")
