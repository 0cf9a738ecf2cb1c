"""Shutterstock's three kinds of media as a table, and the readers of its answers about them.

What differs between images, videos and audio stands in the table, not in the functions. Sources as in
:mod:`.shutterstock`, which builds the calls.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from ..model.listing import ListedFile, Listing, ListingRef, MediaKind, Sort
from ..model.money import Balance
from . import answers, base
from .reading import Node

ID = "shutterstock"
UNTOLD = frozenset({"premium", "animated", "rigged", "pbr", "max_polygons", "exclude_ai"})
PICTURES = frozenset({"orientation", "min_width", "min_height"})
SORTS = {Sort.RELEVANCE: "relevance", Sort.POPULAR: "popular", Sort.NEWEST: "newest"}
LENGTHS = {"min_duration_s": "duration_from", "max_duration_s": "duration_to"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Medium:
    """What the vendor calls things for one kind of media."""

    path: str
    name: str
    """In ids, in a history's records and in a plan's formats."""
    sizes: Mapping[str, str]
    """By what a license calls it, best first: the asset that tells of it."""
    stills: tuple[str, ...]
    """Assets that are pictures to look at, best for a list first."""
    file: str
    """What a file is called; ``{}`` is the id."""
    sorts: Mapping[Sort, str]
    filters: Mapping[str, str]
    """Plain parameters by the name of our filter."""
    untold: frozenset[str] = UNTOLD
    """Filters on what no answer tells."""


MEDIA = {
    MediaKind.IMAGE: Medium(
        path="images",
        name="image",
        # S-SDK LicenseImage.md has no `supersize` or `vector`.
        sizes={"huge": "huge_jpg", "medium": "medium_jpg", "small": "small_jpg"},
        stills=("huge_thumb", "preview", "large_thumb", "small_thumb", "preview_1000", "preview_1500"),
        file="shutterstock_{}.jpg",
        sorts=SORTS,
        filters={"min_width": "width_from", "min_height": "height_from", "collection": "category"},
    ),
    MediaKind.VIDEO: Medium(
        path="videos",
        name="video",
        sizes={"4k": "4k", "hd": "hd", "sd": "sd", "web": "web"},
        stills=("preview_jpg", "thumb_jpg"),
        file="shutterstock_v{}.mov",  # S-SPEC's example of a link
        sorts=SORTS,
        filters={**LENGTHS, "collection": "category"},
    ),
    MediaKind.AUDIO: Medium(
        path="audio",
        name="audio",
        sizes={"": "clean_audio"},  # a track is licensed as it is
        stills=("album_art", "waveform"),
        file="shutterstock_{}.wav",
        sorts={Sort.RELEVANCE: "score", Sort.POPULAR: "ranking_all", Sort.NEWEST: "freshness"},
        filters={**LENGTHS, "collection": "genre"},
        untold=UNTOLD | PICTURES,
    ),
}


def read_item(kind: MediaKind, item: Node) -> Listing:
    """Read an image, video or track (S-SDK Image.md, Video.md, Audio.md)."""
    medium, item_id, assets = MEDIA[kind], item.at("id").identifier(), item.at("assets")
    told = {size: assets.hint_at(asset) for size, asset in medium.sizes.items()}
    sizes = {
        size: node
        for size, node in told.items()
        if (node.told or kind is MediaKind.AUDIO) and node.at("is_licensable").hint_boolean() is not False
    }
    best = next(iter(sizes.values()), Node(value=None))
    name, contributor = medium.file.format(item_id), item.hint_at("contributor").hint_at("id").hint_text()
    artists = [artist.hint_at("name").hint_text() for artist in item.at("artists").hint_items()]
    return Listing(
        ref=ListingRef(marketplace=ID, id=item_id),
        # Images and videos have no title, only a description.
        title=item.at("title").hint_text()
        or item.at("description").hint_text()
        or f"{medium.name.title()} {item_id}",
        kind=kind,
        offers=(),  # the license is the subscription's: only a quote can name it
        page_url=item.at("url").hint_url(),
        description=item.at("description").hint_plain() if artists else "",
        # S-SPEC: of who made an image or a video, only an id is told.
        author=", ".join(filter(None, artists)) or (f"Contributor {contributor}" if contributor else ""),
        previews=answers.read_previews(assets.hint_at(still) for still in medium.stills),
        files=tuple(
            ListedFile(id=size or medium.name, name=name, size=node.at("file_size").hint_integer())
            for size, node in sizes.items()
        ),
        formats=(medium.file.rpartition(".")[2],) if sizes else (),
        tags=item.at("keywords").hint_texts(),
        editorial=item.at("is_editorial").optional_boolean(),
        width=best.at("width").hint_integer(),
        height=best.at("height").hint_integer(),
        duration_s=item.at("duration").hint_seconds(),
        collection=item.at("asset_collection").hint_text(),
    )


def read_plan(kinds: Collection[MediaKind], item: Node) -> answers.Plan:
    """Read a subscription; it fits when it is for one of the kinds (S-SDK Subscription.md, Allotment.md)."""
    formats, names = item.at("formats").optional_items(), {(MEDIA[k].path, MEDIA[k].name) for k in kinds}
    usable = [form for form in formats if form.at("format").hint_text() != "eps"]
    media = item.at("asset_type").hint_text() or next((f.at("media_type").hint_text() for f in formats), "")
    # S-SPEC's example has no `allotment`: what is left is not told then.
    label, allotment = item.at("license").optional_text(), item.at("allotment")
    sizes = frozenset(form.at("size").hint_text() for form in usable)
    return answers.Plan(
        balance=Balance(
            label=item.at("description").hint_text() or label,
            left=allotment.at("downloads_left").optional_credits(),
            limit=allotment.at("downloads_limit").optional_credits(),
            account_id=item.at("id").identifier(),
            license_label=label,
        ),
        fits=any(media in pair for pair in names),
        expired=item.at("expiration_time").is_past(),
        variants=sizes if formats and MediaKind.AUDIO not in kinds else None,
    )


def read_purchase(kind: MediaKind, item_id: str, answer: Node) -> base.PurchaseResult:
    """Read what came of licensing one item.

    The status is 200 also when the item failed: it succeeded with an address and without an error (S-GW).
    """
    medium, items = MEDIA[kind], answer.at("data").optional_items()
    if not items and answer.at("errors").optional_items():
        return answers.refused(answer.value)
    if len(items) != 1 or items[0].at(f"{medium.name}_id").identifier() != item_id:
        raise answer.at("data").wrong(f"the result for this one {medium.name}")
    error, download = items[0].at("error"), items[0].at("download")
    if error.value and download.told:
        raise error.wrong("possible beside a download")
    if error.value:
        return answers.refused(error.value)
    license_id = items[0].at("license_id").optional_identifier()  # S-SDK LicenseImageResult.md; not in S-SPEC
    return base.PurchaseResult(
        outcome=base.PurchaseOutcome.PAID,
        marketplace_order_id=license_id,
        marketplace_license_id=license_id,
        charged=items[0].at("allotment_charge").optional_credits(),
        # Good for 8 hours (S-SDK).
        links=(answers.read_bought_link(medium.file.format(item_id), download.at("url")),),
    )


def read_record(kind: MediaKind, item: Node) -> base.HistoryRecord:
    """Read an entry of the history: a license that was given (S-SPEC DownloadHistory)."""
    license_id, licensed = item.at("id").identifier(), item.at(MEDIA[kind].name)
    size = licensed.hint_at("format").hint_at("size").hint_text().lower()
    return base.HistoryRecord(
        ref=ListingRef(marketplace=ID, id=licensed.at("id").identifier()),
        kind=kind,
        variant=size if size in MEDIA[kind].sizes else "",
        state=base.RecordState.PAID,
        marketplace_order_id=license_id,
        marketplace_license_id=license_id,
        key=item.hint_at("metadata").at("customer_id").hint_text(),
        license_label=item.at("license").optional_text(),
        account_id=item.at("subscription_id").optional_identifier(),
        at=item.at("download_time").hint_time(),
        downloadable=item.at("is_downloadable").hint_boolean(),
    )
