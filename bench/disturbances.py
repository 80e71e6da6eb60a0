"""`python -m bench.disturbances`: the first strength of each known disturbance of the pilot that is misread."""

from __future__ import annotations

from tests.core.disturbances import report


def main() -> None:
    """Measure and print."""
    for found in report():
        print(found, flush=True)


if __name__ == "__main__":
    main()
