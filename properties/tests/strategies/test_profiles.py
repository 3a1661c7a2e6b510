"""Which Hypothesis profile runs."""

import pytest
from hypothesis import settings

from draftproof.properties.strategies import profiles


@pytest.mark.parametrize(
    ("environment", "name"),
    [({}, "dev"), ({"CI": "true"}, "ci"), ({"CI": "true", "DRAFTPROOF_PROFILE": "nightly"}, "nightly")],
)
def test_the_environment_chooses(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], name: str
) -> None:
    for variable in ("CI", "DRAFTPROOF_PROFILE"):
        monkeypatch.delenv(variable, raising=False)
    for variable, value in environment.items():
        monkeypatch.setenv(variable, value)
    assert profiles.profile_name() == name


def test_an_unknown_profile_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DRAFTPROOF_PROFILE", "thorough")
    with pytest.raises(ValueError, match="must be one of dev, ci, gpu, nightly, got 'thorough'"):
        profiles.profile_name()


@pytest.mark.parametrize("name", profiles.PROFILES)
def test_no_profile_has_a_deadline(name: str) -> None:
    assert settings.get_profile(name).deadline is None


@pytest.mark.parametrize("name", ["ci", "gpu"])
def test_gates_repeat_their_examples(name: str) -> None:
    profile = settings.get_profile(name)
    assert profile.derandomize
    assert profile.database is None
