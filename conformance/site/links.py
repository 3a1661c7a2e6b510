"""From the repository to the site: where a file's page is, and what must change in its text."""

import posixpath
import re
from collections.abc import Callable

MOVED = {
    "README.md": "index.md",
    "CONTRIBUTING.md": "contributing.md",
    "CHANGELOG.md": "changelog.md",
    "LICENSE": "licence.md",
    "docs/evidence": "evidence/index.md",
    "docs/performance": "performance/README.md",
}
"""Pages that do not lie where the repository has them."""

LINK = re.compile(r"(\]\()([^)#\s]+)((?:#[^)\s]*)?\))")
FENCE = re.compile(r"^```(\w+) (\S+)$", re.MULTILINE)
CODE = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)


def place(path: str) -> str:
    """Return where on the site a file of the repository is, by its path from the root."""
    if path in MOVED:
        return MOVED[path]
    if path.endswith(".py"):
        path = path.removesuffix(".py") + ".md"
    return path.removeprefix("docs/")


def translate(text: str, path: str) -> str:
    """Return a document of the repository as a page of the site: its links lead to pages.

    ``path`` is where it lies, from the root. What stands beside a block's language (a file's name, an
    exit code) is for the tests; of these the page shows names.
    """
    here = posixpath.dirname(place(path)) or "."

    def follow(link: re.Match[str]) -> str:
        target = link[2]
        if "://" in target:
            return link[0]
        source = posixpath.normpath(posixpath.join(posixpath.dirname(path), target))
        return f"{link[1]}{posixpath.relpath(place(source), here)}{link[3]}"

    return _outside_code(FENCE.sub(_name_block, text), lambda prose: LINK.sub(follow, prose))


def _name_block(fence: re.Match[str]) -> str:
    language, beside = fence.groups()
    return f'```{language} title="{beside}"' if "." in beside else f"```{language}"


def _outside_code(text: str, change: Callable[[str], str]) -> str:
    """Change what is no block of code: brackets and parentheses in code are no links."""
    parts, start = [], 0
    for block in CODE.finditer(text):
        parts += [change(text[start : block.start()]), block[0]]
        start = block.end()
    return "".join([*parts, change(text[start:])])
