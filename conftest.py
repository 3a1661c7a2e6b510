"""The checkout's own runs: the plugin's options and the Hypothesis profiles for every test."""

from importlib.metadata import entry_points

import pytest

from draftproof.conformance import plugin
from draftproof.properties import profiles

# From an installed draftproof pytest has it already.
pytest_plugins = (
    [] if any(entry.name == "draftproof" for entry in entry_points(group="pytest11")) else [plugin.__name__]
)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Offer the options in every run of the checkout."""
    plugin.add_options(parser)


def pytest_configure(config: pytest.Config) -> None:
    """Let ``--hypothesis-profile`` win over the environment."""
    if not config.getoption("--hypothesis-profile", None):
        profiles.load()
