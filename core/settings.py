"""Settings as a frozen value, and where they come from: defaults, the environment, what the host passes."""

from __future__ import annotations

import platform
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from .errors import UserInputError
from .model.optimize import AS_IT_CAME, Optimize

VERSION = "0.1.0"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything about this installation that is not a secret.

    ``data_dir`` holds the ledger, the store and the throttle: outside of the extension's own folders, so
    that uninstalling the extension deletes nothing that was paid for.
    """

    data_dir: Path
    user: str = ""
    """Who buys and approves; the operating system's user when empty."""
    device: str = field(default_factory=platform.node)
    """This computer's name, for licenses that count computers."""
    project: str = ""
    client: str = ""
    purchase_order: str = ""
    payment_method: str = ""
    """Id of the method that purchases are paid by, unless a request names one; empty: what fits best."""
    home_currency: str = ""
    """What amounts are converted to in payments and cost reports, such as EUR; empty: they are not."""
    sandbox_url: str = ""
    """Send every call to a sandbox on this machine instead of the real marketplaces."""
    offline: bool = False
    quote_valid_s: float = 900.0
    approval_valid_s: float = 900.0
    request_valid_s: float = 7 * 86_400.0
    """For how long the approval of a request holds: from the yes of a lead to the purchase."""
    settle_s: float = 900.0
    """How long after sending a purchase the marketplace's history must stay silent before we believe that
    nothing was bought. Longer than any request can be on its way."""
    connect_timeout_s: float = 10.0
    read_timeout_s: float = 30.0
    purchase_timeout_s: float = 90.0
    requests_per_hour: Mapping[str, int] = field(default_factory=dict)
    """Overrides of the marketplaces' default ceilings, by marketplace id."""
    requests_per_second: int | None = 2
    """No more than so many requests in one second at one marketplace; None for no such rule."""
    max_download_bytes: int = 20 * 1024**3
    contract_licenses: Mapping[str, str] = field(default_factory=dict)
    """License tiers that the user's contract gives, by marketplace id, in the words of
    ``MarketplaceInfo.contract_licenses``: where the API names no license (Pond5)."""
    opted_in: frozenset[str] = frozenset()
    """Marketplaces whose ``MarketplaceInfo.opt_in`` the user read and switched on."""
    pickup_folders: tuple[Path, ...] = ()
    """Folders in which downloads from the marketplaces' websites arrive."""
    studio_rules: Path | None = None
    """The studio's own rules; None: ``studio.toml`` in the data folder, where there is one."""
    resolutions_file: Path | None = None
    """Resolutions beside those in the ledger; None: ``resolutions.toml`` in the data folder, likewise."""

    optimize: Optimize = AS_IT_CAME
    """What is made smaller when something is imported."""
    invoicing: Path | None = None
    """Who the studio and its clients are, for invoices; None: ``invoicing.toml`` in the data folder."""

    ledger_url: str = ""
    """Address of a studio's ledger (``postgresql://host/database``, never with a password); empty: the ledger
    is a file in ``data_dir``."""

    shared_store: str = ""
    """Where a studio shares delivered files: a folder that every machine has, or an address such as
    ``s3://bucket/folder``; empty: each machine keeps its own."""
    shared_store_sealed: bool = False
    """Whether what is put there is encrypted with the studio's key."""

    @property
    def ledger_path(self) -> Path:
        """Where the embedded ledger is."""
        return self.data_dir / "ledger.sqlite"

    @property
    def scan_cache_path(self) -> Path:
        """Where it is noted what scans read of files, for the next one."""
        return self.data_dir / "scan-cache.json"

    @property
    def library_dir(self) -> Path:
        """Where files are that scenes refer to for good."""
        return self.data_dir / "library"

    @property
    def pictures_dir(self) -> Path:
        """Where small pictures of what was bought are, for reports; can be made again."""
        return self.data_dir / "pictures"

    @property
    def feeds_dir(self) -> Path:
        """Where the catalogues of product feeds are; made of the user's files, and can be made again."""
        return self.data_dir / "feeds"

    @property
    def store_dir(self) -> Path:
        """Where delivered files are."""
        return self.data_dir / "store"


def find_data_dir(environ: Mapping[str, str], *, home: Path, platform: str = sys.platform) -> Path:
    """Return ``CLEARANCE_DATA_DIR``, or the folder that this system has for application data."""
    if chosen := environ.get("CLEARANCE_DATA_DIR"):
        path = Path(chosen)
        if not path.is_absolute():
            raise UserInputError(f"CLEARANCE_DATA_DIR must be an absolute path, not {chosen!r}.")
        return path
    if platform == "win32":
        return Path(environ.get("LOCALAPPDATA") or home / "AppData" / "Local") / "Clearance"
    if platform == "darwin":
        return home / "Library" / "Application Support" / "Clearance"
    return Path(environ.get("XDG_DATA_HOME") or home / ".local" / "share") / "clearance"


def _currency(text: str) -> str:
    code = text.strip().upper()
    if code and not (len(code) == 3 and code.isascii() and code.isalpha()):
        raise UserInputError(f"CLEARANCE_HOME_CURRENCY must be a currency such as EUR, not {text[:20]!r}.")
    return code


def _path(text: str) -> Path | None:
    return Path(text).absolute() if text else None


def settings_from_environ(environ: Mapping[str, str], *, home: Path, user: str = "") -> Settings:
    """Build settings from ``CLEARANCE_*`` variables."""
    return Settings(
        data_dir=find_data_dir(environ, home=home),
        user=environ.get("CLEARANCE_USER", user),
        project=environ.get("CLEARANCE_PROJECT", ""),
        purchase_order=environ.get("CLEARANCE_PURCHASE_ORDER", ""),
        payment_method=environ.get("CLEARANCE_PAYMENT_METHOD", ""),
        home_currency=_currency(environ.get("CLEARANCE_HOME_CURRENCY", "")),
        sandbox_url=environ.get("CLEARANCE_SANDBOX_URL", ""),
        offline=environ.get("CLEARANCE_OFFLINE", "") not in ("", "0"),
        studio_rules=_path(environ.get("CLEARANCE_STUDIO_RULES", "")),
        ledger_url=environ.get("CLEARANCE_LEDGER", ""),
        shared_store=environ.get("CLEARANCE_STORE", ""),
        shared_store_sealed=environ.get("CLEARANCE_STORE_SEALED", "") not in ("", "0"),
        invoicing=_path(environ.get("CLEARANCE_INVOICING", "")),
        resolutions_file=_path(environ.get("CLEARANCE_RESOLUTIONS", "")),
        opted_in=frozenset(environ.get("CLEARANCE_OPTED_IN", "").replace(",", " ").split()),
    )
