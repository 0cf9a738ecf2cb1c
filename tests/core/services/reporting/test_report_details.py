"""What the ledger and the data folder know beside a report."""

from __future__ import annotations

import hashlib
import io
from contextlib import closing
from pathlib import Path

from fakes import FakeSender
from ledger_values import make_order
from PIL import Image
from scenes import NOW, make_big_scene, make_grant

from core.files.picture_folder import PictureFolder
from core.files.store import Store
from core.ledger.engine import open_ledger
from core.licenses import LicenseCatalogue, canonical_text
from core.model.grant import GrantFile
from core.model.intended_use import IntendedUse
from core.model.report import Report
from core.reports.build import build_report
from core.services.delivering.pictures import KeepPictures
from core.services.finding.previews import Previews
from core.services.reporting.report_details import GatherDetails


def report_of(grants: int) -> Report:
    scan, known, terms, now = make_big_scene(objects=grants * 2, grants=grants)
    return build_report(scan, grants=known, terms=terms, use=IntendedUse(), now=now)


def test_terms_files_and_pictures_are_gathered(tmp_path: Path) -> None:
    catalogue, store = LicenseCatalogue.load(), Store(tmp_path / "store")
    out = io.BytesIO()
    Image.new("RGB", (700, 500), "green").save(out, "PNG")
    digest = hashlib.sha256(out.getvalue()).hexdigest()
    (store.incoming() / "oak.png").write_bytes(out.getvalue())
    store.adopt(store.incoming() / "oak.png", digest)
    with closing(open_ledger(tmp_path / "ledger.sqlite")) as ledger:
        with ledger.transaction() as work:
            for number in range(3):  # the fourth grant of the scene is not ours
                grant, terms = make_grant(number, catalogue)
                work.add_order(make_order(number, id=grant.order_id, ref=grant.ref))
                if number != 1:
                    work.keep_terms(grant.terms_sha256, canonical_text(terms))
                work.add_grant(grant)
            work.add_file(
                GrantFile(
                    grant_id=make_grant(2, catalogue)[0].id, sha256=digest, name="oak.png",
                    size=len(out.getvalue()), media_type="image/png", downloaded_at=NOW,
                )
            )  # fmt: skip
        pictures = KeepPictures(
            folder=PictureFolder(root=tmp_path / "pictures"),
            ledger=ledger,
            store=store,
            previews=Previews(client=None),  # type: ignore[arg-type]
            sender=FakeSender(),
        )
        service = GatherDetails(ledger=ledger, catalogue=catalogue, pictures=pictures)
        report = report_of(4)
        details = service.run(report)
        ids = [make_grant(number, catalogue)[0].id for number in range(4)]
        assert set(details.grants) == set(ids[:3])
        assert len(details.terms) == 2
        assert {terms.marketplace_name for terms in details.terms.values()} == {"CGTrader", "Shutterstock"}
        assert [file.name for file in details.files[ids[2]]] == ["oak.png"]
        assert set(details.files) == {ids[2]}
        assert {one: (p.width, p.height) for one, p in details.pictures.items()} == {ids[2]: (256, 183)}
        assert service.run(report, pictures=False).pictures == {}
        assert service.run(report_of(4)).terms == details.terms
