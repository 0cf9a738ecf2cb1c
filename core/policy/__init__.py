"""The license policy: what a license says to an intended use. Pure: no clock, no disk, no network.

Default deny: what no rule finds allowed is not allowed. A denial wins, and unknown is never allowed.
"""

from __future__ import annotations

from .engine import evaluate, judge
from .facts import Facts

__all__ = ["Facts", "evaluate", "judge"]
