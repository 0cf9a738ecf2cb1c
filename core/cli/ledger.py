"""``ledger``: where the ledger is, a studio's shared one, its people, and moving into it."""

from __future__ import annotations

from contextlib import closing
from datetime import datetime
from typing import TYPE_CHECKING

import click

from ..errors import UserInputError
from ..model.people import Project, Role
from .context import Context, json_option, pass_context
from .output import print_json, print_table, show_progress

if TYPE_CHECKING:
    from ..ledger.postgres import Address
    from ..ledger.studio import StudioLedger

password_option = click.option(
    "--ask-password", is_flag=True, help="Ask for the password of the login that owns the database."
)


@click.group()
def ledger() -> None:
    """Look after the ledger: where purchases, licenses and the audit are kept."""


@ledger.command()
@json_option
@pass_context
def status(context: Context, as_json: bool) -> None:
    """Say where the ledger is, what is in it, and whether its audit is whole."""
    context.as_json = as_json
    app = context.app
    report = app.ledger.verify_audit()
    facts = {
        "place": getattr(app.ledger, "place", ""),
        "audit_entries": report.size,
        "audit_whole": report.ok,
        "projects": [project.id for project in app.ledger.values(Project)],
    }
    if as_json:
        print_json(facts)
        return
    whole = "whole" if report.ok else "NOT whole; see `clearance audit verify`"
    click.echo(f"{facts['place']}: {report.size:,} audit entries, {whole}.")


@ledger.command()
@click.argument("address")
@pass_context
def login(context: Context, address: str) -> None:
    """Keep the password for the studio's ledger at ADDRESS in the keyring."""
    from ..credentials import open_credentials
    from ..ledger.choose import SECRET_OF
    from ..ledger.postgres import describe, read_address

    place = describe(read_address(address))
    settings = context.read_settings()
    store = open_credentials(
        settings.data_dir, passphrase=context.environ.get("CLEARANCE_PASSPHRASE"), environ=context.environ
    )
    store.write(SECRET_OF, place, click.prompt("Password", hide_input=True))
    click.echo(f"Kept in {store.kind}. Set CLEARANCE_LEDGER={place} to use this ledger.")


@ledger.command()
@click.argument("address")
@password_option
@pass_context
def setup(context: Context, address: str, ask_password: bool) -> None:
    """Make the tables and roles at ADDRESS, or bring them to this version. For the owner of the database."""
    from ..ledger.postgres import describe
    from ..ledger.studio import set_up_studio_ledger

    url = _read_url(context, address, ask=ask_password)
    before = set_up_studio_ledger(url)
    what = "was made" if before is None else f"was at schema {before} and is up to date"
    click.echo(f"The ledger {describe(url)} {what}. Add people with `clearance ledger member`.")


@ledger.command()
@click.argument("address")
@password_option
@json_option
@pass_context
def migrate(context: Context, address: str, ask_password: bool, as_json: bool) -> None:
    """Move this machine's ledger into the empty one at ADDRESS, verified, and mark the old file as moved.

    Nobody else may have the old ledger open: close Blender first.
    """
    from ..ledger.moving import move_ledger

    context.as_json = as_json
    path = context.read_settings().ledger_path
    if not path.is_file():
        raise UserInputError(f"There is no ledger {path} to be moved.", code="ledger.nothing_to_move")
    with (
        _open_studio(context, address, ask=ask_password) as studio,
        show_progress("Moving the ledger", unit="items") as task,
    ):
        moved = move_ledger(path, studio, at=_now(), progress=task.report)
        place = studio.place
    if as_json:
        print_json(moved)
        return
    print_table("Moved", ("Table", "Rows"), [(name, f"{rows:,}") for name, rows in moved.rows if rows])
    click.echo(
        f"{moved.total:,} rows; the audit has {moved.audit_size:,} entries and one root "
        f"({moved.audit_root[:16]}…). {path.name} stays as it was, and is not written to any more: whoever "
        f"opens it is told where the ledger is. Set CLEARANCE_LEDGER={place}"
    )


@ledger.command()
@click.argument("where", metavar="[ADDRESS] LOGIN", nargs=-1, required=True)
@click.option("--name", default="", help="The person's name.")
@click.option("--role", "roles", multiple=True, type=click.Choice([role.value for role in Role]))
@click.option("--project", "projects", multiple=True, help="A project that they work on.")
@password_option
@pass_context
def member(
    context: Context,
    where: tuple[str, ...],
    name: str,
    roles: tuple[str, ...],
    projects: tuple[str, ...],
    ask_password: bool,
) -> None:
    """Give LOGIN exactly these roles in the ledger at ADDRESS; without any, nothing is left to it.

    Without an ADDRESS it is this machine's ledger: the name is then that of the system's user.
    """
    address, login_name = _split(where, "LOGIN")
    wanted = [Role(role) for role in roles]
    if not address:
        made = context.app.services.buying.people.set_member(
            login_name, roles=wanted, projects=projects, name=name
        )
    else:
        from ..ledger.members import set_member

        with _open_studio(context, address, ask=ask_password) as studio:
            made = set_member(
                studio,
                login_name,
                name=name,
                roles=wanted,
                projects=projects,
                by=_owner(context, address),
                at=_now(),
            )
    click.echo(f"{made.id}: {', '.join(made.roles) or 'no role'}.")


@ledger.command()
@click.argument("where", metavar="[ADDRESS] PROJECT", nargs=-1, required=True)
@click.option("--name", default="")
@click.option("--client", default="")
@click.option("--department", default="")
@click.option("--cost-center", default="")
@password_option
@pass_context
def project(
    context: Context,
    where: tuple[str, ...],
    name: str,
    client: str,
    department: str,
    cost_center: str,
    ask_password: bool,
) -> None:
    """Add PROJECT to the ledger at ADDRESS, or to this machine's; or change what is known of it."""
    address, project_id = _split(where, "PROJECT")
    if not address:
        context.app.services.buying.people.set_project(
            project_id, name=name, client=client, department=department, cost_center=cost_center
        )
    else:
        from ..ledger.members import add_project

        wanted = Project(
            id=project_id,
            name=name or project_id,
            client=client,
            department=department,
            cost_center=cost_center,
            created_at=_now(),
            created_by=_owner(context, address),
        )
        with _open_studio(context, address, ask=ask_password) as studio:
            add_project(studio, wanted)
    click.echo(f"Project {project_id} is in the ledger.")


@ledger.command()
@json_option
@pass_context
def people(context: Context, as_json: bool) -> None:
    """List the members and projects of the ledger that is used."""
    context.as_json = as_json
    found = context.app.services.buying.people
    members, projects = found.members(), found.projects()
    if as_json:
        print_json({"members": members, "projects": projects})
        return
    rows = [(one.id, one.name, ", ".join(one.roles) or "no role") for one in members]
    print_table("Members", ("Login", "Name", "Roles"), rows)
    print_table(
        "Projects",
        ("Project", "Name", "Client", "Department"),
        [(one.id, one.name, one.client, one.department) for one in projects],
    )


COMMANDS = (ledger,)


def _split(where: tuple[str, ...], what: str) -> tuple[str, str]:
    """Return the address, empty for this machine's ledger, and the name."""
    if len(where) > 2:
        raise click.UsageError(f"Give an address and one {what}, or one {what} alone.")
    return ("", where[0]) if len(where) == 1 else (where[0], where[1])


def _open_studio(context: Context, address: str, *, ask: bool) -> closing[StudioLedger]:
    from ..ledger.studio import open_studio_ledger

    url = _read_url(context, address, ask=ask)
    return closing(open_studio_ledger(url, checkpoints_folder=context.read_settings().data_dir))


def _read_url(context: Context, address: str, *, ask: bool) -> Address:
    from ..ledger.postgres import read_address

    password = click.prompt("Password", hide_input=True) if ask else ""
    return read_address(address, user=context.read_settings().user, password=password)


def _owner(context: Context, address: str) -> str:
    return _read_url(context, address, ask=False).username or context.read_settings().user


def _now() -> datetime:
    from ..clock import SystemClock

    return SystemClock().now()
