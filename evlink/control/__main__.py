"""`python -m evlink.control`."""

from __future__ import annotations

import sys

from evlink.control.main import main

sys.exit(main())
