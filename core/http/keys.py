"""The keys that the user has stored for a marketplace: which are there, which are missing, who they make us.

Reads the credential store and keeps what it found in memory; it knows nothing of tokens and never sends.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterable

from ..credentials.port import CredentialStore
from ..errors import CredentialsMissing, NotSupported
from .auth import AppAuth, AuthConfig, CredentialField
from .site import Site

WHERE = "Preferences › Add-ons › Clearance"


class StoredKeys:
    """What is stored for each marketplace. Safe to use from several threads."""

    def __init__(self, store: CredentialStore) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._found: dict[tuple[str, CredentialField], str] = {}

    def read(self, site: Site, field: CredentialField) -> str:
        """Return one key, or nothing. Only what is there is kept: a missing one may be stored meanwhile."""
        with self._lock:
            held = self._found.get((site.id, field))
        if held is not None:
            return held
        value = self._store.read(site.id, field) or ""
        if value:
            with self._lock:
                self._found[site.id, field] = value
        return value

    def need(self, site: Site, fields: Iterable[CredentialField]) -> dict[CredentialField, str]:
        """Return keys that a call cannot do without.

        Raises CredentialsMissing naming those that are not there, NotSupported where there is no API.
        """
        if site.auth.app is AppAuth.NONE:
            raise NotSupported(
                f"{site.name} has no API for buyers, so there is no key to enter. Use its website.",
                marketplace=site.id,
            )
        values = {field: self.read(site, field) for field in dict.fromkeys(fields)}
        missing = [field for field, value in values.items() if not value]
        if missing:
            words = " and ".join(name_field(site.auth, field) for field in missing)
            it = "it" if len(missing) == 1 else "them"
            raise CredentialsMissing(
                f"{site.name} needs your {words}. Enter {it} under {WHERE}; "
                f"you get {it} at {site.key_page_url}.",
                marketplace=site.id,
                context={"field": ",".join(missing)},
            )
        return values

    def headers(self, site: Site) -> tuple[tuple[str, str], ...]:
        """Return the headers that carry keys on every call here; optional ones may be absent."""
        named = site.auth.key_headers
        if not named:
            return ()
        optional = {field.field for field in site.auth.fields if field.optional}
        values = self.need(site, (field for _, field in named if field not in optional))
        found = ((header, values.get(field) or self.read(site, field)) for header, field in named)
        return tuple((header, value) for header, value in found if value)

    def identity(self, site: Site) -> str:
        """Return a name for the key that the vendor counts by, without being it; empty without a key."""
        client_id = self.read(site, CredentialField.CLIENT_ID)
        return identify(client_id) if client_id else ""

    def forget(self, marketplace: str) -> None:
        """Read this marketplace's keys anew next time."""
        with self._lock:
            for place in [place for place in self._found if place[0] == marketplace]:
                del self._found[place]


def identify(name: str) -> str:
    """Return a digest that stands for a key."""
    return hashlib.sha256(name.encode()).hexdigest()[:16]


def name_field(config: AuthConfig, field: CredentialField) -> str:
    """Return what a field is called, as the form says it, fit for the middle of a sentence."""
    label = next((known.label for known in config.fields if known.field is field), "")
    words = label.partition(",")[0].partition("(")[0].strip()
    if not words:
        return field.replace("_", " ")
    return words if words[1:2].isupper() else words[0].lower() + words[1:]
