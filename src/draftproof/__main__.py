"""``python -m draftproof``: the command line."""

from draftproof.conformance.cli.main import main

main()
