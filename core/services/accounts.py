"""Keys and sign-ins of the marketplaces: what is stored, whether it works, what is left to pay with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ..credentials.port import CredentialStore
from ..errors import UserInputError
from ..http.cancel import CancelToken
from ..http.login import sign_in
from ..http.tokens import TokenKeeper
from ..marketplaces import registry
from ..marketplaces.base import Account, CredentialField
from .steps import Sender, run_steps


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyStatus:
    """Which credentials are stored; never the credentials."""

    marketplace: str
    has_app_key: bool
    has_user: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Accounts:
    """Stores keys, signs in, tests connections."""

    credentials: CredentialStore
    tokens: TokenKeeper
    sender: Sender

    def status(self, marketplace: str) -> KeyStatus:
        """Say what is stored for a marketplace."""
        registry.find(marketplace)
        return KeyStatus(
            marketplace=marketplace,
            has_app_key=all(
                self.credentials.read(marketplace, field)
                for field in (CredentialField.CLIENT_ID, CredentialField.CLIENT_SECRET)
            ),
            has_user=self.tokens.has_user(registry.find(marketplace).INFO),
        )

    def store(self, marketplace: str, field: str, secret: str) -> None:
        """Keep one key; raise UserInputError for an empty or impossible one."""
        registry.find(marketplace)
        name, clean = check_key(field, secret)
        self.credentials.write(marketplace, name, clean)
        self.tokens.forget_cached(marketplace)

    def forget(self, marketplace: str) -> None:
        """Delete everything that is stored for a marketplace."""
        self.tokens.forget(registry.find(marketplace).INFO)
        for field in CredentialField:
            self.credentials.delete(marketplace, field)

    def sign_in(
        self, marketplace: str, open_url: Callable[[str], object], *, cancel: CancelToken | None = None
    ) -> None:
        """Let the user allow us in the browser, and keep the tokens."""
        sign_in(registry.find(marketplace).INFO, tokens=self.tokens, open_url=open_url, cancel=cancel)

    def test(self, marketplace: str, *, cancel: CancelToken | None = None) -> Account:
        """Ask the marketplace who we are; the error says precisely what is wrong."""
        module = registry.find(marketplace)
        return run_steps(module.account(), module.INFO, self.sender, cancel=cancel)


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
    return name, secret


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
