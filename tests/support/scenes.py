"""Scenes as values, large or small, without a DCC."""

from __future__ import annotations

from datetime import UTC, date, datetime

from core.ids import hash_grant_id
from core.licenses import LicenseCatalogue, terms_sha256
from core.model.grant import Grant
from core.model.license import LicenseTerms
from core.model.listing import ListingRef, MediaKind
from core.model.scene import DataBlock, SceneScan
from core.stamp_format import encode, make_stamp

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
LABELS = (
    ("cgtrader", "general"),
    ("cgtrader", "editorial"),
    ("shutterstock", "standard"),
    ("shutterstock", "enhanced"),
)


def make_grant(number: int, catalogue: LicenseCatalogue) -> tuple[Grant, LicenseTerms]:
    """Make one grant of some license, and the terms it is under."""
    marketplace, label = LABELS[number % len(LABELS)]
    terms = catalogue.resolve(marketplace, label, editorial=None, at=date(2026, 11, 1))
    grant = Grant(
        id=f"grant_{number:026d}",
        order_id=f"order_{number}",
        ref=ListingRef(marketplace=marketplace, id=str(number)),
        title=f"Asset {number}",
        author=f"author {number % 40}",
        kind=MediaKind.MODEL if marketplace == "cgtrader" else MediaKind.IMAGE,
        license_id=terms.license_id,
        license_label=label,
        terms_sha256=terms_sha256(terms),
        marketplace_license_id=f"L{number}",
        licensee="studio",
        project="bench",
        granted_at=NOW,
    )
    return grant, terms


def make_big_scene(
    *, objects: int, grants: int
) -> tuple[SceneScan, dict[str, Grant], dict[str, LicenseTerms], datetime]:
    """Make a scene of so many stamped objects, each with a mesh of its own, under so many grants."""
    catalogue = LicenseCatalogue.load()
    made = [make_grant(number, catalogue) for number in range(grants)]
    texts = [encode(make_stamp(grant)) for grant, _ in made]
    blocks: list[DataBlock] = []
    for number in range(objects):
        grant, _ = made[number % grants]
        stamp = texts[number % grants]
        blocks.append(
            DataBlock(
                id_type="OBJECT",
                name=f"Object.{number:05d}",
                stamp=stamp,
                data_name=f"Mesh.{number:05d}",
                data_type="MESH",
            )
        )
        blocks.append(
            DataBlock(
                id_type="MESH",
                name=f"Mesh.{number:05d}",
                stamp=stamp,
                face_grants=frozenset({hash_grant_id(grant.id)}),
            )
        )
    scan = SceneScan(
        host="Blender 5.2.3", scene="/shots/big.blend", data_blocks=tuple(blocks), register=tuple(texts)
    )
    return scan, {g.id: g for g, _ in made}, {g.terms_sha256: t for g, t in made}, NOW
