from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.audit.chain import link
from core.audit.checkpoints import Checkpoint
from core.audit.merkle import EMPTY_ROOT, compute_root
from core.audit.verify import MAX_PROBLEMS, ChainReport, Tampering, verify
from core.model.audit import GENESIS_SHA256, AuditEntry, AuditEvent

AT = datetime(2026, 11, 23, tzinfo=UTC)


def make_event(number: int, text: str = "") -> AuditEvent:
    return AuditEvent(
        action="order.paid",
        subject=f"order_{number}",
        actor="mia",
        at=AT + timedelta(seconds=number),
        details=(("note", text or f"number {number}"),),
    )


def make_chain(size: int, *, text: str = "", start: int = 1, prev: str = GENESIS_SHA256) -> list[AuditEntry]:
    entries: list[AuditEntry] = []
    for number in range(start, start + size):
        entries.append(link(make_event(number, text), number, entries[-1].entry_sha256 if entries else prev))
    return entries


def root_of(entries: list[AuditEntry]) -> str:
    return compute_root(bytes.fromhex(entry.entry_sha256) for entry in entries).hex()


def checkpoint(entries: list[AuditEntry], size: int) -> Checkpoint:
    return Checkpoint(size=size, root=root_of(entries[:size]), at=AT)


def renumber(entries: list[AuditEntry]) -> list[AuditEntry]:
    """What somebody does who hides a gap from a look at the numbers."""
    return [replace(entry, sequence=number) for number, entry in enumerate(entries, 1)]


def found(report: ChainReport) -> list[tuple[Tampering, int, int]]:
    return [(problem.kind, problem.first, problem.last) for problem in report.problems]


CHAIN = make_chain(20)


def test_a_whole_chain() -> None:
    report = verify(CHAIN, expected_size=20, expected_root=root_of(CHAIN), checkpoints=[checkpoint(CHAIN, 7)])
    assert report == ChainReport(
        size=20, root=root_of(CHAIN), head_sha256=CHAIN[-1].entry_sha256, checkpoints=2, problems=()
    )
    assert report.ok


def test_an_empty_chain() -> None:
    report = verify([])
    assert report.ok
    assert (report.size, report.root, report.head_sha256) == (0, EMPTY_ROOT.hex(), GENESIS_SHA256)
    assert verify([], expected_size=0, expected_root=EMPTY_ROOT.hex()).ok
    assert found(verify([], expected_size=3)) == [(Tampering.TRUNCATED, 1, 3)]


@pytest.mark.parametrize("place", [1, 2, 10, 19, 20])
@pytest.mark.parametrize("field", ["action", "subject", "actor", "at", "details"])
def test_an_edited_event(place: int, field: str) -> None:
    value = {"at": AT - timedelta(microseconds=1), "details": (("note", "changed"),)}.get(field, "changed")
    entries = CHAIN.copy()
    event = replace(entries[place - 1].event, **{field: value})
    entries[place - 1] = replace(entries[place - 1], event=event)
    assert found(verify(entries)) == [(Tampering.EDITED, place, place)]


@pytest.mark.parametrize("place", [1, 2, 10, 19, 20])
def test_an_edited_hash(place: int) -> None:
    for field in ("prev_sha256", "entry_sha256"):
        entries = CHAIN.copy()
        entries[place - 1] = replace(entries[place - 1], **{field: "0" * 63 + "1"})
        report = verify(entries)
        assert not report.ok
        assert all(problem.kind is Tampering.EDITED for problem in report.problems)
        assert any(problem.first <= place <= problem.last for problem in report.problems)


@pytest.mark.parametrize("place", [1, 2, 10, 19])
def test_an_event_edited_with_its_own_hash_made_anew(place: int) -> None:
    entries = CHAIN.copy()
    old = entries[place - 1]
    entries[place - 1] = link(make_event(place, "forged"), place, old.prev_sha256)
    assert found(verify(entries)) == [(Tampering.EDITED, place, place + 1)]


def test_the_last_entry_edited_with_its_hash_needs_a_checkpoint() -> None:
    entries = [*CHAIN[:-1], link(make_event(20, "forged"), 20, CHAIN[-1].prev_sha256)]
    assert verify(entries).ok
    report = verify(entries, expected_size=20, expected_root=root_of(CHAIN))
    assert found(report) == [(Tampering.REWRITTEN, 1, 20)]


@pytest.mark.parametrize(("first", "last"), [(1, 1), (1, 5), (10, 10), (9, 14), (18, 19)])
@pytest.mark.parametrize("hidden", [False, True])
def test_deleted_entries(first: int, last: int, hidden: bool) -> None:
    entries = [*CHAIN[: first - 1], *CHAIN[last:]]
    assert found(verify(renumber(entries) if hidden else entries)) == [(Tampering.DELETED, first, last)]


@pytest.mark.parametrize("size", [0, 1, 19])
def test_a_cut_chain_is_whole_without_a_checkpoint_and_cut_with_one(size: int) -> None:
    entries = CHAIN[:size]
    assert verify(entries).ok
    assert found(verify(entries, expected_size=20)) == [(Tampering.TRUNCATED, size + 1, 20)]
    report = verify(entries, checkpoints=[checkpoint(CHAIN, 20)])
    assert found(report) == [(Tampering.TRUNCATED, size + 1, 20)]


@pytest.mark.parametrize("place", [2, 10, 20])
def test_an_inserted_entry(place: int) -> None:
    forged = link(make_event(99), place, CHAIN[place - 2].entry_sha256)
    entries = renumber([*CHAIN[: place - 1], forged, *CHAIN[place - 1 :]])
    assert found(verify(entries)) == [(Tampering.INSERTED, place + 1, place + 1)]


def test_an_entry_twice() -> None:
    assert found(verify([*CHAIN[:5], CHAIN[4], *CHAIN[5:]])) == [(Tampering.INSERTED, 5, 5)]
    assert [kind for kind, _, _ in found(verify(renumber([*CHAIN[:5], CHAIN[4], *CHAIN[5:]])))] == [
        Tampering.INSERTED
    ]


@pytest.mark.parametrize("hidden", [False, True])
def test_swapped_entries(hidden: bool) -> None:
    entries = CHAIN.copy()
    entries[4], entries[5] = entries[5], entries[4]
    report = verify(renumber(entries) if hidden else entries)
    assert (Tampering.REORDERED, 5, 5) in found(report)
    assert {kind for kind, _, _ in found(report)} <= {Tampering.REORDERED, Tampering.EDITED}


def test_a_chain_computed_anew_from_some_point_needs_a_checkpoint_which_says_from_where() -> None:
    forged = [*CHAIN[:12], *make_chain(8, text="forged", start=13, prev=CHAIN[11].entry_sha256)]
    assert verify(forged).ok
    checkpoints = [checkpoint(CHAIN, size) for size in (5, 10, 15, 20)]
    report = verify(forged, checkpoints=checkpoints)
    assert found(report) == [(Tampering.REWRITTEN, 11, 15)]
    assert report.checkpoints == 4


def test_a_checkpoint_of_a_shorter_chain_holds_for_the_longer_one() -> None:
    for size in range(21):
        assert verify(CHAIN, expected_size=size, expected_root=root_of(CHAIN[:size])).ok
    assert found(verify(CHAIN, expected_size=0, expected_root="0" * 64)) == [(Tampering.REWRITTEN, 1, 1)]


def test_a_root_without_a_size_is_that_of_all_entries() -> None:
    assert verify(CHAIN, expected_root=root_of(CHAIN)).ok
    assert found(verify(CHAIN, expected_root=root_of(CHAIN[:19]))) == [(Tampering.REWRITTEN, 1, 20)]


def test_several_things_at_once_are_all_found() -> None:
    entries = CHAIN.copy()
    entries[2] = replace(entries[2], event=make_event(99))
    del entries[9:11]
    report = verify(entries[:-2], expected_size=20)
    assert found(report) == [
        (Tampering.EDITED, 3, 3), (Tampering.DELETED, 10, 11), (Tampering.TRUNCATED, 19, 20),
    ]  # fmt: skip


def test_values_that_are_no_hash_or_no_text_do_not_stop_the_verifier() -> None:
    entries = CHAIN.copy()
    entries[3] = replace(entries[3], entry_sha256="\ud800")
    entries[7] = replace(entries[7], event=make_event(8, "\udcff"))
    entries[9] = replace(entries[9], entry_sha256=entries[9].entry_sha256.upper())
    places = {problem.first for problem in verify(entries).problems}
    assert {4, 8, 10} <= places


def test_problems_are_counted_but_not_all_kept() -> None:
    entries = [replace(entry, entry_sha256="0" * 64) for entry in make_chain(3 * MAX_PROBLEMS)]
    report = verify(entries)
    assert len(report.problems) == MAX_PROBLEMS
    assert report.problem_count >= 3 * MAX_PROBLEMS


def test_a_long_chain_is_read_as_a_stream() -> None:
    held = 0

    def stream() -> Iterator[AuditEntry]:
        nonlocal held
        prev = GENESIS_SHA256
        for number in range(1, 30_001):
            entry = link(make_event(number), number, prev)
            prev = entry.entry_sha256
            held = max(held, number)
            yield entry

    report = verify(stream())
    assert report.ok
    assert report.size == held == 30_000


@given(st.integers(1, 12), st.randoms(use_true_random=False))
def test_any_change_to_the_list_is_found(size: int, rng: random.Random) -> None:
    entries = make_chain(size)
    expected = {"expected_size": size, "expected_root": root_of(entries)}
    changed = entries.copy()
    match rng.randrange(5):
        case 0:
            del changed[rng.randrange(size)]
        case 1:
            changed.insert(rng.randrange(size + 1), entries[rng.randrange(size)])
        case 2:
            rng.shuffle(changed)
        case 3:
            place = rng.randrange(size)
            changed[place] = replace(changed[place], event=make_event(rng.randrange(100, 200)))
        case _:
            changed = renumber(changed[::-1])
    report = verify(changed, **expected)  # type: ignore[arg-type]
    assert report.ok == (changed == entries)
