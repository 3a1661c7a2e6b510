"""The Hypothesis profiles: how long to look, and whether the same examples are looked at every time.

``DRAFTPROOF_PROFILE`` chooses one by name; without it a machine that sets ``CI`` gets "ci", any other "dev".
"""

import os

from hypothesis import HealthCheck, settings

# A device's first call compiles for seconds, and shared machines stall: time is judged by budgets, not here.
_BASE = settings(deadline=None, print_blob=False, suppress_health_check=[HealthCheck.too_slow])

PROFILES = {
    "dev": settings(_BASE, max_examples=40),
    "ci": settings(_BASE, max_examples=60, derandomize=True, database=None),
    "gpu": settings(_BASE, max_examples=100, derandomize=True, database=None),
    "nightly": settings(_BASE, max_examples=5_000, derandomize=False),
}
"""A gate may not turn red by surprise: "ci" and "gpu" repeat their examples, "nightly" explores."""

for _name, _profile in PROFILES.items():
    settings.register_profile(_name, _profile)


def profile_name() -> str:
    """Return the name of the profile that the environment asks for; ValueError if there is none such."""
    name = os.environ.get("DRAFTPROOF_PROFILE") or ("ci" if os.environ.get("CI") else "dev")
    if name not in PROFILES:
        raise ValueError(f"DRAFTPROOF_PROFILE must be one of {', '.join(PROFILES)}, got {name!r}")
    return name


def load() -> None:
    """Make the chosen profile the default of every test."""
    settings.load_profile(profile_name())
