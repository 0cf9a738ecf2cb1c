"""Labels lead to the right terms on the right day, and never to a guess."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import UserInputError
from core.licenses import LicenseCatalogue
from core.licenses.labels import normalize_label
from core.model.intended_use import OutputKind
from core.model.license import UNKNOWN, Cap, Permission
from core.model.listing import MediaKind
from core.model.money import Money

CATALOGUE = LicenseCatalogue.load()
LATE = date(2026, 11, 24)


@pytest.mark.parametrize(
    ("label", "at", "license_id"),
    [
        ("general", date(2026, 1, 15), "cgtrader.royalty_free"),
        ("royalty_free", date(2026, 3, 2), "cgtrader.royalty_free"),
        ("general", date(2026, 4, 30), "cgtrader.royalty_free"),
        ("general", date(2026, 5, 1), "cgtrader.royalty_free_no_ai"),
        ("royalty_free", LATE, "cgtrader.royalty_free_no_ai"),
        ("Royalty Free", LATE, "cgtrader.royalty_free_no_ai"),
        ("Royalty Free License", LATE, "cgtrader.royalty_free_no_ai"),
        ("Royalty Free License (no AI)", LATE, "cgtrader.royalty_free_no_ai"),
        ("Royalty Free No AI", date(2026, 1, 1), "cgtrader.royalty_free_no_ai"),
        ("Editorial", LATE, "cgtrader.editorial"),
        ("editorial", LATE, "cgtrader.editorial"),
        ("custom", LATE, "cgtrader.custom"),
        ("Custom License, No AI", LATE, "cgtrader.custom_no_ai"),
        ("royalty", LATE, "cgtrader.unknown"),
        ("Royalty Free Plus", LATE, "cgtrader.unknown"),
        ("", LATE, "cgtrader.unknown"),
    ],
)
def test_cgtrader_labels(label: str, at: date, license_id: str) -> None:
    assert CATALOGUE.resolve("cgtrader", label, editorial=None, at=at).license_id == license_id


@pytest.mark.parametrize(
    ("label", "editorial", "license_id"),
    [
        ("standard", None, "shutterstock.standard"),
        ("standard", False, "shutterstock.standard"),
        ("standard", True, "shutterstock.editorial"),
        ("enhanced", True, "shutterstock.editorial"),
        ("enhanced", None, "shutterstock.enhanced"),
        ("image", None, "shutterstock.image"),
        ("media", None, "shutterstock.media"),
        ("media_digital", None, "shutterstock.media_digital"),
        ("multi_share", None, "shutterstock.multi_share"),
        ("premier", None, "shutterstock.premier"),
        ("premier", True, "shutterstock.premier"),
        ("premier_digital", None, "shutterstock.premier_digital"),
        ("premier_editorial_all_media", True, "shutterstock.premier_editorial"),
        ("premier_editorial_comp", True, "shutterstock.comp"),
        ("comp", None, "shutterstock.comp"),
        ("footage_premier", None, "shutterstock.footage_premier"),
        ("audio_platform", None, "shutterstock.music"),
        ("shutterstock_license", None, "shutterstock.unknown"),
        ("team", None, "shutterstock.unknown"),
        ("team", True, "shutterstock.unknown"),
    ],
)
def test_shutterstock_labels(label: str, editorial: bool | None, license_id: str) -> None:
    terms = CATALOGUE.resolve("shutterstock", label, editorial=editorial, at=LATE)
    assert terms.license_id == license_id
    assert terms.known == (not license_id.endswith(".unknown"))


def test_an_editorial_item_is_editorial_at_cgtrader_too() -> None:
    assert (
        CATALOGUE.resolve("cgtrader", "general", editorial=True, at=LATE).license_id == "cgtrader.editorial"
    )


def test_an_unknown_label_keeps_its_words_and_allows_nothing() -> None:
    terms = CATALOGUE.resolve("cgtrader", "Super Deal", at=LATE)
    assert (terms.label, terms.version, terms.marketplace) == ("Super Deal", LATE, "cgtrader")
    assert not terms.known
    assert terms.outputs == {}
    assert terms.commercial is Permission.UNKNOWN


def test_an_unknown_marketplace_is_unknown() -> None:
    assert CATALOGUE.resolve("nowhere", "standard", at=LATE).license_id == "nowhere.unknown"
    assert CATALOGUE.by_id("nowhere.standard", LATE) is None
    assert CATALOGUE.by_id("cgtrader.nothing", LATE) is None
    assert CATALOGUE.by_id("", LATE) is None


@given(st.text(max_size=40))
def test_no_label_is_ever_mapped_to_a_neighbor(label: str) -> None:
    known = {
        "general", "royalty free", "royalty free license", "royalty free no ai",
        "royalty free license no ai",
        "editorial", "editorial license", "custom", "custom license", "custom no ai", "custom license no ai",
    }  # fmt: skip
    terms = CATALOGUE.resolve("cgtrader", label, at=LATE)
    assert terms.known == (normalize_label(label) in known)


def test_versions_stand_side_by_side() -> None:
    versions = [terms for terms in CATALOGUE.all() if terms.license_id == "cgtrader.royalty_free"]
    assert [terms.version for terms in versions] == [date(2026, 3, 2), date(2026, 3, 3), date(2026, 5, 1)]
    ai = [terms.outputs.get(OutputKind.AI_INPUT, Permission.UNKNOWN) for terms in versions]
    assert ai == [Permission.ALLOWED, Permission.UNKNOWN, Permission.ALLOWED]
    for day, version in [
        (date(2020, 1, 1), date(2026, 3, 2)),
        (date(2026, 3, 2), date(2026, 3, 2)),
        (date(2026, 3, 20), date(2026, 3, 3)),
        (date(2026, 5, 1), date(2026, 5, 1)),
        (date(2030, 1, 1), date(2026, 5, 1)),
    ]:
        found = CATALOGUE.by_id("cgtrader.royalty_free", day)
        assert found is not None
        assert found.version == version


def test_the_no_ai_terms_say_why_a_royalty_free_label_leads_to_them() -> None:
    terms = CATALOGUE.resolve("cgtrader", "general", at=LATE)
    assert "21A.7" in terms.notes
    assert terms.ai_training is Permission.DENIED
    assert terms.outputs[OutputKind.AI_INPUT] is Permission.DENIED
    assert terms.outputs[OutputKind.RENDER] is Permission.ALLOWED


def test_shutterstock_standard_has_the_facts_that_were_read() -> None:
    terms = CATALOGUE.resolve("shutterstock", "standard", at=LATE)
    assert terms.print_run == Cap(limit=500_000)
    assert terms.impressions == Cap(limit=500_000)
    assert terms.production_budget_max == Money.parse("10000", "USD")
    assert terms.seats == Cap(limit=1)
    assert terms.merchandise is Permission.DENIED
    assert terms.audience is UNKNOWN
    assert "platform licenses" in terms.notes
    enhanced = CATALOGUE.resolve("shutterstock", "enhanced", at=LATE)
    assert enhanced.print_run == Cap(limit=None)
    assert enhanced.production_budget_max is None
    assert enhanced.merchandise is Permission.ALLOWED
    assert enhanced.templates is Permission.UNKNOWN


@pytest.mark.parametrize(
    "label", ["image", "media", "media_digital", "multi_share", "premier", "premier_digital"]
)
def test_plans_without_read_terms_have_no_facts(label: str) -> None:
    terms = CATALOGUE.resolve("shutterstock", label, at=LATE)
    assert terms.outputs == {}
    assert terms.commercial is Permission.UNKNOWN
    assert terms.print_run is UNKNOWN
    assert terms.notes


def test_a_comp_is_not_for_publication() -> None:
    terms = CATALOGUE.resolve("shutterstock", "comp", at=LATE)
    for kind in (OutputKind.RENDER, OutputKind.VIDEO, OutputKind.PRINT, OutputKind.FILE_SHARE_PUBLIC):
        assert terms.outputs[kind] is Permission.DENIED


def test_files_are_read_only_when_needed() -> None:
    catalogue = LicenseCatalogue({"broken": "this is = = not TOML"})
    assert catalogue.resolve("other", "x", at=LATE).license_id == "other.unknown"
    assert catalogue.marketplaces == ("broken",)


def test_a_marketplace_has_a_name_for_people_even_when_its_label_is_unknown() -> None:
    assert CATALOGUE.resolve("cgtrader", "Royalty Free", at=LATE).marketplace_name == "CGTrader"
    assert CATALOGUE.resolve("cgtrader", "never heard of", at=LATE).marketplace_name == "CGTrader"
    assert CATALOGUE.resolve("mall", "never heard of", at=LATE).marketplace_name == "mall"
    assert CATALOGUE.name_of("mall") == "mall"


@pytest.mark.parametrize(
    ("label", "kind", "editorial", "license_id"),
    [
        ("standard", None, None, "shutterstock.standard"),
        ("standard", MediaKind.IMAGE, None, "shutterstock.standard"),
        ("standard", MediaKind.VIDEO, None, "shutterstock.footage"),
        ("Enhanced License", MediaKind.VIDEO, False, "shutterstock.footage"),
        ("standard", MediaKind.VIDEO, True, "shutterstock.footage_editorial"),
        ("standard", MediaKind.AUDIO, None, "shutterstock.music"),
        ("footage_premier", MediaKind.VIDEO, None, "shutterstock.footage_premier"),
        ("Premium", MediaKind.AUDIO, None, "pond5.premium"),
        ("business", MediaKind.VIDEO, True, "pond5.editorial"),
    ],
)
def test_a_word_can_stand_for_other_terms_with_other_media(
    label: str, kind: MediaKind | None, editorial: bool | None, license_id: str
) -> None:
    marketplace = license_id.partition(".")[0]
    assert (
        CATALOGUE.resolve(marketplace, label, editorial=editorial, at=LATE, kind=kind).license_id
        == license_id
    )


def test_names_that_are_read_alone_are_those_of_the_terms() -> None:
    whole = LicenseCatalogue.load()
    days = [date(2010, 1, 1), date(2040, 1, 1)]
    days += [terms.version + timedelta(days=shift) for terms in whole.all() for shift in (-1, 0, 1)]
    assert len(days) > 50
    for terms in whole.all():
        names = LicenseCatalogue.load()
        for day in days:
            there = whole.by_id(terms.license_id, day)
            assert there is not None
            assert names.label_of(terms.license_id, day) == there.label
        assert names.name_of(terms.marketplace) == terms.marketplace_name
    assert LicenseCatalogue.load().label_of("cgtrader.nothing", days[0]) == ""
    assert LicenseCatalogue.load().label_of("nobody.knows", days[0]) == ""


@pytest.mark.parametrize(
    "text",
    [
        "[[",
        "name = 1",
        'name = "A"',
        'name = "A"\nlicense = 3',
        'name = "A"\n[[license]]\nid = "a.b"\nlabel = "B"',
    ],
)
def test_names_of_a_damaged_file_are_not_guessed(text: str) -> None:
    with pytest.raises(UserInputError, match=r"a\.toml"):
        LicenseCatalogue({"a": text}).name_of("a")
    with pytest.raises(UserInputError, match=r"a\.toml"):
        LicenseCatalogue({"a": text}).label_of("a.b", date(2026, 1, 1))
