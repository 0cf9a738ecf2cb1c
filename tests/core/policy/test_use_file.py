"""Use files are read strictly, and written so that they read back the same."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import UserInputError
from core.model.intended_use import IntendedUse, OutputKind, Purpose
from core.model.money import Money
from core.policy import use_file
from core.policy.media import MEDIA
from core.policy.presets import PRESETS
from core.policy.use_file import encode_use, parse_use

EXAMPLES = Path(__file__).parents[3] / "docs" / "examples"


def test_there_is_an_example_for_every_preset() -> None:
    assert {path.stem for path in EXAMPLES.glob("*.toml")} == set(PRESETS)
    assert set(PRESETS) == {
        "film", "tv_commercial", "web_ad", "archviz_still", "game", "product_configurator",
        "editorial_illustration", "asset_handover",
    }  # fmt: skip


@pytest.mark.parametrize("name", sorted(PRESETS))
def test_an_example_says_what_its_preset_says(name: str) -> None:
    assert parse_use((EXAMPLES / f"{name}.toml").read_text(encoding="utf-8"), name=name) == PRESETS[name]


def test_every_field_of_a_use_is_in_the_file() -> None:
    """A field that the file forgot could not be asked about."""
    assert {field.name for field in fields(IntendedUse)} | {"preset"} == set(use_file._KEYS)


def test_a_full_file() -> None:
    use = parse_use(
        """
        name = "Spot"
        purpose = "editorial"
        outputs = ["render", "video", "render"]
        media = ["tv", "web"]
        territory = ["DE", "AT"]
        print_run = 1_000
        impressions = 0
        audience = 5
        production_budget = "10_000.50 USD"
        merchandise = true
        templates = false
        sensitive = true
        client = "ACME"
        clients = ["ACME UK", "ACME Japan"]
        seats = 4
        projects = 2
        term_months = 18
        sales = 900
        licensee_revenue = "2_000_000 EUR"
        affiliates = true
        transfer = true
        logo = true
        ai_metadata = true
        protected = false
        main_content = true
        alters_content = false
        ai_training = false
        engines = ["Unreal", "blender"]
        """,
        name="spot.toml",
    )
    assert use == IntendedUse(
        name="Spot",
        purpose=Purpose.EDITORIAL,
        outputs=frozenset({OutputKind.RENDER, OutputKind.VIDEO}),
        media=("tv", "web"),
        territory=("DE", "AT"),
        print_run=1000,
        impressions=0,
        audience=5,
        production_budget=Money(minor=1_000_050, currency="USD"),
        merchandise=True,
        sensitive=True,
        client="ACME",
        clients=("ACME UK", "ACME Japan"),
        seats=4,
        projects=2,
        term_months=18,
        sales=900,
        licensee_revenue=Money(minor=200_000_000, currency="EUR"),
        affiliates=True,
        transfer=True,
        logo=True,
        ai_metadata=True,
        protected=False,
        main_content=True,
        alters_content=False,
        ai_training=False,
        engines=("unreal", "blender"),
    )
    assert use.all_clients == {"ACME", "ACME UK", "ACME Japan"}


def test_a_preset_is_a_start() -> None:
    use = parse_use('preset = "film"\nseats = 3\nproduction_budget = "9 EUR"', name="x.toml")
    assert use.outputs == PRESETS["film"].outputs
    assert (use.seats, use.production_budget) == (3, Money(minor=900, currency="EUR"))


def test_the_file_names_the_project_when_nothing_else_does() -> None:
    assert parse_use('outputs = ["render"]', name="harbour.toml").name == "harbour"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "outputs"),
        ("outputs = []", "outputs: name at least one"),
        ('outputs = ["rendr"]', "did you mean 'render'?"),
        ('outputs = "render"', "outputs"),
        ("outputs = [1]", "outputs.0"),
        ('output = ["render"]', "did you mean 'outputs'?"),
        (
            'outputs = ["render"]\nbudgt = "1 USD"',
            "budgt: there is no such key; did you mean 'production_budget'?",
        ),
        ('outputs = ["render"]\nzzzz = 1', "zzzz: there is no such key"),
        ('outputs = ["render"]\nproduction_budget = 10000', '"10000 USD"'),
        ('outputs = ["render"]\nproduction_budget = "10000"', '"10000 USD"'),
        ('outputs = ["render"]\nproduction_budget = "10,000 USD"', '"10000 USD"'),
        ('outputs = ["render"]\nproduction_budget = "-5 USD"', '"10000 USD"'),
        ('outputs = ["render"]\nproduction_budget = "5 usd"', '"10000 USD"'),
        ('outputs = ["render"]\nproduction_budget = "5 XXX"', '"10000 USD"'),
        ('outputs = ["render"]\nproduction_budget = "5.5 JPY"', "more decimals than JPY"),
        ('outputs = ["render"]\nprint_run = -1', "print_run"),
        ('outputs = ["render"]\nprint_run = 1.5', "print_run"),
        ('outputs = ["render"]\nprint_run = true', "print_run"),
        ('outputs = ["render"]\nseats = 0', "seats"),
        ('outputs = ["render"]\nmerchandise = "no"', "merchandise"),
        ('outputs = ["render"]\npurpose = "comercial"', "did you mean 'commercial'?"),
        ('outputs = ["render"]\nmedia = ["televison"]', "media"),
        ('outputs = ["render"]\nmedia = ["cinemas"]', "did you mean 'cinema'?"),
        ('outputs = ["render"]\nterritory = ["Germany"]', "country code"),
        ('outputs = ["render"]\nterritory = ["worldwide"]', "leave territory out"),
        ('outputs = ["render"]\nname = ""', "name"),
        ('outputs = ["render"]\nterm_months = 0', "term_months"),
        ('outputs = ["render"]\nterm_month = 3', "did you mean 'term_months'?"),
        ('outputs = ["render"]\nprojects = 0', "projects"),
        ('outputs = ["render"]\nclients = [""]', "clients: '' is not a name"),
        ('outputs = ["render"]\nclients = "ACME"', "clients"),
        ('outputs = ["render"]\nengines = [1]', "engines.0"),
        ('outputs = ["render"]\nprotected = "yes"', "protected"),
        ('outputs = ["render"]\nlicensee_revenue = 90000', "licensee_revenue: write it as text"),
        ('outputs = ["render"]\nlicensee_revenue = "lots"', "licensee_revenue: 'lots' is not an amount"),
        ('preset = "fillm"', "did you mean 'film'?"),
        ("outputs = [", "not TOML"),
        ("outputs = 1\noutputs = 2", "not TOML"),
    ],
)
def test_what_is_wrong_is_said_with_its_key(text: str, said: str) -> None:
    with pytest.raises(UserInputError) as caught:
        parse_use(text, name="spot.toml")
    assert caught.value.message.startswith("spot.toml")
    assert said in caught.value.message
    assert caught.value.code == "use.invalid"


words = st.text(st.characters(exclude_categories=["Cs"]), max_size=200)


@given(
    st.builds(
        IntendedUse,
        name=words.filter(bool),
        purpose=st.sampled_from(Purpose),
        outputs=st.frozensets(st.sampled_from(OutputKind), min_size=1),
        media=st.lists(st.sampled_from(sorted(MEDIA)), max_size=4).map(tuple),
        territory=st.lists(st.from_regex(r"[A-Z]{2}", fullmatch=True), max_size=3).map(tuple),
        print_run=st.none() | st.integers(0, 2**60),
        impressions=st.none() | st.integers(0, 2**60),
        audience=st.none() | st.integers(0, 2**60),
        production_budget=st.none()
        | st.builds(
            Money, minor=st.integers(0, 10**15), currency=st.sampled_from(["USD", "EUR", "JPY", "KWD"])
        ),
        merchandise=st.booleans(),
        templates=st.booleans(),
        sensitive=st.booleans(),
        client=words,
        seats=st.integers(1, 10**6),
        term_months=st.none() | st.integers(1, 1200),
        clients=st.lists(words.filter(str.strip), max_size=3).map(tuple),
        projects=st.integers(1, 99),
        affiliates=st.booleans(),
        protected=st.none() | st.booleans(),
        main_content=st.none() | st.booleans(),
        engines=st.lists(st.from_regex(r"[a-z.]{1,9}", fullmatch=True), max_size=3).map(tuple),
        sales=st.none() | st.integers(0, 2**60),
        licensee_revenue=st.none() | st.builds(Money, minor=st.integers(0, 10**15), currency=st.just("USD")),
        logo=st.booleans(),
        alters_content=st.none() | st.booleans(),
        transfer=st.booleans(),
        ai_training=st.none() | st.booleans(),
        ai_metadata=st.booleans(),
    )
)
def test_what_is_written_reads_back_the_same(use: IntendedUse) -> None:
    assert parse_use(encode_use(use), name="x.toml") == use


@given(st.text(max_size=200))
def test_any_text_gives_a_use_or_an_error_that_helps(text: str) -> None:
    said = "x.toml"
    try:
        assert isinstance(parse_use(text, name="x.toml"), IntendedUse)
    except UserInputError as problem:
        said = problem.message
    assert said.startswith("x.toml")
