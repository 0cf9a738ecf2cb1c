"""What Adobe Stock's answers become: files, prices in words, licenses, history. Belongs to ``adobe_stock``.

Builds and sends nothing. Sources: A-DOCS (the vendor's documentation of 2026-05), A-PHP (its SDK).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from ..model.listing import Listing, ListingRef, MediaKind, Offer
from ..model.money import Balance, Credits
from . import answers, asked, base
from .base import PurchaseOutcome, RecordState
from .reading import Node, ending_of_type

Found = tuple[base.DownloadLink | None, str | None]
ID, NAME = "adobe_stock", "Adobe Stock"
PER_PAGE = 100  # A-DOCS 11, 13: the maximum of both lists

# A-DOCS 11: media_type_id; A-PHP has 5 too. Templates (7) and audio (9) are left out.
KINDS = {**dict.fromkeys((1, 2, 3, 5, 8), MediaKind.IMAGE), 4: MediaKind.VIDEO, 6: MediaKind.MODEL}
THINGS = {"models": 1, "lights": 2, "materials": 3}  # A-DOCS 11: 3d_type_id
# A-DOCS 12, what costs least first; 3D has `Standard` only. Others come by name from `possible_licenses`.
LICENSES = {
    MediaKind.IMAGE: ("Standard", "Standard_M", "Extended"),
    MediaKind.VIDEO: ("Video_HD", "Video_4K"),
    MediaKind.MODEL: ("Standard",),
}
ALWAYS = {MediaKind.IMAGE: ("Standard", "Extended")}
QUOTAS, PRO = "full_entitlement_quota", ("user_has_ccpro", "organization_has_ccpro")
TOKEN = "token"  # noqa: S105 - the name of a parameter
THUMBNAILS = ("thumbnail_500", "thumbnail_240", "thumbnail")
FREE_LEVEL = 1  # A-DOCS 11: premium_level_id; 0 is the core collection, 2 to 4 are premium
# A-DOCS 12: contents.purchase_details.state
OWNED = ("purchased", "just_purchased")
STATES = {**dict.fromkeys(OWNED, RecordState.PAID), "cancelled": RecordState.CANCELLED}
POSSIBLE = ("possible", "overage")
NOT_BOUGHT = ("not_purchased", "not_possible", "possible", "overage")
REFUSED = {"not_possible": "", "cancelled": "the order did not go through"}
NO_QUOTA = "Nothing is left to license with. Get a plan or credits on Adobe Stock's website."
CC_PRO = "With Creative Cloud Pro some Extended licenses end with the subscription; Adobe does not say which."


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """What ``purchase_details`` say of one asset: bought or not, which license, where the file is."""

    state: str
    label: str = ""
    at: datetime | None = None
    order_id: str = ""
    """``<asset>:<license>``: all that the license history can tell again."""
    license_id: str = ""
    """The same with the date: unique even after a refund. Empty without one."""
    link: base.DownloadLink | None = None
    words: str = ""

    @property
    def owned(self) -> bool:
        """Whether the account has the license."""
        return self.state in OWNED


def read_file(asked_for: MediaKind | None, item: Node) -> Listing:
    """Read an asset of a search or of Files. Without a media type it is what was asked for."""
    content_id, media = item.at("id").identifier(), item.at("media_type_id").hint_integer()
    kind = asked_for or MediaKind.OTHER if media is None else KINDS.get(media, MediaKind.OTHER)
    level, thing = item.at("premium_level_id").hint_integer(), item.at("3d_type_id").hint_integer()
    things = [name for name, number in THINGS.items() if number == thing]
    things += [item.hint_at("category").hint_at("name").hint_text()]
    ending, duration = ending_of_type(item.at("content_type").hint_text()), item.at("duration").hint_integer()
    free = Credits(amount=0, unit="credit") if level == FREE_LEVEL else None
    words = [word.hint_at("name").hint_text(limit=100) for word in item.at("keywords").hint_items()[:100]]
    return Listing(
        ref=ListingRef(marketplace=ID, id=content_id),
        title=item.at("title").hint_text() or f"Asset {content_id}",
        kind=kind,
        offers=tuple(Offer(license_label=name, cost=free) for name in _licenses(kind, item)),
        page_url=item.at("details_url").hint_url(),
        description=item.at("description").hint_plain(),
        author=item.at("creator_name").hint_text(),
        previews=answers.read_flat_previews(item, THUMBNAILS),
        formats=(ending,) if ending else (),
        tags=tuple(filter(None, words)),
        editorial=item.at("is_editorial").optional_boolean(),
        width=item.at("width").hint_integer(),
        height=item.at("height").hint_integer(),
        duration_s=None if duration is None else duration / 1000,
        ai_generated=item.at("is_gentech").hint_boolean(),
        premium=None if level is None else level > FREE_LEVEL,
        collection=things[0],
    )


def read_held(content_id: str, asked_for: str, answer: Node) -> Held:
    """Read Content/Info and Content/License: what is true of one asset. ``asked_for`` is the license."""
    details = answer.at("contents").at(content_id).at("purchase_details")
    state, words = details.at("state").text().lower(), details.at("message").hint_text()
    if state not in OWNED:
        return Held(state=state, words=words)
    label = details.at("license").optional_text() or asked_for
    date, url = details.at("date").hint_text(limit=40), details.at("url").encrypted_url()
    order_id = f"{content_id}:{label}"
    return Held(
        state=state,
        label=label,
        at=details.at("date").hint_time(),
        order_id=order_id,
        license_id=f"{order_id}:{date}" if date else "",
        link=_link(content_id, url, details) if url else None,
        words=words,
    )


def read_past(query: base.HistoryQuery, content_id: str, answer: Node) -> base.HistoryPage:
    """Read Content/Info as the history of one asset: the only place with a date that a program can read."""
    held = read_held(content_id, query.license_label, answer)
    other = query.license_label and held.label.lower() not in ("", query.license_label.lower())
    if other or held.state in NOT_BOUGHT:
        return base.HistoryPage(records=())
    record = base.HistoryRecord(
        ref=ListingRef(marketplace=ID, id=content_id),
        state=STATES.get(held.state, RecordState.UNRECOGNIZED),
        marketplace_order_id=held.order_id or content_id,
        marketplace_license_id=held.license_id,
        license_label=held.label,
        at=held.at,
        raw_state=held.state,
    )
    found = asked.in_some_zone(record, query.since)
    return base.HistoryPage(records=(found,) if found else ())


def read_record(item: Node) -> base.HistoryRecord:
    """Read a row of the license history. Its date is written for people, in the account's own language."""
    content_id, label = item.at("id").identifier(), item.at("license").text()
    return base.HistoryRecord(
        ref=ListingRef(marketplace=ID, id=content_id),
        kind=KINDS.get(item.at("media_type_id").hint_integer() or 0),
        state=RecordState.PAID,
        marketplace_order_id=f"{content_id}:{label}",
        license_label=label,
        downloadable=bool(item.at("download_url").hint_url()),
    )


def read_row_link(content_id: str, label: str, offset: int, answer: Node) -> Found:
    """Find an asset's file in a page of the license history; return it, and where the next page begins."""
    rows, total = answer.at("files").items(), answer.at("nb_results").hint_integer()
    for row in rows:
        fits = label.lower() in ("", row.at("license").optional_text().lower())
        if row.at("id").identifier() == content_id and fits:
            return _link(content_id, row.at("download_url").url(), row), None
    return None, answers.next_cursor(offset=offset, per_page=PER_PAGE, count=len(rows), total=total)


def read_quote(listing: Listing, label: str, held: Held, answer: Node) -> base.QuoteBasis:
    """Read Member/Profile, asked about one license of one asset."""
    options, listed = answer.at("purchase_options"), answer.at("possible_licenses").optional_items()
    state, words = options.at("state").text().lower(), options.at("message").optional_text()
    label = options.at("license").optional_text() or label
    prices = dict(_read_price(one) for one in listed)
    names = [*(offer.license_label for offer in listing.offers), *ALWAYS.get(listing.kind, ())]
    free = next((offer.cost for offer in listing.offers if offer.license_label == label), None)
    said = asked.Said(
        balance=_read_balance(answer, label),
        owned=state in OWNED or (held.owned and held.label.lower() == label.lower()),
        possible=state in POSSIBLE and options.at("requires_checkout").optional_boolean() is not True,
        beyond=state == "overage",
        words=words,
        cost=asked.read_count(words) or asked.read_count(prices.get(label, ("", ""))[1]) or free,
        references=tuple(_read_reference(one) for one in answer.at("cce_agency").optional_items()),
        options=asked.make_options(prices or names, prices, label),
        page_url=options.at("url").hint_url(),
    )
    return asked.quote_as_said(listing, said, name=NAME, hint=_note(answer) if label == "Extended" else "")


def read_account(answer: Node) -> base.Account:
    """Read Member/Profile, asked about nothing in particular."""
    answer.at("purchase_options").at("state").text()
    balance = _read_balance(answer, "")
    some = isinstance(balance.left, Credits) and balance.left.amount > 0
    note = " ".join(filter(None, ("" if some else NO_QUOTA, _note(answer))))
    return base.Account(user_name=f"Member {balance.account_id}", balances=(balance,), note=note)


def read_purchase(content_id: str, label: str, answer: Node) -> base.PurchaseResult:
    """Read Content/License: the state decides, never the status. What was charged is not told."""
    held, left = read_held(content_id, label, answer), _read_balance(answer, label)
    if held.state in REFUSED:
        return answers.refused(held.words or REFUSED[held.state])
    if not held.owned:
        raise answer.at("contents").wrong("clear on whether it was bought")
    unit = left.left.unit if isinstance(left.left, Credits) else "credit"
    return base.PurchaseResult(
        outcome=PurchaseOutcome.PAID,
        marketplace_order_id=held.order_id,
        marketplace_license_id=held.license_id,
        license_label=held.label,
        # A-DOCS 12: what was licensed before is not charged again.
        charged=Credits(amount=0, unit=unit) if held.state == "purchased" else None,
        balance=None if left.left is None else left,
        links=(held.link,) if held.link else (),
    )


def _licenses(kind: MediaKind, item: Node) -> tuple[str, ...]:
    # unconfirmed: the form of `licenses` (A-PHP); `comps` has one entry for each license as well (A-DOCS 11).
    known = LICENSES.get(kind, ())
    told = [name for name in known if any(item.hint_at(x).hint_at(name).told for x in ("licenses", "comps"))]
    return tuple(told) or known[:1]


def _link(content_id: str, url: str, details: Node) -> base.DownloadLink:
    # A-DOCS 12: the address ends in a number, and the file is called like this. The token goes in the query.
    ending = ending_of_type(details.at("content_type").hint_text())
    name, size = f"AdobeStock_{content_id}", details.at("content_length").hint_integer()
    name = f"{name}.{ending}" if ending else name
    return base.DownloadLink(url=url, name=name, size=size, token_parameter=TOKEN)


def _read_price(item: Node) -> tuple[str, tuple[str, str]]:
    words = (item.at("license_label").hint_text(), item.at("price_with_unit").hint_text())
    return item.at("license").text(), words


def _read_reference(item: Node) -> base.ReferenceField:
    name, required = item.at("id").identifier(), item.at("required").optional_boolean() is True
    return base.ReferenceField(id=name, label=item.at("text").text(), required=required)


def _read_balance(answer: Node, label: str) -> Balance:
    # A-DOCS 12: only `quota` counts. The entitlement can be null, and its list of quotas an empty array.
    entitlement, member = answer.hint_at("available_entitlement"), answer.hint_at("member")
    quota, quotas = entitlement.hint_at("quota").hint_integer(), entitlement.hint_at(QUOTAS).value
    credited = isinstance(quotas, dict) and any("credit" in name for name in quotas)
    unit = "credit" if credited or entitlement.hint_at("has_credit_model").hint_boolean() else "license"
    return Balance(
        label="Enterprise entitlement" if entitlement.hint_at("is_cce").hint_boolean() else "Entitlement",
        left=None if quota is None else Credits(amount=quota, unit=unit),
        account_id=member.either("stock_id", "member_id").hint_identifier() or "entitlement",
        license_label=label,
    )


def _note(answer: Node) -> str:
    entitlement = answer.hint_at("available_entitlement")
    return CC_PRO if any(entitlement.hint_at(name).hint_boolean() for name in PRO) else ""
