"""``pickup``: find what was downloaded from a website, and take it for a license."""

from __future__ import annotations

from pathlib import Path

import click

from ..errors import UserInputError
from ..files.pickup import Match
from ..services.delivering.pickup import Found, Looked, Taken
from .context import Context, json_option, pass_context
from .output import print_json, print_table, show_progress


@click.command()
@click.argument("place", metavar="[FOLDER]", type=click.Path(path_type=Path), required=False)
@click.option("--grant", "grant_id", help="Take the file for this license (an id of “library”).")
@click.option("--unity-cache", is_flag=True, help="Look into the Unity Editor's download cache too.")
@click.option(
    "--other-product", is_flag=True, help="Take it although the file says itself that it is another product."
)
@json_option
@pass_context
def pickup(
    context: Context,
    place: Path | None,
    grant_id: str | None,
    unity_cache: bool,
    other_product: bool,
    as_json: bool,
) -> int:
    """List downloads from websites that lie in FOLDER and say what they may be for; with --grant take one.

    FOLDER may be a single file. Without one, the folders of the settings are looked into, else “Downloads”.
    Files are copied, never moved.
    """
    context.as_json = as_json
    service = context.app.services.pickup
    if place is not None and place.is_file():
        if grant_id is None:
            raise UserInputError(
                "Say for which license the file is: --grant, with an id of “clearance library”.",
                code="pickup.no_grant",
            )
        return _take(context, place.absolute(), grant_id, other_product=other_product)
    folders = [place.absolute()] if place is not None else _own_folders(context, unity_cache=unity_cache)
    looked = service.look(folders, include_unity_cache=unity_cache)
    if grant_id is None:
        _show(looked, as_json=as_json)
        return 0
    path = _choose(looked, grant_id)
    return _take(context, path, grant_id, other_product=other_product)


COMMANDS = (pickup,)


def _own_folders(context: Context, *, unity_cache: bool) -> list[Path]:
    chosen = list(context.app.settings.pickup_folders)
    return chosen if chosen or unity_cache else [context.home / "Downloads"]


def _choose(looked: Looked, grant_id: str) -> Path:
    """Return the one file that fits a license; a doubtful choice is left to the user."""
    fitting = [
        (found, one) for found in looked.found for one in found.matches if one.candidate.grant_id == grant_id
    ]
    certain = [found for found, one in fitting if one.is_certain]
    if certain:
        return certain[0].archive.path  # several are versions of one product; the newest comes first
    if len(fitting) == 1:
        return fitting[0][0].archive.path
    for problem in looked.problems:
        click.echo(problem, err=True)
    if fitting:
        names = ", ".join(found.archive.path.name for found, _one in fitting[:5])
        raise UserInputError(
            f"Several files may be meant: {names}. Name the one that is.", code="pickup.doubtful"
        )
    raise UserInputError(
        "No file was found that fits this license. Name the file itself when you know it.",
        code="pickup.nothing",
    )


def _take(context: Context, path: Path, grant_id: str, *, other_product: bool) -> int:
    with show_progress(f"Taking {path.name}") as task:
        taken = context.app.services.pickup.take(
            path,
            grant_id,
            actor=context.actor,
            accept_other_product=other_product,
            on_progress=task.report,
            cancel=task.token,
        )
    context.app.services.pictures.keep_for(grant_id)
    context.app.services.fingerprinting.keep_for(grant_id)
    _show_taken(taken, path, as_json=context.as_json)
    return 0


def _show_taken(taken: Taken, path: Path, *, as_json: bool) -> None:
    if as_json:
        print_json({"files": taken.files, "warnings": taken.warnings, "origin": taken.origin})
        return
    for warning in taken.warnings:
        click.echo(warning, err=True)
    click.echo(f"{path.name} is in the library. The original was left where it is.")


def _show(looked: Looked, *, as_json: bool) -> None:
    if as_json:
        print_json(looked)
        return
    rows = [_row(found) for found in looked.found]
    if rows:
        print_table("", ("File", "Kind", "For", "Why", "Id"), rows)
    for name in looked.arriving:
        click.echo(f"{name} is still being downloaded.", err=True)
    for problem in looked.problems:
        click.echo(problem, err=True)
    if not rows and not looked.problems:
        click.echo("No download was found.")
    if not looked.waiting:
        click.echo("No license waits for a file.", err=True)


def _row(found: Found) -> tuple[str, str, str, str, str]:
    best: Match | None = found.matches[0] if found.matches else None
    if best is None:
        origin = found.archive.origin
        said = f"Asset Store product {origin.product_id}" if origin else ""
        return (found.archive.path.name, found.archive.kind, "", said, "")
    why = "certain" if best.is_certain else " ".join(best.reasons)
    waits = best.candidate.grant_id or "confirm the purchase first"
    return (found.archive.path.name, found.archive.kind, best.candidate.title, why, waits)
