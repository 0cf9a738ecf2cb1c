"""``declare`` and ``declarations``: say where content comes from that no marketplace sold."""

from __future__ import annotations

from pathlib import Path

import click

from ..model.declaration import Declaration, Origin
from ..policy.declared import ORIGINS
from ..stamp_format import encode
from .context import Context, json_option, pass_context
from .output import print_json, print_table


@click.command()
@click.argument("origin", type=click.Choice([origin.value for origin in Origin]))
@click.argument("title")
@click.option("--reason", required=True, help="How you know, in a sentence that others understand.")
@click.option("--author", default="", help="Who made it.")
@click.option("--license", "license_", default="", help="Its SPDX id, such as CC-BY-4.0, or its name.")
@click.option("--source", "source_url", default="", help="The page that it comes from.")
@click.option("--credit", default="", help="The credit line, as its author asks for it.")
@click.option("--client", default="", help="Whose content it is, for what a client gave.")
@click.option("--evidence", type=click.Path(path_type=Path), help="The document that proves it; it is kept.")
@json_option
@pass_context
def declare(
    context: Context,
    origin: str,
    title: str,
    reason: str,
    author: str,
    license_: str,
    source_url: str,
    credit: str,
    client: str,
    evidence: Path | None,
    as_json: bool,
) -> None:
    """Declare TITLE as own work, the client's, freely licensed, public domain, or other.

    Data-blocks are declared in Blender's sidebar; what is declared here can be put on them there.
    """
    context.as_json = as_json
    settings = context.app.settings
    made = context.app.services.declarations.declare(
        Origin(origin),
        title=title,
        reason=reason,
        actor=context.actor,
        author=author,
        license=license_,
        source_url=source_url,
        credit=credit,
        client=client or (settings.client if origin == Origin.CLIENT else ""),
        project=settings.project,
        evidence=evidence.absolute() if evidence is not None else None,
    )
    if as_json:
        print_json({"declaration": made.declaration, "stamp": encode(made.stamp)})
        return
    click.echo(f"{made.declaration.id} is declared: {title}, {ORIGINS[made.declaration.origin]}.")


@click.group(invoke_without_command=True)
@json_option
@click.pass_context
def declarations(ctx: click.Context, as_json: bool) -> None:
    """List what was declared, newest first, or withdraw a declaration."""
    context = ctx.find_object(Context)
    if ctx.invoked_subcommand is not None or context is None:
        return
    context.as_json = as_json
    found = context.app.services.declarations.list()
    if as_json:
        print_json(found)
        return
    rows = [
        (
            one.declared_at.strftime("%Y-%m-%d"),
            ORIGINS[one.origin],
            one.title,
            one.license or one.client,
            one.declared_by,
            _state(one),
            one.id,
        )
        for one in found
    ]
    print_table("", ("When", "Origin", "Title", "License or client", "By", "State", "Id"), rows)


@declarations.command()
@click.argument("declaration_id")
@click.option("--reason", required=True, help="Why it holds no more.")
@json_option
@pass_context
def withdraw(context: Context, declaration_id: str, reason: str, as_json: bool) -> None:
    """Withdraw DECLARATION_ID: what carries it is undeclared from now on."""
    context.as_json = as_json
    withdrawn = context.app.services.declarations.withdraw(declaration_id, reason=reason, actor=context.actor)
    if as_json:
        print_json(withdrawn)
    else:
        click.echo(f"{withdrawn.id} ({withdrawn.title}) is withdrawn.")


COMMANDS = (declare, declarations)


def _state(one: Declaration) -> str:
    return "stands" if one.withdrawn_at is None else f"withdrawn {one.withdrawn_at:%Y-%m-%d}"
