"""Terms become text and come back the same, and nothing else is taken for them."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import UserInputError
from core.licenses import LicenseCatalogue, canonical_text, parse_text, terms_sha256
from core.model.intended_use import OutputKind
from core.model.license import (
    UNKNOWN,
    Cap,
    Clause,
    Confidence,
    Edits,
    LicenseeKind,
    LicenseTerms,
    Permission,
    SeatKind,
    TermsSource,
    Transfer,
)
from core.model.money import Money

ALL = LicenseCatalogue.load().all()
permissions = st.sampled_from(Permission)
caps = st.one_of(st.just(UNKNOWN), st.builds(Cap, limit=st.none() | st.integers(0, 10**9)))
booleans = st.sampled_from([True, False, UNKNOWN])
words = st.text(max_size=30)
clauses = st.builds(
    Clause,
    topic=words,
    summary=words,
    url=words,
    read_on=st.dates(),
    confidence=st.sampled_from(Confidence),
    quoted=st.booleans(),
)
any_terms = st.builds(
    LicenseTerms,
    license_id=words,
    marketplace=words,
    label=words,
    version=st.dates(),
    terms_url=words,
    outputs=st.dictionaries(st.sampled_from(OutputKind), permissions),
    commercial=permissions,
    editorial_only=booleans,
    merchandise=permissions,
    templates=permissions,
    ai_training=permissions,
    sensitive_use=permissions,
    print_run=caps,
    impressions=caps,
    audience=caps,
    production_budget_max=st.one_of(
        st.none(), st.just(UNKNOWN), st.builds(Money, minor=st.integers(0, 10**12), currency=st.just("USD"))
    ),
    seats=caps,
    perpetual=booleans,
    worldwide=booleans,
    credit_template=st.one_of(st.none(), st.just(UNKNOWN), words),
    credit_required_when=words,
    clauses=st.lists(clauses, max_size=3).map(tuple),
    notes=words,
    source=st.sampled_from(TermsSource),
    territory=st.just(UNKNOWN) | st.lists(words, max_size=3).map(tuple),
    term_days=caps,
    must_use_days=caps,
    projects=caps,
    clients=caps,
    sales=caps,
    licensee_revenue_max=st.one_of(
        st.none(), st.just(UNKNOWN), st.builds(Money, minor=st.integers(0, 10**12), currency=st.just("USD"))
    ),
    licensee_kind=st.just(UNKNOWN) | st.sampled_from(LicenseeKind),
    seat_kind=st.just(UNKNOWN) | st.sampled_from(SeatKind),
    editorial_edits=st.just(UNKNOWN) | st.sampled_from(Edits),
    transfer=st.just(UNKNOWN) | st.sampled_from(Transfer),
    extraction_protection=booleans,
    substantial_portion_limit=booleans,
    engines=st.just(UNKNOWN) | st.lists(words, max_size=3).map(tuple),
    logo_use=permissions,
    ai_metadata=permissions,
)


@given(any_terms)
def test_the_text_is_an_exact_inverse(terms: LicenseTerms) -> None:
    assert parse_text(canonical_text(terms)) == terms
    assert canonical_text(parse_text(canonical_text(terms))) == canonical_text(terms)


@pytest.mark.parametrize("terms", ALL, ids=lambda terms: f"{terms.license_id}@{terms.version}")
def test_every_known_license_survives(terms: LicenseTerms) -> None:
    assert parse_text(canonical_text(terms)) == terms
    assert canonical_text(terms).isascii()


KEPT: dict[str, str] = json.loads((Path(__file__).parent / "kept_texts.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("digest", sorted(KEPT), ids=lambda digest: digest[:8])
def test_what_was_kept_with_a_purchase_reads_and_hashes_as_it_did(digest: str) -> None:
    """These texts were written before later fields were added; a ledger is full of such texts."""
    terms = parse_text(KEPT[digest])
    assert canonical_text(terms) == KEPT[digest]
    assert terms_sha256(terms) == digest
    assert terms.projects is UNKNOWN
    assert terms.transfer is UNKNOWN
    assert terms.logo_use is Permission.UNKNOWN


def test_the_hash_names_the_facts() -> None:
    assert len({terms_sha256(terms) for terms in ALL}) == len(ALL)
    terms = ALL[0]
    same = replace(terms, outputs=dict(reversed(terms.outputs.items())))
    assert terms_sha256(same) == terms_sha256(terms)
    assert terms_sha256(replace(terms, notes=terms.notes + "!")) != terms_sha256(terms)
    assert len(terms_sha256(terms)) == 64


@pytest.mark.parametrize("terms", ALL, ids=lambda terms: f"{terms.license_id}@{terms.version}")
def test_a_marketplace_s_name_is_no_part_of_its_terms(terms: LicenseTerms) -> None:
    renamed = replace(terms, marketplace_name="Another name")
    assert terms.marketplace_name and renamed == terms and terms_sha256(renamed) == terms_sha256(terms)
    assert parse_text(canonical_text(terms)).marketplace_name == ""


def test_unknown_none_and_a_value_differ() -> None:
    base = LicenseTerms.unknown(marketplace="m", label="l", version=date(2026, 1, 1))
    assert parse_text(canonical_text(base)).production_budget_max is UNKNOWN
    templates = (UNKNOWN, None, "", "unknown", "none")
    texts = {canonical_text(replace(base, credit_template=template)) for template in templates}
    assert len(texts) == 5


@pytest.mark.parametrize(
    "text",
    [
        "", "null", "[]", "{}", '"x"', "{", "[" * 100_000, '{"format": 2}',
        canonical_text(ALL[0]).replace('"format":1', '"format":9'),
        canonical_text(ALL[0]).replace('"commercial":"', '"commercial":"x'),
        canonical_text(ALL[0]).replace('"clauses":[', '"clauses":[1,'),
    ],
)  # fmt: skip
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(UserInputError) as caught:
        parse_text(text)
    assert caught.value.code == "terms.damaged"


@given(st.sampled_from(ALL), st.data())
def test_a_field_of_a_wrong_type_is_refused_not_believed(terms: LicenseTerms, data: st.DataObject) -> None:
    fields = json.loads(canonical_text(terms))
    key = data.draw(st.sampled_from(sorted(fields)))
    fields[key] = data.draw(st.sampled_from([7, 1.5, ["x"], {"limit": "many"}, {"minor": 1.5}]))
    try:
        found = parse_text(json.dumps(fields))
    except UserInputError:
        return
    assert canonical_text(found) == json.dumps(fields, sort_keys=True, separators=(",", ":"))
