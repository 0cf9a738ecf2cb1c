from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.audit.chain import canonical_bytes, hash_entry, link, read_entries
from core.errors import AuditError
from core.model.audit import GENESIS_SHA256, AuditEntry, AuditEvent

AT = datetime(2026, 11, 23, 15, 14, 26, tzinfo=UTC)
EVENT = AuditEvent(
    action="order.paid", subject="order_1", actor="mia", at=AT, details=(("cost", "money:1900:USD"),)
)

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
events = st.builds(
    AuditEvent,
    action=texts,
    subject=texts,
    actor=texts,
    at=st.datetimes(timezones=st.just(UTC)),
    details=st.lists(st.tuples(texts, texts), max_size=3).map(tuple),
)


def test_the_canonical_bytes_are_what_the_documentation_says() -> None:
    event = replace(EVENT, details=(("b", "2"), ("a", 'q"\\\n\x07é\u2028𝄞')))
    assert (
        canonical_bytes(event, sequence=7, prev_sha256="ab")
        == (
            '{"action":"order.paid","actor":"mia","at":"2026-11-23T15:14:26.000000Z",'
            '"details":[["b","2"],["a","q\\"\\\\\\n\\u0007é\u2028𝄞"]],'
            '"prev_sha256":"ab","sequence":7,"subject":"order_1"}'
        ).encode()
    )


def test_an_entry_hashes_its_event_its_place_and_the_entry_before() -> None:
    entry = link(EVENT, 1, GENESIS_SHA256)
    data = canonical_bytes(EVENT, sequence=1, prev_sha256=GENESIS_SHA256)
    assert entry == AuditEntry(
        sequence=1, event=EVENT, prev_sha256=GENESIS_SHA256, entry_sha256=hashlib.sha256(data).hexdigest()
    )
    assert link(EVENT, 2, GENESIS_SHA256).entry_sha256 != entry.entry_sha256
    assert link(EVENT, 1, "1" * 64).entry_sha256 != entry.entry_sha256


def test_the_same_moment_in_another_time_zone_is_the_same_event() -> None:
    elsewhere = replace(EVENT, at=AT.astimezone(timezone(timedelta(hours=-7))))
    assert link(elsewhere, 1, GENESIS_SHA256).entry_sha256 == link(EVENT, 1, GENESIS_SHA256).entry_sha256


@given(events, events)
def test_different_events_never_have_the_same_bytes(one: AuditEvent, other: AuditEvent) -> None:
    same = hash_entry(one, sequence=1, prev_sha256="") == hash_entry(other, sequence=1, prev_sha256="")
    assert same == (one == other)


@given(events)
def test_the_bytes_are_json_without_floats_and_sorted(event: AuditEvent) -> None:
    facts = json.loads(canonical_bytes(event, sequence=1, prev_sha256=""), parse_float=pytest.fail)
    assert list(facts) == sorted(facts)
    assert facts["details"] == [list(pair) for pair in event.details]


@pytest.mark.parametrize(
    "event",
    [
        replace(EVENT, at=AT.replace(tzinfo=None)),
        replace(EVENT, at=datetime.min.replace(tzinfo=timezone(timedelta(hours=3)))),
        replace(EVENT, subject="\ud800"),
    ],
)
def test_what_cannot_be_written_is_refused(event: AuditEvent) -> None:
    with pytest.raises(AuditError) as caught:
        link(event, 1, GENESIS_SHA256)
    assert caught.value.code == "audit.invalid_event"


def test_there_is_no_entry_before_the_first() -> None:
    with pytest.raises(AuditError):
        link(EVENT, 0, GENESIS_SHA256)


def test_secrets_are_not_linked() -> None:
    with pytest.raises(AuditError) as caught:
        link(replace(EVENT, details=(("access_token", "abc"),)), 1, GENESIS_SHA256)
    assert caught.value.code == "audit.secret"
    assert "abc" not in str(caught.value)
    assert "abc" not in str(dict(caught.value.context))


class PagedSource:
    def __init__(self, entries: list[AuditEntry]) -> None:
        self.entries = entries
        self.asked: list[tuple[int, int]] = []

    def audit(self, *, after: int = 0, limit: int = 10_000) -> tuple[AuditEntry, ...]:
        self.asked.append((after, limit))
        return tuple(entry for entry in self.entries if entry.sequence > after)[:limit]


def test_entries_are_read_page_by_page() -> None:
    source = PagedSource([link(EVENT, number, GENESIS_SHA256) for number in range(1, 8)])
    assert [entry.sequence for entry in read_entries(source, page=3)] == [1, 2, 3, 4, 5, 6, 7]
    assert source.asked == [(0, 3), (3, 3), (6, 3), (7, 3)]
    assert list(read_entries(PagedSource([]))) == []
