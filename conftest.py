"""The checkout's own runs: the plugin's options and the Hypothesis profiles for every test."""

from collections.abc import Generator
from importlib.metadata import entry_points

import pytest

from draftproof.properties.strategies import profiles

# From an installed draftproof pytest has it already.
pytest_plugins = (
    []
    if any(entry.name == "draftproof" for entry in entry_points(group="pytest11"))
    else ["draftproof.conformance.plugin"]
)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Offer the options in every run of the checkout."""
    from draftproof.conformance import plugin  # not above: pytest is to rewrite its assertions first

    plugin.add_options(parser)
    parser.addoption("--strict-gpu", action="store_true", help="a GPU test that is skipped fails")


def pytest_configure(config: pytest.Config) -> None:
    """Let ``--hypothesis-profile`` win over the environment."""
    if not config.getoption("--hypothesis-profile", None):
        profiles.load()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """With ``--strict-gpu`` turn a GPU test that was skipped into a failure: nothing was proved.

    What a backend declares that it cannot do is no failure: the report says so too.
    """
    report = yield
    reason = str(report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr)
    strict = item.get_closest_marker("gpu") and item.config.getoption("--strict-gpu")
    if report.skipped and strict and "exempt:" not in reason:
        report.outcome, report.longrepr = "failed", f"--strict-gpu: {reason}"
    return report
