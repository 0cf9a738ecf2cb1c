"""Authentication as values: what a marketplace wants, tokens, and the headers that carry them.

Pure: nothing here sends, stores or asks for the time. The requests for tokens are in :mod:`.oauth`.
"""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum

MAX_TOKEN_CHARS = 16_384
"""Longer than any token seen; what is longer is not a token."""


class CredentialField(StrEnum):
    """What a user can be asked for; values name the entries in the OS keyring."""

    CLIENT_ID = "client_id"
    CLIENT_SECRET = "client_secret"  # noqa: S105 - the name of a field
    USER_TOKEN = "user_token"  # noqa: S105 - the name of a field
    REDIRECT_URI = "redirect_uri"
    """The address registered for the sign-in, where the vendor hands one out (Adobe's native apps)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyField:
    """One thing that the user is asked for, in the vendor's own words."""

    field: CredentialField
    label: str
    hint: str = ""
    """Where it is found, in one short sentence."""
    optional: bool = False


class AppAuth(StrEnum):
    """How the application itself is known to the marketplace."""

    BASIC = "basic"
    """HTTP Basic with id and secret on every call."""
    CLIENT_CREDENTIALS = "client_credentials"
    """OAuth 2 client credentials against ``token_url``."""
    HEADERS = "headers"
    """Key and secret in headers of the vendor's own (``key_headers``) on every call; no token at all."""
    NONE = "none"
    """There is no API to be known to."""


class Redirect(StrEnum):
    """How the browser's answer to a sign-in comes back."""

    LOOPBACK = "loopback"
    """A listener on this machine (RFC 8252)."""
    PASTE = "paste"
    """The vendor allows no loopback address: the user copies the address on which the browser ended."""


class ClientAuth(StrEnum):
    """How the application proves itself when it exchanges a code or a refresh token (RFC 6749 §2.3)."""

    POST = "post"
    """Id and secret in the form."""
    BASIC = "basic"
    """HTTP Basic; nothing of it in the form."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthConfig:
    """Where and how to authenticate, from the vendor's documents."""

    app: AppAuth
    authorize_url: str = ""
    """Empty: nobody signs in here."""
    token_url: str = ""
    scopes: tuple[str, ...] = ()
    """What is asked for when somebody signs in."""
    scope_separator: str = " "
    """What stands between scopes; a blank (RFC 6749), but a comma at Adobe."""
    app_scope: str = ""
    """The ``scope`` of the application's own token request, written as the vendor writes it; empty: none."""
    pkce: bool = False
    extra_authorize: tuple[tuple[str, str], ...] = ()
    extra_token: tuple[tuple[str, str], ...] = ()
    manual_user_token: bool = False
    """True when the vendor lets the user make a token on a web page and paste it."""
    redirect_host: str = "127.0.0.1"
    """Loopback name that the vendor takes in a redirect; Shutterstock registers ``localhost`` by default."""
    redirect_path: str = "/"
    redirect_port: int = 0
    """0: any free port (RFC 8252 §7.3); a number where the vendor compares the whole address."""
    redirect: Redirect = Redirect.LOOPBACK
    key_headers: tuple[tuple[str, CredentialField], ...] = ()
    """Headers that carry a stored key on every call, tokens or not, such as ``("Api-Key", CLIENT_ID)``."""
    public_client: bool = False
    """True: the code is exchanged without ``client_secret`` when the user has none (PKCE)."""
    token_client_auth: ClientAuth = ClientAuth.POST
    """Who we are when a code or a refresh token is exchanged and there is a secret. Client credentials always
    go in the form, as all vendors so far want it."""
    public_id_in_query: bool = False
    """True: without a secret ``client_id`` goes in the token address's query instead of the form (Adobe)."""
    revoke_url: str = ""
    """Where a token is given back (RFC 7009); empty: the vendor documents none."""
    fields: tuple[KeyField, ...] = (
        KeyField(field=CredentialField.CLIENT_ID, label="Key"),
        KeyField(field=CredentialField.CLIENT_SECRET, label="Secret"),
    )
    """What the user enters, in this order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """An access token and what came with it. ``expires_at`` None: valid until a 401 says otherwise."""

    access_token: str = field(repr=False)
    expires_at: datetime | None = None
    refresh_token: str | None = field(default=None, repr=False)
    scopes: tuple[str, ...] = ()

    def is_fresh(self, now: datetime, *, margin_s: float = 60.0) -> bool:
        """Say whether it will be valid for at least ``margin_s`` seconds more."""
        return self.expires_at is None or now + timedelta(seconds=margin_s) < self.expires_at


def basic_header(client_id: str, client_secret: str) -> tuple[str, str]:
    """Build the header of HTTP Basic (RFC 7617, UTF-8)."""
    blob = base64.b64encode(f"{client_id}:{client_secret}".encode()).decode("ascii")
    return ("Authorization", f"Basic {blob}")


def bearer_header(access_token: str) -> tuple[str, str]:
    """Build the header of a bearer token."""
    return ("Authorization", f"Bearer {access_token}")


def is_header_safe(text: str) -> bool:
    """Say whether a text can be a token: printable ASCII without blanks, of a sane length."""
    return 0 < len(text) <= MAX_TOKEN_CHARS and all("!" <= char <= "~" for char in text)


def encode_token(token: Token) -> str:
    """Write a user token as the one secret that the credential store keeps."""
    return json.dumps(
        {
            "access_token": token.access_token,
            "refresh_token": token.refresh_token,
            "expires_at": token.expires_at.astimezone(UTC).isoformat() if token.expires_at else None,
            "scopes": list(token.scopes),
        },
        separators=(",", ":"),
    )


def decode_token(secret: str) -> Token | None:
    """Read a stored user token: our JSON, or a pasted token as it is; None for what is neither."""
    text = secret.strip()
    if not text.startswith("{"):
        return Token(access_token=text) if is_header_safe(text) else None
    try:
        value = json.loads(text)
        expires_text = value["expires_at"]
        expires_at = None if expires_text is None else datetime.fromisoformat(expires_text).astimezone(UTC)
        access_token, refresh_token = value["access_token"], value["refresh_token"]
        scopes = tuple(str(scope) for scope in value["scopes"])
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    if not isinstance(access_token, str) or not is_header_safe(access_token):
        return None
    return Token(
        access_token=access_token,
        expires_at=expires_at,
        refresh_token=refresh_token if isinstance(refresh_token, str) and refresh_token else None,
        scopes=scopes,
    )
