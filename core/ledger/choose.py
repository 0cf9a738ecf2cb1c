"""Opens the ledger that the settings name: the file on this machine, or the one that a studio shares."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from .engine import open_ledger
from .sql_ledger import SqlLedger

SECRET_OF = "ledger"  # noqa: S105 - the name of a place
"""What the password of a studio's ledger is kept under in the keyring, with the address as its field."""


class Secrets(Protocol):
    """Where a password is looked up; see :class:`core.credentials.port.CredentialStore`."""

    def read(self, marketplace: str, field: str) -> str | None:
        """Return a secret, or None when there is none."""
        ...


def open_chosen_ledger(*, path: Path, address: str, user: str, secrets: Secrets) -> SqlLedger:
    """Open the file at ``path``, or the studio's ledger at ``address`` where there is one.

    Raises LedgerError, or UserInputError for an address that cannot be.
    """
    if not address:
        return open_ledger(path)
    # The driver of a studio's ledger is not needed for the one in a file.
    from .postgres import describe, read_address
    from .studio import open_studio_ledger

    place = describe(read_address(address))
    password = secrets.read(SECRET_OF, place) or ""
    url = read_address(address, user=user, password=password)
    return open_studio_ledger(url, checkpoints_folder=path.parent)
