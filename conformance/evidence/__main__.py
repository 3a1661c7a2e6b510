"""``python -m draftproof.conformance.evidence``: ``draftproof record`` where packages may be missing."""

import sys

from draftproof.conformance.evidence.needs import find_lacking


def main() -> None:
    """Say what the machine lacks, or record; the arguments are those of ``draftproof record``."""
    lacking = find_lacking()
    if lacking:
        print(
            "\n  ".join(["draftproof: this machine cannot record evidence; it lacks", *lacking]),
            file=sys.stderr,
        )
        sys.exit(2)
    from draftproof.conformance.cli import main as cli  # it needs what was asked for above

    sys.argv = ["draftproof", "record", *sys.argv[1:]]
    cli.main()


if __name__ == "__main__":
    main()
