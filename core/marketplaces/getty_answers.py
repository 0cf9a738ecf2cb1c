"""Reads what Getty Images' API answers: assets with their sizes, products, downloads, purchases.

The other half of ``getty_images``, which asks; it builds no calls, and does nothing that ``getty_images`` may
not do. The sources' names are explained there.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import NamedTuple

from ..errors import NotFound
from ..http.message import clean_text
from ..model.listing import Listing, ListingRef, MediaKind
from ..model.money import Balance, Credits
from . import answers, base, ways
from .reading import Node, file_ending, file_name_in

MARKETPLACE, NAME = "getty_images", "Getty Images"
KINDS = {"image": MediaKind.IMAGE, "film": MediaKind.VIDEO, "video": MediaKind.VIDEO}  # G-2024 AssetType
PLURALS = {MediaKind.IMAGE: "images", MediaKind.VIDEO: "videos"}
# Products whose own agreement is the license, whatever the asset's `license_model` is; then the others.
OWN_TERMS = frozenset({"easyaccess", "royaltyfreesubscription", "creditpack"})
PRODUCTS = OWN_TERMS | {"editorialsubscription", "imagepack", "premiumaccess"}  # without `aigen`
FORMATS = {"image/jpeg": "jpg", "image/jpg": "jpg", "video/quicktime": "mov", "video/mp4": "mp4"}
PICTURES = ("comp", "preview", "mid_res_comp", "high_res_comp", "thumb")  # best first
MOVING = frozenset({"mp4", "mov", "webm", "m3u8"})
PIXELS = re.compile(r"\b([0-9]{3,5})\s*[xX×]\s*([0-9]{3,5})\b")
EDITORIAL_ONLY = re.compile(r"\beditorial\b.{0,20}\bonly\b|\bonly\b.{0,30}\beditorial\b", re.IGNORECASE)
OUR_KEY = re.compile(r"\bClearance ([0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})\b")


class Found(NamedTuple):
    """An asset, and what only a quote needs. ``price``: in iStock credits, where it is told."""

    listing: Listing
    license_model: str
    sizes: tuple[ways.Size, ...]
    price: int | None
    on_request: bool
    restrictions: str


def license_label(license_model: str, product_type: str) -> str:
    """Return the vendor's word for the license that a product gives of an asset."""
    return product_type if product_type in OWN_TERMS else license_model


def read_name(answer: Node) -> str:
    """Read who is signed in (CustomerInfoResponse); empty when it is nobody."""
    names = [answer.at(name) for name in ("first_name", "middle_name", "last_name")]
    if not any(node.path in answer.value for node in names):  # each may be null
        raise names[0].wrong("a text")
    return " ".join(filter(None, (node.optional_text() for node in names)))


def read_product(item: Node) -> ways.Product:
    """Read a product (G-2024 Product; every number may be null)."""
    kind, over = item.at("type").text(), item.hint_at("overage")
    of, unit = ("credits", "credit") if kind == "creditpack" else ("downloads", "download")
    left = item.at(f"{of}_remaining").optional_integer(minimum=-(10**9))  # below zero: how far over
    limit = item.at("download_limit").hint_integer()
    spare = over.either("remaining", "limit").hint_integer()
    account_id = f"{kind}:{item.at('id').identifier()}"  # as the search's `download_product` writes it
    return ways.Product(
        plan=answers.Plan(
            balance=Balance(
                label=item.either("name", "agreement_name").hint_text() or kind,
                left=None if left is None else Credits(amount=max(0, left), unit=unit),
                limit=None if limit is None else Credits(amount=limit, unit=unit),
                account_id=account_id,
            ),
            fits=kind in PRODUCTS,
            expired=item.at("status").hint_text() == "inactive" or item.at("expiration_utc_date").is_past(),
            variants=None,
        ),
        kind=kind,
        names=frozenset({account_id, kind}),
        drafts=kind == "easyaccess",
        overage=bool(spare) and over.at("overages_reached").hint_boolean() is not True,
        references=_read_references(item.hint_at("download_requirements")),
        starts_again=item.at("download_limit_reset_utc_date").hint_text()[:10],
    )


def _read_references(needs: Node) -> tuple[base.ReferenceField, ...]:
    note = needs.at("is_note_required").hint_boolean() is True
    code = needs.at("is_project_code_required").hint_boolean() is True
    # G-NODE: several codes may come in one text, one to a line.
    texts = [node.value for node in needs.at("project_codes").hint_items() if isinstance(node.value, str)]
    codes = [clean_text(line, limit=100) for text in texts for line in text.splitlines()]
    choices = tuple(dict.fromkeys(filter(None, codes)))
    notes = base.ReferenceField(id="download_notes", label="Download note", required=note)
    project = base.ReferenceField(id="project_code", label="Project code", required=code, choices=choices)
    return (*((notes,) if note else ()), *((project,) if code or choices else ()))


def read_details(kind: MediaKind, asset_id: str, answer: Node) -> Found:
    """Read the one asset that was asked for; raise NotFound when the answer holds none."""
    listed = answer.at(PLURALS[kind])  # G-NODE reads a single video bare; G-2024 does not say
    items = (answer,) if not listed.told and answer.at("id").told else listed.items()
    if not items:
        raise NotFound(f"{NAME} does not have this, or no longer. Search again.", marketplace=MARKETPLACE)
    if items[0].at("id").identifier() != asset_id:
        raise items[0].at("id").wrong("the one that was asked for")
    return read_asset(kind, items[0])


def read_asset(kind: MediaKind, item: Node) -> Found:
    """Read an asset from a search or from its details; they have the same fields (G-2024)."""
    asset_id, use = item.at("id").identifier(), item.hint_at("allowed_use")
    sizes, width, height = _read_sizes(item), *_read_pixels(item)
    words = [text.replace("|", "") for text in use.at("usage_restrictions").hint_texts(limit=500)]
    for node in item.at("territory_restrictions").hint_items():  # G-LIVE; not in G-2024
        told = [node.hint_at(part).hint_text() for part in ("country_code", "type", "description")]
        words += [" ".join(filter(None, told))]
    artist, collection = item.at("artist").hint_text(), item.at("collection_name").hint_text()
    largest = max(sizes, key=lambda size: size.pixels, default=None)
    if largest is not None and largest.pixels:
        width, height = largest.width, largest.height
    keywords = [node.hint_at("text").hint_text() for node in item.at("keywords").hint_items()]
    listing = Listing(
        ref=ListingRef(marketplace=MARKETPLACE, id=asset_id),
        title=item.at("title").hint_text() or item.at("caption").hint_text() or f"{kind.title()} {asset_id}",
        kind=kind,
        offers=(),  # the license depends on the product that pays: only a quote can name it
        page_url=_read_page(item),
        description="\n".join(filter(None, (item.at("caption").hint_plain(), *words))),
        author="/".join(dict.fromkeys(filter(None, (artist, collection)))),  # as Getty credits
        previews=answers.read_previews(_read_pictures(item)),
        formats=tuple(dict.fromkeys(size.format for size in sizes if size.format not in ("", "other"))),
        tags=tuple(filter(None, keywords)),
        editorial=_is_editorial(item, use),
        width=width or None,
        height=height or None,
        duration_s=item.at("clip_length").hint_seconds(),
        collection=collection,
    )
    prices = item.at("istock_licenses").hint_items()
    standard = [node for node in prices if node.hint_at("license_type").hint_text().lower() == "standard"]
    return Found(
        listing=listing,
        license_model=item.at("license_model").optional_text(),
        sizes=_best_first(kind, sizes),
        price=standard[0].at("credits").hint_integer() if standard else None,
        on_request=item.at("call_for_image").optional_boolean() is True,
        restrictions=" ".join(filter(None, words)),
    )


def _is_editorial(item: Node, use: Node) -> bool | None:
    """Say whether it may only be used editorially: the flag, the family, then what the texts say."""
    told = use.at("editorial_use_only").optional_boolean()  # G-LIVE; not in G-2024
    if told is not None or item.at("asset_family").hint_text().lower() == "editorial":
        return told is not False
    restricted = use.at("usage_restrictions").hint_texts(limit=500)
    said = " ".join(filter(None, (use.at("how_can_i_use_it").hint_text(limit=1000), *restricted)))
    unclear = not said or "editorial" in said.lower()
    return bool(EDITORIAL_ONLY.search(said)) or (None if unclear else False)


def _read_page(item: Node) -> str:
    pages = item.at("referral_destinations").hint_items()
    ours = sorted(pages, key=lambda node: node.hint_at("site_name").hint_text().lower() != "gettyimages")
    return next(filter(None, (node.hint_at("uri").hint_url() for node in ours)), "")


def _read_pictures(item: Node) -> list[Node]:
    """Return the display sizes that are pictures, best first; a video's may be clips."""
    found = [node for node in item.at("display_sizes").hint_items() if isinstance(node.value, dict)]
    still = [node for node in found if file_ending(file_name_in(node.at("uri").hint_url())) not in MOVING]
    known = [node for node in still if node.at("name").hint_text() in PICTURES]
    return sorted(known, key=lambda node: PICTURES.index(node.at("name").hint_text()))


def _read_pixels(item: Node) -> tuple[int, int]:
    whole, mastered = item.hint_at("max_dimensions"), PIXELS.search(item.at("mastered_to").hint_text())
    if mastered:  # such as “QuickTime 8-bit Photo-JPEG HD 1920x1080 25p”
        return int(mastered[1]), int(mastered[2])
    return whole.at("width").hint_integer() or 0, whole.at("height").hint_integer() or 0


def _read_sizes(item: Node) -> tuple[ways.Size, ...]:
    lists = (item.at("download_sizes"), item.at("largest_downloads"))
    return tuple(_read_size(node) for listed in lists for node in listed.optional_items())


def _read_size(node: Node) -> ways.Size:
    # G-LIVE: `largest_downloads` are sizes with `downloads` in details, the downloads themselves in a search.
    inner = node.at("downloads").optional_items() or ((node,) if node.at("product_type").told else ())
    told = [(one.at("product_type").text(), one.at("product_id").optional_identifier()) for one in inner]
    media = node.either("media_type", "content_type").hint_text().lower()
    return ways.Size(
        variant=node.at("name").hint_text(),
        width=node.at("width").hint_integer() or 0,
        height=node.at("height").hint_integer() or 0,
        format=FORMATS.get(media, "other") if media else "",
        products=frozenset(":".join(filter(None, one)) for one in told),
    )


def _best_first(kind: MediaKind, sizes: tuple[ways.Size, ...]) -> tuple[ways.Size, ...]:
    """Return what can be asked for, best first: a video by its name, an image by its height.

    The largest image is asked for without a height: the told ones are estimates (G-2024). Files that are no
    JPEG (vectors) are left out. A size that tells no pixels is the largest one.
    """
    video = kind is MediaKind.VIDEO
    usable = [size for size in sizes if (size.variant if video else size.format in ("", "jpg"))]
    most = max((size.pixels for size in usable), default=0)
    found = []
    for size in sorted(usable, key=lambda size: size.pixels or most, reverse=True):
        shape = f"{size.width} × {size.height}" if size.pixels else ""
        name = size.variant if video else ("" if size.pixels in (0, most) else str(size.height))
        label = " ".join(filter(None, (name, shape))) if video else shape
        found.append(replace(size, variant=name, label=label))
    return tuple(found)


def read_purchases(asset_id: str, name: str, answer: Node) -> tuple[tuple[base.DownloadLink, ...], int]:
    """Read what was bought on the website (PreviousAssetPurchases): the link, and how many there are."""
    links = []
    for item in answer.at("previous_purchases").items():
        # An address of the API's own would be one more download to post, which may cost: not taken.
        url = item.at("download_uri").optional_url() if item.at("asset_id").identifier() == asset_id else ""
        if url and "api.gettyimages.com/" not in url:
            links.append(base.DownloadLink(url=url, name=name))
    return tuple(links[:1]), answer.at("result_count").hint_integer() or 0


def read_record(asset_id: str, item: Node) -> base.HistoryRecord:
    """Read one download: in an account's list (HistoricalDownload), or, flatter, in one asset's."""
    asset_id = asset_id or item.at("id").identifier()
    kind, number = item.at("product_type").optional_text(), item.at("product_id").optional_identifier()
    at, details = item.at("date_downloaded").hint_time(), item.hint_at("download_details")
    own = OUR_KEY.search((details if details.told else item).at("download_notes").hint_text())
    account_id, when = ":".join(filter(None, (kind, number))), f"{at:%Y-%m-%dT%H:%M:%SZ}" if at else ""
    proof = " ".join(filter(None, (asset_id, when, account_id)))  # it has no number of its own
    return base.HistoryRecord(
        ref=ListingRef(marketplace=MARKETPLACE, id=asset_id),
        state=base.RecordState.PAID,
        marketplace_order_id=proof,
        kind=KINDS.get(item.at("asset_type").hint_text().lower()),
        marketplace_license_id=own[1] if own else proof,
        key=own[1] if own else "",
        license_label=license_label(item.at("license_model").optional_text(), kind),
        account_id=account_id,
        at=at,
    )
