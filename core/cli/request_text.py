"""What the commands of requests print for people."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from ..model.buy_request import BuyRequest, ItemState, RequestItem, RequestState
from .output import print_table

if TYPE_CHECKING:
    from ..services.studio.buying import BulkResult
    from ..services.studio.requests import ItemView, RequestView

SHOWN = 40
"""How many items of a long request are printed, unless all are asked for."""


def name_total(request: BuyRequest) -> str:
    """Write a request's total; downloads and credits stand elsewhere."""
    return str(request.total) if request.total is not None else "no money"


def print_items(items: Sequence[RequestItem], *, everything: bool) -> None:
    """Print items as a table."""
    shown = items if everything else items[:SHOWN]
    rows = [
        (
            str(item.position),
            str(item.ref),
            item.title,
            str(item.cost) if item.cost is not None else "",
            item.decision.replace("_", " "),
            item.state.replace("_", " "),
        )
        for item in shown
    ]
    print_table("", ("No.", "Listing", "Title", "Price", "Policy", "State"), rows)
    if len(items) > len(shown):
        click.echo(f"… and {len(items) - len(shown):,} more.")


def print_view(view: RequestView) -> None:
    """Print a request with all that decides it."""
    request = view.request
    click.echo(f"{request.id} · {request.state} · {request.project_id} · by {request.requested_by}")
    click.echo(f"Reason: {request.reason or 'none yet'}")
    if request.decided_by:
        said = f": {request.decision_reason}" if request.decision_reason else ""
        click.echo(f"Decided by {request.decided_by}{said}")
    rows = [_item_row(one) for one in view.items]
    print_table("", ("No.", "Listing", "Title", "Price", "License", "Policy", "State"), rows)
    if view.item_count > len(view.items):
        click.echo(f"… and {view.item_count - len(view.items):,} more; --all shows them.")
    for one in view.items:
        for line in _item_notes(one):
            click.echo(f"{one.item.position}: {line}")
    paid = [name_total(request), *(f"{amount} at {shop}" for shop, amount in view.credits)]
    click.echo(f"Total: {', '.join(paid)}")
    if view.budget is not None:
        left = f", {view.left_after} after this" if view.left_after is not None else ""
        click.echo(f"Budget “{view.budget.budget.name}”: {view.budget.left} left{left}")
        if view.budget.alert:
            click.echo(view.budget.alert)
    if request.state is RequestState.OPEN and view.why_not:
        click.echo(f"You cannot approve it: {view.why_not}")


def _item_row(view: ItemView) -> tuple[str, ...]:
    item = view.item
    label = view.quote.license_label if view.quote is not None else item.license_label
    if view.grant is not None:
        label = view.grant.license_label
    decision = view.answer.decision if view.answer is not None else item.decision
    return (
        str(item.position),
        str(item.ref),
        item.title,
        str(item.cost) if item.cost is not None else "",
        label,
        decision.replace("_", " "),
        item.state.replace("_", " "),
    )


def _item_notes(view: ItemView) -> list[str]:
    notes: list[str] = []
    if view.item.failure:
        notes.append(view.item.failure)
    if view.item.state is ItemState.COVERED and view.grant is not None:
        notes.append(f"owned already ({view.grant.id}); nothing is bought")
    if view.upgrade_of is not None:
        notes.append(
            f"an upgrade of what is owned under “{view.upgrade_of.license_label}” ({view.upgrade_of.id}); "
            "the price is the whole license's: no marketplace tells an upgrade's, their support may"
        )
    if view.quote is not None and view.quote.surcharge:
        notes.append(f"charged on top: “{view.quote.surcharge}”")
    if view.answer is not None:
        notes += [finding.message for finding in view.answer.findings if finding.decides][:3]
    return notes


def print_result(result: BulkResult) -> None:
    """Print what became of buying: what did not end well, each with its reason, then the counts."""
    from ..services.studio.buying import Outcome

    for one in result.items:
        if one.outcome is not Outcome.OK:
            page = f" {one.page_url}" if one.page_url else ""
            outcome = one.outcome.replace("_", " ")
            click.echo(f"{one.item.position}: {one.item.title}: {outcome}: {one.reason}{page}", err=True)
    counts = ", ".join(
        f"{result.count(outcome):,} {outcome.replace('_', ' ')}"
        for outcome in Outcome
        if result.count(outcome)
    )
    click.echo(f"{counts or 'Nothing to buy'}. The request is {result.request.state}.")
