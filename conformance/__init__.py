"""Does this one hold: contracts applied to any backend, and what is shown of the outcome.

Nothing in the project imports this package. It loads a backend, runs contracts on it, and writes the
report from which page, matrix, badge and evidence are made.
"""

if __name__ != "draftproof.conformance":
    raise ImportError("import draftproof.conformance, not the bare folder 'conformance'")
