"""Keys and sign-ins of the marketplaces: what is stored, whether it works, what is left to pay with."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from ..credentials.port import CredentialStore
from ..errors import CredentialsMissing, UserInputError
from ..http.cancel import CancelToken
from ..http.keys import name_field
from ..http.login import PastedSignIns, sign_in, sign_in_by_paste
from ..http.tokens import TokenKeeper
from ..marketplaces import registry
from ..marketplaces.base import Account, AppAuth, Capability, CredentialField, MarketplaceInfo, Redirect
from ..model.listing import SearchQuery
from .steps import Sender, run_steps

_CUSTOM_SCHEME = re.compile(r"[a-z][a-z0-9+.-]{1,199}", re.IGNORECASE)
_NOT_CUSTOM = frozenset({"http", "javascript", "data", "file", "ftp", "about", "blob", "mailto", "ws", "wss"})
_MAX_ADDRESS = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyStatus:
    """Which credentials are stored; never the credentials."""

    marketplace: str
    has_app_key: bool
    """Everything that the marketplace cannot do without is stored."""
    has_user: bool
    fields: tuple[tuple[CredentialField, bool], ...] = ()
    """What the user can enter here, in the order of ``AuthConfig.fields``, and whether it is stored."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Accounts:
    """Stores keys, signs in, tests connections."""

    credentials: CredentialStore
    tokens: TokenKeeper
    sender: Sender
    pasted: PastedSignIns = field(default_factory=PastedSignIns, repr=False, compare=False)
    """Sign-ins that wait for an address."""

    def status(self, marketplace: str) -> KeyStatus:
        """Say what is stored for a marketplace."""
        info = registry.find(marketplace).INFO
        if info.auth.app is AppAuth.NONE:
            return KeyStatus(marketplace=marketplace, has_app_key=False, has_user=False)
        stored = {
            known.field: bool(self.credentials.read(marketplace, known.field)) for known in info.auth.fields
        }
        return KeyStatus(
            marketplace=marketplace,
            has_app_key=all(stored[known.field] for known in info.auth.fields if not known.optional),
            has_user=self.tokens.has_user(info),
            fields=tuple(stored.items()),
        )

    def store(self, marketplace: str, field: str, secret: str) -> None:
        """Keep one key; raise UserInputError for an impossible one, and where there is none to keep."""
        info = registry.find(marketplace).INFO
        name, clean = check_key(field, secret)
        _check_used(info, name)
        self.credentials.write(marketplace, name, clean)
        self.tokens.forget_cached(marketplace)

    def forget(self, marketplace: str, *, tell: Callable[[str], object] | None = None) -> None:
        """Delete everything that is stored for a marketplace, and end the sign-in there.

        ``tell`` gets a sentence when the marketplace could not be told; here all is gone all the same.
        """
        said = self.tokens.forget(registry.find(marketplace).INFO)
        for name in CredentialField:
            self.credentials.delete(marketplace, name)
        self.tokens.forget_cached(marketplace)
        if said and tell is not None:
            tell(said)

    def sign_in(
        self,
        marketplace: str,
        open_url: Callable[[str], object],
        *,
        pasted: Callable[[], str] | None = None,
        cancel: CancelToken | None = None,
    ) -> None:
        """Let the user allow us in the browser, and keep the tokens.

        ``pasted`` asks the user for the address on which the browser ended, where the marketplace wants it so
        (``Redirect.PASTE``); without it UserInputError says that it takes two steps.
        """
        info = registry.find(marketplace).INFO
        _check_sign_in(info)
        if info.auth.redirect is not Redirect.PASTE:
            sign_in(info, tokens=self.tokens, open_url=open_url, cancel=cancel)
        elif pasted is not None:
            sign_in_by_paste(info, tokens=self.tokens, open_url=open_url, pasted=pasted, cancel=cancel)
        else:
            raise UserInputError(
                f"The sign-in at {info.name} takes two steps: open its page, then paste the address on which "
                "the browser ended.",
                code="sign_in.by_paste",
            )

    def begin_sign_in(self, marketplace: str) -> str:
        """Return the sign-in page to open; :meth:`finish_sign_in` takes the address on which it ends."""
        info = registry.find(marketplace).INFO
        _check_sign_in(info)
        if info.auth.redirect is not Redirect.PASTE:
            raise UserInputError(
                f"The browser comes back from {info.name} by itself; nothing is pasted. Look there.",
                code="sign_in.by_listener",
            )
        return self.pasted.begin(info, tokens=self.tokens)

    def finish_sign_in(self, marketplace: str, pasted: str, *, cancel: CancelToken | None = None) -> None:
        """Read the address that the user copied from the browser, and keep the tokens."""
        info = registry.find(marketplace).INFO
        self.pasted.finish(info, pasted, tokens=self.tokens, cancel=cancel)

    def test(self, marketplace: str, *, cancel: CancelToken | None = None) -> Account:
        """Ask the marketplace who we are; the error says precisely what is wrong.

        Where nobody has signed in, a search tells whether at least the key is good.
        """
        module = registry.find(marketplace)
        try:
            return run_steps(module.account(), module.INFO, self.sender, cancel=cancel)
        except CredentialsMissing as error:
            if Capability.SEARCH not in module.INFO.capabilities or not self.status(marketplace).has_app_key:
                raise
            missing = error
        self.sender.send(module.search(SearchQuery(text="", per_page=1)), module.INFO, cancel=cancel)
        raise missing


def check_key(field: str, secret: str) -> tuple[CredentialField, str]:
    """Return a key's field and its text without the blanks around it; raise UserInputError for no key."""
    try:
        name = CredentialField(field)
    except ValueError:
        known = ", ".join(CredentialField)
        raise UserInputError(f"There is no key called {field!r}; there are {known}.") from None
    secret = secret.strip()
    if not secret or any(not c.isprintable() or c.isspace() for c in secret):
        raise UserInputError(
            "That is not a key: it is empty, or has spaces or line breaks in it. Copy it again.",
            code="user_input.key",
        )
    if name is CredentialField.REDIRECT_URI:
        _check_redirect(secret)
    return name, secret


def _check_redirect(address: str) -> None:
    """Raise UserInputError for what a vendor would not send a browser back to.

    That is https, or a scheme of the application's own (RFC 8252 §7.1); never one that runs or reads
    something on this machine.
    """
    scheme, colon, rest = address.partition(":")
    custom = bool(_CUSTOM_SCHEME.fullmatch(scheme)) and scheme.lower() not in _NOT_CUSTOM
    whole = bool(rest.strip("/")) and (rest.startswith("//") or scheme.lower() != "https")
    if not colon or not custom or not whole or "#" in address or len(address) > _MAX_ADDRESS:
        raise UserInputError(
            "That is not a redirect address: it begins with https:// or with a scheme of its own, such as "
            "adobe+…://. Copy it from the page where the key is.",
            code="user_input.redirect_uri",
        )


def _check_used(info: MarketplaceInfo, name: CredentialField) -> None:
    if info.auth.app is AppAuth.NONE:
        raise UserInputError(
            f"{info.name} has no API for buyers, so there is no key to store. Buy on its website.",
            code="user_input.no_key_here",
        )
    used = [known.field for known in info.auth.fields]
    if info.auth.authorize_url:  # a farm brings the token of a sign-in that was made elsewhere
        used.append(CredentialField.USER_TOKEN)
    if name not in used:
        words = ", ".join(f"{field} ({name_field(info.auth, field)})" for field in used)
        raise UserInputError(
            f"{info.name} does not use a {name}; it uses {words}.", code="user_input.no_such_key"
        )


def _check_sign_in(info: MarketplaceInfo) -> None:
    if not info.auth.authorize_url:
        instead = "Use its website." if info.auth.app is AppAuth.NONE else "Enter the key; it is enough."
        raise UserInputError(
            f"Nobody signs in at {info.name} through its API. {instead}", code="user_input.no_sign_in"
        )


def describe_account(account: Account) -> str:
    """Say in one line who we are and what is left."""
    parts = [account.user_name or "connected"]
    parts += [
        f"{balance.label}: {balance.left if balance.left is not None else 'balance not told'}"
        for balance in account.balances
    ]
    if account.note:
        parts.append(account.note)
    return " · ".join(parts)
