"""Act as the browser of somebody who signs in and pays at the sandbox: agree to what the page offers.

    BROWSER="python3 tests/gui/browser.py %s &"

Blender opens pages with what BROWSER names. The ampersand matters: Blender must not wait for it.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1] / "support"))

from sandbox_process import SandboxProcess


def main(url: str) -> None:
    """Sign in or pay, whichever the page is about; leave other pages alone."""
    with subprocess.Popen([sys.executable, "-c", ""]) as nothing:
        sandbox = SandboxProcess(nothing, "", {})
    if "checkout" in url:
        sandbox.pay(url)
    elif "authorize" in url:
        sandbox.consent(url)


if __name__ == "__main__":
    main(sys.argv[1])
