"""``store``: the studio's shared store of delivered files, and the keys that seal it."""

from __future__ import annotations

import sys

import click

from ..errors import UserInputError
from ..model.audit import AuditEvent
from ..services.delivering.shared_files import SharedFiles
from ..shared_store.keys import decode_key, encode_key, key_id, make_key
from ..shared_store.store import Damage
from .context import Context, json_option, pass_context
from .output import print_json, print_table, show_progress

EXIT_INCOMPLETE = 3
"""Some files are nowhere, or damaged."""


@click.group()
def store() -> None:
    """Share delivered files within a studio: one copy for all, in CLEARANCE_STORE."""


@store.command()
@json_option
@pass_context
def status(context: Context, as_json: bool) -> int:
    """Say where the files of all licenses are. Ends with 3 when some are nowhere."""
    context.as_json = as_json
    files = _files(context)
    with show_progress("Looking into the shared store", unit="files"):
        found = files.look()
    facts = {
        "place": files.shared.objects.place,
        "sealed": files.shared.sealing,
        "files": found.known,
        "here": found.here,
        "shared": found.shared,
        "nowhere": [{"grant_id": file.grant_id, "name": file.name} for file in found.missing],
    }
    if as_json:
        print_json(facts)
    else:
        how = "new files are sealed" if files.shared.sealing else "new files are not sealed"
        click.echo(f"{facts['place']} ({how})")
        click.echo(f"{found.known:,} files: {found.here:,} on this machine, {found.shared:,} shared.")
        for file in found.missing:
            click.echo(f"Nowhere: {file.name} of {file.grant_id}. Download it again.")
    return EXIT_INCOMPLETE if found.missing else 0


@store.command()
@click.option("--again", is_flag=True, help="Also what is there already: for files that were damaged.")
@json_option
@pass_context
def push(context: Context, again: bool, as_json: bool) -> None:
    """Put this machine's files into the shared store."""
    context.as_json = as_json
    files = _files(context)
    known = files.files()
    put = 0
    with show_progress("Sharing", unit="files") as task:
        for number, file in enumerate(known, 1):
            put += files.keep([file], again=again)
            task.report(number, len(known))
    if as_json:
        print_json({"put": put, "files": len(known)})
        return
    click.echo(f"{put:,} of {len(known):,} files were put into {files.shared.objects.place}.")


@store.command()
@click.option("--repair", is_flag=True, help="Put what is damaged there again, where this machine has it.")
@json_option
@pass_context
def verify(context: Context, repair: bool, as_json: bool) -> int:
    """Read everything that is shared, whole, and name what is damaged. Ends with 3 when something is."""
    context.as_json = as_json
    files = _files(context)
    hashes = sorted(files.shared.manifests())
    names = {file.sha256: file for file in files.files()}
    damages: list[Damage] = []
    with show_progress("Reading the shared store", unit="files") as task:
        for number, sha256 in enumerate(hashes, 1):
            damages += files.shared.verify([sha256])
            task.report(number, len(hashes))
    repaired = set()
    for one in damages if repair else ():
        file = names.get(one.sha256)
        if file is not None and files.keep([file], again=True):
            repaired.add(one.sha256)
    left = [one for one in damages if one.sha256 not in repaired]
    if as_json:
        print_json(
            {
                "files": len(hashes),
                "repaired": sorted(repaired),
                "damaged": [{"sha256": one.sha256, "why": one.why} for one in left],
            }
        )
    else:
        for one in left:
            named = names.get(one.sha256)
            click.echo(f"{named.name if named else one.sha256}: {one.why}")
        mended = f", {len(repaired):,} repaired" if repaired else ""
        click.echo(f"{len(hashes):,} files read, {len(left):,} damaged{mended}.")
    return EXIT_INCOMPLETE if left else 0


@store.group()
def key() -> None:
    """Keys of the shared store. Who has one can read every file that it seals."""


@key.command()
@pass_context
def new(context: Context) -> None:
    """Make a key; from now on it seals what is new. Old files keep theirs until `rotate`."""
    files = _files(context)
    made = make_key()
    files.keys.add(made, make_current=True)
    _note(context, "store.key_made", key_id(made))
    click.echo(
        f"Made {key_id(made)}. Write down what `clearance store key show` prints and keep it elsewhere: "
        "without a key nobody can read what it sealed."
    )


@key.command()
@click.option("--current", is_flag=True, help="Seal what is new with it.")
@pass_context
def add(context: Context, current: bool) -> None:
    """Give this machine a key of the studio; it is asked for, and read from a pipe too."""
    files = _files(context)
    typed = click.prompt("Key", hide_input=True) if sys.stdin.isatty() else sys.stdin.readline()
    given = decode_key(typed)
    files.keys.add(given, make_current=current)
    click.echo(f"Kept {key_id(given)}.")


@key.command()
@click.argument("name", required=False)
@pass_context
def show(context: Context, name: str | None) -> None:
    """Print a key, to give it to another machine. It is a secret."""
    files = _files(context)
    keys = files.keys.read()
    shown = name or keys.current
    if not shown:
        raise UserInputError("This machine has no key yet. Make one with `clearance store key new`.")
    secret = encode_key(keys.get(shown))
    _note(context, "store.key_shown", shown)
    click.echo(secret)


@key.command("list")
@json_option
@pass_context
def list_keys(context: Context, as_json: bool) -> None:
    """List the keys of this machine, and which of them are needed."""
    context.as_json = as_json
    files = _files(context)
    keys, used = files.keys.read(), files.shared.keys_in_use()
    rows = [
        {"key": name, "current": name == keys.current, "here": name in keys.keys, "in_use": name in used}
        for name in sorted({*keys.keys, *used})
    ]
    if as_json:
        print_json(rows)
        return
    words = {True: "yes", False: "no"}
    print_table(
        "Keys of the shared store",
        ("Key", "Seals what is new", "On this machine", "Needed"),
        [
            (str(row["key"]), *(words[bool(row[name])] for name in ("current", "here", "in_use")))
            for row in rows
        ],
    )


@key.command()
@json_option
@pass_context
def rotate(context: Context, as_json: bool) -> None:
    """Wrap every sealed file's key under the current one. Run again, it goes on where it was stopped."""
    context.as_json = as_json
    files = _files(context)
    with show_progress("Rotating", unit="files") as task:
        done = files.shared.rotate(progress=task.report)
    _note(context, "store.key_rotated", done.key_id)
    if as_json:
        print_json(done)
        return
    click.echo(f"{done.rewrapped:,} files are now under {done.key_id}; {done.already:,} were.")


@key.command()
@click.argument("name")
@pass_context
def forget(context: Context, name: str) -> None:
    """Let go of a key that no file needs any more."""
    files = _files(context)
    files.keys.read().get(name)
    if name in files.shared.keys_in_use():
        raise UserInputError(
            "Files in the shared store still need that key. Run `clearance store key rotate` first.",
            code="shared_store.key_in_use",
        )
    files.keys.forget(name)
    _note(context, "store.key_forgotten", name)
    click.echo(f"{name} is gone from this machine.")


def _files(context: Context) -> SharedFiles:
    shared = context.app.services.studio.shared
    if shared is None:
        raise UserInputError(
            "No shared store is set. Set CLEARANCE_STORE to a folder that every machine has, or to an "
            "address such as s3://bucket/folder.",
            code="shared_store.none",
        )
    return shared


def _note(context: Context, action: str, subject: str) -> None:
    app = context.app
    with app.ledger.transaction() as work:
        work.record(
            AuditEvent(action=action, subject=subject, actor=context.actor, at=app.clock.now(), details=())
        )


COMMANDS = (store,)
