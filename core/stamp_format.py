"""What is written on data-blocks: a short JSON text that holds only what a customer may see.

Never a price, an order number, a name or a key: a stamp travels with the file wherever it leaks.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from .errors import UserInputError
from .model.grant import Grant

PROPERTY = "clearance"
"""Name of the custom property on data-blocks."""
REGISTER_PROPERTY = "clearance_register"
"""Name of the scene's custom property: a JSON list of stamp texts ever put into this scene."""
FACE_ATTRIBUTE = "clearance_grant"
"""INT face attribute of meshes: :func:`core.ids.hash_grant_id` of the grant. No leading underscore, so
that the glTF exporter does not carry it by accident."""
SCHEMA = 1
MAX_CREDIT_LENGTH = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamp:
    """A data-block's license, in public words."""

    grant_id: str
    marketplace: str
    listing_id: str
    license_id: str
    terms_sha256: str
    credit: str = ""


def make_stamp(grant: Grant) -> Stamp:
    """Take from a grant what may be public."""
    return Stamp(
        grant_id=grant.id,
        marketplace=grant.ref.marketplace,
        listing_id=grant.ref.id,
        license_id=grant.license_id,
        terms_sha256=grant.terms_sha256,
        credit=grant.credit[:MAX_CREDIT_LENGTH],
    )


def encode(stamp: Stamp) -> str:
    """Write a stamp as compact JSON with keys in a fixed order."""
    return json.dumps(
        {
            "v": SCHEMA,
            "grant_id": stamp.grant_id,
            "marketplace": stamp.marketplace,
            "listing_id": stamp.listing_id,
            "license_id": stamp.license_id,
            "terms_sha256": stamp.terms_sha256,
            "credit": stamp.credit,
        },
        ensure_ascii=False,
        separators=(",", ":"),
    )


def decode(text: str) -> Stamp:
    """Read a stamp of this or an earlier schema; raise UserInputError when it is not one."""
    try:
        data: Any = json.loads(text)
    except (ValueError, RecursionError):
        raise UserInputError("A license stamp in this file is damaged.", code="stamp.damaged") from None
    if not isinstance(data, dict) or not isinstance(data.get("v"), int):
        raise UserInputError("A license stamp in this file is damaged.", code="stamp.damaged")
    if data["v"] > SCHEMA:
        raise UserInputError(
            "A license stamp in this file was written by a newer Clearance; update the extension.",
            code="stamp.newer",
            context={"schema": data["v"]},
        )
    fields = ("grant_id", "marketplace", "listing_id", "license_id", "terms_sha256")
    if not all(isinstance(data.get(key), str) and data[key] for key in fields):
        raise UserInputError("A license stamp in this file is damaged.", code="stamp.damaged")
    credit = data.get("credit", "")
    return Stamp(**{key: data[key] for key in fields}, credit=credit if isinstance(credit, str) else "")
