"""``audit verify|checkpoint|prove|check|export``: who did what, for ourselves and for auditors."""

from __future__ import annotations

from pathlib import Path

import click

from ..errors import AuditError, UserInputError
from .context import Context, json_option, pass_context
from .output import print_json

EXIT_NOT_PROVEN = 4
out_option = click.option(
    "-o", "--output", type=click.Path(path_type=Path), help="Write to this file instead of stdout."
)


@click.group()
def audit() -> None:
    """Work with the audit chain of the ledger."""


@audit.command()
@click.option(
    "--checkpoint",
    "checkpoint_paths",
    multiple=True,
    type=click.Path(path_type=Path),
    help="A signed checkpoint that was kept elsewhere.",
)
@click.option("--key", default="", help="The public key that checkpoints have to be signed with.")
@click.option("--copy", "copy_path", type=click.Path(path_type=Path), help="Check a file of `audit export`.")
@json_option
@pass_context
def verify(
    context: Context, checkpoint_paths: tuple[Path, ...], key: str, copy_path: Path | None, as_json: bool
) -> None:
    """Check that no entry of the audit was edited, deleted, inserted, reordered or cut off at the end.

    A cut at the end that was made to fit is only found with a checkpoint that was kept elsewhere.
    """
    from ..audit.signing import decode_signed

    context.as_json = as_json
    kept = [decode_signed(_read(path)) for path in checkpoint_paths]
    # Texts may hold other breaks than the one that ends a line.
    lines = None if copy_path is None else _read(copy_path).removesuffix("\n").split("\n")
    outcome = context.app.services.audit_papers.verify(kept, key=key, copy=lines)
    if kept and not key:
        click.echo("The checkpoint's own key was used; give --key to check who signed it.", err=True)
    if as_json:
        print_json(outcome)
    elif outcome.ok:
        click.echo(f"The audit is whole: {outcome.size:,} entries, root {outcome.root}.")
    if not outcome.ok:
        raise AuditError(
            "The audit does not verify: " + " ".join(problem.message for problem in outcome.problems)
        )


@audit.command()
@out_option
@pass_context
def checkpoint(context: Context, output: Path | None) -> None:
    """Sign the audit's size and root as they are now; keep what is printed somewhere else."""
    from ..audit.signing import encode_signed

    signed = context.app.services.audit_papers.checkpoint()
    _write(output, encode_signed(signed) + "\n")
    click.echo(f"Signed with the key {signed.public_key}; give that to whoever checks.", err=True)


@audit.command()
@click.argument("subject")
@out_option
@pass_context
def prove(context: Context, subject: str, output: Path | None) -> None:
    """Prove what the audit says about SUBJECT (an order's or license's id) to somebody who sees nothing else.

    With -o FILE and several entries, the files are numbered.
    """
    from ..audit.proofs import encode_proof

    proofs = context.app.services.audit_papers.prove(subject)
    for proof in proofs:
        number = f"-{proof.entry.sequence}" if len(proofs) > 1 else ""
        _write(
            output.with_name(f"{output.stem}{number}{output.suffix}") if output is not None else None,
            encode_proof(proof),
        )
    click.echo(f"{len(proofs)} of {proofs[0].size:,} entries, root {proofs[0].root}.", err=True)


@audit.command()
@click.argument("proof_path", metavar="PROOF", type=click.Path(path_type=Path))
@click.option("--checkpoint", "checkpoint_path", type=click.Path(path_type=Path), help="A signed checkpoint.")
@click.option("--key", help="The public key that the checkpoint has to be signed with.")
@pass_context
def check(context: Context, proof_path: Path, checkpoint_path: Path | None, key: str | None) -> int:
    """Check a PROOF without any ledger, against a checkpoint and its key. Ends with 0 or 4."""
    from ..audit.proofs import decode_proof, why_not_proven
    from ..audit.signing import decode_signed, is_signed

    del context
    proof = decode_proof(_read(proof_path))
    problem = why_not_proven(proof)
    if not problem and checkpoint_path is not None:
        signed = decode_signed(_read(checkpoint_path))
        if (signed.checkpoint.size, signed.checkpoint.root) != (proof.size, proof.root):
            problem = "The proof leads to another root than the checkpoint has."
        elif not is_signed(signed, public_key=key or signed.public_key):
            problem = "The checkpoint was not signed with this key."
    if problem:
        click.echo(f"Not proven. {problem}", err=True)
        return EXIT_NOT_PROVEN
    event = proof.entry.event
    click.echo(f"Proven: {event.action} {event.subject} by {event.actor}, {event.at.isoformat()}.")
    if checkpoint_path is None:
        click.echo(f"That is for the root {proof.root}; hold it against a checkpoint.", err=True)
    elif key is None:
        click.echo("The checkpoint's own key was used; give --key to check who signed it.", err=True)
    return 0


@audit.command()
@out_option
@pass_context
def export(context: Context, output: Path | None) -> None:
    """Write all entries as lines of JSON, for an auditor's own programs."""
    lines = context.app.services.audit_papers.lines()
    if output is None:
        for line in lines:
            click.echo(line)
        return
    count = 0
    draft = output.with_name(f"{output.name}.part")
    try:
        with draft.open("w", encoding="utf-8", newline="\n") as file:
            for count, line in enumerate(lines, 1):  # noqa: B007 - used below
                file.write(f"{line}\n")
        draft.replace(output)
    except OSError as error:
        raise _unwritable(output, error) from error
    click.echo(f"{count:,} entries in {output}.", err=True)


COMMANDS = (audit,)


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UserInputError(f"{path} cannot be read: {error}.", code="audit.unreadable") from error


def _write(path: Path | None, text: str) -> None:
    if path is None:
        click.echo(text, nl=False)
        return
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise _unwritable(path, error) from error


def _unwritable(path: Path, error: OSError) -> UserInputError:
    return UserInputError(f"{path} cannot be written: {error.strerror or error}.", code="audit.unwritable")
