"""``[alerts]`` in a studio's file: what it can say, and errors that name the place."""

from __future__ import annotations

import pytest

from core.errors import UserInputError
from core.model.alert import INFORM_ONLY, AlertSettings, Occasion
from core.model.findings import Verdict
from core.policy.alert_file import parse_alerts
from core.policy.studio_file import parse_studio

WHOLE = """
schema = 1
name = "House"

[alerts]
on = ["load", "render"]
stop = ["export"]
stop_at = "needs_review"
expiring_days = 60

[[rule]]
id = "no_print"
effect = "deny"
message = "No print."
how_to_fix = "Ask."
outputs = ["print"]
"""


def test_everything() -> None:
    assert parse_alerts(WHOLE, name="studio.toml") == AlertSettings(
        on=frozenset({Occasion.LOAD, Occasion.RENDER, Occasion.EXPORT}),
        stop=frozenset({Occasion.EXPORT}),
        stop_at=Verdict.NEEDS_REVIEW,
        expiring_days=60,
    )


def test_the_rules_beside_it_are_read_as_before() -> None:
    assert [rule.id for rule in parse_studio(WHOLE, name="studio.toml").rules] == ["no_print"]


@pytest.mark.parametrize("text", ["", "schema = 1\n", "[alerts]\n"])
def test_without_a_word_alerts_inform_and_stop_nothing(text: str) -> None:
    settings = parse_alerts(text, name="studio.toml")
    assert settings == INFORM_ONLY
    assert settings.on == frozenset(Occasion)
    assert not any(settings.stops(occasion) for occasion in Occasion)
    assert all(settings.wants(occasion) for occasion in Occasion)


def test_silence_can_be_wanted() -> None:
    settings = parse_alerts("[alerts]\non = []\n", name="studio.toml")
    assert not any(settings.wants(occasion) for occasion in Occasion)


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("[alerts\n", 1, "not TOML"),
        ("alerts = 3\n", 1, "write it as a table"),
        ("[alerts]\nstops = []\n", 2, "did you mean 'stop'"),
        ("[alerts]\non = 'load'\n", 2, "write a list"),
        ("[alerts]\non = [1]\n", 2, "write a list"),
        ('[alerts]\n\non = ["open"]\n', 3, "there is no 'open'; there are load, save, render, export"),
        ('[alerts]\nstop = ["save"]\n', 2, "'save' cannot be stopped"),
        ('[alerts]\nstop = ["everything"]\n', 2, "there are render, export"),
        ('[alerts]\nstop_at = "cleared"\n', 2, "write one of needs_review, undeclared, not_cleared"),
        ("[alerts]\nstop_at = []\n", 2, "write one of"),
        ("[alerts]\nexpiring_days = -1\n", 2, "from 0 to 3650"),
        ("[alerts]\nexpiring_days = true\n", 2, "from 0 to 3650"),
        ("[alerts]\nexpiring_days = 1.5\n", 2, "from 0 to 3650"),
    ],
)
def test_mistakes_are_named_with_their_place(text: str, line: int, words: str) -> None:
    with pytest.raises(UserInputError) as caught:
        parse_alerts(text, name="house/studio.toml")
    assert caught.value.code == "alerts.invalid"
    assert str(caught.value).startswith(f"house/studio.toml:{line}: ")
    assert words in str(caught.value)


def test_a_file_that_cannot_be_read_stops_what_can_be_stopped() -> None:
    settings = AlertSettings(problem="studio.toml:3: broken")
    assert {occasion for occasion in Occasion if settings.stops(occasion)} == {
        Occasion.RENDER,
        Occasion.EXPORT,
    }
