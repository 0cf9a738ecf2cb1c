"""Authentication as values: headers, sign-in addresses, token requests and their readers.

Pure: nothing here sends, stores or asks for the time; ``expires_at`` is counted from a moment handed in.
OAuth parameters and PKCE come from oauthlib; the token answer is read here, because the vendors leave out
fields that the standard wants (CGTrader ``expires_in``, Shutterstock ``refresh_token``) and a missing one
must not look like a broken answer.
"""

from __future__ import annotations

import base64
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from urllib.parse import parse_qsl

from ..errors import UnexpectedResponse
from .message import Call, Idempotency, Json, Request

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


@dataclass(frozen=True, slots=True, kw_only=True)
class RawToken:
    """A token answer as the vendor gave it: lifetime in seconds, not yet a moment."""

    access_token: str = field(repr=False)
    expires_in_s: float | None = None
    refresh_token: str | None = field(default=None, repr=False)
    scopes: tuple[str, ...] = ()

    def dated(self, now: datetime, *, kept_refresh_token: str | None = None) -> Token:
        """Make a token of it; the old refresh token stays when the answer brings no new one (RFC 6749 §6)."""
        expires_at = None
        if self.expires_in_s is not None:
            expires_at = now + timedelta(seconds=min(self.expires_in_s, 10 * 365 * 86_400.0))
        return Token(
            access_token=self.access_token,
            expires_at=expires_at,
            refresh_token=self.refresh_token or kept_refresh_token,
            scopes=self.scopes,
        )


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class SecretRequest(Request):
    """A request whose body holds secrets; its ``repr`` shows none of it."""

    def __repr__(self) -> str:
        return f"SecretRequest(method={self.method!r}, url={self.url!r}, form_body=<secret>)"


@dataclass(frozen=True, slots=True, kw_only=True)
class SignIn:
    """One sign-in under way: the address to open, and what must come back or be proved afterwards."""

    url: str = field(repr=False)
    state: str = field(repr=False)
    redirect_uri: str
    code_verifier: str | None = field(default=None, repr=False)


def basic_header(client_id: str, client_secret: str) -> tuple[str, str]:
    """Build the header of HTTP Basic (RFC 7617, UTF-8)."""
    blob = base64.b64encode(f"{client_id}:{client_secret}".encode()).decode("ascii")
    return ("Authorization", f"Basic {blob}")


def bearer_header(access_token: str) -> tuple[str, str]:
    """Build the header of a bearer token."""
    return ("Authorization", f"Bearer {access_token}")


def redirect_uri(config: AuthConfig, port: int) -> str:
    """Build the address that the browser is sent back to."""
    return f"http://{config.redirect_host}:{port}{config.redirect_path}"


def start_sign_in(
    config: AuthConfig, *, client_id: str, port: int, state: str, code_verifier: str | None = None
) -> SignIn:
    """Build the address of the vendor's sign-in page.

    ``state`` and ``code_verifier`` (43 to 128 unreserved characters) are fresh random text from the caller;
    the verifier is used only where the vendor knows PKCE.
    """
    from oauthlib.oauth2 import WebApplicationClient

    back = redirect_uri(config, port)
    extra: dict[str, str] = dict(config.extra_authorize)
    verifier = code_verifier if config.pkce else None
    builder = WebApplicationClient(client_id)
    if verifier is not None:
        extra["code_challenge"] = builder.create_code_challenge(verifier, "S256")
        extra["code_challenge_method"] = "S256"
    scope = config.scope_separator.join(config.scopes) or None
    url = builder.prepare_request_uri(
        config.authorize_url, redirect_uri=back, scope=scope, state=state, **extra
    )
    return SignIn(url=str(url), state=state, redirect_uri=back, code_verifier=verifier)


def same_state(expected: str, received: str) -> bool:
    """Compare two states without telling by the time it takes where they differ."""
    return hmac.compare_digest(expected.encode(), received.encode("utf-8", "surrogateescape"))


def client_credentials_call(
    marketplace: str, config: AuthConfig, *, client_id: str, client_secret: str
) -> Call[RawToken]:
    """Ask for the application's own token."""
    from oauthlib.oauth2 import BackendApplicationClient

    body = BackendApplicationClient(client_id).prepare_request_body(
        include_client_id=True,
        client_secret=client_secret,
        scope=config.app_scope or None,
        **dict(config.extra_token),
    )
    return _token_call(marketplace, config, "client_credentials", str(body), Idempotency.SAFE)


def authorization_code_call(
    marketplace: str, config: AuthConfig, sign_in: SignIn, *, client_id: str, client_secret: str, code: str
) -> Call[RawToken]:
    """Exchange the code that the browser brought back."""
    from oauthlib.oauth2 import WebApplicationClient

    body = WebApplicationClient(client_id).prepare_request_body(
        code=code,
        redirect_uri=sign_in.redirect_uri,
        include_client_id=True,
        code_verifier=sign_in.code_verifier,
        client_secret=client_secret,
        **dict(config.extra_token),
    )
    return _token_call(marketplace, config, "authorization_code", str(body), Idempotency.KEYED)


def refresh_call(
    marketplace: str, config: AuthConfig, *, client_id: str, client_secret: str, refresh_token: str
) -> Call[RawToken]:
    """Ask for a new access token."""
    from oauthlib.oauth2 import WebApplicationClient

    body = WebApplicationClient(client_id).prepare_refresh_body(
        refresh_token=refresh_token,
        client_id=client_id,
        client_secret=client_secret,
        **dict(config.extra_token),
    )
    # Sent again when no answer came: the old refresh token is all there is to try, and a vendor that has
    # already rotated it refuses, which is where not trying would have led anyway.
    return _token_call(marketplace, config, "refresh_token", str(body), Idempotency.KEYED)


def _token_call(
    marketplace: str, config: AuthConfig, grant: str, body: str, idempotency: Idempotency
) -> Call[RawToken]:
    request = SecretRequest(
        method="POST",
        url=config.token_url,
        headers=(("Accept", "application/json"),),
        form_body=tuple(parse_qsl(body, keep_blank_values=True)),
    )
    return Call(
        marketplace=marketplace,
        operation=f"token.{grant}",
        request=request,
        read_json=read_token,
        idempotency=idempotency,
        statuses=(200, 201),
    )


def read_token(body: Json, _headers: Mapping[str, str]) -> RawToken:
    """Read a token answer; ``expires_in`` may be a number, a numeric text, null or absent."""
    if not isinstance(body, dict):
        raise UnexpectedResponse("The sign-in server did not answer with a token. Try again later.")
    access_token = body.get("access_token")
    if not isinstance(access_token, str) or not _is_header_safe(access_token):
        raise UnexpectedResponse("The sign-in server's answer holds no usable token. Try again later.")
    kind = body.get("token_type")
    if isinstance(kind, str) and kind.strip().lower() not in {"", "bearer"}:
        raise UnexpectedResponse(
            "The sign-in server gave a kind of token that is not supported (not Bearer)."
        )
    refresh_token = body.get("refresh_token")
    if not isinstance(refresh_token, str) or not refresh_token or len(refresh_token) > MAX_TOKEN_CHARS:
        refresh_token = None
    scope = body.get("scope")
    return RawToken(
        access_token=access_token,
        expires_in_s=_read_lifetime(body.get("expires_in")),
        refresh_token=refresh_token,
        scopes=tuple(scope.split()) if isinstance(scope, str) else (),
    )


def _read_lifetime(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        seconds = float(value)
    except (ValueError, OverflowError):
        return None
    return seconds if 0 < seconds < float("inf") else None


def _is_header_safe(text: str) -> bool:
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
        return Token(access_token=text) if _is_header_safe(text) else None
    try:
        value = json.loads(text)
        expires_text = value["expires_at"]
        expires_at = None if expires_text is None else datetime.fromisoformat(expires_text).astimezone(UTC)
        access_token, refresh_token = value["access_token"], value["refresh_token"]
        scopes = tuple(str(scope) for scope in value["scopes"])
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    if not isinstance(access_token, str) or not _is_header_safe(access_token):
        return None
    return Token(
        access_token=access_token,
        expires_at=expires_at,
        refresh_token=refresh_token if isinstance(refresh_token, str) and refresh_token else None,
        scopes=scopes,
    )
