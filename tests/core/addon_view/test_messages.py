"""The artist's sentence for every error."""

from __future__ import annotations

import inspect

import pytest
from clearance_package import load

errors = load("core.errors")
messages = load("addon.messages")
CLASSES = [
    value
    for _, value in inspect.getmembers(errors, inspect.isclass)
    if issubclass(value, errors.ClearanceError)
]


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)
def test_every_error_has_a_sentence(cls: type[Exception]) -> None:
    said = messages.tell(cls("The plan is used up. Buy a bigger one."), where="CGTrader")
    assert said.strip()
    assert said[0].isupper()
    assert "{" not in said
    assert said.endswith((".", "?", "!"))


def test_the_marketplace_is_named_where_it_matters() -> None:
    error = errors.NotFound("404", marketplace="cgtrader", status=404)
    assert messages.tell(error, where="CGTrader").startswith("CGTrader no longer has")
    assert messages.tell(error).startswith("The marketplace no longer has")


def test_what_the_core_knows_better_is_kept() -> None:
    error = errors.DownloadRefused("The archive was refused: it writes outside of its folder.")
    said = messages.tell(error, where="CGTrader")
    assert said.startswith("The archive was refused: it writes outside of its folder. ")
    assert "support of CGTrader" in said, "and what to do is added"


def test_no_sentence_is_longer_than_a_panel_can_take() -> None:
    assert len(messages.tell(errors.LedgerError("x" * 100_000))) <= messages.LONGEST


def test_control_characters_do_not_get_into_a_sentence() -> None:
    assert "\x1b" not in messages.tell(errors.HostError("bad\x1b[31m name"))


def test_an_error_without_words_still_says_something() -> None:
    assert messages.tell(errors.ClearanceError("")).endswith(".")


def test_a_missing_part_says_what_to_do() -> None:
    assert "install" in messages.missing_package("sqlalchemy")


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (ImportError("no", name="sqlalchemy"), "a part of it is missing (sqlalchemy)"),
        (None, "could not be started"),
        (ZeroDivisionError(), "(ZeroDivisionError). Please report it."),
    ],
    ids=["package", "nothing known", "a fault"],
)
def test_why_there_is_no_app_is_a_sentence(error: BaseException | None, said: str) -> None:
    assert said in messages.explain_start(error)
