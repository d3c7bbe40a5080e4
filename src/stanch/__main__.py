# SPDX-License-Identifier: Apache-2.0
"""`python -m stanch`."""

import sys

from stanch.cli import main

if __name__ == "__main__":
    sys.exit(main())
