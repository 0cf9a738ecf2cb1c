"""The command group, its common options, and the context that builds the app only when a command needs it."""

from __future__ import annotations

import getpass
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..errors import ClearanceError, UserInputError
from ..host import Host, NoHost
from ..model.intended_use import IntendedUse
from ..settings import VERSION, settings_from_environ
from .output import print_json

if TYPE_CHECKING:
    from ..app import App


class Context:
    """What all commands share."""

    def __init__(self, *, environ: Mapping[str, str], home: Path, host: Host | None) -> None:
        self.environ = environ
        self.home = home
        self.host = host
        self.as_json = False
        self.overrides: dict[str, object] = {}
        self._app: App | None = None

    @property
    def app(self) -> App:
        """The app, built at first use."""
        if self._app is None:
            from ..app import build_app

            settings = settings_from_environ(self.environ, home=self.home, user=_user_name())
            settings = replace(settings, **self.overrides)  # type: ignore[arg-type]
            host = self.host or NoHost(online=not settings.offline)
            self._app = build_app(settings, host=host, environ=self.environ)
        return self._app

    @property
    def actor(self) -> str:
        """Who runs the command."""
        return self.app.settings.user

    def read_use(self, path: Path | None) -> IntendedUse:
        """Read an intended-use file or the name of a preset; without one, a commercial render."""
        from ..policy.use_file import parse_use

        if path is None:
            return IntendedUse(name="commercial render")
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise UserInputError(f"{path} cannot be read: {error}.", code="use.unreadable") from error
        return parse_use(text, name=path.name)

    def say_error(self, error: ClearanceError) -> None:
        """Print an error on stderr, as JSON when that was asked for."""
        if self.as_json:
            print_json({"error": {"code": error.code, "message": error.message, "retryable": error.retryable}})
        print(f"Clearance: {error.message}", file=sys.stderr)

    def close(self) -> None:
        """Let go of the app."""
        if self._app is not None:
            self._app.close()
            self._app = None


pass_context = click.make_pass_decorator(Context)
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON for programs.")
use_option = click.option(
    "--use", "use_path", type=click.Path(path_type=Path), help="A TOML file that says what the project plans."
)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(VERSION, prog_name="clearance")
@click.option("--data-dir", type=click.Path(path_type=Path), help="Where ledger and files are kept.")
@click.option("--sandbox", "sandbox_url", help="Use a sandbox on this machine, such as http://127.0.0.1:8700.")
@click.option("--offline", is_flag=True, help="Make no network connection.")
@click.option("--project", help="The project that purchases are booked on.")
@pass_context
def cli(
    context: Context, data_dir: Path | None, sandbox_url: str | None, offline: bool, project: str | None
) -> None:
    """Find, license, download and account for marketplace assets."""
    if data_dir is not None:
        context.overrides["data_dir"] = data_dir.absolute()
    if sandbox_url is not None:
        context.overrides["sandbox_url"] = sandbox_url
    if offline:
        context.overrides["offline"] = True
    if project is not None:
        context.overrides["project"] = project


def _user_name() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown"


def _add_commands() -> None:
    from . import accounts, records, shopping

    for module in (shopping, records, accounts):
        for command in module.COMMANDS:
            cli.add_command(command)


_add_commands()
