"""Reads the file that says who the studio and its clients are: ``invoicing.toml`` in the data folder."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ...billing.invoicing_file import Invoicing, parse_invoicing
from ...errors import UserInputError

MAX_BYTES = 1024**2


@dataclass(frozen=True, slots=True)
class InvoicingFile:
    """The file; it need not be there."""

    path: Path

    def read(self) -> Invoicing:
        """Return what it says; nothing where there is none. Raises UserInputError for one that is broken."""
        try:
            if self.path.stat().st_size > MAX_BYTES:
                raise UserInputError(f"{self.path} is too large for what it is.", code="invoicing.invalid")
            text = self.path.read_text(encoding="utf-8")
        except FileNotFoundError:
            return Invoicing()
        except (OSError, UnicodeDecodeError) as error:
            raise UserInputError(f"{self.path} cannot be read: {error}.", code="invoicing.invalid") from error
        return parse_invoicing(text, name=self.path.name)
