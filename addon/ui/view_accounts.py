"""Keys and connections of the marketplaces as rows for the preferences. Pure: no bpy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ...core.marketplaces.base import Capability, MarketplaceInfo
from ...core.session.state import AccountState, Phase, SessionState
from ..messages import tell
from .rows import Note, Tone
from .text import shorten


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountRow:
    """One marketplace in the preferences."""

    marketplace: str
    name: str
    needs: str
    notes: tuple[Note, ...]
    has_key: bool
    can_sign_in: bool
    can_paste_token: bool
    busy: bool
    key_page_url: str
    docs_page: str


def view_accounts(state: SessionState, infos: Sequence[MarketplaceInfo]) -> tuple[AccountRow, ...]:
    """Build a row for every marketplace, with a key or without."""
    return tuple(
        _account(info, state.accounts.get(info.id) or AccountState(marketplace=info.id)) for info in infos
    )


def _account(info: MarketplaceInfo, account: AccountState) -> AccountRow:
    return AccountRow(
        marketplace=info.id,
        name=info.name,
        needs=describe_needs(info),
        notes=tuple(_notes(info, account)),
        has_key=account.has_app_key or account.has_user,
        can_sign_in=account.has_app_key and bool(info.auth.authorize_url),
        can_paste_token=info.auth.manual_user_token,
        busy=account.phase is Phase.BUSY,
        key_page_url=info.key_page_url,
        docs_page=info.docs_page,
    )


def describe_needs(info: MarketplaceInfo) -> str:
    """Say which keys this marketplace asks for, and what each is for."""
    buys = info.capabilities & {Capability.PURCHASE_API, Capability.PURCHASE_CHECKOUT}
    text = "Searching needs an API key: a client ID and a client secret."
    if buys and info.auth.manual_user_token:
        text += " Buying also needs your own sign-in, or a token that you make on their page."
    elif buys and info.auth.authorize_url:
        text += " Buying also needs your own sign-in."
    return text


def _notes(info: MarketplaceInfo, account: AccountState) -> list[Note]:
    notes: list[Note] = []
    match account.has_app_key, account.has_user:
        case True, True:
            notes.append(Note(text="Key and sign-in are stored.", tone=Tone.GOOD))
        case True, False:
            notes.append(Note(text="The key is stored: searching works. Sign in to buy.", tone=Tone.INFO))
        case False, True:
            notes.append(Note(text="A sign-in is stored, but no client ID and secret.", tone=Tone.WARN))
        case _:
            notes.append(Note(text="No key is stored.", tone=Tone.INFO))
    if account.phase is Phase.BUSY:
        notes.append(Note(text=f"Talking to {info.name}.", tone=Tone.BUSY))
    if account.phase is Phase.FAILED and account.problem is not None:
        notes.append(Note(text=tell(account.problem, where=info.name), tone=Tone.BAD))
    if account.phase is Phase.READY and account.summary:
        notes.append(Note(text=f"Connected: {shorten(account.summary, 200)}", tone=Tone.GOOD))
    return notes
