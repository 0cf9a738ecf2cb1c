"""What ends: found in time, told once, renewed with a proof or let go; and by when it has to be in use."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from fakes import FakeClock
from hypothesis import given
from hypothesis import strategies as st
from ledger_values import make_grant
from seat_studio import make_parts, make_terms, own

from core.errors import NotAllowed, UserInputError
from core.ledger.engine import SqlLedger, open_ledger
from core.licenses import parse_text
from core.model.agreement import Agreement, Reminder, Renewal, RenewalState
from core.model.grant import GrantFile, GrantState, Usage
from core.model.license import UNKNOWN, Cap
from core.model.people import Member, Role
from core.policy.ending import add_days, end_of_day, find_ending
from core.services.clearing.circumstances import gather_circumstances, with_ends
from core.services.studio.agreements import NewAgreement
from core.services.studio.ends import REMIND_DAYS, EndsAs
from core.services.studio.parts import Studio

NOW = FakeClock().now()
TODAY = NOW.date()


@dataclass
class Desk:
    """One user's desk: the ledger, the time, the use cases, and a signed paper."""

    ledger: SqlLedger
    clock: FakeClock
    studio: Studio
    paper: Path

    def use(self, grant_id: str, *scenes: str) -> None:
        with self.ledger.transaction() as work:
            for scene in scenes:
                used = Usage(grant_id=grant_id, scene=scene, data_blocks=1, seen_at=self.clock.now())
                work.replace_usages(scene, [used])


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    clock, paper = FakeClock(), tmp_path / "renewal.pdf"
    paper.write_bytes(b"%PDF renewed")
    with closing(open_ledger(tmp_path / "ledger.sqlite")) as ledger:
        yield Desk(ledger, clock, make_parts(ledger, tmp_path, "lea", clock=clock), paper)


def day(days: int) -> date:
    return TODAY + timedelta(days=days)


def clips(*, until: date) -> NewAgreement:
    """Agree something about a marketplace of clips."""
    return NewAgreement(
        marketplace="pond5", name="Clips", starts_on=day(-100), text="seats = 9\n", ends_on=until
    )


def test_everything_that_ends_is_found_next_first(desk: Desk) -> None:
    own(desk.ledger, make_terms(), number=1, valid_until=end_of_day(day(20)))
    own(desk.ledger, make_terms(term_days=Cap(limit=30)), number=2, granted_at=NOW)
    own(desk.ledger, make_terms(perpetual=True), number=3)
    own(desk.ledger, make_terms(), number=4, valid_until=end_of_day(day(91)))
    own(desk.ledger, make_terms(), number=5, valid_until=end_of_day(day(-31)))
    own(desk.ledger, make_terms(), number=6, valid_until=end_of_day(day(-2)))
    own(desk.ledger, make_terms(), number=7, valid_until=end_of_day(day(3)), state=GrantState.REFUNDED)
    own(desk.ledger, make_terms(perpetual=False), number=8)
    desk.studio.agreements.add(clips(until=day(25)))
    desk.use("grant_1", "b.blend", "a.blend")
    outlook = desk.studio.renewals.outlook()
    names = [one.title if one.ends_as is EndsAs.AGREEMENT else one.subject for one in outlook.ends]
    assert names == ["grant_6", "grant_1", "Clips", "grant_2"]
    assert [one.days_left for one in outlook.ends] == [-2, 20, 25, 30]
    assert outlook.ends[1].scenes == ("a.blend", "b.blend")
    assert [grant.id for grant in outlook.not_noted] == ["grant_8"]
    assert "grant_4" in {one.subject for one in desk.studio.renewals.outlook(within_days=91).ends}


def test_nothing_ends_in_an_empty_ledger(desk: Desk) -> None:
    outlook = desk.studio.renewals.outlook()
    assert (outlook.ends, outlook.not_noted) == ((), ())
    assert desk.studio.renewals.remind() == ()
    assert desk.ledger.audit() == ()


def test_each_reminder_is_told_once(desk: Desk, tmp_path: Path) -> None:
    own(desk.ledger, make_terms(), valid_until=end_of_day(day(100)))
    colleague = make_parts(desk.ledger, tmp_path, "ida", clock=desk.clock)
    told: list[int] = []
    for _ in range(103):
        told += [one.due or 0 for studio in (desk.studio, colleague) for one in studio.renewals.remind()]
        desk.clock.advance(86_400)
    assert told == list(REMIND_DAYS)
    assert [one.days for one in desk.ledger.values(Reminder)] == list(REMIND_DAYS)
    assert [entry.event.action for entry in desk.ledger.audit()] == ["reminder.told"] * 4


def test_who_looks_late_is_told_the_nearest_only(desk: Desk) -> None:
    own(desk.ledger, make_terms(), valid_until=end_of_day(day(10)))
    (one,) = desk.studio.renewals.remind()
    assert (one.due, one.days_left) == (14, 10)
    assert desk.studio.renewals.remind() == ()


def test_a_renewal_needs_a_proof_and_moves_the_end(desk: Desk) -> None:
    own(desk.ledger, make_terms(term_days=Cap(limit=30)), granted_at=NOW)
    renewals = desk.studio.renewals
    with pytest.raises(UserInputError, match="Name the order"):
        renewals.renew("grant_1", until=day(300))
    with pytest.raises(UserInputError, match="no such order"):
        renewals.renew("grant_1", until=day(300), order_id="order_none")
    with pytest.raises(UserInputError, match="still to come, after"):
        renewals.renew("grant_1", until=day(29), document=desk.paper)
    with pytest.raises(UserInputError, match="no such license"):
        renewals.renew("grant_none", until=day(300), document=desk.paper)
    assert desk.ledger.values(Renewal) == ()
    made = renewals.renew("grant_1", until=day(300), document=desk.paper, reason="another year")
    assert (made.state, made.renewed_until) == (RenewalState.RENEWED, end_of_day(day(300)))
    assert [one.name for one in desk.ledger.documents("order_1")] == ["renewal.pdf"]
    assert renewals.outlook().ends == ()
    grants = {"grant_1": desk.ledger.grant("grant_1") or make_grant()}
    around = gather_circumstances(desk.ledger, grants, now=NOW)
    assert with_ends(grants, around)["grant_1"].valid_until == end_of_day(day(300))
    terms = around["grant_1"].terms
    assert terms is not None
    assert terms.term_days is UNKNOWN
    desk.clock.advance(31 * 86_400)
    assert desk.studio.hand_out.check("grant_1").id == "grant_1"
    desk.clock.advance(300 * 86_400)
    with pytest.raises(UserInputError, match="ended on") as caught:
        desk.studio.hand_out.check("grant_1")
    assert caught.value.code == "grant.expired"
    assert desk.ledger.verify_audit().ok


def test_what_is_let_go_names_what_uses_it(desk: Desk) -> None:
    own(desk.ledger, make_terms(), valid_until=end_of_day(day(14)))
    own(desk.ledger, make_terms(perpetual=True), number=2)
    desk.use("grant_1", "shot 010.blend", "shot 020.blend")
    gone = desk.studio.renewals.let_go("grant_1", reason="replaced by our own")
    assert gone.scenes == ("shot 010.blend", "shot 020.blend")
    (one,) = desk.studio.renewals.remind()
    assert one.let_go
    desk.clock.advance(13 * 86_400)
    with desk.ledger.transaction() as work:
        for scene in gone.scenes:
            work.replace_usages(scene, [])
    assert desk.studio.renewals.remind() == ()
    with pytest.raises(UserInputError, match="no end that is known"):
        desk.studio.renewals.let_go("grant_2")
    with desk.ledger.transaction() as work:
        work.change_grant_state("grant_1", GrantState.REVOKED, at=NOW)
    with pytest.raises(UserInputError, match="is revoked; there is nothing to renew"):
        desk.studio.renewals.let_go("grant_1")


def test_an_agreement_is_renewed_with_its_new_document(desk: Desk) -> None:
    made = desk.studio.agreements.add(clips(until=day(1)))
    assert [one.due for one in desk.studio.renewals.remind()] == [1]
    desk.studio.renewals.renew(made.id, until=day(365), document=desk.paper)
    now = desk.ledger.value(Agreement, made.id)
    assert now is not None
    assert now.ends_on == day(365)
    assert len(now.document_sha256) == 64
    assert desk.studio.renewals.outlook().ends == ()
    desk.studio.renewals.let_go(made.id)
    (one,) = desk.studio.renewals.outlook(within_days=400).ends
    assert one.let_go
    desk.studio.agreements.end(made.id, reason="over")
    with pytest.raises(UserInputError, match="was ended"):
        desk.studio.renewals.renew(made.id, until=day(800), document=desk.paper)


def test_use_by_days_follow_from_the_subscription(desk: Desk) -> None:
    own(desk.ledger, make_terms(must_use_days=Cap(limit=30), perpetual=True))
    own(desk.ledger, make_terms(perpetual=True), number=2)
    renewals = desk.studio.renewals
    assert [grant.id for grant in renewals.outlook().not_noted] == ["grant_1"]
    with pytest.raises(UserInputError, match="hangs on no subscription"):
        renewals.note_end(["grant_1", "grant_2"], day(10))
    assert desk.ledger.values(Renewal) == ()
    renewals.note_end(["grant_1", "grant_1"], day(10))
    (one,) = renewals.outlook().ends
    assert (one.ends_as, one.days_left) == (EndsAs.USE_BY, 40)
    around = gather_circumstances(
        desk.ledger, {"grant_1": desk.ledger.grant("grant_1") or make_grant()}, now=NOW
    )
    assert around["grant_1"].must_use_by == day(40)
    desk.clock.advance(41 * 86_400)
    with pytest.raises(UserInputError, match="had to be in use by") as caught:
        desk.studio.hand_out.check("grant_1")
    assert caught.value.code == "grant.use_by"
    desk.use("grant_1", "a.blend")
    assert desk.studio.hand_out.check("grant_1").id == "grant_1"
    assert renewals.outlook().ends == ()


def test_only_who_may_agree_decides(desk: Desk, tmp_path: Path) -> None:
    own(desk.ledger, make_terms(), valid_until=end_of_day(day(1)))
    with desk.ledger.transaction() as work:
        for name, role in (("ida", Role.ARTIST), ("lea", Role.LEGAL)):
            work.add(Member(id=name, name=name, roles=(role,), added_at=NOW, added_by="ada"))
    ida = make_parts(desk.ledger, tmp_path, "ida", clock=desk.clock)
    with pytest.raises(NotAllowed):
        ida.renewals.renew("grant_1", until=day(9), document=desk.paper)
    with pytest.raises(NotAllowed):
        ida.renewals.let_go("grant_1")
    with pytest.raises(NotAllowed):
        ida.renewals.note_end(["grant_1"], day(9))
    assert [one.due for one in ida.renewals.remind()] == [1]
    assert desk.studio.renewals.let_go("grant_1").renewal.decided_by == "lea"


def test_files_leave_on_live_grants_only(desk: Desk, tmp_path: Path) -> None:
    own(desk.ledger, make_terms(seats=Cap(limit=1)))
    own(desk.ledger, make_terms(), number=2, valid_until=NOW)
    hand_out = desk.studio.hand_out
    hand_out.take("grant_1")
    with pytest.raises(UserInputError, match="The only seat") as caught:
        make_parts(desk.ledger, tmp_path, "ida", clock=desk.clock).hand_out.take("grant_1")
    assert caught.value.code == "seat.full"
    with pytest.raises(UserInputError, match="ended on"):
        hand_out.check("grant_2")
    file = GrantFile(
        grant_id="grant_2", sha256="ab" * 32, name="a.glb", size=1, media_type="x", downloaded_at=NOW
    )
    with pytest.raises(UserInputError, match="its files are locked"):
        hand_out.take_files([replace(file, grant_id="grant_1"), file])
    with pytest.raises(UserInputError, match="no such license"):
        hand_out.check("grant_\U0001f4a5" * 1000)


FIRST, LAST = datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
MOMENTS = st.integers(0, int((LAST - FIRST).total_seconds())).map(
    lambda seconds: FIRST + timedelta(seconds=seconds)
)


@given(st.none() | MOMENTS, st.none() | st.integers(0, 10**7), st.lists(MOMENTS, max_size=3))
def test_an_end_is_never_later_than_what_is_known(
    until: datetime | None, days: int | None, planned: list[datetime]
) -> None:
    grant = make_grant(valid_until=until)
    terms = make_terms(**({} if days is None else {"term_days": Cap(limit=days)}))
    noted = [
        Renewal(
            id=str(n), subject=grant.id, state=RenewalState.PLANNED, ends_at=at, decided_by="a", decided_at=at
        )
        for n, at in enumerate(planned)
    ]
    ending = find_ending(grant, terms, noted)
    known = [*([until] if until else []), *planned[-1:]]
    if days is not None:
        known.append(end_of_day(add_days(grant.granted_at.date(), days)))
    assert ending.ends_at == min(known, default=None)
    if planned:
        renewed = replace(noted[-1], state=RenewalState.RENEWED, renewed_until=planned[0])
        assert find_ending(grant, terms, [*noted, renewed]).ends_at == planned[0]


def brute_outlook(desk: Desk, *, within: int) -> set[tuple[str, str, date]]:
    """Return what ends within some days by looking at every grant there is."""
    found: set[tuple[str, str, date]] = set()
    for grant in desk.ledger.grants(state=GrantState.ACTIVE, limit=10_000):
        text = desk.ledger.terms_text(grant.terms_sha256)
        terms = parse_text(text) if text is not None else None
        ending = find_ending(grant, terms, desk.ledger.values(Renewal, subject=grant.id))
        if ending.ends_at is not None:
            found.add((grant.id, "license", ending.ends_at.date()))
        if ending.must_use_by is not None:
            found.add((grant.id, "use_by", ending.must_use_by))
    return {one for one in found if day(-30) <= one[2] <= day(within)}


def test_what_ends_is_what_looking_at_every_grant_would_find(desk: Desk) -> None:
    """Ends by date, by the days of a license, by subscriptions and renewals, near and far, all mixed."""
    kinds = (
        make_terms(perpetual=True),
        make_terms(term_days=Cap(limit=30)),
        make_terms(term_days=Cap(limit=365)),
        make_terms(perpetual=False),
        make_terms(must_use_days=Cap(limit=60), perpetual=True),
        make_terms(term_days=Cap(limit=None), perpetual=False),
    )
    for number in range(1, 121):
        facts: dict[str, Any] = {"granted_at": NOW - timedelta(days=number * 7 % 500)}
        if number % 5 == 0:
            facts["valid_until"] = end_of_day(day(number * 11 % 400 - 100))
        if number % 13 == 0:
            facts["state"] = GrantState.REVOKED
        own(desk.ledger, kinds[number % len(kinds)], number=number, **facts)
    with desk.ledger.transaction() as work:
        for number in range(1, 121, 3):
            state = tuple(RenewalState)[number % 3]
            ends = end_of_day(day(number * 17 % 300 - 120))
            until = end_of_day(day(number * 23 % 400 - 50)) if state is RenewalState.RENEWED else None
            work.add(
                Renewal(
                    id=f"renewal_{number}", subject=f"grant_{number}", state=state, ends_at=ends,
                    decided_by="lea", decided_at=NOW, renewed_until=until,
                )
            )  # fmt: skip
    for within in (0, 14, 90, 400):
        outlook = desk.studio.renewals.outlook(within_days=within)
        found = {(one.subject, str(one.ends_as), one.ends_at.date()) for one in outlook.ends}
        assert found == brute_outlook(desk, within=within)
        assert found
    noted = {one.subject for one in desk.ledger.values(Renewal) if one.state is not RenewalState.LET_GO}
    hanging = [
        grant.id
        for grant in desk.ledger.grants(state=GrantState.ACTIVE)
        if int(grant.id[6:]) % len(kinds) in (3, 4, 5) and grant.valid_until is None and grant.id not in noted
    ]
    assert sorted(grant.id for grant in outlook.not_noted) == sorted(hanging)
    assert not outlook.not_noted_more


def test_a_panel_looks_at_the_newest_of_what_hangs_on_a_subscription(desk: Desk) -> None:
    for number in range(1, 6):
        own(desk.ledger, make_terms(perpetual=False), number=number, granted_at=NOW + timedelta(hours=number))
    few = desk.studio.renewals.outlook(not_noted_most=2)
    assert ([grant.id for grant in few.not_noted], few.not_noted_more) == (["grant_4", "grant_5"], True)
    none = desk.studio.renewals.outlook(not_noted_most=0)
    assert (none.not_noted, none.not_noted_more) == ((), False)
    all_of_them = desk.studio.renewals.outlook(not_noted_most=6)
    assert (len(all_of_them.not_noted), all_of_them.not_noted_more) == (5, False)


def test_damaged_terms_keep_nobody_from_the_rest(desk: Desk) -> None:
    own(desk.ledger, make_terms(), number=1, valid_until=end_of_day(day(5)))
    with desk.ledger.transaction() as work:
        work.keep_terms("ab" * 32, '{"term_days": nonsense')
        work.add_grant(make_grant(2, order_id="", terms_sha256="ab" * 32))
    assert [one.subject for one in desk.studio.renewals.outlook().ends] == ["grant_1"]
