"""`python -m evlink.hardware.linux`."""

from __future__ import annotations

import sys

from evlink.hardware.linux.main import main

sys.exit(main())
