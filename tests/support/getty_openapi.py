"""Getty Images' own OpenAPI file (as of 2024-12), made ready for a validator, and what it is known to lack.

The file holds one control character that is not allowed in YAML, and its OAuth scheme is of a kind that
openapi-core only warns of; both are left out. Nothing else of it is changed.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from openapi_core import Config, OpenAPI
from ruamel.yaml import YAML

FILE = "gettyimages-v3.openapi.yaml"
PATHS = (
    "/v3/search",
    "/v3/images",
    "/v3/videos",
    "/v3/products",
    "/v3/customers",
    "/v3/downloads",
    "/v3/purchased",
)
# What the newer file of 2026-09 has (read in part), or the official SDKs read, and this one does not allow.
# By the path of the answer's field, without numbers.
NEWER_FIELDS = frozenset(
    {
        "images[].allowed_use.editorial_use_only",
        "videos[].allowed_use.editorial_use_only",
        "images[].territory_restrictions",
        "videos[].call_for_image",  # can be asked for by name, but no answer of a search has a place for it
    }
)


def load_document(shared_dir: Path) -> dict[str, Any]:
    """Read the file."""
    text = (shared_dir / "api-specs" / FILE).read_text(encoding="utf-8")
    whole: dict[str, Any] = YAML(typ="safe").load(
        "".join(c for c in text if c.isprintable() or c in "\n\r\t")
    )
    return whole


def build_api(document: dict[str, Any]) -> OpenAPI:
    """Build the validator over those paths that are used here."""
    paths = {path: found for path, found in document["paths"].items() if path.startswith(PATHS)}
    whole = {key: value for key, value in document.items() if key != "security"}
    return OpenAPI.from_dict(
        {**whole, "paths": paths, "servers": [{"url": "https://api.gettyimages.com"}]},
        config=Config(spec_validator_cls=None),
    )


def find_operation(document: dict[str, Any], path: str, method: str) -> tuple[str, dict[str, Any]]:
    """Return the path template and the operation of a request; a plain path wins over a template."""
    parts = path.split("/")

    def fits(template: str) -> bool:
        wanted = template.split("/")
        return len(wanted) == len(parts) and all(
            w.startswith("{") or w == p for w, p in zip(wanted, parts, strict=True)
        )

    found = sorted((known for known in document["paths"] if fits(known)), key=lambda known: known.count("{"))
    assert found, f"the file has no {path}"
    return found[0], document["paths"][found[0]][method.lower()]


def without_newer_fields(body: Any) -> tuple[Any, frozenset[str]]:
    """Return a copy of an answer without the fields that the file is known to lack, and which these were."""
    whole, removed = copy.deepcopy(body), set()
    for path, parent, name in _fields(whole):
        if path in NEWER_FIELDS:
            del parent[name]
            removed.add(path)
    return whole, frozenset(removed)


def _fields(value: Any, path: str = "") -> Iterator[tuple[str, dict[str, Any], str]]:
    if isinstance(value, list):
        for part in value:
            yield from _fields(part, f"{path}[]")
    elif isinstance(value, dict):
        for name in list(value):
            here = f"{path}.{name}" if path else name
            yield from _fields(value[name], here)
            yield here, value, name
