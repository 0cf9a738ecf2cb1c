"""What services talk to: sends calls with the credential they need, and fetches previews.

A thin join of :class:`~.exchange.Exchange` (one call through all layers) and :class:`~.tokens.TokenKeeper`
(who we are). Files are fetched by :mod:`.download`.
"""

from __future__ import annotations

from typing import TypeVar

from ..errors import (
    CancelledError,
    ClearanceError,
    CredentialsRejected,
    MarketplaceError,
    OfflineError,
    Unavailable,
)
from .cancel import CancelToken
from .exchange import Credential, Exchange
from .keys import WHERE
from .message import Auth, Call, Idempotency
from .public import PublicFetcher
from .site import Site
from .throttle import OnWait
from .tokens import TokenKeeper

P = TypeVar("P")


class Client:
    """Sends calls to marketplaces. Safe to use from several threads."""

    def __init__(self, exchange: Exchange, tokens: TokenKeeper, public: PublicFetcher) -> None:
        self._exchange = exchange
        self._tokens = tokens
        self._public = public

    def send(
        self,
        call: Call[P],
        info: Site,
        *,
        cancel: CancelToken | None = None,
        on_wait: OnWait | None = None,
    ) -> P:
        """Send one call and return what its reader made of the answer.

        ``on_wait`` is told the seconds of each longer wait. Raises MarketplaceError subclasses, OfflineError,
        CancelledError; for a SPENDING call everything but OutcomeUnknown means that it took no effect.
        """
        self._exchange.check_online()
        credential = self._credential(call, info, cancel)
        try:
            return self._exchange.run(call, info, credential, cancel=cancel, on_wait=on_wait)
        except CredentialsRejected as error:
            rejected = error
        # A 401 is a refusal at the door: the call had no effect, not even one that spends, so it may go out
        # once more with a token that is really new. This is the only case in which a SPENDING call is sent
        # twice, and never after anything but a 401. (Adobe also says it with a number of its own: A.7.)
        renewed = None
        refused = rejected.status == 401 or call.idempotency is Idempotency.SAFE
        if refused and call.request.auth is not Auth.NONE:
            renewed = self._renew(call, credential, info, cancel)
        if renewed is not None:
            credential = renewed
            try:
                return self._exchange.run(call, info, credential, cancel=cancel, on_wait=on_wait)
            except CredentialsRejected as error:
                rejected = error
        plain = self._without_token(call, credential, info)
        if plain is None:
            raise self._explain(rejected, credential, info)
        return self._exchange.run(call, info, plain, cancel=cancel, on_wait=on_wait)

    def close(self) -> None:
        """Let go of files; the transport is closed by whoever made it."""
        self._exchange.close()

    def fetch_public(
        self, url: str, info: Site, *, max_bytes: int, cancel: CancelToken | None = None
    ) -> bytes:
        """Fetch a preview, without any credential, from a host that the marketplace names for previews."""
        self._exchange.check_online()
        return self._public.fetch(url, info, max_bytes=max_bytes, cancel=cancel)

    def _credential(self, call: Call[P], info: Site, cancel: CancelToken | None) -> Credential:
        try:
            return self._tokens.credential(call.request.auth, info, cancel=cancel)
        except ClearanceError as error:
            failure = error
        raise _before_sending(failure, call, info)

    def _renew(
        self, call: Call[P], credential: Credential, info: Site, cancel: CancelToken | None
    ) -> Credential | None:
        try:
            return self._tokens.renew(credential, info, cancel=cancel)
        except CredentialsRejected as error:
            if self._works_without(call):
                return None
            failure: ClearanceError = error
        except ClearanceError as error:
            failure = error
        raise _before_sending(failure, call, info)

    def _without_token(self, call: Call[P], credential: Credential, info: Site) -> Credential | None:
        """Return the key alone for a call that a token only makes better: a bad one fails it (Adobe A.9)."""
        return self._tokens.without_token(credential, info) if self._works_without(call) else None

    @staticmethod
    def _explain(rejected: CredentialsRejected, credential: Credential, info: Site) -> CredentialsRejected:
        """Say what exactly was refused, where the marketplace's own error did not."""
        if rejected.code != CredentialsRejected.code:
            return rejected
        code, signed_in = CredentialsRejected.code, credential.kind == "user_token"
        if not signed_in:
            page = info.key_page_url
            words = f"{info.name} refused the key. Copy it again from {page}, and enter it under {WHERE}."
        elif info.auth.key_headers:
            words = (
                f"{info.name} refused the key or your sign-in. Sign in again under {WHERE}; if that does not "
                "help, enter the key again."
            )
        else:
            code = "marketplace.sign_in_ended"
            words = f"Your sign-in at {info.name} has ended, or was refused. Sign in again under {WHERE}."
        return CredentialsRejected(
            words, marketplace=info.id, status=rejected.status, code=code, context=rejected.context
        )

    @staticmethod
    def _works_without(call: Call[P]) -> bool:
        return call.request.auth is Auth.BEST and call.idempotency is Idempotency.SAFE


def _before_sending(error: ClearanceError, call: Call[P], info: Site) -> ClearanceError:
    """Make sure that a purchase which was never sent does not look as if it might have been."""
    known = isinstance(error, MarketplaceError | OfflineError | CancelledError)
    if call.idempotency is not Idempotency.SPENDING or known:
        return error
    return Unavailable(error.message, marketplace=info.id, code=error.code)
