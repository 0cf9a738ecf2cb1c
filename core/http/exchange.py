"""One call through all layers: online? → breaker → throttle → send → read → retry → note how it went.

It knows nothing of where keys are kept: the caller hands in the credential. Every way out of here that is
an error has been cleaned: no token, key, signed address or exception of a library hangs on it.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import TypeVar

from ..clock import Clock
from ..errors import ClearanceError, MarketplaceError, OfflineError, RateLimited, Unavailable
from .breaker import Breakers, Verdict, judge
from .cancel import CancelToken, Pause
from .health import CallNote, HealthLog, Outcome
from .message import Call, Request, Response
from .pacing import in_words
from .redact import redact_text
from .retry import GiveUp, Retry, RetryPolicy, decide, wait_asked
from .routes import Routes
from .sending import NO_CREDENTIAL, Credential, Sending, Timeouts
from .site import Site
from .statuses import read_told
from .throttle import Limit, OnWait, Throttle, Usage
from .transport import Transport
from .waits import WaitBoard

__all__ = ["NO_CREDENTIAL", "Credential", "Exchange", "Timeouts", "clean_error", "default_limit"]

P = TypeVar("P")

_QUIET_S = 1.0
"""How long a key rests after a 429 that does not say how long; ours."""
_REDIRECTS = frozenset({301, 302, 303, 307, 308})


@dataclass(slots=True)
class _Trace:
    """What happened on the wire during one call."""

    latencies_s: list[float] = field(default_factory=list)
    rate_limited: int = 0


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
        breakers: Breakers | None = None,
        health: HealthLog | None = None,
        board: WaitBoard | None = None,
    ) -> None:
        self.routes = routes
        self.clock = clock
        self._sending = Sending(
            transport=transport,
            routes=routes,
            clock=clock,
            user_agent=user_agent,
            timeouts=timeouts or Timeouts(),
        )
        self._throttle = throttle
        self._pause = pause
        self._random = random
        self._online = online
        self._policy = policy or RetryPolicy()
        self._limit_for = limit_for
        self._breakers = breakers
        self._health = health
        self._board = board or WaitBoard(clock=clock)

    def close(self) -> None:
        """Close the files that count and note requests; the transport is closed by whoever made it."""
        self._throttle.close()
        if self._health is not None:
            self._health.close()

    def usage(self, site: Site) -> Usage:
        """Return how much of this hour's budget is used at a marketplace, counting nothing.

        Raises ClearanceError when the file that counts cannot be read.
        """
        return self._throttle.usage(self._throttle_place(site), self._limit_for(site))

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
        trace = _Trace()
        if not call.marketplace_name:
            call = replace(call, marketplace_name=site.name)
        if self._breakers is not None:
            self._breakers.admit(site, call.operation)
        verdict = Verdict.SILENT
        number = self._board.enter()

        def tell(seconds: float) -> None:
            self._board.note(number, site.id, call.operation, seconds)
            if on_wait is not None:
                on_wait(seconds)

        try:
            answer = self._run_tries(call, site, credential, trace=trace, cancel=cancel, on_wait=tell)
            verdict = Verdict.GOOD
        except ClearanceError as error:
            failure = error
            verdict = judge(error) if trace.latencies_s else Verdict.SILENT
        else:
            self._note(call, site, trace, None)
            return answer
        finally:
            self._board.leave(number)
            if self._breakers is not None:
                self._breakers.report(site, call.operation, verdict)
        # Outside of the handler, so that nothing is chained to it again.
        clean_error(failure, _secrets_of(call.request, credential))
        self._note(call, site, trace, failure)
        raise failure

    def _run_tries(
        self,
        call: Call[P],
        site: Site,
        credential: Credential,
        *,
        trace: _Trace,
        cancel: CancelToken | None,
        on_wait: OnWait,
    ) -> P:
        from tenacity import RetryCallState, Retrying

        # Counted from the first sending: waiting for our own throttle must not use up the vendor's chances.
        started: list[float] = []
        planned: list[Retry | GiveUp] = []

        def once() -> P:
            self._admit(call, site, credential, cancel=cancel, on_wait=on_wait)
            if not started:
                started.append(self.clock.monotonic())
            return self._read(call, site, credential, self._timed_send(call, site, credential, trace), trace)

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
            if seconds >= 1.0:
                on_wait(seconds)
            self._pause(seconds, cancel)

        return Retrying(retry=again, wait=wait, sleep=sleep, reraise=True)(once)

    def _timed_send(self, call: Call[P], site: Site, credential: Credential, trace: _Trace) -> Response:
        began_s = self.clock.monotonic()
        try:
            return self._sending.send(call, site, credential)
        finally:
            trace.latencies_s.append(max(0.0, self.clock.monotonic() - began_s))

    def _note(self, call: Call[P], site: Site, trace: _Trace, failure: ClearanceError | None) -> None:
        """Note how a call went, if anything of it was sent and nobody stopped it."""
        if self._health is None or not trace.latencies_s:
            return
        if failure is not None and not isinstance(failure, MarketplaceError):
            return
        outcome = Outcome.OK
        if failure is not None:
            refused = judge(failure) is Verdict.GOOD
            outcome = Outcome.REFUSED if refused else Outcome.FAILED
        self._health.add(
            CallNote(
                marketplace=site.id,
                operation=call.operation,
                at=self.clock.now(),
                outcome=outcome,
                latencies_s=tuple(trace.latencies_s),
                rate_limited=trace.rate_limited,
                status=failure.status if failure is not None else None,
                code=failure.code if failure is not None else "",
                message=failure.message if failure is not None else "",
            )
        )

    def _admit(
        self,
        call: Call[P],
        site: Site,
        credential: Credential,
        *,
        cancel: CancelToken | None,
        on_wait: OnWait,
    ) -> None:
        """Pass every gate before sending; raise, with nothing sent, when one is shut."""
        self.check_online()
        if cancel is not None:
            cancel.check()
        try:
            self._throttle.acquire(
                self._throttle_key(site, credential),
                self._limit_for(site),
                urgent=call.is_urgent,
                marketplace=site.id,
                cancel=cancel,
                on_wait=on_wait,
            )
        except RateLimited as error:
            raise RateLimited(
                f"{site.name} has had as many requests as it takes for now. Nothing was sent; try again in "
                f"{in_words(error.retry_after_s or 1.0)}.",
                marketplace=site.id,
                status=None,
                retry_after_s=error.retry_after_s,
            ) from None
        except ClearanceError as error:
            if error.code != "throttle":
                raise
            # Of the kind that says "nothing was sent" to a purchase, too.
            raise Unavailable(error.message, marketplace=site.id, code=error.code) from None
        self.check_online()

    def _throttle_place(self, site: Site) -> str:
        # The sandbox must not use up what the real marketplace allows.
        place = "sandbox:" if self.routes.is_sandbox else ""
        return f"{place}{site.id}:"

    def _throttle_key(self, site: Site, credential: Credential) -> str:
        return f"{self._throttle_place(site)}{credential.identity}"

    def _read(
        self, call: Call[P], site: Site, credential: Credential, response: Response, trace: _Trace
    ) -> P:
        key = self._throttle_key(site, credential)
        told = read_told(response.headers)
        if told is not None:
            self._heed(lambda: self._throttle.note_told(key, told))
        try:
            return call.read(response)
        except RateLimited as error:
            trace.rate_limited += 1
            asked = wait_asked(error)
            # Without a word how long: a moment of quiet for every process that uses the key.
            quiet_s = _QUIET_S if asked is None else asked
            self._heed(lambda: self._throttle.pause_key(key, quiet_s))
            raise

    @staticmethod
    def _heed(note: Callable[[], None]) -> None:
        """Write down what the vendor asks for; if that fails, the answer at hand counts all the same."""
        with suppress(ClearanceError):
            note()


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
