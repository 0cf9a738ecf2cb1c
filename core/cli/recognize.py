"""``recognize``: unstamped content that the ledger knows. ``fingerprints``: what it is recognized by."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..errors import UserInputError
from ..model.content import Candidate
from ..model.scene import DataBlock, Handle, SceneScan
from ..services.reporting.recognize import find_free, with_objects
from ..stamp_format import decode
from .context import Context, json_option, pass_context
from .output import print_json, print_table, show_progress
from .scene import read_scan

if TYPE_CHECKING:
    from ..model.recognition import Recognized
    from ..services.reporting.recognize import Recognition

EXIT_RECOGNIZED = 3
LINES_SHOWN = 20
_SCENES = (".blend", ".blend1")


@click.command()
@click.argument("paths", metavar="[SCENE.blend | FILE ...]", nargs=-1, type=click.Path(path_type=Path))
@json_option
@click.option("--stamp", is_flag=True, help="In Blender: stamp what can be but one thing.")
@click.option("--save", is_flag=True, help="In Blender: save the scene after stamping.")
@pass_context
def recognize(context: Context, paths: tuple[Path, ...], as_json: bool, stamp: bool, save: bool) -> int:
    """Find content without a license that you own: in a scene, or in files (.glb, .obj, .png …).

    Ends with 3 when something was recognized, and with 0 when not. Nothing is stamped unless --stamp says so.
    """
    context.as_json = as_json
    missing = [path for path in paths if not path.is_file()]
    if missing:
        raise UserInputError(f"There is no file {missing[0]}.", code="recognize.no_file")
    scenes = [path for path in paths if path.suffix.lower() in _SCENES]
    if len(scenes) > 1 or (scenes and len(paths) > 1):
        raise UserInputError("Name one scene, or any number of other files.", code="recognize.one_scene")
    scan = read_scan(context, scenes[0] if scenes else None) if scenes or not paths else None
    if scan is None and (stamp or save):
        raise UserInputError("Only a scene can be stamped; name a .blend file.", code="recognize.no_scene")
    found = _find(context, _from_files(paths)) if scan is None else look_at_scene(context, scan)
    stamped = _stamp(context, scan, found) if stamp and scan is not None else ()
    if save and stamped:
        click.echo(f"Saved {context.app.host.save()}.", err=True)
    _print(found, stamped, as_json=as_json)
    return EXIT_RECOGNIZED if len(found.found) > len(stamped) else 0


@click.group()
def fingerprints() -> None:
    """Work with what bought content is recognized by."""


@fingerprints.command()
@click.option("--anew", is_flag=True, help="Look into everything again, not only into what is new.")
@json_option
@pass_context
def update(context: Context, anew: bool, as_json: bool) -> None:
    """Look into what was bought and downloaded before, so that it is recognized."""
    context.as_json = as_json
    with show_progress("Looking into what was bought", unit="items") as task:
        taken = list(
            context.app.services.fingerprinting.update(anew=anew, progress=task.report, cancel=task.token)
        )
    if as_json:
        print_json(taken)
        return
    if taken:
        rows = [
            (one.grant_id, one.title, f"{one.images:,}", f"{one.meshes:,}", " ".join(one.notes))
            for one in taken
        ]
        print_table("", ("Id", "Title", "Images", "Meshes", "Notes"), rows)
    else:
        click.echo("Everything that is here was looked into before.")


COMMANDS = (recognize, fingerprints)


def look_at_scene(context: Context, scan: SceneScan) -> Recognition:
    """Compare everything in a scene that carries no license with what the ledger knows."""
    free = find_free(scan)
    if not _is_open_here(scan):
        return _find(context, _from_blend(Path(scan.scene), free), total=len(free))
    handles = tuple(Handle(id_type=one.id_type, session_uid=one.session_uid) for one in free)
    return _find(context, context.app.host.copy_out(handles), total=len(free))


def _is_open_here(scan: SceneScan) -> bool:
    """Say whether a scan is of a scene that is open in a host: its data-blocks can be handed out then."""
    return any(block.session_uid for block in scan.data_blocks)


def _from_blend(path: Path, found: Sequence[DataBlock]) -> Iterator[Candidate]:
    """Yield what a .blend holds without a license, as far as it can be read without Blender."""
    from ..files.blend.geometry import read_images, read_meshes
    from ..files.blend.scene import absolute

    free = {(block.id_type, block.name) for block in found if not block.library}
    for name, mesh in read_meshes(path):
        if ("MESH", name) in free:
            why = "" if mesh is not None else "Its geometry is kept in a way that only Blender reads."
            yield Candidate(subject=f"MESH/{name}", mesh=mesh, why_not=why)
    for image in read_images(path):
        if ("IMAGE", image.name) not in free:
            continue
        subject, place = f"IMAGE/{image.name}", absolute(image.path, path) if image.path else None
        if image.data is not None:
            yield Candidate(subject=subject, image=image.data)
        elif place is not None and place.is_file():
            yield Candidate(subject=subject, image_path=place)
        elif place is not None:
            yield Candidate(subject=subject, why_not="Its file is not there.")


def _from_files(paths: Sequence[Path]) -> Iterator[Candidate]:
    from ..files.contents import Reading, read_file

    for path in paths:
        reading = Reading()
        count = 0
        for content in read_file(path, reading):
            count += 1
            subject = str(path) if content.name == path.name else f"{path}: {content.name}"
            yield Candidate(subject=subject, mesh=content.mesh, image=content.image)
        for note in reading.notes:
            yield Candidate(subject=str(path), why_not=note)
        if not count and not reading.notes:
            yield Candidate(
                subject=str(path),
                why_not="What is in it can only be read by Blender, or is no picture or mesh.",
            )


def _find(context: Context, candidates: Iterator[Candidate], *, total: int = 0) -> Recognition:
    with show_progress("Comparing", unit="items") as task:
        return context.app.services.recognize.find(
            candidates, total=total, progress=task.report, cancelled=lambda: task.token.cancelled
        )


def _stamp(context: Context, scan: SceneScan, found: Recognition) -> tuple[tuple[str, str], ...]:
    """Stamp what can be but one thing, and note it; return subjects with grant ids."""
    if not _is_open_here(scan):
        raise UserInputError(
            "Stamping needs Blender: blender --command clearance recognize --stamp --save SCENE.blend",
            code="recognize.needs_blender",
        )
    app = context.app
    blocks = {f"{block.id_type}/{block.name}": block for block in find_free(scan) if not block.library}
    stamped: list[tuple[str, str]] = []
    for one in found.found:
        block = blocks.get(one.subject)
        if one.certain is None or block is None:
            continue
        stamp = decode(one.certain.stamp)
        if app.host.stamp(with_objects(scan, block), stamp):
            stamped.append((one.subject, stamp.grant_id))
    if stamped:
        app.services.recognize.note_stamped(stamped, scene=scan.scene, actor=context.actor)
    return tuple(stamped)


def _print(found: Recognition, stamped: Sequence[tuple[str, str]], *, as_json: bool) -> None:
    from ..reports.recognized import ask

    done = dict(stamped)
    if as_json:
        print_json(
            {
                "recognized": [_plain(one, ask(one), done.get(one.subject, "")) for one in found.found],
                "passed": found.passed,
                "looked_at": found.looked_at,
                "known": found.known,
            }
        )
        return
    for one in found.found:
        click.echo(f"{one.subject}\t{'stamped' if one.subject in done else ask(one)}")
    for passed in found.passed[:LINES_SHOWN]:
        click.echo(f"Not looked at: {passed.subject}: {passed.why}", err=True)
    more = len(found.passed) - LINES_SHOWN
    if more > 0:
        click.echo(f"… and {more:,} more; --json lists all.", err=True)
    if not found.known:
        click.echo(
            "Nothing is known yet: download what you own, or run “clearance fingerprints update”.", err=True
        )
    click.echo(
        f"{found.looked_at:,} looked at, {len(found.found):,} recognized, {len(stamped):,} stamped.", err=True
    )


def _plain(one: Recognized, question: str, stamped: str) -> dict[str, object]:
    return {
        "subject": one.subject,
        "question": question,
        "suggestions": [replace(each, stamp="") for each in one.suggestions],
        "certain": one.certain is not None,
        "stamped": stamped,
    }
