"""Plans for imports: what can be packed from a private folder, what cannot from one that stays."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from fakes import FakeClock
from file_samples import make_glb, make_png, make_zip
from ledger_values import make_grant

from core.errors import CancelledError, UserInputError
from core.files.image_size import measure
from core.files.lasting import LastingFiles
from core.files.store import Store
from core.host import NoHost
from core.http.cancel import CancelToken
from core.model.grant import Grant, GrantFile, GrantState
from core.model.listing import MediaKind
from core.model.optimize import Optimize
from core.services.delivering.hand_out import HandOut
from core.services.delivering.import_plan import PlanImport, PreparedImport
from sandbox.media.movie import MovieFormat, make_movie

MOVIE = make_movie("tiles", "blue", MovieFormat(width=16, height=16, fps=24.0), 7, seconds=0.1)


class AnyHost(NoHost):
    """Imports everything."""

    @property
    def supported_formats(self) -> tuple[str, ...]:
        """Return what the tests deliver."""
        return ("glb", "mov", "wav", "abc")


@dataclass
class FewGrants:
    """As much of a ledger as a plan asks for."""

    grants: dict[str, Grant] = field(default_factory=dict)
    delivered: dict[str, tuple[GrantFile, ...]] = field(default_factory=dict)

    def grant(self, grant_id: str) -> Grant | None:
        """Return a grant."""
        return self.grants.get(grant_id)

    def files(self, grant_id: str) -> tuple[GrantFile, ...]:
        """Return what was delivered."""
        return self.delivered.get(grant_id, ())

    def terms_text(self, _digest: str) -> None:
        """Keep no terms."""

    def values(self, _kind: type, **_wanted: object) -> tuple[object, ...]:
        """Know of no agreements and renewals."""
        return ()


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store")


@pytest.fixture
def ledger() -> FewGrants:
    return FewGrants()


@pytest.fixture
def planning(tmp_path: Path, store: Store, ledger: FewGrants) -> PlanImport:
    lasting = LastingFiles(tmp_path / "library", store=store)
    few: Any = ledger
    hand_out = HandOut(ledger=few, clock=FakeClock())
    return PlanImport(ledger=few, store=store, lasting=lasting, host=AnyHost(), hand_out=hand_out)


def own(
    ledger: FewGrants, store: Store, name: str, content: bytes, kind: MediaKind, **facts: Any
) -> tuple[Grant, GrantFile]:
    path = store.incoming() / "part"
    path.write_bytes(content)
    sha256 = hashlib.sha256(content).hexdigest()
    store.adopt(path, sha256)
    grant = make_grant(1, kind=kind, title="Surf at dawn", **facts)
    file = GrantFile(
        grant_id=grant.id, sha256=sha256, name=name, size=len(content), media_type="",
        downloaded_at=datetime(2026, 1, 2, tzinfo=UTC),
    )  # fmt: skip
    ledger.grants[grant.id], ledger.delivered[grant.id] = grant, (file,)
    return grant, file


def working(store: Store) -> list[Path]:
    return list((store.root / "work").iterdir())


def test_a_video_is_imported_from_where_it_stays(
    planning: PlanImport, store: Store, ledger: FewGrants, tmp_path: Path
) -> None:
    grant, file = own(ledger, store, "surf.mov", MOVIE, MediaKind.VIDEO)
    prepared = planning.run(grant.id)
    plan = prepared.plan
    assert plan.path == tmp_path / "library" / grant.id / "surf.mov"
    assert (plan.format, plan.kind, plan.name) == ("mov", MediaKind.VIDEO, "Surf at dawn")
    assert plan.keep_files_in == plan.path.parent
    assert plan.folder is None
    assert working(store) == []
    stored = store.path(file.sha256)
    assert stored is not None
    assert plan.path.samefile(stored)
    check_it_outlives(planning, prepared, store)
    assert planning.run(grant.id).plan.path == plan.path


def check_it_outlives(planning: PlanImport, prepared: PreparedImport, store: Store) -> None:
    """Nothing that tidies up removes a file that a scene refers to."""
    planning.discard(prepared)
    store.clean()
    assert prepared.plan.path.read_bytes() == MOVIE


def test_a_video_in_an_archive_stays_too(planning: PlanImport, store: Store, ledger: FewGrants) -> None:
    content = make_zip({"clips/surf.mov": MOVIE, "clips/license.txt": b"Enjoy."})
    grant, _file = own(ledger, store, "clips.zip", content, MediaKind.VIDEO)
    prepared = planning.run(grant.id)
    assert prepared.plan.path.name == "surf.mov"
    assert working(store) == []
    check_it_outlives(planning, prepared, store)


def test_what_can_be_packed_comes_from_a_private_folder(
    planning: PlanImport, store: Store, ledger: FewGrants, tmp_path: Path
) -> None:
    grant, _file = own(ledger, store, "chair.glb", make_glb(), MediaKind.MODEL)
    prepared = planning.run(grant.id)
    assert prepared.plan.keep_files_in is None
    assert prepared.plan.folder is not None
    assert prepared.plan.path.is_relative_to(prepared.plan.folder)
    assert not (tmp_path / "library").exists()
    planning.discard(prepared)
    assert working(store) == []


def test_cancelling_leaves_no_folder(planning: PlanImport, store: Store, ledger: FewGrants) -> None:
    grant, _file = own(ledger, store, "surf.mov", MOVIE, MediaKind.VIDEO)
    cancel = CancelToken()
    cancel.cancel()
    with pytest.raises(CancelledError):
        planning.run(grant.id, cancel=cancel)
    assert working(store) == []


def test_what_is_not_here_or_was_given_back_is_said(
    planning: PlanImport, store: Store, ledger: FewGrants
) -> None:
    with pytest.raises(UserInputError, match="not here yet"):
        planning.run("grant_none")
    grant, _file = own(ledger, store, "surf.mov", MOVIE, MediaKind.VIDEO, state=GrantState.REFUNDED)
    with pytest.raises(UserInputError, match="was given back; its files are locked"):
        planning.run(grant.id)


def test_textures_are_made_smaller_on_the_copy_and_only_when_asked(
    planning: PlanImport, store: Store, ledger: FewGrants
) -> None:
    content = make_zip({"chair.glb": make_glb(), "oak.png": make_png(64, 64)})
    grant, file = own(ledger, store, "chair.zip", content, MediaKind.MODEL)

    def sizes(optimize: Optimize) -> tuple[list[tuple[int, int] | None], PreparedImport]:
        prepared = planning.run(grant.id, optimize=optimize)
        assert prepared.plan.folder is not None
        found = [measure(one) for one in prepared.plan.folder.rglob("oak.png")]
        planning.discard(prepared)
        return found, prepared

    assert sizes(Optimize())[0] == [(64, 64)]
    found, prepared = sizes(Optimize(texture_limit_px=16, merge_duplicates=True))
    assert found == [(16, 16)]
    assert prepared.plan.optimize.merge_duplicates
    assert "1 texture was made smaller, to 16 pixels; the original stays as it is." in prepared.warnings
    assert store.check(file.sha256)
    cancel = CancelToken()
    assert working(store) == []
    cancel.cancel()
    with pytest.raises(CancelledError):
        planning.run(grant.id, optimize=Optimize(texture_limit_px=16), cancel=cancel)
    assert working(store) == []
