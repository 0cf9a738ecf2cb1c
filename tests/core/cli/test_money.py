"""``payment-method``, ``rate``, ``payments``, ``costs`` and ``invoice`` after purchases at the sandbox."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import pytest
from invoice_files import make_cii, make_pdf, make_ubl

IMAGE = "shutterstock:1120280100"


@pytest.fixture
def bought(shell: Any) -> Any:
    """An image, bought with a subscription whose downloads have a value."""
    added = shell.run(
        "payment-method", "add", "subscription", "Image plan", "-m", "shutterstock", "--unit-value",
        "2.50 USD", "--json",
    )  # fmt: skip
    assert added.code == 0, added.err
    assert shell.run("buy", IMAGE, "--kind", "image", "--yes", "--reason", "test", "--json").code == 0
    return added.json


def test_a_purchase_is_paid_by_the_method_that_fits(shell: Any, bought: Any) -> None:
    (line,) = shell.run("payments", "--json").json
    assert line["method"] == "Image plan"
    assert line["cost"] == {"amount": 1, "unit": "download"}
    assert line["value"] == {"amount": "2.50", "currency": "USD"}
    assert line["home"] is None
    listed = shell.run("payment-method", "list")
    assert "Image plan\tsubscription at 2.50 USD each\tshutterstock" in listed.out
    assert shell.run("payment-method", "end", bought["id"]).code == 0
    assert "Image plan" not in shell.run("payment-method", "list").out
    assert "Image plan (ended)" in shell.run("payment-method", "list", "--all").out


def test_costs_in_every_format(shell: Any, bought: Any, tmp_path: Path) -> None:
    """A rate that is noted afterwards counts; the newest one that is not after the day."""
    before = shell.run("costs", "--json", CLEARANCE_HOME_CURRENCY="EUR").json
    assert before["not_converted"] == 1
    for day, rate in (("2020-01-01", "0.5"), ("2021-01-01", "0.9")):
        assert shell.run("rate", "set", "USD/EUR", rate, "--on", day, "--source", "ECB").code == 0
    home = {"CLEARANCE_HOME_CURRENCY": "eur"}
    whole = shell.run("costs", "--by", "marketplace", "--json", **home).json
    assert whole["total"]["home"] == {"amount": "2.25", "currency": "EUR"}
    assert [group["key"] for group in whole["groups"]] == ["shutterstock"]
    assert any("more than 7 days old" in note for note in whole["notes"])
    rows = list(csv.DictReader(io.StringIO(shell.run("costs", "--format", "csv", **home).out)))
    assert [(row["marketplace"], row["amount"], row["home_amount"]) for row in rows] == [
        ("shutterstock", "2.50", "2.25")
    ]
    page = tmp_path / "costs.html"
    assert shell.run("costs", "--by", "month", "--format", "html", "-o", str(page), **home).code == 0
    assert "2.25 EUR" in page.read_text(encoding="utf-8")
    assert "shutterstock\t1\t0\t2.50 USD" in shell.run("costs", "--by", "marketplace", **home).out
    assert shell.run("costs", "--from", "2100-01-01", "--json").json["lines"] == []
    assert "0.9 EUR" in shell.run("rate", "list", "--pair", "USD/EUR").out


def test_calls_under_contract(shell: Any, bought: Any) -> None:
    price = ("usage-price", "set", "shutterstock", "purchase", "1.00 USD", "--from", "2020-01-01")
    assert shell.run(*price).code == 0
    lines = shell.run("payments", "--json").json
    assert [line["title"] for line in lines if line["kind"] == "usage"] == ["1 purchase calls"]
    assert "1.00 USD" in shell.run("usage-price", "list").out


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("payment-method", "add", "manual", "Visa 4111111111111111"), "payment.card_number"),
        (("payment-method", "add", "prepaid", "x", "--paid-in", "much"), "user_input.money"),
        (("payment-method", "end", "nothing"), "payment.no_method"),
        (("rate", "set", "USD", "1", "--source", "ECB"), "rate.pair"),
        (("rate", "set", "USD/EUR", "x", "--source", "ECB"), "rate.invalid"),
        (("usage-price", "set", "pond5", "download", "", "--from", "2026-01-01"), "rate.invalid"),
        (("costs", "--from", "2026-02-01", "--to", "2026-01-01"), "costs.period"),
        (("invoice", "match", "--line", "1"), "invoice.match_options"),
        (("invoice", "show", "nothing"), "invoice.unknown"),
        (("invoice", "issue", "charge-back", "--client", "ACME"), "invoice.tax"),
        (("invoice", "issue", "charge-back", "--client", "A", "--tax-category", "O"), "invoice.party"),
        (("invoice", "credit", "CB-1", "--reason", "x"), "invoice.unknown"),
    ],
)
def test_what_cannot_be_says_so(shell: Any, words: tuple[str, ...], code: str) -> None:
    result = shell.run(*words, "--json")
    assert result.code != 0
    assert result.json["error"]["code"] == code
    assert "4111" not in result.out + result.err


def test_a_method_that_is_not_open_stops_before_anything_is_bought(shell: Any, bought: Any) -> None:
    added = shell.run("payment-method", "add", "prepaid", "Empty", "--paid-in", "0.00 USD", "--json").json
    result = shell.run(
        "--pay-by", added["id"], "buy", "shutterstock:1120280137", "--kind", "image", "--yes", "--reason",
        "test", "--json",
    )  # fmt: skip
    assert result.code != 0
    assert result.json["error"]["code"] == "payment.method_not_open"
    assert len(shell.run("payments", "--json").json) == 1


def test_invoices_from_import_to_credit_note(shell: Any, bought: Any, tmp_path: Path) -> None:
    order = shell.run("payments", "--json").json[0]["order_id"]
    data = make_ubl(seller="Shutterstock, Inc.", currency="USD", net="2.50", tax="0.00", gross="2.50",
                    percent="0", reference=order)  # fmt: skip
    files = {"a.xml": data, "b.pdf": make_pdf(("factur-x.xml", make_cii())), "c.png": b"\x89PNG picture"}
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    several = shell.run("invoice", "import", *(str(tmp_path / name) for name in files), "--json")
    assert several.code == 1
    first, second, third = several.json
    assert first["imported"]["invoice"]["marketplace"] == "shutterstock"
    assert [line["order_id"] for line in first["imported"]["lines"]] == [order]
    assert second["imported"]["read_from"] == "CII"
    assert third["error"]["code"] == "invoice.facts_needed"
    again = shell.run("invoice", "import", str(tmp_path / "a.xml"), "--json")
    assert (again.code != 0, again.json["error"]["code"]) == (True, "invoice.known")
    typed = ("--number", "R-9", "--issuer", "Shop", "--date", "2026-01-02", "--gross", "5.00 EUR")
    assert "R-9 of Shop, 5.00 EUR" in shell.run("invoice", "import", str(tmp_path / "c.png"), *typed).out
    matched = shell.run("invoice", "match", "--json").json
    assert matched["orders_without_invoice"] == []
    listed = shell.run("invoice", "list").out
    assert "1 of 1 matched" in listed
    assert "0 of 1 matched" in listed
    by_hand = ("invoice", "match", "A-1", "--line", "1", "--order", "none", "--json")
    assert shell.run(*by_hand).code != 0, "two invoices have this number"

    data_dir = Path(shell.environ["CLEARANCE_DATA_DIR"])
    (data_dir / "invoicing.toml").write_text(
        '[studio]\nname = "Studio"\ncountry = "DE"\nvat_id = "DE123456789"\n'
        '[clients.ACME]\nname = "ACME Corp."\ncountry = "FR"\n',
        encoding="utf-8",
    )
    xml, page = tmp_path / "out.xml", tmp_path / "out.html"
    issued = shell.run(
        "invoice", "issue", "charge-back", "--client", "ACME", "--order", order, "--tax-category", "S",
        "--tax-percent", "19", "--format", "xml", "-o", str(xml), "--json",
    )  # fmt: skip
    assert issued.code == 0, issued.err
    number = issued.json["invoice"]["number"]
    assert number.startswith("CB-")
    assert number in xml.read_text(encoding="utf-8")
    assert shell.run("invoice", "show", number, "--format", "html", "-o", str(page)).code == 0
    assert "ACME Corp." in page.read_text(encoding="utf-8")
    # The tests of the core run without the packages for PDF: that is said before a number is taken.
    pdf = ("--format", "pdf", "-o", str(tmp_path / "out.pdf"))
    for command in (("show", number), ("credit", number, "--reason", "x"), ("issue", "purchase-record")):
        refused = shell.run("invoice", *command, *pdf)
        assert (refused.code, "clearance[invoices]" in refused.err) == (2, True)
    assert not (tmp_path / "out.pdf").exists()
    record = shell.run("invoice", "issue", "purchase-record", "--order", order)
    assert record.out.startswith("PR-")
    assert "-0001: " in record.out
    credit = shell.run("invoice", "credit", number, "--reason", "wrong client", "--json").json
    assert credit["invoice"]["corrects"] == issued.json["invoice"]["id"]
    assert (
        "<ram:TypeCode>381"
        in shell.run("invoice", "show", credit["invoice"]["number"], "--format", "xml").out
    )
    assert shell.run("audit", "verify").code == 0
