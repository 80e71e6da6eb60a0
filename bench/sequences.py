"""`python -m bench.sequences [--cases N] [--long N]`: the timing table of docs/performance.md, measured."""

from __future__ import annotations

import argparse
import sys

from tests.core.sequences import FULL, FULL_LONG, HEADER, SEQUENCES, run


def main() -> int:
    """Measure and print; 1 where a bound is broken."""
    parser = argparse.ArgumentParser(prog="python -m bench.sequences", description=__doc__)
    parser.add_argument("--cases", type=int, default=FULL, help="cases of what takes up to a second (%(default)s)")
    parser.add_argument("--long", type=int, default=FULL_LONG, help="cases of longer waits (%(default)s)")
    given = parser.parse_args()
    print(HEADER)
    broken = False
    for sequence in SEQUENCES:
        measured = run(sequence, given.long if sequence.long else given.cases)
        broken = broken or not measured.kept
        print(measured, flush=True)
    return int(broken)


if __name__ == "__main__":
    sys.exit(main())
