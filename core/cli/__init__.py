"""The ``clearance`` command: the same services as the panels, for shells, scripts and render farms.

Exit codes: 0 done (for ``report``: cleared), 1 failure, 2 wrong usage or input; for ``report`` and ``scan``
3 needs review, 4 something is not cleared, not covered or undeclared.
"""

from __future__ import annotations

from .run import main, run

__all__ = ["main", "run"]
