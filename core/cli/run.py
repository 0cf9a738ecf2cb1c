"""Runs the command line and turns every error into a sentence and an exit code."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import ClearanceError, UserInputError

if TYPE_CHECKING:
    from ..host import Host

EXIT_FAILURE = 1
EXIT_USAGE = 2
_CREATED = 50_000
"""Objects after which Python looks for circles: importing makes many, and nearly all of them stay."""


def run(argv: Sequence[str], *, host: Host | None = None, environ: Mapping[str, str] | None = None) -> int:
    """Run one command and return its exit code; never raises for what the user can cause."""
    try:
        import click

        from .context import Context
        from .root import cli
    except ImportError as error:
        print(f"Clearance: the command line needs the package {error.name}; it is not here.", file=sys.stderr)
        return EXIT_FAILURE
    context = Context(environ=os.environ if environ is None else environ, home=Path.home(), host=host)
    try:
        result = cli.main(args=list(argv), prog_name="clearance", standalone_mode=False, obj=context)
    except click.ClickException as error:
        error.show()
        return EXIT_USAGE
    except click.exceptions.Exit as error:
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        print("Stopped.", file=sys.stderr)
        return EXIT_FAILURE
    except ClearanceError as error:
        context.say_error(error)
        return EXIT_USAGE if isinstance(error, UserInputError) else EXIT_FAILURE
    except BrokenPipeError:
        # The reader of our output went away (``clearance search … | head``); that is not a failure of ours.
        sys.stderr.close()
        return 0
    finally:
        context.close()
    return result if isinstance(result, int) else 0


def main() -> None:
    """Entry point of the installed command."""
    gc.set_threshold(_CREATED)
    code = run(sys.argv[1:])
    gc.freeze()  # Python need not look for circles in what it throws away all at once
    sys.exit(code)
