"""Who we are at each marketplace: reads keys, fetches, keeps, refreshes and stores tokens.

Secrets live in the credential store and in this object's memory, nowhere else. A user token is one secret of
the store: our JSON after a sign-in, or whatever the user pasted, which is used as it is.

Several processes share the stored user token, and a vendor may give a new refresh token with each refresh
(and then refuse the old one). So a refresh happens under a lock file, after reading the store once more, and
its result is stored before it is used.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

from ..credentials.lock import lock_file
from ..credentials.port import CredentialStore
from ..errors import CredentialsMissing, CredentialsRejected, CredentialStoreError, RequestRejected
from .auth import (
    AppAuth,
    CredentialField,
    SignIn,
    Token,
    authorization_code_call,
    basic_header,
    bearer_header,
    client_credentials_call,
    decode_token,
    encode_token,
    refresh_call,
    start_sign_in,
)
from .cancel import CancelToken, Pause
from .exchange import NO_CREDENTIAL, Credential, Exchange
from .message import Auth
from .site import Site

WHERE = "Preferences › Add-ons › Clearance"

_BASIC, _APP_TOKEN, _USER_TOKEN = "basic", "app_token", "user_token"


class TokenKeeper:
    """Gives each call its credential. Safe to use from several threads and processes.

    ``random_text`` returns fresh random text of at least so many bytes of chance, URL-safe
    (``secrets.token_urlsafe``). ``lock_folder`` is where the processes meet.
    """

    def __init__(
        self,
        store: CredentialStore,
        exchange: Exchange,
        *,
        lock_folder: Path,
        pause: Pause,
        random_text: Callable[[int], str],
    ) -> None:
        self._store = store
        self._exchange = exchange
        self._lock_folder = lock_folder
        self._pause = pause
        self._random_text = random_text
        self._lock = threading.RLock()
        self._keys: dict[str, tuple[str, str]] = {}
        self._app_tokens: dict[str, Token] = {}
        self._user_tokens: dict[str, Token] = {}
        self._unsaved: dict[str, Token] = {}

    def credential(self, auth: Auth, site: Site, *, cancel: CancelToken | None = None) -> Credential:
        """Return what a call of this kind is to be sent with.

        Raises CredentialsMissing, CredentialsRejected (a sign-in that has ended), CredentialStoreError, and
        whatever asking for a token raises.
        """
        match auth:
            case Auth.NONE:
                return NO_CREDENTIAL
            case Auth.APP:
                return self._app_credential(site, cancel)
            case Auth.USER | Auth.USER_OR_APP:
                token = self._user_token(site, cancel)
                if token is not None:
                    return self._user_credential(site, token)
                if auth is Auth.USER_OR_APP:
                    return self._app_credential(site, cancel)
        raise CredentialsMissing(
            f"This needs your sign-in at {site.name}. Sign in under {WHERE}"
            + (f", or paste a token from {site.key_page_url}." if site.auth.manual_user_token else "."),
            marketplace=site.id,
            context={"field": CredentialField.USER_TOKEN},
        )

    def renew(
        self, rejected: Credential, site: Site, *, cancel: CancelToken | None = None
    ) -> Credential | None:
        """Return a really new credential after a 401 for ``rejected``; None when there is none to be had."""
        match rejected.kind:
            case "basic":
                self.forget_cached(site.id)  # another process may have stored a new key
                fresh = self._app_credential(site, cancel)
                return fresh if fresh.header != rejected.header else None
            case "app_token":
                with self._lock:
                    held = self._app_tokens.get(site.id)
                    if held is not None and bearer_header(held.access_token) == rejected.header:
                        del self._app_tokens[site.id]
                return self._app_credential(site, cancel)
            case "user_token":
                stale = rejected.secrets[0]
                renewed = self._refresh(site, stale, cancel)
                return None if renewed is None else self._user_credential(site, renewed)
        return None

    def has_user(self, site: Site) -> bool:
        """Say whether a sign-in or a pasted token is there."""
        try:
            return self._held_user_token(site) is not None
        except CredentialsRejected:
            return False  # something is stored that is no token: the same as nothing

    def forget_cached(self, marketplace: str) -> None:
        """Read this marketplace's keys and tokens anew next time: the store has changed."""
        with self._lock:
            for held in (self._keys, self._app_tokens, self._user_tokens, self._unsaved):
                held.pop(marketplace, None)

    def forget(self, site: Site) -> None:
        """Sign out: delete the user's token here and in the store."""
        with self._alone(site, None):
            self.forget_cached(site.id)
            self._store.delete(site.id, CredentialField.USER_TOKEN)

    def begin_sign_in(self, site: Site, port: int) -> SignIn:
        """Return the page to open in the browser, for a listener on ``port``; raise CredentialsMissing."""
        client_id, _ = self._app_keys(site)
        return start_sign_in(
            site.auth,
            client_id=client_id,
            port=port,
            state=self._random_text(32),
            code_verifier=self._random_text(48),
        )

    def browser_url(self, sign_in: SignIn) -> str:
        """Return the address to open: the vendor's, or the sandbox's."""
        return self._exchange.routes.wire(sign_in.url)

    def finish_sign_in(
        self, site: Site, sign_in: SignIn, code: str, *, cancel: CancelToken | None = None
    ) -> None:
        """Exchange the code for tokens and store them."""
        client_id, client_secret = self._app_keys(site)
        call = authorization_code_call(
            site.id, site.auth, sign_in, client_id=client_id, client_secret=client_secret, code=code
        )
        try:
            raw = self._exchange.run(call, site, cancel=cancel)
        except (RequestRejected, CredentialsRejected):
            refused = True
        else:
            refused = False
        if refused:
            raise CredentialsRejected(
                f"{site.name} did not accept the sign-in. Check the key and secret under {WHERE}, "
                "then sign in again.",
                marketplace=site.id,
            )
        with self._alone(site, cancel):
            self._keep_user_token(site, raw.dated(self._exchange.clock.now()))

    def _app_keys(self, site: Site) -> tuple[str, str]:
        with self._lock:
            held = self._keys.get(site.id)
        if held is not None:
            return held
        values = {
            name: self._store.read(site.id, name)
            for name in (CredentialField.CLIENT_ID, CredentialField.CLIENT_SECRET)
        }
        missing = [name for name, value in values.items() if not value]
        if missing:
            words = " and ".join(name.replace("_", " ") for name in missing)
            raise CredentialsMissing(
                f"{site.name} needs your {words}. Enter it under {WHERE}; "
                f"you get a key at {site.key_page_url}.",
                marketplace=site.id,
                context={"field": ",".join(missing)},
            )
        keys = (values[CredentialField.CLIENT_ID] or "", values[CredentialField.CLIENT_SECRET] or "")
        with self._lock:
            self._keys[site.id] = keys
        return keys

    def _app_credential(self, site: Site, cancel: CancelToken | None) -> Credential:
        client_id, client_secret = self._app_keys(site)
        if site.auth.app is AppAuth.BASIC:
            header = basic_header(client_id, client_secret)
            blob = header[1].partition(" ")[2]
            return Credential(
                identity=_identity(client_id), header=header, secrets=(client_secret, blob), kind=_BASIC
            )
        token = self._app_token(site, client_id, client_secret, cancel)
        return Credential(
            identity=_identity(client_id),
            header=bearer_header(token.access_token),
            secrets=(token.access_token, client_secret),
            kind=_APP_TOKEN,
        )

    def _app_token(self, site: Site, client_id: str, client_secret: str, cancel: CancelToken | None) -> Token:
        with self._lock:
            held = self._app_tokens.get(site.id)
        if held is not None and held.is_fresh(self._exchange.clock.now()):
            return held
        call = client_credentials_call(site.id, site.auth, client_id=client_id, client_secret=client_secret)
        try:
            raw = self._exchange.run(call, site, cancel=cancel)
        except (RequestRejected, CredentialsRejected):
            raw = None
        if raw is None:
            raise CredentialsRejected(
                f"{site.name} refused the key and secret. Check them under {WHERE}.", marketplace=site.id
            )
        token = raw.dated(self._exchange.clock.now())
        with self._lock:
            self._app_tokens[site.id] = token
        return token

    def _user_credential(self, site: Site, token: Token) -> Credential:
        with self._lock:
            keys = self._keys.get(site.id)
        # The vendor counts by application; a pasted token without our knowing its key counts by itself.
        identity = _identity(keys[0] if keys is not None else token.access_token)
        return Credential(
            identity=identity,
            header=bearer_header(token.access_token),
            secrets=(token.access_token, *((token.refresh_token,) if token.refresh_token else ())),
            kind=_USER_TOKEN,
        )

    def _held_user_token(self, site: Site) -> Token | None:
        with self._lock:
            held = self._user_tokens.get(site.id)
        return held if held is not None else self._stored_user_token(site)

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

    def _user_token(self, site: Site, cancel: CancelToken | None) -> Token | None:
        token = self._held_user_token(site)
        if token is None or token.refresh_token is None or token.is_fresh(self._exchange.clock.now()):
            return token  # an expired one that cannot be refreshed is for the vendor to refuse
        return self._refresh(site, token.access_token, cancel)

    def _refresh(self, site: Site, stale: str, cancel: CancelToken | None) -> Token | None:
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
            client_id, client_secret = self._app_keys(site)
            call = refresh_call(
                site.id,
                site.auth,
                client_id=client_id,
                client_secret=client_secret,
                refresh_token=current.refresh_token,
            )
            try:
                raw = self._exchange.run(call, site, cancel=cancel)
            except (RequestRejected, CredentialsRejected):
                raw = None
            if raw is None:
                raise CredentialsRejected(
                    f"The sign-in at {site.name} has ended. Sign in again under {WHERE}.",
                    marketplace=site.id,
                    code="marketplace.sign_in_ended",
                )
            token = raw.dated(clock.now(), kept_refresh_token=current.refresh_token)
            self._keep_user_token(site, token)
            return token

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


def _identity(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()[:16]
