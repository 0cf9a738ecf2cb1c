"""One call through all layers: online? → throttle → send → read → retry.

It knows nothing of where keys are kept: the caller hands in the credential. Every way out of here that is
an error has been cleaned: no token, key, signed address or exception of a library hangs on it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from email.utils import format_datetime
from typing import TypeVar
from urllib.parse import quote, urlencode, urlsplit

from ..clock import Clock
from ..errors import (
    ClearanceError,
    MarketplaceError,
    OfflineError,
    RateLimited,
    Unavailable,
    UnexpectedResponse,
)
from .cancel import CancelToken, Pause
from .message import Call, Idempotency, Request, Response
from .redact import redact_text
from .retry import GiveUp, Retry, RetryPolicy, decide, wait_asked
from .routes import Routes
from .site import Site
from .statuses import outcome_unknown
from .throttle import Limit, OnWait, Throttle
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


def default_limit(site: Site) -> Limit:
    """Return the site's own ceiling, and never more than two requests in a second."""
    return Limit(per_hour=site.requests_per_hour, per_second=2)


class Exchange:
    """Sends calls. One for the whole process; safe to use from several threads."""

    def __init__(
        self,
        *,
        transport: Transport,
        routes: Routes,
        throttle: Throttle,
        clock: Clock,
        pause: Pause,
        random: Callable[[], float],
        online: Callable[[], bool],
        user_agent: str,
        timeouts: Timeouts | None = None,
        policy: RetryPolicy | None = None,
        limit_for: Callable[[Site], Limit] = default_limit,
    ) -> None:
        self.routes = routes
        self.clock = clock
        self._transport = transport
        self._throttle = throttle
        self._pause = pause
        self._random = random
        self._online = online
        self._user_agent = user_agent
        self._timeouts = timeouts or Timeouts()
        self._policy = policy or RetryPolicy()
        self._limit_for = limit_for

    def close(self) -> None:
        """Close the file that counts requests; the transport is closed by whoever made it."""
        self._throttle.close()

    def check_online(self) -> None:
        """Raise OfflineError when the host forbids network access."""
        if not self._online():
            raise OfflineError(
                "Online access is off; no connection was made. Allow it in Preferences › System › Network."
            )

    def run(
        self,
        call: Call[P],
        site: Site,
        credential: Credential = NO_CREDENTIAL,
        *,
        cancel: CancelToken | None = None,
        on_wait: OnWait | None = None,
    ) -> P:
        """Send a call and return what its reader made of the answer.

        Raises MarketplaceError subclasses, OfflineError and CancelledError. For a SPENDING call: Unavailable
        only when nothing was sent, OutcomeUnknown when it was and the answer does not tell.
        """
        from tenacity import RetryCallState, Retrying

        # Counted from the first sending: waiting for our own throttle must not use up the vendor's chances.
        started: list[float] = []
        planned: list[Retry | GiveUp] = []

        def once() -> P:
            self._admit(site, credential, cancel, on_wait)
            if not started:
                started.append(self.clock.monotonic())
            return self._read(call, site, credential, self._send(call, site, credential))

        def again(state: RetryCallState) -> bool:
            error = state.outcome.exception() if state.outcome is not None else None
            if not isinstance(error, Exception):
                return False
            plan = decide(
                idempotency=call.idempotency,
                error=error,
                attempt=state.attempt_number,
                elapsed_s=self.clock.monotonic() - started[0] if started else 0.0,
                wait_asked_s=wait_asked(error),
                jitter=self._random(),
                policy=self._policy,
            )
            planned.append(plan)
            return isinstance(plan, Retry)

        def wait(_state: RetryCallState) -> float:
            plan = planned[-1]
            return plan.wait_s if isinstance(plan, Retry) else 0.0

        def sleep(seconds: float) -> None:
            if on_wait is not None and seconds >= 1.0:
                on_wait(seconds)
            self._pause(seconds, cancel)

        try:
            return Retrying(retry=again, wait=wait, sleep=sleep, reraise=True)(once)
        except ClearanceError as error:
            failure = error
        # Outside of the handler, so that nothing is chained to it again.
        raise clean_error(failure, _secrets_of(call.request, credential))

    def _admit(
        self, site: Site, credential: Credential, cancel: CancelToken | None, on_wait: OnWait | None
    ) -> None:
        """Pass every gate before sending; raise, with nothing sent, when one is shut."""
        self.check_online()
        if cancel is not None:
            cancel.check()
        try:
            self._throttle.acquire(
                self._throttle_key(site, credential),
                self._limit(site),
                marketplace=site.id,
                cancel=cancel,
                on_wait=on_wait,
            )
        except ClearanceError as error:
            if error.code != "throttle":
                raise
            # Of the kind that says "nothing was sent" to a purchase, too.
            raise Unavailable(error.message, marketplace=site.id, code=error.code) from None
        self.check_online()

    def _throttle_key(self, site: Site, credential: Credential) -> str:
        # The sandbox must not use up what the real marketplace allows.
        place = "sandbox:" if self.routes.is_sandbox else ""
        return f"{place}{site.id}:{credential.identity}"

    def _limit(self, site: Site) -> Limit:
        limit = self._limit_for(site)
        return Limit(per_hour=max(36_000, limit.per_hour)) if self.routes.is_sandbox else limit

    def _read(self, call: Call[P], site: Site, credential: Credential, response: Response) -> P:
        try:
            return call.read(response)
        except RateLimited as error:
            asked = wait_asked(error)
            if asked is not None:
                self._throttle.pause_key(self._throttle_key(site, credential), asked)
            raise

    def _send(self, call: Call[P], site: Site, credential: Credential) -> Response:
        """Send once, and follow redirects where the call wants it."""
        spending = call.idempotency is Idempotency.SPENDING
        request = call.request
        logical = self.routes.check_api(request.url, site)
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
                url=self.routes.wire(logical),
                headers=sent,
                body=body,
                fresh_connection=spending,
            )
            response = self._exchange_once(call, site, wire, spending=spending)
            location = response.headers.get("location", "")
            if spending or not request.follow_redirects or response.status not in _REDIRECTS or not location:
                return replace(response, url=logical)
            logical = self.routes.check_api(self.routes.redirected(logical, location), site)
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
            dated = {"date": format_datetime(self.clock.now(), usegmt=True), **response.headers}
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


Failure = TypeVar("Failure", bound=ClearanceError)


def clean_error(error: Failure, secrets: tuple[str, ...] = ()) -> Failure:
    """Take secrets out of an error and cut it loose from what caused it."""
    message = redact_text(error.message, secrets)
    if message != error.message:
        error.message = message
        error.args = (message,)
    shown = {
        name: redact_text(value, secrets) if isinstance(value, str) else value
        for name, value in error.context.items()
    }
    if shown != dict(error.context):
        error.context = shown
    error.__cause__ = error.__context__ = None
    return error


def _secrets_of(request: Request, credential: Credential) -> tuple[str, ...]:
    in_form = [
        value
        for name, value in request.form_body or ()
        if name in {"client_secret", "refresh_token", "code", "code_verifier"}
    ]
    return (*credential.secrets, *in_form)
