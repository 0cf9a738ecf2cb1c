"""What changed in terms since something was bought, against a real ledger."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from importlib.resources import files
from pathlib import Path

import pytest
from fakes import FakeClock
from ledger_values import make_order
from scenes import make_grant

import core.licenses
from core.errors import UserInputError
from core.ledger.engine import open_ledger
from core.ledger.port import Ledger
from core.licenses import LicenseCatalogue, canonical_text, terms_sha256
from core.licenses.compare import Direction
from core.model.grant import Grant, GrantState
from core.model.license import LicenseTerms, Permission, TermsSource
from core.services.clearing.terms import Since, Terms

SHIPPED = LicenseCatalogue.load()


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    opened = open_ledger(tmp_path / "ledger.sqlite")
    yield opened
    opened.close()


def buy(ledger: Ledger, number: int, terms: LicenseTerms | None = None, **other: object) -> Grant:
    """Book a purchase, under other terms than today's where they are given."""
    grant, own = make_grant(number, SHIPPED)
    kept = terms or own
    grant = replace(
        grant,
        terms_sha256=terms_sha256(kept),
        license_id=kept.license_id,
        **other,  # type: ignore[arg-type]
    )
    with ledger.transaction() as work:
        work.add_order(make_order(number, id=grant.order_id, ref=grant.ref))
        work.keep_terms(grant.terms_sha256, canonical_text(kept))
        work.add_grant(grant)
    return grant


def service(ledger: Ledger, catalogue: LicenseCatalogue = SHIPPED) -> Terms:
    clock = FakeClock(datetime(2026, 11, 24, 12, tzinfo=UTC))
    return Terms(ledger=ledger, catalogue=catalogue, clock=clock)


def edited(marketplace: str, old: str, new: str) -> LicenseCatalogue:
    """Return the shipped catalogue with one edit."""
    texts = {
        entry.name.removesuffix(".toml"): entry.read_text(encoding="utf-8")
        for entry in files(core.licenses).iterdir()
        if entry.name.endswith(".toml")
    }
    assert old in texts[marketplace]
    texts[marketplace] = texts[marketplace].replace(old, new, 1)
    return LicenseCatalogue(texts)


def test_nothing_changed(ledger: Ledger) -> None:
    assert service(ledger).diff() == ()
    buy(ledger, 2)
    assert service(ledger).diff() == ()
    (same,) = service(ledger).diff(unchanged=True)
    assert (same.since, same.changes, same.license_id) == (Since.SAME, (), "shutterstock.standard")


def test_an_edit_of_the_reading_touches_what_was_bought_before(ledger: Ledger) -> None:
    first, second = buy(ledger, 2), buy(ledger, 6)
    buy(ledger, 3)
    later = service(ledger, edited("shutterstock", "print_run = 500000", "print_run = 400000"))
    (diff,) = [one for one in later.diff() if one.license_id == "shutterstock.standard"]
    assert diff.since is Since.READ_AGAIN
    assert [(change.fact, change.before, change.after) for change in diff.changes] == [
        ("print_run", "500,000", "400,000")
    ]
    assert diff.changes[0].direction is Direction.NARROWER
    assert diff.narrower
    assert {grant.id for grant in diff.grants} == {first.id, second.id}
    assert later.diff(["shutterstock.enhanced"]) == ()
    assert later.diff(marketplace="cgtrader") == ()


def test_a_newer_version_is_told_apart_from_another_reading(ledger: Ledger) -> None:
    old = SHIPPED.by_id("cgtrader.royalty_free", date(2026, 3, 2))
    assert old is not None
    grant = buy(ledger, 0, old)
    (diff,) = service(ledger).diff()
    assert diff.since is Since.NEW_VERSION
    assert diff.kept == old
    assert diff.today is not None and diff.today.version == date(2026, 5, 1)
    assert [change.fact for change in diff.changes] == ["notes"]
    # The label of the same listing means other terms since spring 2026 (21A.7).
    assert diff.sold_as == "cgtrader.royalty_free_no_ai"
    assert diff.grants == (grant,)


def test_who_said_that_a_license_applies_is_no_change_of_terms(ledger: Ledger) -> None:
    _, terms = make_grant(2, SHIPPED)
    buy(ledger, 2, replace(terms, source=TermsSource.USER))
    assert service(ledger).diff() == ()


def test_a_license_that_was_not_known_then(ledger: Ledger) -> None:
    unread = LicenseTerms.unknown(marketplace="cgtrader", label="general", version=date(2026, 6, 1))
    buy(ledger, 0, unread)
    (diff,) = service(ledger).diff()
    assert (diff.since, diff.sold_as) == (Since.NOW_KNOWN, "cgtrader.royalty_free_no_ai")
    assert diff.today is not None and diff.today.known
    strange = replace(unread, label="still strange")
    buy(ledger, 4, strange, license_label="still strange")
    same = [one for one in service(ledger).diff(unchanged=True) if one.terms_sha256 == terms_sha256(strange)]
    assert [one.since for one in same] == [Since.SAME]


def test_a_license_that_is_gone_and_a_text_that_was_not_kept(ledger: Ledger) -> None:
    _, terms = make_grant(2, SHIPPED)
    gone = replace(terms, license_id="shutterstock.team", commercial=Permission.DENIED)
    buy(ledger, 2, gone)
    grant, _ = make_grant(6, SHIPPED)
    with ledger.transaction() as work:
        work.add_order(make_order(6, id=grant.order_id, ref=grant.ref))
        work.keep_terms("c" * 64, "{}")
        work.add_grant(replace(grant, terms_sha256="c" * 64))
    found = {one.terms_sha256: one for one in service(ledger).diff()}
    assert found[terms_sha256(gone)].since is Since.GONE
    assert found[terms_sha256(gone)].changes == ()
    assert found["c" * 64].since is Since.NOT_KEPT
    assert found["c" * 64].kept is None


def test_what_may_no_longer_be_used_is_not_told(ledger: Ledger) -> None:
    buy(ledger, 2, state=GrantState.REFUNDED)
    assert service(ledger).diff(unchanged=True) == ()


def test_the_list_counts_purchases(ledger: Ledger) -> None:
    buy(ledger, 2)
    buy(ledger, 6)
    lines = service(ledger).list()
    counts = {line.terms.license_id: line.grants for line in lines}
    assert counts["shutterstock.standard"] == 2
    assert counts["shutterstock.enhanced"] == 0
    assert len(counts) == len(lines)
    every = service(ledger).list(every_version=True)
    assert len(every) == len(SHIPPED.all())
    plain = [line for line in every if line.terms.license_id == "cgtrader.royalty_free"]
    assert [line.in_force for line in plain] == [False, False, True]
    assert {line.terms.marketplace for line in service(ledger).list(marketplace="pond5")} == {"pond5"}


def test_one_license_on_one_day(ledger: Ledger) -> None:
    terms = service(ledger)
    assert terms.show("cgtrader.royalty_free").version == date(2026, 5, 1)
    assert terms.show("cgtrader.royalty_free", at=date(2026, 3, 10)).version == date(2026, 3, 3)
    with pytest.raises(UserInputError, match="terms list"):
        terms.show("cgtrader.nothing")
    for ask in (lambda: terms.list(marketplace="mall"), lambda: terms.diff(marketplace="mall")):
        with pytest.raises(UserInputError, match="no marketplace 'mall'"):
            ask()
