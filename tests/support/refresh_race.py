"""One of several processes that share a stored sign-in of a public client; prints the token that it got.

python tests/support/refresh_race.py FOLDER URL START_TIME

The folder holds the encrypted store, the locks and what is counted; the URL plays all hosts.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
sys.path.insert(0, str(Path(__file__).resolve().parent))

from wire import FakeSite, call, rigged

from core.clock import SystemClock
from core.credentials.passphrase_store import PassphraseStore
from core.http.auth import AppAuth, AuthConfig, CredentialField, KeyField
from core.http.message import Auth

SITE = FakeSite(
    auth=AuthConfig(
        app=AppAuth.CLIENT_CREDENTIALS,
        authorize_url="https://www.example.com/oauth/authorize",
        token_url="https://www.example.com/oauth/token",
        public_client=True,
        fields=(KeyField(field=CredentialField.CLIENT_ID, label="Key"),),
    )
)
PASSPHRASE = "for the test alone"


def open_store(folder: Path) -> PassphraseStore:
    """Open the store that the processes share."""
    return PassphraseStore(folder / "keys", PASSPHRASE, clock=SystemClock())


def main() -> None:
    """Ask for something that needs the user's token."""
    folder, url, start = Path(sys.argv[1]), sys.argv[2], float(sys.argv[3])
    with rigged(folder, url, store=open_store(folder)) as rig:  # type: ignore[arg-type]
        rig.clock.stands_still = True
        time.sleep(max(0.0, start - time.time()))
        print(rig.client.send(call(auth=Auth.USER), SITE))


if __name__ == "__main__":
    main()
