"""Two looks at the same file: what lost its stamp, what was deleted, and what only looks like it."""

from __future__ import annotations

from core.model.scene import DataBlock, SceneScan
from core.reports.vanished import NOTHING_SEEN, Vanished, look
from core.stamp_format import Stamp, encode

A, B = (
    encode(Stamp(grant_id=grant_id, marketplace="m", listing_id="1", license_id="l", terms_sha256="0" * 64))
    for grant_id in ("grant_a", "grant_b")
)


def scene(**blocks: str | None) -> SceneScan:
    """Make a scan of meshes by name; the uid is the name's length."""
    return SceneScan(
        host="Test",
        scene="",
        data_blocks=tuple(
            DataBlock(id_type="MESH", name=name, session_uid=sum(map(ord, name)), stamp=stamp)
            for name, stamp in blocks.items()
        ),
    )


def test_the_first_look_finds_nothing() -> None:
    change = look(NOTHING_SEEN, scene(Chair=A, Mine=None))
    assert (change.vanished, change.deleted) == ((), frozenset())
    assert dict(change.seen.stamped) == {("MESH", sum(map(ord, "Chair"))): "grant_a"}


def test_a_stamp_that_was_taken_away_stays_missing_until_it_is_back() -> None:
    seen = look(NOTHING_SEEN, scene(Chair=A, Table=B)).seen
    for _ in range(3):
        change = look(seen, scene(Chair=None, Table=B))
        assert change.vanished == (Vanished(id_type="MESH", name="Chair", grant_id="grant_a"),)
        assert change.deleted == frozenset()
        seen = change.seen
    change = look(seen, scene(Chair=A, Table=B))
    assert change.vanished == ()
    assert look(change.seen, scene(Chair=A, Table=B)).vanished == ()


def test_a_stamp_that_can_no_longer_be_read_is_missing() -> None:
    seen = look(NOTHING_SEEN, scene(Chair=A)).seen
    (gone,) = look(seen, scene(Chair="{broken")).vanished
    assert gone.grant_id == "grant_a"


def test_another_stamp_is_no_missing_one() -> None:
    seen = look(NOTHING_SEEN, scene(Chair=A)).seen
    change = look(seen, scene(Chair=B))
    assert (change.vanished, change.deleted) == ((), {"grant_a"})


def test_what_was_deleted_did_not_vanish() -> None:
    seen = look(NOTHING_SEEN, scene(Chair=A, Table=B, Mine=None)).seen
    change = look(seen, scene(Table=B, Mine=None))
    assert (change.vanished, change.deleted) == ((), {"grant_a"})


def test_something_that_came_meanwhile_may_be_what_is_left() -> None:
    seen = look(NOTHING_SEEN, scene(Chair=A, Mine=None)).seen
    change = look(seen, scene(Mine=None, ChairCurve=None))
    assert change.deleted == frozenset()


def test_what_has_no_uid_is_passed_over() -> None:
    block = DataBlock(id_type="MESH", name="Chair", stamp=A)
    change = look(NOTHING_SEEN, SceneScan(host="", scene="", data_blocks=(block,)))
    assert change.seen.keys == frozenset()
