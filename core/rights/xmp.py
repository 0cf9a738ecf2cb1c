"""Licenses as XMP in JSON-LD: the packets of glTF's extension KHR_xmp_json_ld, written and read. Pure.

The extension (Khronos, KHR_xmp_json_ld) allows a part of JSON-LD only: every array under ``@list`` or
``@set``, texts in languages under ``rdf:Alt`` with ``rdf:_1``, no expanded terms, no aliases, no local
contexts. Names are those of Dublin Core (ISO 15836), of XMP's rights management (ISO 16684-1, 8.4), and of a
namespace of ours.

Reading believes nothing: a packet can come from anybody.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ..errors import UserInputError
from ..model.declaration import DECLARED
from ..stamp_format import Stamp, decode, encode
from .record import UNDECLARED, Details, RightsLicense, Run, collect_credits

EXTENSION = "KHR_xmp_json_ld"
NAMESPACE = "https://clearance.invalid/ns/xmp/1/"
"""An identifier, not an address: ``.invalid`` never resolves (RFC 2606)."""
CONTEXT: Mapping[str, str] = {
    "dc": "http://purl.org/dc/elements/1.1/",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "xmpRights": "http://ns.adobe.com/xap/1.0/rights/",
    "clearance": NAMESPACE,
}
MAX_LICENSES = 10_000
MAX_RUNS = 5_000_000
_STAMP = {
    "clearance:grantId": "grant_id",
    "clearance:marketplace": "marketplace",
    "clearance:listingId": "listing_id",
    "clearance:licenseId": "license_id",
    "clearance:termsSha256": "terms_sha256",
}
_DETAILS = {
    "dc:title": "title",
    "clearance:marketplaceName": "marketplace_name",
    "clearance:licenseLabel": "license_label",
    "xmpRights:WebStatement": "terms_url",
}
_PLAIN = frozenset({"clearance:marketplaceName", "clearance:licenseLabel", "xmpRights:WebStatement"})
"""Texts without a language."""


def make_packet(
    licenses: Sequence[RightsLicense], *, stamp: int | None = None, runs: Sequence[Run] = ()
) -> dict[str, Any]:
    """Return the packet of something that is under these licenses.

    ``stamp`` is the index of the license that its own stamp names, ``runs`` tell which triangles are whose;
    only geometry that several licenses share needs them.
    """
    packet: dict[str, Any] = {"@context": dict(CONTEXT), "xmpRights:Marked": True}
    lines = collect_credits(licenses)
    authors = _each_once(each.details.author for each in licenses)
    pages = _each_once(each.details.terms_url for each in licenses)
    if authors:
        packet["dc:creator"] = {"@list": authors}
    if lines:
        packet["dc:rights"] = _text("\n".join(lines))
    packet["xmpRights:UsageTerms"] = _text("\n".join(_each_once(_usage(each) for each in licenses)))
    if len(pages) == 1:
        packet["xmpRights:WebStatement"] = pages[0]
    packet["clearance:licenses"] = {"@list": [_license(each) for each in licenses]}
    if stamp is not None:
        packet["clearance:stamp"] = stamp
    if runs:
        packet["clearance:faces"] = {
            "@list": [number for run in runs for number in (run.license, run.triangles)]
        }
    return packet


def read_packet(packet: object) -> tuple[tuple[RightsLicense, ...], int | None, tuple[Run, ...]]:
    """Read a packet of ours: its licenses, the one of the stamp, the runs of triangles.

    A packet of somebody else's gives no licenses. Raises UserInputError (``rights.damaged``) for one that has
    our names and is none.
    """
    if not isinstance(packet, dict) or "clearance:licenses" not in packet:
        return (), None, ()
    context = packet.get("@context")
    if not isinstance(context, dict) or context.get("clearance") != NAMESPACE:
        return (), None, ()
    items = _list_of(packet["clearance:licenses"], limit=MAX_LICENSES)
    licenses = tuple(_read_license(item) for item in items)
    stamp = packet.get("clearance:stamp")
    if stamp is not None and not (_is_count(stamp) and stamp < len(licenses)):
        raise _damaged()
    return licenses, stamp, _read_runs(packet.get("clearance:faces"), len(licenses))


def _license(held: RightsLicense) -> dict[str, Any]:
    stamp, details = held.stamp, held.details
    values: dict[str, Any] = {name: text for name, field in _STAMP.items() if (text := getattr(stamp, field))}
    for name, field in _DETAILS.items():
        if text := getattr(details, field):
            values[name] = text if name in _PLAIN else _text(text)
    if details.author:
        values["dc:creator"] = {"@list": [details.author]}
    if stamp.credit:
        values["dc:rights"] = _text(stamp.credit)
    return values


def _usage(held: RightsLicense) -> str:
    stamp, details = held.stamp, held.details
    if stamp.marketplace == DECLARED:
        origin = stamp.license_id.partition(".")[2].replace("_", " ")
        return f"Under “{details.license_label}”." if details.license_label else f"Declared as: {origin}."
    label = details.license_label or stamp.license_id
    where = details.marketplace_name or stamp.marketplace
    return f"Licensed under “{label}” ({where}); the license is not transferred with this file."


def _text(value: str) -> dict[str, Any]:
    return {"@type": "rdf:Alt", "rdf:_1": {"@language": "x-default", "@value": value}}


def _each_once(texts: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(text for text in texts if text))


def _read_license(item: object) -> RightsLicense:
    if not isinstance(item, dict):
        raise _damaged()
    fields = {field: item.get(name, "") for name, field in _STAMP.items()}
    if not all(isinstance(value, str) for value in fields.values()):
        raise _damaged()
    try:
        stamp = decode(encode(Stamp(**fields, credit=_read_text(item.get("dc:rights")))))
    except ValueError:
        raise _damaged() from None
    details = {field: _read_text(item.get(name))[:2000] for name, field in _DETAILS.items()}
    creator = item.get("dc:creator")
    authors = _list_of(creator, limit=100) if creator is not None else []
    author = authors[0] if authors and isinstance(authors[0], str) else ""
    return RightsLicense(stamp=stamp, details=Details(**details, author=author[:2000]))


def _read_runs(value: object, count: int) -> tuple[Run, ...]:
    if value is None:
        return ()
    numbers = _list_of(value, limit=MAX_RUNS)
    if len(numbers) % 2:
        raise _damaged()
    runs = []
    for index, triangles in zip(numbers[::2], numbers[1::2], strict=True):
        known = _is_count(index) and index < count
        if not (known or (index == UNDECLARED and isinstance(index, int))) or not _is_count(triangles):
            raise _damaged()
        runs.append(Run(index, triangles, triangles))
    return tuple(runs)


def _read_text(value: object) -> str:
    if isinstance(value, dict):
        inner = value.get("rdf:_1")
        value = inner.get("@value") if isinstance(inner, dict) else None
    return value if isinstance(value, str) else ""


def _list_of(value: object, *, limit: int) -> list[Any]:
    items = value.get("@list") if isinstance(value, dict) else None
    if not isinstance(items, list) or len(items) > limit:
        raise _damaged()
    return items


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 2**40


def _damaged() -> UserInputError:
    return UserInputError("The license metadata in this file is damaged.", code="rights.damaged")
