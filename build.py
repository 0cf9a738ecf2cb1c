#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Set up, test, package and demonstrate Clearance: `python3 build.py demo | test | package | repo | …`.

Any Python from 3.9 on may start this; it finds the Pythons 3.11 and 3.13 that the work itself needs. What
it does is in buildtools/; here is only what must come before anything else can be imported.
"""

import signal
import sys
from pathlib import Path

OLDEST = (3, 9)


def main() -> int:
    """Check the Python that started this, and run the command."""
    if sys.version_info < OLDEST:
        print(
            "build.py needs Python 3.9 or newer to start: run it with `python3.11 build.py …`.",
            file=sys.stderr,
        )
        return 1
    folder = str(Path(__file__).resolve().parent)
    if folder not in sys.path:
        sys.path.insert(0, folder)
    from buildtools.commands import main as run_command

    # Being ended from outside ends the children too, in the way that Ctrl-C does.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    return run_command(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
