"""Fetches small public files (previews) without a credential, each redirect checked."""

from __future__ import annotations

from collections.abc import Callable

from ..clock import Clock
from ..errors import MarketplaceError, UnexpectedResponse
from .cancel import CancelToken, Pause
from .exchange import clean_error
from .message import Idempotency, Response
from .retry import Retry, RetryPolicy, decide, wait_asked
from .routes import Routes
from .sending import Timeouts, describe_failure
from .site import Site
from .statuses import error_for_status
from .transport import Transport, TransportError, WireRequest

_OPERATION = "preview"
_MAX_REDIRECTS = 5


class PublicFetcher:
    """Gets previews."""

    def __init__(
        self,
        *,
        transport: Transport,
        routes: Routes,
        clock: Clock,
        pause: Pause,
        random: Callable[[], float],
        user_agent: str,
        timeouts: Timeouts | None = None,
        policy: RetryPolicy | None = None,
    ) -> None:
        self._transport = transport
        self._routes = routes
        self._clock = clock
        self._pause = pause
        self._random = random
        self._user_agent = user_agent
        self._timeouts = timeouts or Timeouts()
        self._policy = policy or RetryPolicy(attempts=3, deadline_s=20.0)

    def fetch(self, url: str, site: Site, *, max_bytes: int, cancel: CancelToken | None = None) -> bytes:
        """Return the file's bytes, at most ``max_bytes``; raise a MarketplaceError subclass."""
        started = self._clock.monotonic()
        attempt = 0
        while True:
            attempt += 1
            if cancel is not None:
                cancel.check()
            try:
                return self._fetch_once(url, site, max_bytes)
            except MarketplaceError as error:
                failure = error
            plan = decide(
                idempotency=Idempotency.SAFE,
                error=failure,
                attempt=attempt,
                elapsed_s=self._clock.monotonic() - started,
                wait_asked_s=wait_asked(failure),
                jitter=self._random(),
                policy=self._policy,
            )
            if not isinstance(plan, Retry):
                raise clean_error(failure)
            self._pause(plan.wait_s, cancel)

    def _fetch_once(self, url: str, site: Site, max_bytes: int) -> bytes:
        logical = self._routes.check_preview(url, site)
        for _ in range(_MAX_REDIRECTS + 1):
            response = self._send(logical, site, max_bytes)
            location = response.headers.get("location", "")
            if response.status in {301, 302, 303, 307, 308} and location:
                logical = self._routes.check_preview(self._routes.redirected(logical, location), site)
                continue
            if response.status != 200:
                raise error_for_status(
                    name=site.name,
                    marketplace=site.id,
                    operation=_OPERATION,
                    status=response.status,
                    headers=response.headers,
                    body=b"",
                    spending=False,
                )
            return response.body
        raise UnexpectedResponse(f"{site.name} sent us in circles for a preview.", marketplace=site.id)

    def _send(self, logical: str, site: Site, max_bytes: int) -> Response:
        wire = WireRequest(
            method="GET",
            url=self._routes.wire(logical),
            headers=(
                ("User-Agent", self._user_agent),
                ("Accept", "image/*"),
                ("Accept-Encoding", "identity"),
            ),
            public_only=not self._routes.is_sandbox,
        )
        try:
            return self._transport.send(
                wire,
                connect_timeout_s=self._timeouts.connect_s,
                read_timeout_s=self._timeouts.read_s,
                max_bytes=max_bytes,
            )
        except TransportError as error:
            failure = error
        raise describe_failure(failure, site, operation=_OPERATION)
