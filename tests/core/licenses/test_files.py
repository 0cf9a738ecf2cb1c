"""Every license file: each fact has a source and a date; a file that breaks the rules does not load."""

from __future__ import annotations

import dataclasses
from datetime import date
from importlib.resources import files

import pytest

import core.licenses
from core.errors import UserInputError
from core.licenses import LicenseCatalogue, canonical_text, parse_text
from core.licenses.canonical import (
    AMOUNTS,
    BOOLEANS,
    CAPS,
    LATER_AMOUNTS,
    LATER_BOOLEANS,
    LATER_CAPS,
    LATER_CHOICES,
    LATER_LISTS,
    LATER_PERMISSIONS,
    PERMISSIONS,
)
from core.licenses.loader import parse_licenses
from core.marketplaces import registry
from core.model.license import (
    UNKNOWN,
    Cap,
    Edits,
    LicenseeKind,
    LicenseTerms,
    Permission,
    SeatKind,
    Transfer,
)
from core.model.money import Money

ALL_PERMISSIONS = (*PERMISSIONS, *LATER_PERMISSIONS)
OTHER_FACTS = (
    *BOOLEANS, *LATER_BOOLEANS, *CAPS, *LATER_CAPS, *AMOUNTS, *LATER_AMOUNTS, *LATER_LISTS, *LATER_CHOICES,
)  # fmt: skip
ALL = LicenseCatalogue.load().all()
WRITTEN_ON = date(2026, 11, 24)

GOOD = """
schema = 1
marketplace = "shop"
name = "The Shop"
[sources.page]
url = "https://shop.example/terms"
read_on = 2026-01-02
confidence = "primary"
[[license]]
id = "shop.standard"
label = "Standard"
version = 2026-01-02
terms = "page"
[license.facts]
commercial = "allowed"
print_run = 500
production_budget_max = "10000 USD"
[license.facts.outputs]
render = "allowed"
[[license.clause]]
topics = ["commercial", "print_run", "production_budget_max", "output.render"]
source = "page"
summary = "Allowed up to a point."
[[label]]
names = ["standard"]
license = "shop.standard"
"""


def facts_of(terms: LicenseTerms) -> list[str]:
    """Name every fact that is known."""
    known = [f"output.{kind.value}" for kind in terms.outputs]
    known += [key for key in ALL_PERMISSIONS if getattr(terms, key) is not Permission.UNKNOWN]
    known += [key for key in OTHER_FACTS if getattr(terms, key) is not UNKNOWN]
    if terms.credit_template is not UNKNOWN:
        known.append("credit")
    return known


@pytest.mark.parametrize("terms", ALL, ids=lambda terms: f"{terms.license_id}@{terms.version}")
def test_every_fact_has_a_source_and_a_date(terms: LicenseTerms) -> None:
    assert terms.terms_url.startswith("https://")
    assert terms.label
    for fact in facts_of(terms):
        clause = terms.clause(fact)
        assert clause is not None, fact
        assert clause.url.startswith("https://")
        assert date(2026, 1, 1) <= clause.read_on <= WRITTEN_ON
        assert clause.summary.endswith(".")
    assert facts_of(terms) or terms.notes, "a license without facts has to say why"


@pytest.mark.parametrize("terms", ALL, ids=lambda terms: f"{terms.license_id}@{terms.version}")
def test_no_clause_is_on_an_unheard_topic(terms: LicenseTerms) -> None:
    about = {
        *ALL_PERMISSIONS, *OTHER_FACTS, "credit", "governing_text", "platform", "indemnity",
    }  # fmt: skip
    assert {clause.topic for clause in terms.clauses if not clause.topic.startswith("output.")} <= about


def test_every_shipped_file_is_loaded() -> None:
    shipped = {entry.name for entry in files(core.licenses).iterdir() if entry.name.endswith(".toml")}
    assert shipped == {f"{name}.toml" for name in LicenseCatalogue.load().marketplaces}
    assert {"cgtrader.toml", "shutterstock.toml"} <= shipped


@pytest.mark.parametrize("marketplace", registry.all_ids())
def test_a_marketplace_is_called_the_same_everywhere(marketplace: str) -> None:
    assert LicenseCatalogue.load().name_of(marketplace) == registry.find(marketplace).INFO.name


def test_every_field_of_the_terms_is_read_from_a_file_and_kept() -> None:
    """A field that the loader or the canonical text forgot would be lost in silence."""
    written = {
        *ALL_PERMISSIONS, *OTHER_FACTS, "license_id", "marketplace", "label", "version", "terms_url",
        "outputs", "credit_template", "credit_required_when", "clauses", "notes", "source",
    }  # fmt: skip
    assert {field.name for field in dataclasses.fields(LicenseTerms)} == {*written, "marketplace_name"}


LATER = """
territory = ["DE", "AT"]
term_days = 90
must_use_days = 30
projects = 1
clients = "unlimited"
sales = 2000
licensee_revenue_max = "100000 USD"
licensee_kind = "multi_entity"
seat_kind = "named"
editorial_edits = "technical_only"
transfer = "to_named_client"
extraction_protection = true
substantial_portion_limit = false
engines = ["unity"]
logo_use = "denied"
ai_metadata = "conditional"
"""


def test_the_later_fields_are_read() -> None:
    names = [line.partition(" ")[0] for line in LATER.split("\n") if line]
    quoted = ", ".join(f'"{name}"' for name in names)
    text = GOOD.replace('commercial = "allowed"', f'commercial = "allowed"{LATER}').replace(
        'topics = ["commercial", ', f'topics = [{quoted}, "commercial", '
    )
    terms = parse_licenses(text, name="shop.toml", marketplace="shop").at("shop.standard", WRITTEN_ON)
    assert terms is not None
    assert (terms.territory, terms.engines) == (("DE", "AT"), ("unity",))
    assert (terms.term_days, terms.clients) == (Cap(limit=90), Cap(limit=None))
    assert terms.licensee_revenue_max == Money.parse("100000", "USD")
    assert (terms.licensee_kind, terms.seat_kind) == (LicenseeKind.MULTI_ENTITY, SeatKind.NAMED)
    assert (terms.editorial_edits, terms.transfer) == (Edits.TECHNICAL_ONLY, Transfer.TO_NAMED_CLIENT)
    assert (terms.extraction_protection, terms.substantial_portion_limit) == (True, False)
    assert (terms.logo_use, terms.ai_metadata) == (Permission.DENIED, Permission.CONDITIONAL)
    assert set(names) <= set(facts_of(terms))
    assert parse_text(canonical_text(terms)) == terms


def test_a_good_file_loads() -> None:
    read = parse_licenses(GOOD, name="shop.toml", marketplace="shop")
    terms = read.at("shop.standard", WRITTEN_ON)
    assert terms is not None
    assert terms.outputs
    assert (read.name, terms.marketplace_name) == ("The Shop", "The Shop")
    assert terms.clauses[0].read_on == date(2026, 1, 2)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('commercial = "allowed"', 'commercial = "maybe"', "'maybe' is none of"),
        ('commercial = "allowed"', 'comercial = "allowed"', "comercial"),
        ("print_run = 500", 'print_run = "many"', "print_run"),
        ("print_run = 500", "print_run = -1", "print_run"),
        ("print_run = 500", "print_run = 500\nprojects = 1", "projects: the fact has no clause"),
        ('"10000 USD"', '"lots USD"', "production_budget_max"),
        ('render = "allowed"', 'rendering = "allowed"', "rendering"),
        ('topics = ["commercial", ', "topics = [", "commercial"),
        ('source = "page"', 'source = "nowhere"', "no source is named 'nowhere'"),
        ("read_on = 2026-01-02", 'read_on = "yesterday"', "read_on"),
        ("https://shop", "ftp://shop", "url"),
        ('id = "shop.standard"', 'id = "other.standard"', "id must be"),
        ('id = "shop.standard"', 'id = "shop.unknown"', "id must be"),
        ('license = "shop.standard"', 'license = "shop.gone"', "shop.gone"),
        ('marketplace = "shop"', 'marketplace = "mall"', "mall"),
        ('names = ["standard"]', 'names = ["standard"]\nkinds = ["smell"]', "'smell' is none of"),
        ('name = "The Shop"', "", "name"),
        ('name = "The Shop"', 'name = ""', "name"),
        ("schema = 1", "schema = 2", "schema"),
        ('terms = "page"', 'terms = "page"\nlike = "shop.other@2026-01-01"', "like"),
        ('terms = "page"', 'terms = "nothing"', "terms"),
        ('confidence = "primary"', 'confidence = "sure"', "sure"),
        ("schema = 1", "schema = = 1", "line"),
    ],
)
def test_a_broken_file_is_refused_with_file_and_key(old: str, new: str, said: str) -> None:
    assert old in GOOD
    with pytest.raises(UserInputError) as caught:
        parse_licenses(GOOD.replace(old, new), name="shop.toml", marketplace="shop")
    assert "shop.toml" in caught.value.message
    assert said in caught.value.message
    assert caught.value.code == "licenses.invalid"


def test_the_same_version_twice_is_refused() -> None:
    entry = GOOD[GOOD.index("[[license]]") : GOOD.index("[[label]]")]
    with pytest.raises(UserInputError, match="twice"):
        parse_licenses(GOOD + entry, name="shop.toml", marketplace="shop")


def test_a_version_can_take_over_and_forget_facts() -> None:
    later = """
[[license]]
id = "shop.standard"
label = "Standard"
version = 2026-06-01
terms = "page"
like = "shop.standard@2026-01-02"
unknown = ["print_run"]
"""
    read = parse_licenses(GOOD + later, name="shop.toml", marketplace="shop")
    first, second = read.versions["shop.standard"]
    assert first.print_run is not UNKNOWN
    assert second.print_run is UNKNOWN
    assert second.commercial is first.commercial
    with pytest.raises(UserInputError, match="no fact"):
        parse_licenses(GOOD + later.replace("print_run", "seats"), name="shop.toml", marketplace="shop")
