"""Who we are at each marketplace: joins stored keys and tokens to what each call is sent with.

Secrets live in the credential store and in this process's memory, nowhere else. The user's own token is the
business of :mod:`.user_tokens`; here is the application's, which any process may ask for anew.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote, urlsplit

from ..credentials.port import CredentialStore
from ..errors import CredentialsMissing, CredentialsRejected, RequestRejected
from .auth import AppAuth, CredentialField, Token, basic_header, bearer_header
from .cancel import CancelToken, Pause
from .delivery import Link
from .exchange import NO_CREDENTIAL, Credential, Exchange
from .keys import WHERE, StoredKeys, identify, name_field
from .message import Auth
from .oauth import SignIn, client_credentials_call
from .site import Site
from .user_tokens import UserTokens

_KEY, _BASIC, _APP_TOKEN, _USER_TOKEN = "key", "basic", "app_token", "user_token"


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
        self._exchange = exchange
        self._keys = StoredKeys(store)
        self._users = UserTokens(
            store, self._keys, exchange, lock_folder=lock_folder, pause=pause, random_text=random_text
        )
        self._lock = threading.RLock()
        self._app_tokens: dict[str, Token] = {}

    def credential(self, auth: Auth, site: Site, *, cancel: CancelToken | None = None) -> Credential:
        """Return what a call of this kind is to be sent with.

        Raises CredentialsMissing, CredentialsRejected (a sign-in that has ended), CredentialStoreError,
        NotSupported (no API there), and whatever asking for a token raises.
        """
        match auth:
            case Auth.NONE:
                return NO_CREDENTIAL
            case Auth.KEY:
                return self._key_credential(site)
            case Auth.APP:
                return self._app_credential(site, cancel)
            case Auth.BEST:
                return self._best_credential(site, cancel)
            case Auth.USER | Auth.USER_OR_APP:
                token = self._users.find(site, cancel)
                if token is not None:
                    return self._user_credential(site, token)
                self._keys.need(site, (known.field for known in site.auth.fields if not known.optional))
                if auth is Auth.USER_OR_APP:
                    self._need_somebody(site)
                    return self._app_credential(site, cancel)
        raise CredentialsMissing(
            f"The key is there, but this needs your sign-in at {site.name} too. Sign in under {WHERE}"
            + (f", or paste a token from {site.key_page_url}." if site.auth.manual_user_token else "."),
            marketplace=site.id,
            context={"field": CredentialField.USER_TOKEN},
        )

    def renew(
        self, rejected: Credential, site: Site, *, cancel: CancelToken | None = None
    ) -> Credential | None:
        """Return a really new credential after a 401 for ``rejected``; None when there is none to be had."""
        match rejected.kind:
            case "basic" | "key":
                self.forget_cached(site.id)  # another process may have stored a new key
                wanted = Auth.KEY if rejected.kind == _KEY else Auth.APP
                fresh = self.credential(wanted, site, cancel=cancel)
                return fresh if fresh.headers != rejected.headers else None
            case "app_token":
                with self._lock:
                    held = self._app_tokens.get(site.id)
                    if held is not None and held.access_token == rejected.token:
                        del self._app_tokens[site.id]
                return self._app_credential(site, cancel)
            case "user_token":
                renewed = self._users.refresh(site, rejected.token, cancel)
                return None if renewed is None else self._user_credential(site, renewed)
        return None

    def without_token(self, rejected: Credential, site: Site) -> Credential | None:
        """Return the key alone in place of a refused token; None where a key alone says nothing."""
        if not site.auth.key_headers or rejected.kind not in {_APP_TOKEN, _USER_TOKEN}:
            return None
        return self._key_credential(site)

    def sign_link(
        self, link: Link, site: Site, *, renew: bool = False, cancel: CancelToken | None = None
    ) -> str:
        """Return the address of a file with the account's token in it, where the link wants one (Adobe A.5).

        Only for a host that may see a credential; every other address is returned as it is. ``renew``: what
        was given out before has been refused. The address is a secret.
        """
        logical = self._exchange.routes.logical(link.url)
        parts = urlsplit(logical)
        if not link.token_parameter or (parts.hostname or "") not in site.api_hosts:
            return logical
        credential = self.credential(Auth.USER_OR_APP, site, cancel=cancel)
        if renew:
            credential = self.renew(credential, site, cancel=cancel) or credential
        if not credential.token:
            return logical
        parameter = f"{quote(link.token_parameter, safe='')}={quote(credential.token, safe='')}"
        return f"{logical}{'&' if parts.query else '?'}{parameter}"

    def has_user(self, site: Site) -> bool:
        """Say whether a sign-in or a pasted token is there."""
        try:
            return self._users.held(site) is not None
        except CredentialsRejected:
            return False  # something is stored that is no token: the same as nothing

    def forget_cached(self, marketplace: str) -> None:
        """Read this marketplace's keys and tokens anew next time: the store has changed."""
        self._keys.forget(marketplace)
        self._users.forget_cached(marketplace)
        with self._lock:
            self._app_tokens.pop(marketplace, None)

    def forget(self, site: Site) -> str:
        """Sign out; return the sentence that says when the vendor could not be told, else nothing."""
        said = self._users.forget(site)
        self.forget_cached(site.id)
        return said

    def begin_sign_in(self, site: Site, port: int = 0) -> SignIn:
        """Return the page to open in the browser, for a listener on ``port``; raise CredentialsMissing."""
        return self._users.begin_sign_in(site, port)

    def browser_url(self, sign_in: SignIn) -> str:
        """Return the address to open: the vendor's, or the sandbox's."""
        return self._exchange.routes.wire(sign_in.url)

    def finish_sign_in(
        self, site: Site, sign_in: SignIn, code: str, *, cancel: CancelToken | None = None
    ) -> None:
        """Exchange the code for tokens and store them."""
        self._users.finish_sign_in(site, sign_in, code, cancel=cancel)

    def _key_credential(self, site: Site) -> Credential:
        self._keys.need(site, ())
        headers = self._keys.headers(site)
        return Credential(
            identity=self._identity(site, headers),
            headers=headers,
            secrets=tuple(value for _, value in headers),
            kind=_KEY,
        )

    def _identity(self, site: Site, headers: tuple[tuple[str, str], ...], token: str = "") -> str:
        # The vendor counts by application; a pasted token without our knowing its key counts by itself.
        held = self._keys.identity(site)
        return held or identify(headers[0][1] if headers else token)

    def _need_somebody(self, site: Site) -> None:
        """Raise CredentialsMissing where a secret may stand for a sign-in, and neither is there."""
        secret = CredentialField.CLIENT_SECRET
        may_lack = any(known.field is secret and known.optional for known in site.auth.fields)
        has_key = bool(self._keys.read(site, CredentialField.CLIENT_ID))
        if site.auth.authorize_url and may_lack and has_key and not self._keys.read(site, secret):
            raise CredentialsMissing(
                f"For this {site.name} needs your {name_field(site.auth, secret)} or your sign-in; the key "
                f"alone only searches. Sign in, or enter it, under {WHERE}.",
                marketplace=site.id,
                context={"field": secret},
            )

    def _app_credential(self, site: Site, cancel: CancelToken | None) -> Credential:
        if site.auth.app is AppAuth.HEADERS:
            return self._key_credential(site)
        wanted = (CredentialField.CLIENT_ID, CredentialField.CLIENT_SECRET)
        client_id, client_secret = self._keys.need(site, wanted).values()
        keys = self._keys.headers(site)
        secrets = (client_secret, *(value for _, value in keys))
        if site.auth.app is AppAuth.BASIC:
            header = basic_header(client_id, client_secret)
            return Credential(
                identity=identify(client_id),
                headers=(*keys, header),
                secrets=(*secrets, header[1].partition(" ")[2]),
                kind=_BASIC,
            )
        token = self._app_token(site, client_id, client_secret, cancel)
        return Credential(
            identity=identify(client_id),
            headers=(*keys, bearer_header(token.access_token)),
            secrets=(token.access_token, *secrets),
            kind=_APP_TOKEN,
            token=token.access_token,
        )

    def _best_credential(self, site: Site, cancel: CancelToken | None) -> Credential:
        """Return the user's token, else the application's, else the key alone.

        A token that is known to have ended is worse than none: it makes a plain search fail (Adobe A.9).
        """
        try:
            token = self._users.find(site, cancel)
        except CredentialsRejected:
            token = None
        spent = token is not None and not token.is_fresh(self._exchange.clock.now(), margin_s=0.0)
        if token is not None and not (spent and site.auth.key_headers):
            return self._user_credential(site, token)
        has_secret = bool(self._keys.read(site, CredentialField.CLIENT_SECRET))
        if site.auth.key_headers and not has_secret:
            return self._key_credential(site)
        try:
            return self._app_credential(site, cancel)
        except CredentialsRejected:
            if not site.auth.key_headers:
                raise
        return self._key_credential(site)

    def _app_token(self, site: Site, client_id: str, client_secret: str, cancel: CancelToken | None) -> Token:
        with self._lock:
            held = self._app_tokens.get(site.id)
        if held is not None and held.is_fresh(self._exchange.clock.now()):
            return held
        call = client_credentials_call(site.id, site.auth, client_id=client_id, client_secret=client_secret)
        identity = Credential(identity=identify(client_id), secrets=(client_secret,))
        try:
            raw = self._exchange.run(call, site, identity, cancel=cancel)
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
        keys = self._keys.headers(site)
        hidden = (token.access_token, token.refresh_token or "", *(value for _, value in keys))
        return Credential(
            identity=self._identity(site, keys, token.access_token),
            headers=(*keys, bearer_header(token.access_token)),
            secrets=tuple(secret for secret in hidden if secret),
            kind=_USER_TOKEN,
            token=token.access_token,
        )
