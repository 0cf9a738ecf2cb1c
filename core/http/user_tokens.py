"""The token of the signed-in user: sign-in, keeping, refreshing under a lock, giving it back.

The token is one secret of the credential store: our JSON after a sign-in, or whatever the user pasted, which
is used as it is. Several processes share it, and a vendor may give a new refresh token with each refresh (and
then refuse the old one). So a refresh happens under a lock file, after reading the store once more, and its
result is stored before it is used.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

from ..credentials.lock import lock_file
from ..credentials.port import CredentialStore
from ..errors import (
    ClearanceError,
    CredentialsRejected,
    CredentialStoreError,
    MarketplaceError,
    RequestRejected,
)
from .auth import CredentialField, Redirect, Token, decode_token, encode_token
from .cancel import CancelToken, Pause
from .exchange import Credential, Exchange
from .keys import WHERE, StoredKeys, identify
from .message import Call
from .oauth import (
    RawToken,
    SignIn,
    authorization_code_call,
    own_header,
    redirect_uri,
    refresh_call,
    revoke_call,
    start_sign_in,
)
from .site import Site


class UserTokens:
    """Keeps the users' tokens of all marketplaces. Safe to use from several threads and processes."""

    def __init__(
        self,
        store: CredentialStore,
        keys: StoredKeys,
        exchange: Exchange,
        *,
        lock_folder: Path,
        pause: Pause,
        random_text: Callable[[int], str],
    ) -> None:
        self._store = store
        self._keys = keys
        self._exchange = exchange
        self._lock_folder = lock_folder
        self._pause = pause
        self._random_text = random_text
        self._lock = threading.RLock()
        self._user_tokens: dict[str, Token] = {}
        self._unsaved: dict[str, Token] = {}

    def find(self, site: Site, cancel: CancelToken | None = None) -> Token | None:
        """Return the token, refreshed when it is about to end; None when nobody is signed in."""
        token = self.held(site)
        if token is None or token.refresh_token is None or token.is_fresh(self._exchange.clock.now()):
            return token  # an expired one that cannot be refreshed is for the vendor to refuse
        return self.refresh(site, token.access_token, cancel)

    def held(self, site: Site) -> Token | None:
        """Return the token as it is; None when nobody is signed in."""
        with self._lock:
            held = self._user_tokens.get(site.id)
        return held if held is not None else self._stored_user_token(site)

    def forget_cached(self, marketplace: str) -> None:
        """Read this marketplace's token anew next time."""
        with self._lock:
            self._user_tokens.pop(marketplace, None)
            self._unsaved.pop(marketplace, None)

    def forget(self, site: Site) -> str:
        """Sign out: delete the user's token here and in the store, and give it back to the vendor.

        The token is gone here however that ends. Return the sentence that says when the vendor could not be
        told; empty when it was, or when it has no way to be.
        """
        with self._alone(site, None):
            try:
                # Not the one in memory: another process may have refreshed it meanwhile.
                token = self._stored_user_token(site)
            except CredentialsRejected:
                token = None
            self.forget_cached(site.id)
            self._store.delete(site.id, CredentialField.USER_TOKEN)
        if token is None or not site.auth.revoke_url:
            return ""
        try:
            self._revoke(site, token)
        except ClearanceError as error:
            # A success whose body is not data is a success: only the status counts here.
            if isinstance(error, MarketplaceError) and error.status in {200, 202, 204}:
                return ""
            return (
                f"You are signed out here, but {site.name} could not be told, so that the sign-in may stay "
                f"valid there until it runs out: {error.message}"
            )
        return ""

    def begin_sign_in(self, site: Site, port: int = 0) -> SignIn:
        """Return the page to open in the browser; raise CredentialsMissing.

        ``port`` is where a listener waits; it does not count where the user pastes the address.
        """
        keys = self._own_keys(site)
        if site.auth.redirect is Redirect.PASTE:
            back = self._keys.need(site, [CredentialField.REDIRECT_URI])[CredentialField.REDIRECT_URI]
        else:
            back = redirect_uri(site.auth, port)
        return start_sign_in(
            site.auth,
            client_id=keys[0],
            back=back,
            state=self._random_text(32),
            code_verifier=self._random_text(48),
        )

    def finish_sign_in(
        self, site: Site, sign_in: SignIn, code: str, *, cancel: CancelToken | None = None
    ) -> None:
        """Exchange the code for tokens and store them."""
        client_id, client_secret = self._own_keys(site)
        call = authorization_code_call(
            site.id, site.auth, sign_in, client_id=client_id, client_secret=client_secret, code=code
        )
        raw = self._ask_for_token(call, site, client_id, client_secret, cancel)
        if raw is None:
            raise CredentialsRejected(
                f"{site.name} did not accept the sign-in. Check the key and secret under {WHERE}, "
                "then sign in again.",
                marketplace=site.id,
            )
        with self._alone(site, cancel):
            self._keep_user_token(site, raw.dated(self._exchange.clock.now()))

    def refresh(self, site: Site, stale: str, cancel: CancelToken | None) -> Token | None:
        """Return a user token other than ``stale``, refreshed by us or another process, or None."""
        clock = self._exchange.clock
        with self._alone(site, cancel):
            current = self._stored_user_token(site)
            if current is None:
                return None
            if current.access_token != stale and current.is_fresh(clock.now()):
                return current
            if current.refresh_token is None:
                return None
            client_id, client_secret = self._own_keys(site)
            call = refresh_call(
                site.id,
                site.auth,
                client_id=client_id,
                client_secret=client_secret,
                refresh_token=current.refresh_token,
            )
            raw = self._ask_for_token(call, site, client_id, client_secret, cancel)
            if raw is None:
                raise CredentialsRejected(
                    f"The sign-in at {site.name} has ended. Sign in again under {WHERE}.",
                    marketplace=site.id,
                    code="marketplace.sign_in_ended",
                )
            token = raw.dated(clock.now(), kept_refresh_token=current.refresh_token)
            self._keep_user_token(site, token)
            return token

    def _stored_user_token(self, site: Site) -> Token | None:
        with self._lock:
            unsaved = self._unsaved.get(site.id)
        if unsaved is not None:
            return unsaved  # newer than what the store could be given
        secret = self._store.read(site.id, CredentialField.USER_TOKEN)
        if not secret:
            return None
        token = decode_token(secret)
        if token is None:
            raise CredentialsRejected(
                f"The stored sign-in at {site.name} cannot be read. Sign in again under {WHERE}.",
                marketplace=site.id,
                status=None,
            )
        with self._lock:
            self._user_tokens[site.id] = token
        return token

    def _own_keys(self, site: Site) -> tuple[str, str]:
        """Return what a code or refresh token is exchanged with; a public client may have no secret."""
        wanted = [CredentialField.CLIENT_ID]
        if not site.auth.public_client:
            wanted.append(CredentialField.CLIENT_SECRET)
        values = self._keys.need(site, wanted)
        secret = values.get(CredentialField.CLIENT_SECRET) or self._keys.read(
            site, CredentialField.CLIENT_SECRET
        )
        return values[CredentialField.CLIENT_ID], secret

    def _ask_for_token(
        self,
        call: Call[RawToken],
        site: Site,
        client_id: str,
        client_secret: str,
        cancel: CancelToken | None,
    ) -> RawToken | None:
        """Exchange a code or a refresh token; None when it is refused."""
        try:
            return self._exchange.run(call, site, _own(site, client_id, client_secret), cancel=cancel)
        except (RequestRejected, CredentialsRejected):
            return None

    def _revoke(self, site: Site, token: Token) -> None:
        client_id, client_secret = self._own_keys(site)
        call = revoke_call(
            site.id,
            site.auth,
            client_id=client_id,
            client_secret=client_secret,
            # With the refresh token everything that was made from it ends (RFC 7009 §2.1).
            token=token.refresh_token or token.access_token,
        )
        self._exchange.run(call, site, _own(site, client_id, client_secret))

    def _keep_user_token(self, site: Site, token: Token) -> None:
        """Store, then use. If storing fails the token still serves until this process ends."""
        try:
            self._store.write(site.id, CredentialField.USER_TOKEN, encode_token(token))
        except CredentialStoreError as error:
            failure: CredentialStoreError | None = error
        else:
            failure = None
        with self._lock:
            self._user_tokens[site.id] = token
            self._unsaved.pop(site.id, None)
            if failure is not None:
                self._unsaved[site.id] = token
        if failure is not None:
            raise CredentialStoreError(
                f"You are signed in at {site.name}, but only until Clearance is closed: {failure.message}",
                context={"marketplace": site.id},
            )

    def _alone(self, site: Site, cancel: CancelToken | None) -> AbstractContextManager[None]:
        """Keep other processes and threads from refreshing this site's token meanwhile."""
        return lock_file(
            self._lock_folder / f"token-{site.id}.lock",
            clock=self._exchange.clock,
            wait=lambda seconds: self._pause(seconds, cancel),
        )


def _own(site: Site, client_id: str, client_secret: str) -> Credential:
    """Return what a code or refresh token is exchanged with, counted as the application's own request."""
    header = own_header(site.auth, client_id=client_id, client_secret=client_secret)
    hidden = (client_secret, header[1].partition(" ")[2] if header else "")
    return Credential(
        identity=identify(client_id),
        headers=(header,) if header else (),
        secrets=tuple(secret for secret in hidden if secret),
        kind="own",
    )
