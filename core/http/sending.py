"""Puts one call on the wire, once: address, headers, body, redirects, and what a failure there means.

It never waits, counts or tries again, and does not read the answer.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from email.utils import format_datetime
from typing import TypeVar
from urllib.parse import quote, urlencode, urlsplit

from ..clock import Clock
from ..errors import MarketplaceError, Unavailable, UnexpectedResponse
from .message import Call, Idempotency, Request, Response
from .routes import Routes
from .site import Site
from .statuses import outcome_unknown
from .transport import AnswerLost, BodyTooLarge, NothingSent, Transport, TransportError, WireRequest

P = TypeVar("P")

MAX_ANSWER_BYTES = 32 * 1024**2
_MAX_REDIRECTS = 5
_REDIRECTS = frozenset({301, 302, 303, 307, 308})


@dataclass(frozen=True, slots=True, kw_only=True)
class Credential:
    """What one call is authenticated with. ``identity`` names the key for the throttle without being it."""

    identity: str
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    """Keys in headers of the vendor's own, and ``Authorization``; for the first host of a call alone."""
    secrets: tuple[str, ...] = field(default=(), repr=False)
    kind: str = "none"
    token: str = field(default="", repr=False)
    """The access token in it, where there is one."""


NO_CREDENTIAL = Credential(identity="anonymous")


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeouts:
    """Seconds to wait for a connection, for an answer, and for the answer to a call that spends."""

    connect_s: float = 10.0
    read_s: float = 30.0
    spending_s: float = 90.0
    """Longer: giving up early leaves a purchase in doubt."""


class Sending:
    """Sends requests. Safe to use from several threads."""

    def __init__(
        self, *, transport: Transport, routes: Routes, clock: Clock, user_agent: str, timeouts: Timeouts
    ) -> None:
        self._transport = transport
        self._routes = routes
        self._clock = clock
        self._user_agent = user_agent
        self._timeouts = timeouts

    def send(self, call: Call[P], site: Site, credential: Credential) -> Response:
        """Send once, and follow redirects where the call wants it."""
        spending = call.idempotency is Idempotency.SPENDING
        request = call.request
        logical = self._routes.check_api(request.url, site)
        if request.query:
            joint = "&" if urlsplit(logical).query else "?"
            logical = f"{logical}{joint}{urlencode(request.query, quote_via=quote)}"
        home = urlsplit(logical).hostname
        headers, body = self._headers_and_body(request)
        method = request.method
        for _ in range(_MAX_REDIRECTS + 1):
            # A credential never follows to another host.
            own = urlsplit(logical).hostname == home
            sent = (*headers, *credential.headers) if own else headers
            wire = WireRequest(
                method=method,
                url=self._routes.wire(logical),
                headers=sent,
                body=body,
                fresh_connection=spending,
            )
            response = self._exchange_once(call, site, wire, spending=spending)
            location = response.headers.get("location", "")
            if spending or not request.follow_redirects or response.status not in _REDIRECTS or not location:
                return replace(response, url=logical)
            logical = self._routes.check_api(self._routes.redirected(logical, location), site)
            if response.status == 303 or (response.status in {301, 302} and method == "POST"):
                method, body = "GET", None
        raise UnexpectedResponse(
            f"{site.name} sent us from address to address without end. Try again later.", marketplace=site.id
        )

    def _exchange_once(self, call: Call[P], site: Site, wire: WireRequest, *, spending: bool) -> Response:
        try:
            response = self._transport.send(
                wire,
                connect_timeout_s=self._timeouts.connect_s,
                read_timeout_s=self._timeouts.spending_s if spending else self._timeouts.read_s,
                max_bytes=MAX_ANSWER_BYTES,
            )
        except TransportError as error:
            failure = error
        else:
            # So that a wait given as a date can be told from this very answer.
            dated = {"date": format_datetime(self._clock.now(), usegmt=True), **response.headers}
            return replace(response, headers=dated)
        raise describe_failure(failure, site, operation=call.operation, spending=spending)

    def _headers_and_body(self, request: Request) -> tuple[tuple[tuple[str, str], ...], bytes | None]:
        headers = [*request.headers, ("User-Agent", self._user_agent), ("Accept-Encoding", "gzip, deflate")]
        body: bytes | None = None
        if request.json_body is not None:
            headers.append(("Content-Type", "application/json"))
            body = request.json_body.encode()
        elif request.form_body is not None:
            headers.append(("Content-Type", "application/x-www-form-urlencoded"))
            body = urlencode(request.form_body).encode()
        elif request.method in {"POST", "PUT", "PATCH"}:
            body = b""
        return tuple(headers), body


def describe_failure(
    error: TransportError, site: Site, *, operation: str, spending: bool = False
) -> MarketplaceError:
    """Return the error that says what a failure on the wire means for a call."""
    match error:
        case NothingSent():
            return Unavailable(
                f"{site.name} cannot be reached: {error.reason}. Nothing was sent. "
                "Check the internet connection and the proxy settings, then try again.",
                marketplace=site.id,
                context={"operation": operation, "host": error.host},
            )
        case _ if spending:
            return outcome_unknown(name=site.name, marketplace=site.id, operation=operation, status=None)
        case BodyTooLarge():
            return UnexpectedResponse(
                f"{site.name} sent an answer that is far too large; it was not read.",
                marketplace=site.id,
                context={"operation": operation, "host": error.host},
            )
        case AnswerLost() | _:
            return Unavailable(
                f"{site.name} did not answer: {error.reason}. Try again in a moment.",
                marketplace=site.id,
                context={"operation": operation, "host": error.host},
            )
