"""``guard``: would this scene be stopped before it is rendered or exported? For farms and pipelines."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click

from ..model.alert import STOP_AT, STOPPABLE, GuardAnswer, Occasion
from ..model.findings import Verdict
from ..reports.alerts import write_line
from .context import Context, json_option, pass_context, use_option
from .output import print_json
from .scene import read_scan

STOPPED = 4
LONGEST_FORMAT = 16


@click.command()
@click.argument("scene", type=click.Path(path_type=Path), required=False)
@click.option(
    "--occasion",
    type=click.Choice([one.value for one in Occasion]),
    default=Occasion.RENDER.value,
    show_default=True,
    help="What is about to happen.",
)
@click.option("--format", "of_format", default="", help="With an export: the file's ending, such as glb.")
@click.option("--movie", is_flag=True, help="With a render: it becomes a movie file.")
@use_option
@click.option(
    "--stop-at",
    type=click.Choice([verdict.value for verdict in STOP_AT]),
    help="Stop from this verdict on, whatever the studio's file says.",
)
@json_option
@pass_context
def guard(
    context: Context,
    scene: Path | None,
    occasion: str,
    of_format: str,
    movie: bool,
    use_path: Path | None,
    stop_at: str | None,
    as_json: bool,
) -> int:
    """Say what stands against rendering or exporting SCENE. Ends with 4 when it would be stopped, else 0.

    Without --stop-at, the table [alerts] in the studio's file says what is stopped; it may be nothing.
    """
    from ..services.reporting.guard import Question

    context.as_json = as_json
    use = context.read_use(use_path)
    service = context.app.services.guard
    settings = service.settings()
    if stop_at is not None:
        settings = replace(settings, stop=STOPPABLE, stop_at=Verdict(stop_at))
    question = Question(
        occasion=Occasion(occasion),
        use=use,
        movie=movie,
        of_format=of_format.lstrip(".").lower()[:LONGEST_FORMAT],
    )
    answer = service.check(read_scan(context, scene), question, settings)
    if as_json:
        print_json(_plain(answer))
    else:
        for alert in answer.alerts:
            click.echo(write_line(alert))
        if answer.stopped:
            click.echo(f"Clearance: stopped: {answer.why}", err=True)
        elif not answer.alerts:
            click.echo("No alerts.")
    return STOPPED if answer.stopped else 0


def _plain(answer: GuardAnswer) -> dict[str, object]:
    return {
        "occasion": answer.occasion,
        "format": answer.of_format,
        "outputs": answer.outputs,
        "verdict": answer.verdict,
        "stopped": answer.stopped,
        "why": answer.why,
        "alerts": answer.alerts,
        "against": answer.against,
    }


COMMANDS = (guard,)
