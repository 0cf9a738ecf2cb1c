"""Where a studio says when alerts are wanted and what they stop: the table ``[alerts]`` in its file of rules.

A file that is damaged is never passed over: then nothing is rendered or exported, and the alert says why.
Imports nothing heavy, since Blender asks before anything else of the core is there.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from ..errors import UserInputError
from ..model.alert import INFORM_ONLY, AlertSettings
from ..policy.alert_file import parse_alerts
from ..settings import Settings

STUDIO_NAME = "studio.toml"
MAX_BYTES = 4 * 1024**2


@dataclass(slots=True)
class _Last:
    """What was read last, so that an unchanged file is not parsed again."""

    text: str = ""
    settings: AlertSettings = INFORM_ONLY


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertFile:
    """The studio's file. ``must_exist``: somebody named it, so that its absence is a fault."""

    path: Path
    must_exist: bool = False
    _last: _Last = field(default_factory=_Last)

    @classmethod
    def of(cls, settings: Settings) -> AlertFile:
        """Return the file that these settings name, else the one in the data folder."""
        named = settings.studio_rules
        return cls(path=named or settings.data_dir / STUDIO_NAME, must_exist=named is not None)

    def read(self) -> AlertSettings:
        """Return what holds now. Never raises: ``problem`` says why the file cannot be read."""
        try:
            if not self.must_exist and not self.path.exists():
                return INFORM_ONLY
            text = self._read_text()
            if text != self._last.text:
                self._last.settings = parse_alerts(text, name=str(self.path))
                self._last.text = text
            return self._last.settings
        except UserInputError as problem:
            return AlertSettings(problem=problem.message)
        except (OSError, UnicodeDecodeError) as problem:
            return AlertSettings(problem=f"{self.path} cannot be read: {problem}.")

    def _read_text(self) -> str:
        with self.path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
        if len(data) > MAX_BYTES:
            raise UserInputError(
                f"{self.path} is larger than {MAX_BYTES // 1024**2} MB; that is no file of rules.",
                code="alerts.invalid",
            )
        return data.decode("utf-8")
