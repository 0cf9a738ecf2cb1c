"""Keeps resolutions in a TOML file of a project or a studio, until and unless a ledger keeps them.

Entries are only ever added at the end, so that the file can live in version control and be read by people.
"""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

from ..errors import UserInputError
from ..model.resolution import Resolution
from ..policy.resolution_file import (
    check_resolution,
    encode_resolution,
    encode_resolutions,
    parse_resolutions,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolutionFile:
    """A :class:`~core.model.resolution.ResolutionBook` in a file; a file that is not there is empty."""

    path: Path

    def resolutions(self) -> tuple[Resolution, ...]:
        """Return all of them; raise UserInputError that names the line of what is wrong."""
        text = self._read()
        return parse_resolutions(text, name=self.path.name) if text else ()

    def add(self, resolution: Resolution) -> None:
        """Write one more at the end, whole or not at all; raise UserInputError for what could never count."""
        check_resolution(resolution)
        if any(before.id == resolution.id for before in self.resolutions()):
            raise UserInputError(
                f"{self.path.name} has a resolution {resolution.id!r} already.", code="resolution.twice"
            )
        text = self._read() or encode_resolutions(())
        self._write(text.rstrip("\n") + "\n" + encode_resolution(resolution))

    def _read(self) -> str:
        try:
            return self.path.read_text(encoding="utf-8")
        except FileNotFoundError:
            return ""
        except (OSError, UnicodeDecodeError) as error:
            raise UserInputError(
                f"{self.path} cannot be read: {error}.", code="resolutions.unreadable"
            ) from error

    def _write(self, text: str) -> None:
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(dir=self.path.parent, prefix=f".{self.path.name}.")
            try:
                with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
                    file.write(text)
                Path(name).replace(self.path)
            except BaseException:
                Path(name).unlink(missing_ok=True)
                raise
        except OSError as error:
            raise UserInputError(
                f"The resolution could not be written to {self.path}: {error.strerror or error}.",
                code="resolutions.write",
            ) from error
