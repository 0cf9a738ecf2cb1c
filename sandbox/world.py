"""Everything one running sandbox holds, put together in one place and handed to every handler."""

from __future__ import annotations

from collections import deque
from pathlib import Path

from .catalogue import Catalogue
from .clock import Clock
from .faults import Faults
from .library import Library
from .limits import Limits
from .links import Signer
from .message import Json
from .state import Store
from .unconfirmed import Variants

SHUTTERSTOCK, CGTRADER, POND5, GETTY = "shutterstock", "cgtrader", "pond5", "getty_images"
ADOBE = "adobe_stock"
DAY_S = 86400.0

# The plans of the sandbox's one Shutterstock account: id, license, description, asset type, left, limit, days
# until the allotment's end and until the plan's expiry. One is used up, one expired, some are not for images.
_PLANS = (
    ("s1000001", "standard", "Sandbox Standard, 50 images a month", "images", 50, 50, 20, 300),
    ("s1000002", "enhanced", "Sandbox Enhanced, 10 images a month", "images", 10, 10, 20, 300),
    ("s1000003", "premier", "Sandbox Premier, used up", "images", 0, 25, 12, 200),
    ("s1000004", "standard", "Sandbox Standard of last year, expired", "images", 7, 50, -35, -5),
    ("s1000005", "standard", "Sandbox Video, 5 clips", "videos", 5, 5, 20, 300),
    ("s1000006", "footage_premier", "Sandbox Footage in 4K, 3 clips", "videos", 3, 3, 20, 300),
    ("s1000007", "premier_music_basic", "Sandbox Music, 5 tracks", "audio", 5, 5, 20, 300),
)


# The products of the sandbox's one Getty Images account: number, type, name, agreement, status, left, limit,
# overage left and limit, note and project code required, the codes, days until it starts again and ends. One
# is used up, one has expired, one is for layouts, one wants a note and a code, one is of the generator.
_PRODUCTS = (
    (2726, "premiumaccess", "Sandbox Premium", "PA-1", "active", 40, 50, None, None, 0, 0, "", 20, 300),
    (31, "imagepack", None, "Pack of ten, large", "active", 10, 10, None, None, 0, 0, "", None, None),
    (44, "editorialsubscription", "Sandbox Editorial", "ED-1", "active", 5, 5, 3, 3, 0, 0, "", 5, 200),
    (58, "premiumaccess", "Film", "PA-2", "active", 8, 8, None, None, 1, 1, "Show 12\nShow 13", 20, 300),
    (60, "easyaccess", "Sandbox Easy-access", "EZA", "active", None, None, None, None, 0, 0, "", None, 100),
    (71, "imagepack", "Sandbox pack, used up", "Old pack", "active", 0, 5, None, None, 0, 0, "", None, 100),
    (72, "premiumaccess", "Sandbox of last year", "PA-0", "inactive", 7, 50, None, None, 0, 0, "", -35, -5),
    (90, "aigen", "Sandbox generator", "AI-1", "active", 100, 100, None, None, 0, 0, "", 20, 300),
)  # fmt: skip


class World:
    """The state folder opened: store, clock, catalogue, credentials, faults, log."""

    def __init__(
        self,
        state: Path,
        *,
        models: Path | None = None,
        assets: Path | None = None,
        cache: Path | None = None,
        limits: bool = False,
        clock: Clock | None = None,
        copies: int = 1,
    ) -> None:
        self.copies = copies
        self.store = Store(state / "sandbox.sqlite3")
        self.clock = clock or Clock()
        self.clock.offset_s = float(self.store.read_meta("offset_s", 0.0))
        self.catalogue = Catalogue(copies=copies)
        self.library = Library(cache or state / "cache", models=models, assets=assets)
        self.variants = Variants(self.store)
        self.faults = Faults()
        self.limits = Limits(enabled=limits)
        self.signer = Signer(self.store.read_secret("signing"))
        self.log: deque[Json] = deque(maxlen=20_000)
        self.credentials = self._read_credentials()
        if self.store.row("SELECT id FROM subscriptions") is None:
            self._seed()

    def reset(self) -> None:
        """Start over: books, orders, quota, time, listings, faults, variants; the credentials stay."""
        self.store.clear()
        self.catalogue = Catalogue(copies=self.copies)
        self.clock.offset_s = 0.0
        self.faults.clear()
        self.limits.clear()
        self.log.clear()
        self._seed()

    def move_clock(self, *, advance_s: float) -> None:
        """Move the sandbox's time, and keep it moved through a restart."""
        self.clock.offset_s += advance_s
        self.store.write_meta("offset_s", self.clock.offset_s)

    def _read_credentials(self) -> dict[str, dict[str, str]]:
        secret = self.store.read_secret
        return {
            SHUTTERSTOCK: {
                "consumer_key": secret("shutterstock_key", prefix="sandbox-key-"),
                "consumer_secret": secret("shutterstock_secret", prefix="sandbox-secret-"),
                "user_token": secret("shutterstock_token", prefix="v2/sandbox-token-"),
            },
            CGTRADER: {
                "client_id": secret("cgtrader_id", prefix="sandbox-id-"),
                "client_secret": secret("cgtrader_secret", prefix="sandbox-secret-"),
                "user_token": secret("cgtrader_token", prefix="sandbox-token-"),
            },
            GETTY: {
                "client_id": secret("getty_key", prefix="sandbox-key-"),
                "client_secret": secret("getty_secret", prefix="sandbox-secret-"),
                "user_token": secret("getty_token", prefix="sandbox-token-"),
            },
            POND5: {
                "client_id": secret("pond5_key", prefix="sandbox-key-"),
                "client_secret": secret("pond5_secret", prefix="sandbox-secret-"),
            },
            ADOBE: {
                "client_id": secret("adobe_key", prefix="sandbox-key-"),
                "client_secret": secret("adobe_secret", prefix="sandbox-secret-"),
                "redirect_uri": secret("adobe_redirect", prefix="adobe+sandbox-app://adobeid/"),
                "user_token": secret("adobe_token", prefix="sandbox-token-"),
            },
        }

    def _seed(self) -> None:
        from .tokens import ALL_SCOPES, store_token

        now = self.clock.now()
        with self.store.transaction() as db:
            db.executemany(
                "INSERT INTO subscriptions VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                [
                    (
                        *plan[:4],
                        plan[4] * self.copies,
                        plan[5] * self.copies,
                        now - 10 * DAY_S,
                        now + plan[6] * DAY_S,
                        now + plan[7] * DAY_S,
                    )
                    for plan in _PLANS
                ],
            )
            db.executemany(
                "INSERT INTO products VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                [
                    (*row[:12], *(None if days is None else now + days * DAY_S for days in row[12:]))
                    for row in _PRODUCTS
                ],
            )
            for marketplace in (SHUTTERSTOCK, CGTRADER, GETTY, ADOBE):
                store_token(
                    db,
                    self.credentials[marketplace]["user_token"],
                    marketplace=marketplace,
                    user="sandbox.user",
                    scopes=ALL_SCOPES if marketplace == SHUTTERSTOCK else (),
                    expires_at=None,
                )
