"""The GitHub Action: what it runs is a command of this project, and its inputs are no code."""

import re
from pathlib import Path

ACTION = Path(__file__).parents[1] / "action.yml"


def test_the_action_checks_what_it_is_given() -> None:
    text = ACTION.read_text(encoding="utf-8")
    assert 'draftproof check "${backends[@]}" "${arguments[@]}" --report "$REPORT"' in text
    assert set(re.findall(r"^  (\w+):\n    description:", text, re.MULTILINE)) == {
        "backends",
        "arguments",
        "report",
    }


def test_no_input_is_written_into_a_script() -> None:
    scripts = re.findall(r"run: (?:\|\n((?: {8}.*\n)+)|(.*))", ACTION.read_text(encoding="utf-8"))
    assert len(scripts) == 2
    assert not any("${{" in part for script in scripts for part in script)
