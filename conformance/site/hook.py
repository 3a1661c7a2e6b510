"""What MkDocs calls while it builds the site: the pages are made here, none of them lies in a file."""

from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

from draftproof.conformance.site.pages import arrange, write_pages


def on_files(files: Files, *, config: MkDocsConfig) -> Files:
    """Put the pages in place of what the folder of documents holds, and beside it."""
    pages = write_pages(Path(config.config_file_path).parent)
    for place, text in pages.items():
        if (there := files.get_file_from_path(place)) is not None:
            files.remove(there)
        files.append(File.generated(config, place, content=text))
    config.nav = arrange(list(pages))
    return files
