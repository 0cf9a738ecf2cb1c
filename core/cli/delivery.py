"""``check-delivery``: what was delivered, held against what was offered."""

from __future__ import annotations

import click

from ..model.delivery_check import CheckResult
from ..quality.finding import Severity
from ..services.delivering.check_delivery import Checked
from .context import Context, json_option, pass_context
from .output import print_json, print_table

RESULTS = {
    CheckResult.AS_OFFERED: "As offered: all that was promised was checked and holds.",
    CheckResult.DIFFERS: "Not as offered. These are grounds to ask for a refund.",
    CheckResult.UNKNOWN: "Nothing speaks against it, but not all that was promised could be checked.",
}
WORDS = {
    Severity.DIFFERS: "differs",
    Severity.WARNING: "look at it",
    Severity.NOT_CHECKED: "not checked",
    Severity.NOTE: "noted",
    Severity.AS_OFFERED: "as offered",
}
DIFFERS = 1
"""What the command ends with when a delivery differs, for scripts."""


@click.command("check-delivery")
@click.argument("grant_id")
@click.option("--again", is_flag=True, help="Check the files anew, though they were checked before.")
@json_option
@pass_context
def check_delivery(context: Context, grant_id: str, again: bool, as_json: bool) -> None:
    """Hold the files of GRANT_ID against what was offered. Ends with 1 when they differ."""
    context.as_json = as_json
    checked = context.app.services.check_delivery.run(grant_id, actor=context.actor, again=again)
    if as_json:
        print_json(
            {
                "grant_id": grant_id,
                "result": checked.check.result,
                "findings": checked.findings,
                "source_host": checked.check.source_host,
                "source_certificate_sha256": checked.check.source_certificate_sha256,
                "checked_at": checked.check.checked_at,
                "checked_by": checked.check.checked_by,
                "refund_reason": checked.claim,
            }
        )
    else:
        _show(context, checked)
    if checked.differs:
        click.get_current_context().exit(DIFFERS)


def _show(context: Context, checked: Checked) -> None:
    check = checked.check
    rows = [(one.subject.value, WORDS[one.severity], one.sentence) for one in checked.findings]
    when = check.checked_at.astimezone().strftime("%Y-%m-%d %H:%M")
    print_table(f"Checked on {when} by {check.checked_by}", ("What", "How", "Finding"), rows)
    click.echo(RESULTS[check.result])
    if not checked.claim:
        return
    grant = context.app.ledger.grant(check.grant_id)
    if grant is None or not grant.order_id:
        return
    advice = context.app.services.refunds.advise(grant.order_id)
    if advice.policy is not None:
        click.echo(f"{advice.policy.summary} {advice.policy.how}")
    if advice.days_left is not None:
        click.echo(
            "The time for a refund is over." if advice.days_left < 0 else f"{advice.days_left} days are left."
        )
    click.echo(f"Ask for it: clearance refund request {grant.order_id} --from-check", err=True)


COMMANDS = (check_delivery,)
