"""The documentation site: what the docs, the contracts, the docstrings and the command line say, as pages."""
