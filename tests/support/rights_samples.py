"""Rights records by hand."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from core.rights.record import Content, Details, FileMark, RightsLicense, RightsRecord, Run
from core.stamp_format import Stamp

AT = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def make_license(number: int = 1, **values: Any) -> RightsLicense:
    """Make a license."""
    stamp = Stamp(
        grant_id=f"grant_{number}",
        marketplace="cgtrader",
        listing_id=str(number),
        license_id="cgtrader.royalty_free",
        terms_sha256=f"{number:064x}",
        credit=values.pop("credit", f"Chair {number} by Åse, CGTrader"),
    )
    details = {
        "marketplace_name": "CGTrader",
        "title": f"Chair {number}",
        "author": "Åse",
        "license_label": "Royalty Free",
        "terms_url": "https://example.com/terms",
    }
    return RightsLicense(stamp=stamp, details=Details(**(details | values)))


def make_mesh(name: str, *runs: tuple[int, int, int], stamp: int | None = 0, vertices: int = 0) -> Content:
    """Make a mesh of a record."""
    return Content(
        id_type="MESH", name=name, stamp=stamp, runs=tuple(Run(*run) for run in runs), vertices=vertices
    )


def make_object(name: str, data: str = "", *, stamp: int | None = 0) -> Content:
    """Make an object of a record."""
    return Content(id_type="OBJECT", name=name, stamp=stamp, data=data)


def make_record(*contents: Content, licenses: int = 2, **values: Any) -> RightsRecord:
    """Make a record."""
    given: dict[str, Any] = {
        "tool_version": "1.2.3",
        "host": "Blender 5.2.3",
        "made_at": AT,
        "format": "fbx",
        "licenses": tuple(make_license(number + 1) for number in range(licenses)),
        "contents": contents,
        "undeclared": 3,
        "file": FileMark(name="chair.fbx", size=10, sha256="ab" * 32),
    }
    return RightsRecord(**(given | values))
