"""What KHR_xmp_json_ld asks of packets, by its text ("JSON-LD Restrictions and Recommendations")."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

_PREFIX = re.compile(r"[A-Za-z0-9_]+")
_LANGUAGE = re.compile(r"[a-z]{1,8}(-[a-z0-9]{1,8})*")
WELL_KNOWN = {
    "dc": "http://purl.org/dc/elements/1.1/",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "xmpRights": "http://ns.adobe.com/xap/1.0/rights/",
}


def find_faults(packet: Any) -> list[str]:
    """Return what is wrong with a packet, in words; nothing when it keeps to the rules."""
    if not isinstance(packet, dict):
        return ["a packet is an object"]
    context = packet.get("@context")
    if not isinstance(context, dict):
        return ["a packet has a context that is an object"]
    return [*_check_context(context), *_check(packet, set(context), "", is_root=True)]


def _check_context(context: dict[str, Any]) -> Iterator[str]:
    for prefix, address in context.items():
        if not isinstance(address, str):
            yield f"{prefix}: an expanded term definition"
        if not _PREFIX.fullmatch(prefix):
            yield f"{prefix}: a prefix of other characters"
        if WELL_KNOWN.get(prefix, address) != address:
            yield f"{prefix}: a well-known prefix for something else"
    if len(set(map(str, context.values()))) != len(context):
        yield "two prefixes for one namespace"


def _check(value: Any, prefixes: set[str], place: str, *, is_root: bool = False) -> Iterator[str]:
    if isinstance(value, list):
        yield f"{place}: an array that is not below @list or @set"
        return
    if not isinstance(value, dict):
        return
    if "@context" in value and not is_root:
        yield f"{place}: a local context"
    if "@value" in value:
        yield f"{place}: a value object outside of a language alternative"
    if value.get("@type") == "rdf:Alt":
        yield from _check_languages(value, place)
        return
    for name, inner in value.items():
        if name == "@context":
            continue
        if name in {"@list", "@set"}:
            if len(value) != 1 or not isinstance(inner, list):
                yield f"{place}: {name} stands alone and holds an array"
                continue
            for each in inner:
                yield from _check(each, prefixes, f"{place}/{name}")
            continue
        prefix, colon, _ = name.partition(":")
        if not colon or prefix not in prefixes:
            yield f"{place}/{name}: no prefix of the context"
        yield from _check(inner, prefixes, f"{place}/{name}")


def _check_languages(value: dict[str, Any], place: str) -> Iterator[str]:
    items = {name: inner for name, inner in value.items() if name != "@type"}
    if list(items) != [f"rdf:_{number + 1}" for number in range(len(items))] or not items:
        yield f"{place}: alternatives are numbered from rdf:_1"
    for inner in items.values():
        if not isinstance(inner, dict) or set(inner) != {"@language", "@value"}:
            yield f"{place}: an alternative has a language and a value"
        elif not _LANGUAGE.fullmatch(inner["@language"]) or not isinstance(inner["@value"], str):
            yield f"{place}: a language is a lower-case BCP 47 tag, its value a text"
