"""What commands that judge a scene or a production end with."""

from __future__ import annotations

from ..model.findings import Verdict

EXIT_BY_VERDICT = {
    Verdict.CLEARED: 0,
    Verdict.NEEDS_REVIEW: 3,
    Verdict.UNDECLARED: 4,
    Verdict.NOT_CLEARED: 4,
}
