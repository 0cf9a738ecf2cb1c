"""Session states of delivery checks and of numbers beside goals, by hand."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from session_states import States

LONG = "A sentence that goes on and on, with a name as long as nobody needs it " * 12


def quality_states(made: States, load: Callable[[str], Any], now: Any) -> dict[str, Any]:
    """Make them, by name; `made` and `load` are of the same copy of the package."""
    checks, findings = load("core.model.delivery_check"), load("core.quality.finding")
    service, status = load("core.services.delivering.check_delivery"), load("core.services.status")
    health = load("core.services.health")
    make = made.state.SessionState

    def checked(result: str, *severities: str) -> Any:
        said = tuple(
            findings.QualityFinding(
                subject=findings.Subject.TEXTURES, severity=findings.Severity(one), sentence=LONG
            )
            for one in severities
        )
        check = checks.DeliveryCheck(
            id="check_1", grant_id="g", result=checks.CheckResult(result), facts="{}", differences="[]",
            source_host="", source_certificate_sha256="", checked_at=now, checked_by="ann",
        )  # fmt: skip
        return service.Checked(check=check, findings=said, order_id="order_1")

    def ready(found: Any) -> Any:
        return make(progress=[made.progress("ready", grant_id="g", checked=found)])

    numbers = status.Status(
        at=now, hours=24, days=30, marketplaces=(), calls=health.CallHealth(),
        payments=status.PaymentStatus(since=now, settled=1, in_doubt=1),
        compliance=status.ComplianceStatus(
            scenes=2, grants=5, grants_covered=1, data_blocks=9, data_blocks_covered=3,
            uncovered=tuple(
                status.Uncovered(grant_id=f"g{n}", title=LONG, why="refunded", scenes=n, data_blocks=1)
                for n in range(1, 5)
            ),
        ),
    )  # fmt: skip
    return {
        "as offered": ready(checked("as_offered", "as_offered", "note")),
        "not as offered": ready(checked("differs", *["differs"] * 6, "warning", "not_checked")),
        "not certain": ready(checked("unknown", "not_checked")),
        "goals": make(status=numbers, health_phase=made.state.Phase.READY),
    }
