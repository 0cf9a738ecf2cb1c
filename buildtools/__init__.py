# SPDX-License-Identifier: GPL-3.0-or-later
"""Set up, package, test and demonstrate Clearance on a fresh machine.

Standard library only, and every module here must start on Python 3.9: `build.py` may be started by any
Python, and finds the ones it needs by itself. Nothing in here is part of the extension or of the installed
package.
"""
