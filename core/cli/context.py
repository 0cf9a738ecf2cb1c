"""What all commands share: the app, built only when a command needs it, and the common options."""

from __future__ import annotations

import getpass
import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from ..errors import ClearanceError, UserInputError
from ..settings import Settings, settings_from_environ
from .output import print_json

if TYPE_CHECKING:
    from ..app import App
    from ..host import Host
    from ..ledger.port import Ledger
    from ..model.intended_use import IntendedUse
    from ..services.reporting.scan import ScanProduction


F = TypeVar("F", bound=Callable[..., Any])


class Context:
    """What all commands share."""

    def __init__(self, *, environ: Mapping[str, str], home: Path, host: Host | None) -> None:
        self.environ = environ
        self.home = home
        self.host = host
        self.as_json = False
        self.overrides: dict[str, object] = {}
        self._app: App | None = None
        self._ledger: Ledger | None = None

    @property
    def app(self) -> App:
        """The app, built at first use."""
        if self._app is None:
            from ..app import build_app
            from ..host import NoHost

            settings = self.read_settings()
            host = self.host or NoHost(online=not settings.offline)
            self._app = build_app(
                settings, host=host, environ=self.environ, home=self.home, ledger=self._ledger
            )
            self._ledger = None  # the app closes it
        return self._app

    @property
    def scanner(self) -> ScanProduction:
        """What scans a production: that of the app, or, before there is one, built alone."""
        if self.host is not None or self._app is not None:
            return self.app.services.scan
        from ..app_scan import build_scan, open_ledger_alone

        settings = self.read_settings()
        self._ledger = self._ledger or open_ledger_alone(settings, environ=self.environ)
        return build_scan(settings, ledger=self._ledger)

    def read_settings(self) -> Settings:
        """Return the settings, without opening anything."""
        settings = settings_from_environ(self.environ, home=self.home, user=_user_name())
        return replace(settings, **self.overrides)  # type: ignore[arg-type]

    @property
    def actor(self) -> str:
        """Who runs the command."""
        return self.read_settings().user

    def read_use(self, path: Path | None) -> IntendedUse:
        """Read an intended-use file or the name of a preset; without one, a commercial render."""
        from ..model.intended_use import IntendedUse
        from ..policy.presets import PRESETS
        from ..policy.use_file import parse_use

        if path is None:
            return IntendedUse(name="commercial render")
        if str(path) in PRESETS and not path.exists():
            return PRESETS[str(path)]
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise UserInputError(f"{path} cannot be read: {error}.", code="use.unreadable") from error
        return parse_use(text, name=path.name)

    def say_error(self, error: ClearanceError) -> None:
        """Print an error on stderr, as JSON when that was asked for."""
        if self.as_json:
            print_json(
                {"error": {"code": error.code, "message": error.message, "retryable": error.retryable}}
            )
        print(f"Clearance: {error.message}", file=sys.stderr)

    def close(self) -> None:
        """Let go of the app."""
        if self._app is not None:
            try:
                self._app.services.studio.tell_usage.run(only_due=True)
            finally:
                self._app.close()
                self._app = None
        if self._ledger is not None:
            self._ledger.close()
            self._ledger = None


pass_context = click.make_pass_decorator(Context)
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON for programs.")
use_option = click.option(
    "--use",
    "use_path",
    type=click.Path(path_type=Path),
    help="What the project plans: a TOML file, or a preset such as film or game.",
)


def wanted_options(command: F) -> F:
    """Add the options that choose between several ways to license something."""
    from ..model.listing import MediaKind  # other commands start without it

    kinds = [kind.value for kind in MediaKind]
    for option in (
        click.option(
            "--kind", type=click.Choice(kinds), help="What it is, where the marketplace sells several."
        ),
        click.option("--account", "account_id", help="What pays: an account or product of “quote”."),
        click.option("--variant", help="Size or version, in the marketplace's word."),
        click.option("--license", "license_label", help="License, in the marketplace's word."),
    ):
        command = option(command)
    return command


def _user_name() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown"
