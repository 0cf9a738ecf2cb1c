from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from core.audit.secrecy import WITHHELD, check_event, clean_event, holds_secret, names_secret
from core.errors import AuditError
from core.model.audit import AuditEvent
from core.model.order import OrderState

EVENT = AuditEvent(action="a", subject="s", actor="mia", at=datetime(2026, 1, 1, tzinfo=UTC))
UUID = "0f8fad5b-d9cb-469f-a165-70867728950e"


@pytest.mark.parametrize(
    "name",
    [
        "token", "access_token", "accessToken", "API_TOKEN", "client-secret", "password", "user.password",
        "passwd", "api_key", "apiKey", "APIKey", "apikey", "private key", "secret_key", "Authorization",
        "cookie", "signature", "refreshTokens", "key",
    ],
)  # fmt: skip
def test_names_that_promise_a_secret_are_refused(name: str) -> None:
    event = replace(EVENT, details=(("fine", "x"), (name, "hunter2")))
    for check in (check_event, clean_event):
        with pytest.raises(AuditError) as caught:
            check(event)
        assert caught.value.code == "audit.secret"
        assert name in caught.value.message
        assert "hunter2" not in caught.value.message


@pytest.mark.parametrize(
    "name",
    [
        "sha256",
        "order_key",
        "idempotency_key",
        "keyframe",
        "monkey",
        "author",
        "authority",
        "listing",
        "",
        "ключ",
    ],
)
def test_other_names_are_fine(name: str) -> None:
    assert not names_secret(name, "x")


def test_an_orders_key_is_no_secret_while_it_is_a_uuid() -> None:
    assert not names_secret("key", UUID)
    assert names_secret("key", "sk_live_123")


@pytest.mark.parametrize(
    "value",
    [
        "https://cdn.example/a.zip?Signature=abc",
        "see https://cdn.example/a.zip?x for more",
        "ftp://mia:hunter2@host.example/",
        "Bearer abcdefghijklmnop",
        "basic dXNlcjpwYXNz",
        "key=abc",
        "api_key: abc",
        '{"access_token": "abc"}',
        "PASSWORD=hunter2",
        "-----BEGIN RSA PRIVATE KEY-----",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.sig",
    ],
)
def test_values_that_look_like_a_secret_are_found_and_withheld(value: str) -> None:
    assert holds_secret(value)
    with pytest.raises(AuditError) as caught:
        check_event(replace(EVENT, details=(("note", value),)))
    assert value not in caught.value.message
    cleaned = clean_event(replace(EVENT, subject=value, actor=value, details=(("note", value),)))
    assert cleaned == replace(EVENT, subject=WITHHELD, actor=WITHHELD, details=(("note", WITHHELD),))
    check_event(cleaned)
    assert names_secret(value)


@pytest.mark.parametrize(
    "value",
    [
        "", UUID, "money:1900:USD", "credits:1:download", "cgtrader:123", "a" * 64, "https://www.cgtrader.com/3d",
        "Key light, no shadow", "a monkey = an ape", "refused: not enough credits", "payment.refused",
        "Is it free? Yes", "Basic shapes pack", "/home/mia/scenes/shot_010.blend",
    ],
)  # fmt: skip
def test_ordinary_values_stay_as_they_are(value: str) -> None:
    event = replace(EVENT, subject=value, details=(("note", value),))
    assert clean_event(event) == event
    check_event(event)


def test_what_no_database_keeps_is_made_writable() -> None:
    event = clean_event(replace(EVENT, subject="a\x00b", details=(("n", "\ud800 half"),)))
    assert event.subject == "a\ufffdb"
    assert event.details == (("n", "? half"),)


def test_members_of_enumerations_become_plain_text() -> None:
    event = clean_event(replace(EVENT, details=(("state", OrderState.PAID),)))
    assert type(event.details[0][1]) is str
    assert event.details == (("state", "paid"),)
