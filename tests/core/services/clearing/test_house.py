"""A studio's rules and decisions take part in quotes and purchases; what is broken makes nothing laxer."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from fakes import IMAGE, paid
from shops import Shop

from core.errors import PolicyError, UserInputError
from core.licenses import LicenseCatalogue
from core.model.findings import Decision
from core.model.intended_use import IntendedUse
from core.model.order import OrderState
from core.model.resolution import Resolution, ResolutionKind
from core.policy.studio import NO_STUDIO
from core.services.clearing.house import House

STUDIO = """schema = 1
name = "Harbor"
[[rule]]
id = "no-stock"
effect = "deny"
message = "Not from there."
marketplaces = ["shutterstock"]
"""
LETTER = "ab" * 32


@pytest.fixture
def rules(shop: Shop) -> Path:
    """Where the studio's rules are."""
    shop.settings.data_dir.mkdir(exist_ok=True)
    return shop.settings.data_dir / "studio.toml"


def decide(shop: Shop, **facts: str) -> None:
    """Record that the lead agreed to the listing."""
    with shop.ledger.transaction() as work:
        work.add_resolution(
            Resolution(
                id=f"resolution_{len(facts)}", kind=ResolutionKind.CLEARED_IN_WRITING, reason="Agreed.",
                author="lea", decided_at=shop.clock.now(), evidence_sha256=LETTER,
                **{"rule": "studio.no-stock", "subject": str(IMAGE.ref), **facts},
            )
        )  # fmt: skip


def test_a_studio_s_denial_keeps_anybody_from_buying(shop: Shop, rules: Path) -> None:
    assert shop.made_quote().answer.decision is not Decision.DENY
    rules.write_text(STUDIO, encoding="utf-8")
    result = shop.made_quote()
    assert result.answer.decision is Decision.DENY
    assert result.answer.findings[0].rule == "studio.no-stock"
    with pytest.raises(PolicyError, match="Not from there"):
        shop.approve.run(result.quote, result.answer, actor="ann", reason="all the same")
    assert "purchase" not in shop.sender.operations()
    assert shop.ledger.orders() == ()
    (made,) = [e.event for e in shop.ledger.audit() if e.event.action == "quote.made"][1:]
    assert dict(made.details)["decision"] == "deny"


def test_what_was_decided_about_a_listing_counts_before_it_is_bought(shop: Shop, rules: Path) -> None:
    rules.write_text(STUDIO, encoding="utf-8")
    decide(shop, subject="shutterstock:another")
    assert shop.made_quote().answer.decision is Decision.DENY
    decide(shop)
    result = shop.made_quote()
    assert result.answer.decision is not Decision.DENY
    assert result.answer.findings[-1].resolved_by is not None
    approval = shop.approve.run(result.quote, result.answer, actor="ann", reason="the lead agreed")
    shop.sender.answers["purchase"] = paid()
    assert shop.purchase.run(approval.id, actor="ann").state is OrderState.PAID


def test_another_use_is_judged_by_the_same_rules_without_reading_them_again(shop: Shop, rules: Path) -> None:
    rules.write_text(STUDIO, encoding="utf-8")
    result = shop.made_quote()
    rules.unlink()
    again = shop.quote.judge(result.quote, result.terms, IntendedUse(name="Other"), result.house)
    assert again.decision is Decision.DENY
    assert shop.made_quote().answer.decision is not Decision.DENY


@pytest.mark.parametrize("text", [STUDIO.replace('"deny"', '"allow"'), "schema = 2", "\x00", "[[rule]]"])
def test_broken_rules_keep_anybody_from_buying(shop: Shop, rules: Path, text: str) -> None:
    rules.write_text(text, encoding="utf-8")
    result = shop.made_quote()
    assert result.answer.decision is Decision.DENY
    (said,) = [one for one in result.answer.findings if one.rule == "policy.studio_unreadable"]
    assert "studio.toml" in said.message
    decide(shop, rule="policy.studio_unreadable")
    assert shop.made_quote().answer.decision is Decision.DENY
    with pytest.raises(PolicyError, match="cannot be read"):
        shop.approve.run(result.quote, result.answer, actor="ann", reason="hurry")


def test_a_folder_in_the_place_of_the_rules_is_no_rules(shop: Shop, rules: Path) -> None:
    rules.mkdir()
    assert shop.made_quote().answer.decision is Decision.DENY


def test_an_unchanged_file_is_parsed_once(shop: Shop, rules: Path) -> None:
    house = House(ledger=shop.ledger, catalogue=LicenseCatalogue.load(), settings=shop.settings)
    assert house.rules() is NO_STUDIO
    rules.write_text(STUDIO, encoding="utf-8")
    first = house.rules()
    assert house.rules() is first
    rules.write_text(STUDIO.replace("Harbor", "Quay"), encoding="utf-8")
    assert house.rules().name == "Quay"


def test_files_that_are_named_by_hand_are_an_error_when_they_are_broken(shop: Shop, tmp_path: Path) -> None:
    house = House(ledger=shop.ledger, catalogue=shop.catalogue, settings=shop.settings)
    broken = tmp_path / "broken.toml"
    broken.write_text("schema = 7", encoding="utf-8")
    with pytest.raises(UserInputError, match=r"broken\.toml"):
        house.about(["x"], studio=broken)
    with pytest.raises(UserInputError, match=r"broken\.toml"):
        house.about(["x"], book=broken)
    named = replace(shop.settings, studio_rules=tmp_path / "gone.toml")
    assert "gone.toml" in House(ledger=shop.ledger, catalogue=shop.catalogue, settings=named).rules().problem


def test_declared_content_can_be_named_in_rules(shop: Shop, rules: Path) -> None:
    rules.write_text(STUDIO.replace("shutterstock", "declared") + 'licenses = ["declared.client"]\n')
    house = House(ledger=shop.ledger, catalogue=shop.catalogue, settings=shop.settings)
    assert house.rules().problem == ""
    rules.write_text(STUDIO + 'licenses = ["declared.nonsense"]\n')
    assert "declared.nonsense" in house.rules().problem
