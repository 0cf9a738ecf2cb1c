"""Where a studio says when alerts are wanted and what they stop: the table ``[alerts]`` in its file of rules.

A file that is damaged is never passed over: then nothing is rendered or exported, and the alert says why.
Imports nothing heavy, since Blender asks before anything else of the core is there.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from ...errors import UserInputError
from ...model.alert import INFORM_ONLY, AlertSettings
from ...policy.alert_file import parse_alerts
from ...settings import Settings

STUDIO_NAME = "studio.toml"
MAX_BYTES = 4 * 1024**2


@dataclass(slots=True)
class _Last:
    """What was read last, so that an unchanged file is not parsed again."""

    text: str | None = ""
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

    @property
    def known(self) -> AlertSettings:
        """What the last reading gave."""
        return self._last.settings

    def read(self) -> AlertSettings:
        """Return what holds now. Never raises: ``problem`` says why the file cannot be read."""
        last = self._last
        try:
            text = self._read_text() if self.must_exist or self.path.exists() else ""
            if text != last.text:
                last.settings = parse_alerts(text, name=str(self.path))
                last.text = text
        except UserInputError as problem:
            last.settings, last.text = AlertSettings(problem=problem.message), None
        except (OSError, UnicodeDecodeError) as problem:
            why = f"{self.path} cannot be read: {problem}."
            last.settings, last.text = AlertSettings(problem=why), None
        return last.settings

    def _read_text(self) -> str:
        with self.path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
        if len(data) > MAX_BYTES:
            raise UserInputError(
                f"{self.path} is larger than {MAX_BYTES // 1024**2} MB; that is no file of rules.",
                code="alerts.invalid",
            )
        return data.decode("utf-8")
