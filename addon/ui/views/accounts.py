"""Keys and connections of the marketplaces as rows for the preferences: a guided form each. Pure: no bpy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ....core.marketplaces.base import (
    AppAuth,
    Capability,
    CredentialField,
    MarketplaceInfo,
    OptIn,
    Redirect,
)
from ....core.session.state import AccountState, Phase, SessionState
from ...messages import tell
from .rows import Note, Tone
from .text import join, shorten


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldRow:
    """One thing to be entered."""

    field: str
    label: str
    hint: str
    optional: bool
    stored: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountRow:
    """One marketplace in the preferences."""

    marketplace: str
    name: str
    tone: Tone
    """How it stands: GOOD, it works; INFO, something is still to be done; BAD, something is wrong."""
    works: str
    """What can be done here once it is set up."""
    needs: str
    fields: tuple[FieldRow, ...]
    notes: tuple[Note, ...]
    has_key: bool
    can_sign_in: bool
    signed_in: bool
    pastes_address: bool
    """After the sign-in the user copies the browser's address."""
    can_paste_token: bool
    busy: bool
    key_page_url: str
    tiers: tuple[str, ...]
    """Licenses that a contract can give; which it is, the user says."""
    opt_in: OptIn | None
    takes_feeds: bool
    """It is searched in product feeds on this machine."""
    has_website_search: bool


def view_accounts(state: SessionState, infos: Sequence[MarketplaceInfo]) -> tuple[AccountRow, ...]:
    """Build a row for every marketplace, with a key or without."""
    return tuple(
        _account(info, state.accounts.get(info.id) or AccountState(marketplace=info.id)) for info in infos
    )


def needs_key(info: MarketplaceInfo) -> bool:
    """Say whether this marketplace has anything to enter a key for."""
    return info.auth.app is not AppAuth.NONE


def _account(info: MarketplaceInfo, account: AccountState) -> AccountRow:
    has_key = account.has_app_key or account.has_user
    return AccountRow(
        marketplace=info.id,
        name=info.name,
        tone=_tone(info, account),
        works=describe_works(info),
        needs=describe_needs(info),
        fields=view_fields(info, account),
        notes=tuple(_notes(info, account)),
        has_key=has_key or bool(account.stored),
        can_sign_in=bool(info.auth.authorize_url) and CredentialField.CLIENT_ID in account.stored,
        signed_in=account.has_user,
        pastes_address=info.auth.redirect is Redirect.PASTE,
        can_paste_token=info.auth.manual_user_token,
        busy=account.phase is Phase.BUSY,
        key_page_url=info.key_page_url,
        tiers=info.contract_licenses,
        opt_in=info.opt_in,
        takes_feeds=Capability.SEARCH_FEED in info.capabilities,
        has_website_search=Capability.SEARCH_LINK in info.capabilities,
    )


def view_fields(info: MarketplaceInfo, account: AccountState) -> tuple[FieldRow, ...]:
    """Build the fields of the form, in the vendor's words."""
    if not needs_key(info):
        return ()
    return tuple(
        FieldRow(
            field=key.field,
            label=key.label,
            hint=key.hint,
            optional=key.optional,
            stored=key.field in account.stored,
        )
        for key in info.auth.fields
    )


def describe_works(info: MarketplaceInfo) -> str:
    """Say what can be done at this marketplace, and where the user has to go to its website."""
    can = info.capabilities
    find = (
        "Search here."
        if Capability.SEARCH in can and info.opt_in is None
        else "Search in product feeds that you add, or on its website."
    )
    if Capability.PURCHASE_API in can:
        buy = "Buy here, on your plan."
    elif Capability.PURCHASE_CHECKOUT in can:
        buy = "Order here and pay on its checkout page."
    else:
        buy = "Buy on its website; the order is noted here as proof."
    fetch = (
        "Files come by themselves."
        if Capability.DOWNLOAD_API in can
        else "Downloads are picked up from a folder."
    )
    return f"{find} {buy} {fetch}"


def describe_needs(info: MarketplaceInfo) -> str:
    """Say which keys this marketplace asks for, and what each is for."""
    if not needs_key(info):
        return "No key is needed: this marketplace has no way in for programs that buy."
    required = [key.label for key in info.auth.fields if not key.optional]
    text = f"It needs: {join(required)}."
    if not info.auth.authorize_url:
        return text
    if info.auth.public_client:
        optional = [key.label for key in info.auth.fields if key.optional]
        ways = f"{join(optional, last='or')}, or your own sign-in" if optional else "your own sign-in"
        return f"{text} Buying also needs {ways}: which one, your contract says."
    if info.auth.manual_user_token:
        return f"{text} Buying also needs your own sign-in, or a token that you make on their page."
    return f"{text} Buying also needs your own sign-in."


def _tone(info: MarketplaceInfo, account: AccountState) -> Tone:
    if account.phase is Phase.FAILED:
        return Tone.BAD
    if account.phase is Phase.BUSY:
        return Tone.BUSY
    return Tone.GOOD if not needs_key(info) or account.has_app_key else Tone.INFO


def _notes(info: MarketplaceInfo, account: AccountState) -> list[Note]:
    notes: list[Note] = []
    if needs_key(info):
        notes.append(_stored(info, account))
    if account.phase is Phase.BUSY:
        notes.append(Note(text=f"Talking to {info.name}.", tone=Tone.BUSY))
    if account.phase is Phase.FAILED and account.problem is not None:
        notes.append(Note(text=tell(account.problem, where=info.name), tone=Tone.BAD))
    if account.phase is Phase.READY and account.summary:
        # A marketplace that tells no name is described as "connected" already.
        said = shorten(account.summary.removeprefix("connected").lstrip(" ·"), 200)
        notes.append(Note(text=f"Connected: {said}" if said else "Connected.", tone=Tone.GOOD))
    return notes


def _stored(info: MarketplaceInfo, account: AccountState) -> Note:
    asks = bool(info.auth.authorize_url)
    match account.has_app_key, account.has_user:
        case True, True:
            return Note(text="Key and sign-in are stored.", tone=Tone.GOOD)
        case True, False if asks and not info.auth.public_client:
            return Note(text="The key is stored: searching works. Sign in to buy.", tone=Tone.INFO)
        case True, False:
            return Note(text="The key is stored.", tone=Tone.GOOD)
        case False, True:
            return Note(text="A sign-in is stored, but not the whole key.", tone=Tone.WARN)
        case _ if account.stored:
            missing = [row.label for row in view_fields(info, account) if not row.stored and not row.optional]
            return Note(text=f"Still missing: {join(missing)}.", tone=Tone.WARN)
        case _:
            return Note(text="No key is stored.", tone=Tone.INFO)
