"""Chooses where secrets are kept on this machine. Imports of each kind of place happen when it is chosen."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

from ..clock import Clock, SystemClock
from ..errors import CredentialStoreError
from .environ_store import EnvironStore
from .port import CredentialStore
from .session_store import SessionStore

PASSPHRASE_VARIABLE = "CLEARANCE_PASSPHRASE"  # noqa: S105 - the name of a variable
FILE_NAME = "credentials.json"


def open_credentials(
    data_dir: Path,
    *,
    passphrase: str | None = None,
    environ: Mapping[str, str],
    platform: str = sys.platform,
    clock: Clock | None = None,
) -> CredentialStore:
    """Return the keyring where it works, else the passphrase file if there is a passphrase, else memory only.

    A passphrase (given, or in ``CLEARANCE_PASSPHRASE``) comes first: who sets one wants that file, as on a
    farm where every machine has some keyring that nobody can unlock. ``CLEARANCE_<MARKETPLACE>_<FIELD>``
    variables override what is stored.
    """
    phrase = passphrase or environ.get(PASSPHRASE_VARIABLE) or None
    store: CredentialStore | None
    if phrase is not None:
        from .passphrase_store import PassphraseStore

        store = PassphraseStore(data_dir / FILE_NAME, phrase, clock=clock or SystemClock())
    else:
        store = _open_keyring(platform, environ)
    return EnvironStore(store or SessionStore(), environ)


def _open_keyring(platform: str, environ: Mapping[str, str]) -> CredentialStore | None:
    from .keyring_store import open_keyring

    try:
        return open_keyring(platform, environ)
    except CredentialStoreError:
        return None
