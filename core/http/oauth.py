"""OAuth 2 as values: the address of the sign-in page, the token requests, and the readers of their answers.

Pure: nothing here sends, stores or asks for the time; ``expires_at`` is counted from a moment handed in.
OAuth parameters and PKCE come from oauthlib; the token answer is read here, because the vendors leave out
fields that the standard wants (CGTrader ``expires_in``, Shutterstock ``refresh_token``) and a missing one
must not look like a broken answer.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from urllib.parse import parse_qsl

from ..errors import UnexpectedResponse
from .auth import MAX_TOKEN_CHARS, AuthConfig, ClientAuth, Token, basic_header, is_header_safe
from .message import Call, Idempotency, Json, Request

_MILLISECONDS_ABOVE = 10_000_000
"""A lifetime beyond this is in milliseconds: Adobe's older token addresses (A.1). As seconds it would be four
months, which no vendor gives an access token."""


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


def redirect_uri(config: AuthConfig, port: int) -> str:
    """Build the address that the browser is sent back to."""
    return f"http://{config.redirect_host}:{port}{config.redirect_path}"


def start_sign_in(
    config: AuthConfig, *, client_id: str, back: str, state: str, code_verifier: str | None = None
) -> SignIn:
    """Build the address of the vendor's sign-in page.

    ``back`` is where the browser is sent afterwards. ``state`` and ``code_verifier`` (43 to 128 unreserved
    characters) are fresh random text from the caller; the verifier is used only where the vendor knows PKCE.
    """
    from oauthlib.oauth2 import WebApplicationClient

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
    request = _token_request(config.token_url, _form(str(body)))
    return _token_call(marketplace, "client_credentials", request, Idempotency.SAFE)


def authorization_code_call(
    marketplace: str, config: AuthConfig, sign_in: SignIn, *, client_id: str, client_secret: str, code: str
) -> Call[RawToken]:
    """Exchange the code that the browser brought back; ``client_secret`` empty: as a public client."""
    from oauthlib.oauth2 import WebApplicationClient

    body = WebApplicationClient(client_id).prepare_request_body(
        code=code,
        redirect_uri=sign_in.redirect_uri,
        include_client_id=False,
        code_verifier=sign_in.code_verifier,
        **dict(config.extra_token),
    )
    request = _own_request(config, config.token_url, _form(str(body)), client_id, client_secret)
    return _token_call(marketplace, "authorization_code", request, Idempotency.KEYED)


def refresh_call(
    marketplace: str, config: AuthConfig, *, client_id: str, client_secret: str, refresh_token: str
) -> Call[RawToken]:
    """Ask for a new access token; ``client_secret`` empty: as a public client."""
    from oauthlib.oauth2 import WebApplicationClient

    body = WebApplicationClient(client_id).prepare_refresh_body(
        refresh_token=refresh_token, **dict(config.extra_token)
    )
    # Sent again when no answer came: the old refresh token is all there is to try, and a vendor that has
    # already rotated it refuses, which is where not trying would have led anyway.
    request = _own_request(config, config.token_url, _form(str(body)), client_id, client_secret)
    return _token_call(marketplace, "refresh_token", request, Idempotency.KEYED)


def revoke_call(
    marketplace: str, config: AuthConfig, *, client_id: str, client_secret: str, token: str
) -> Call[None]:
    """Give a token back (RFC 7009): it and all that hangs on it end."""
    request = _own_request(config, config.revoke_url, (("token", token),), client_id, client_secret)
    return Call(
        marketplace=marketplace,
        operation="token.revoke",
        request=request,
        read_json=lambda _body, _headers: None,
        idempotency=Idempotency.KEYED,
        statuses=(200, 202, 204),
        may_be_empty=True,
    )


def own_header(config: AuthConfig, *, client_id: str, client_secret: str) -> tuple[str, str] | None:
    """Return the header with which we prove ourselves beside a code or refresh token, where one is used."""
    if config.token_client_auth is ClientAuth.BASIC and client_secret:
        return basic_header(client_id, client_secret)
    return None


def _form(body: str) -> tuple[tuple[str, str], ...]:
    return tuple(parse_qsl(body, keep_blank_values=True))


def _own_request(
    config: AuthConfig, url: str, form: tuple[tuple[str, str], ...], client_id: str, client_secret: str
) -> SecretRequest:
    """Build a token request that says who we are, in the way the vendor documents.

    A public client never sends a secret, not even an empty one (Getty B1 refuses it).
    """
    if own_header(config, client_id=client_id, client_secret=client_secret) is not None:
        return _token_request(url, form)
    if client_secret:
        return _token_request(url, (*form, ("client_id", client_id), ("client_secret", client_secret)))
    if config.public_id_in_query:
        return _token_request(url, form, query=(("client_id", client_id),))
    return _token_request(url, (*form, ("client_id", client_id)))


def _token_request(
    url: str, form: tuple[tuple[str, str], ...], query: tuple[tuple[str, str], ...] = ()
) -> SecretRequest:
    return SecretRequest(
        method="POST", url=url, query=query, headers=(("Accept", "application/json"),), form_body=form
    )


def _token_call(
    marketplace: str, grant: str, request: SecretRequest, idempotency: Idempotency
) -> Call[RawToken]:
    return Call(
        marketplace=marketplace,
        operation=f"token.{grant}",
        request=request,
        read_json=read_token,
        idempotency=idempotency,
        statuses=(200, 201),
    )


def read_token(body: Json, _headers: Mapping[str, str]) -> RawToken:
    """Read a token answer.

    ``expires_in`` may be a number, a numeric text, null or absent (CGTrader 1.1, Getty's old host), and in
    milliseconds (Adobe A.1).
    """
    if not isinstance(body, dict):
        raise UnexpectedResponse("The sign-in server did not answer with a token. Try again later.")
    access_token = body.get("access_token")
    if not isinstance(access_token, str) or not is_header_safe(access_token):
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
    if not 0 < seconds < float("inf"):
        return None
    return seconds / 1000 if seconds > _MILLISECONDS_ABOVE else seconds
