"""Invoices in a studio: taken in, matched with real purchases, written without gaps, and taken back."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from invoice_files import make_cii, make_pdf, make_ubl
from invoice_house import PARTIES, House, open_house

from core.billing.invoicing_file import Invoicing, parse_invoicing
from core.billing.lines import WhatToBill
from core.billing.own_invoices import TaxRule, read_tax
from core.errors import NotAllowed, UserInputError
from core.files.invoices.xml import read_invoice_xml
from core.model.invoice import Invoice, InvoiceKind, InvoiceLine, NumberSeries
from core.model.money import Money
from core.model.people import Member, Role
from core.reports.invoice_html import render_invoice_html

VAT = TaxRule(category="S", percent="19")


def eur(minor: int) -> Money:
    return Money(minor=minor, currency="EUR")


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """A studio of one, with a project for a client."""
    with open_house(tmp_path) as opened:
        yield opened


class TestImport:
    """What is taken in, and what is refused."""

    def test_xml_is_read_kept_and_matched_by_its_number(self, house: House) -> None:
        order = house.buy()
        made = house.take_in(make_ubl())
        assert (made.read_from, made.faults, made.unread) == ("UBL", (), "")
        assert (made.invoice.number, made.invoice.issuer, made.invoice.gross) == ("A-1", "Agency", eur(3451))
        (line,) = made.lines
        assert (line.order_id, line.difference) == (order.id, "")
        assert made.invoice.document_sha256 == hashlib.sha256(make_ubl()).hexdigest()
        assert house.shop.store.path(made.invoice.document_sha256) is not None
        (document,) = house.shop.ledger.documents(order.id)
        assert document.sha256 == made.invoice.document_sha256
        assert house.studio.invoice_matching.view("A-1").lines == (line,)
        assert house.studio.invoice_matching.without_invoice() == ()
        assert house.shop.ledger.verify_audit().ok

    def test_the_xml_of_a_pdf_is_kept_beside_it(self, house: House) -> None:
        xml = make_cii()
        made = house.take_in(make_pdf(("factur-x.xml", xml)), "a.pdf")
        assert made.read_from == "CII"
        assert made.invoice.data_sha256 == hashlib.sha256(xml).hexdigest()
        assert house.studio.issuing.xml(made.invoice) == xml.decode()

    @pytest.mark.parametrize(
        ("data", "name", "unread"),
        [
            (make_pdf(("factur-x.xml", b"x"), encrypt=True), "a.pdf", "encrypted"),
            (make_pdf(("factur-x.xml", b"<!DOCTYPE a><a/>")), "a.pdf", "document type"),
            (make_pdf(), "a.pdf", ""),
            (b"\x89PNG\r\n\x1a\n picture", "a.png", ""),
        ],
    )
    def test_others_are_kept_with_what_is_typed_in(
        self, house: House, data: bytes, name: str, unread: str
    ) -> None:
        order = house.buy()
        with pytest.raises(UserInputError, match="number, issuer, date, gross amount"):
            house.take_in(data, name)
        assert house.shop.ledger.values(Invoice) == ()
        made = house.take_in(
            data, name, number="R-1", issuer="Agency", issued_on=date(2026, 11, 23), gross=eur(3451),
            tax=eur(551), order_reference="w-77",
        )  # fmt: skip
        assert unread in made.unread
        assert (made.read_from, made.invoice.net) == ("typed in", eur(2900))
        assert made.invoice.document_sha256 == hashlib.sha256(data).hexdigest()
        assert (made.lines[0].order_id, made.lines[0].difference) == (order.id, "")

    def test_duplicates_are_refused(self, house: House) -> None:
        house.take_in(make_ubl())
        before = house.shop.ledger.verify_audit().size
        for data in (make_ubl(), make_ubl(number="a-1", net="1.00"), make_ubl(seller="AGENCY", gross="1.00")):
            with pytest.raises(UserInputError, match="in the ledger already"):
                house.take_in(data)
        with pytest.raises(UserInputError, match="in the ledger already"):
            house.take_in(make_ubl(), "b.xml")
        assert house.shop.ledger.verify_audit().size == before
        house.take_in(make_ubl(seller="Other"))
        assert len(house.shop.ledger.values(Invoice)) == 2

    @pytest.mark.parametrize(
        "facts",
        [
            {"gross": Money(minor=1)},
            {"gross": eur(100), "tax": Money(minor=1, currency="USD")},
            {"gross": eur(100), "tax": eur(101)},
            {"gross": eur(100), "issued_on": date(2026, 11, 24)},
            {"gross": eur(100), "number": "4111 1111 1111 1111"},
        ],
    )
    def test_what_cannot_be_is_refused_and_leaves_nothing(self, house: House, facts: Any) -> None:
        given = {"number": "R-1", "issuer": "Agency", "issued_on": date(2026, 11, 23), **facts}
        with pytest.raises(UserInputError):
            house.take_in(b"picture", "a.png", **given)
        assert house.shop.ledger.values(Invoice) == ()

    def test_a_broken_file_is_refused(self, house: House) -> None:
        for data in (b"", b"<Invoice>", make_ubl(currency="QQQ")):
            with pytest.raises(UserInputError):
                house.take_in(data)
        with pytest.raises(UserInputError, match="cannot be read"):
            house.studio.invoice_import.run(house.folder / "gone.xml")
        assert house.shop.ledger.values(Invoice) == ()

    def test_what_does_not_add_up_is_said_and_kept(self, house: House) -> None:
        made = house.take_in(make_ubl(gross="99.00"))
        assert made.faults
        assert "Does not add up" in made.invoice.note

    def test_a_credit_note_is_below_zero_and_finds_the_refund(self, house: House) -> None:
        order = house.buy()
        house.take_in(make_ubl())
        refund = house.shop.refunds.request(order.id, reason="broken", actor="ann")
        house.shop.refunds.settle(refund.id, refunded=True, amount=eur(2900), actor="ann")
        made = house.take_in(make_cii(2900, number="C-1", type_code="381", corrects="A-1"))
        assert made.invoice.gross == eur(-3451)
        assert made.invoice.corrects == house.shop.ledger.values(Invoice)[0].id
        assert (made.lines[0].order_id, made.lines[0].difference) == (order.id, "")

    def test_only_finance_takes_them_in_and_auditors_see_them(self, house: House) -> None:
        at = house.shop.clock.now()
        with house.shop.ledger.transaction() as work:
            work.add(Member(id="ann", name="Ann", roles=(Role.AUDITOR,), added_at=at, added_by="ada"))
        with pytest.raises(NotAllowed):
            house.take_in(make_ubl())
        with pytest.raises(NotAllowed):
            house.studio.invoice_matching.match()
        with pytest.raises(NotAllowed):
            house.studio.issuing.purchase_record(WhatToBill())
        assert house.studio.invoice_matching.all() == ()


class TestMatching:
    """Orders are found by number, then by amount and day; what differs is said."""

    def test_another_price_is_told(self, house: House) -> None:
        house.buy(2500)
        (line,) = house.take_in(make_ubl()).lines
        assert line.difference == "invoiced 29.00 EUR (34.51 EUR with tax), charged 25.00 EUR"

    def test_a_price_with_tax_fits_too(self, house: House) -> None:
        house.buy(3451)
        (line,) = house.take_in(make_ubl()).lines
        assert line.difference == ""

    def test_without_a_number_the_amount_and_the_day_tell(self, house: House) -> None:
        order = house.buy(number="X-1")
        (line,) = house.take_in(make_ubl(reference="?")).lines
        assert (line.order_id, line.difference) == (order.id, "")

    def test_an_amount_of_long_ago_tells_nothing(self, house: House) -> None:
        house.buy(number="X-1")
        (line,) = house.take_in(make_ubl(reference="?", day="2026-09-01")).lines
        assert (line.order_id, line.difference) == ("", "no order fits it")

    def test_of_several_that_fit_none_is_taken_until_somebody_says_which(self, house: House) -> None:
        first = house.buy(number="X-1")
        house.buy(number="X-2", item="8")
        made = house.take_in(make_ubl(reference="?"))
        assert made.lines[0].difference == "2 orders fit it; choose one"
        matching = house.studio.invoice_matching
        view = matching.assign(made.invoice.id, 1, first.id)
        assert (view.lines[0].order_id, view.open_lines, view.differences) == (first.id, 0, 0)
        assert [one.order_id for one in matching.without_invoice()] != [first.id]
        other = house.take_in(make_ubl(number="A-2", reference="?", net="1.00"))
        with pytest.raises(UserInputError, match="another invoice"):
            matching.assign(other.invoice.id, 1, first.id)
        with pytest.raises(UserInputError, match="no line 2"):
            matching.assign(made.invoice.id, 2, first.id)
        with pytest.raises(UserInputError, match="no invoice"):
            matching.view("nothing")
        assert matching.assign(made.invoice.id, 1, "").lines[0].order_id == ""

    def test_each_line_finds_its_own(self, house: House) -> None:
        orders = [
            house.buy(amount, number=f"N-{n}", item=f"{n}", title=title)
            for n, (amount, title) in enumerate(
                ((1000, "Oak table"), (2000, "Street lamp"), (2000, "City lights"))
            )
        ]
        data = make_cii(2000, 1000, 2000)
        for n, words in ((1, "City lights, 4k"), (2, "N-0"), (3, "Street lamp")):
            data = data.replace(f"Asset {n}".encode(), words.encode())
        made = house.take_in(data)
        assert [line.order_id for line in made.lines] == [orders[2].id, orders[0].id, orders[1].id]

    def test_what_is_bought_later_is_found_later(self, house: House) -> None:
        made = house.take_in(make_ubl())
        assert made.lines[0].difference == "no order fits it"
        order = house.buy()
        assert [one.order_id for one in house.studio.invoice_matching.without_invoice()] == [order.id]
        (view,) = house.studio.invoice_matching.match()
        assert view.lines[0].order_id == order.id
        assert house.studio.invoice_matching.match() == ()


class TestIssuing:
    """Invoices of one's own."""

    def test_a_charge_back_has_what_the_standard_wants(self, house: House) -> None:
        first = house.buy(2900, number="N-1")
        house.buy(1001, number="N-2", item="8")
        made = house.studio.issuing.charge_back(WhatToBill(project="film", purchase_order="PO-1"), VAT)
        invoice = made.invoice
        assert (invoice.number, invoice.sequence, invoice.client) == ("CB-2026-0001", 1, "ACME")
        assert (invoice.net, invoice.tax, invoice.gross) == (eur(3901), eur(741), eur(4642))
        assert invoice.due_on == date(2026, 12, 23)
        xml = house.studio.issuing.xml(invoice)
        assert hashlib.sha256(xml.encode()).hexdigest() == invoice.data_sha256
        data = read_invoice_xml(xml.encode(), "x")
        assert (data.number, data.type_code, data.currency) == ("CB-2026-0001", "380", "EUR")
        assert (data.seller.name, data.seller.country, data.buyer.name) == (
            "Studio <Łódź>",
            "DE",
            "ACME Corp.",
        )
        assert data.lines[0].reference == first.id
        assert data.order_reference == "PO-1"
        with pytest.raises(UserInputError, match="not billed yet"):
            house.studio.issuing.charge_back(WhatToBill(project="film"), VAT)
        assert house.shop.ledger.value(NumberSeries, "CB-2026").last == 1

    def test_what_has_no_amount_is_left_out_and_named(self, house: House) -> None:
        house.buy(2900)
        with pytest.raises(UserInputError, match="no amount in USD"):
            house.studio.issuing.charge_back(WhatToBill(project="film", currency="USD"), VAT)
        assert house.shop.ledger.values(NumberSeries) == ()

    def test_what_was_given_back_is_not_charged(self, house: House) -> None:
        order = house.buy(2900)
        refund = house.shop.refunds.request(order.id, reason="broken", actor="ann")
        house.shop.refunds.settle(refund.id, refunded=True, amount=eur(2900), actor="ann")
        house.buy(500, item="8", number="N-2")
        made = house.studio.issuing.charge_back(WhatToBill(client="acme", project="film"), VAT)
        assert made.invoice.net == eur(500)
        assert made.left_out == ("“Drone flight” was given back",)

    def test_parties_have_to_be_known(self, house: House) -> None:
        house.buy()
        for known, what, why in (
            (Invoicing(), WhatToBill(project="film"), "who the studio is"),
            (PARTIES, WhatToBill(client="Nobody"), "the client “Nobody”"),
            (PARTIES, WhatToBill(), "for which client"),
        ):
            issuing = replace(house.studio.issuing, read_invoicing=lambda known=known: known)
            with pytest.raises(UserInputError, match=why):
                issuing.charge_back(what, VAT)
        with pytest.raises(UserInputError, match="the client's vat_id"):
            house.studio.issuing.charge_back(WhatToBill(project="film"), TaxRule(category="AE"))

    def test_a_credit_note_takes_lines_back_once(self, house: House) -> None:
        house.buy(2900, number="N-1")
        house.buy(1000, number="N-2", item="8")
        issuing = house.studio.issuing
        invoice = issuing.charge_back(WhatToBill(project="film"), VAT).invoice
        note = issuing.credit(invoice.number, positions=[2], reason="wrong project")
        assert (note.invoice.number, note.invoice.corrects, note.invoice.net) == (
            "CN-2026-0001", invoice.id, eur(1000),
        )  # fmt: skip
        data = read_invoice_xml(issuing.xml(note.invoice).encode(), "x")
        assert (data.is_credit, data.corrects, data.note) == (True, "CB-2026-0001", "wrong project")
        for positions, why in (([2], "was credited before"), ([7], "no line 7")):
            with pytest.raises(UserInputError, match=why):
                issuing.credit(invoice.id, positions=positions, reason="again")
        with pytest.raises(UserInputError, match="not credited itself"):
            issuing.credit(note.invoice.id, reason="x")
        with pytest.raises(UserInputError, match="Say why"):
            issuing.credit(invoice.id, reason=" ")
        again = issuing.charge_back(WhatToBill(project="film"), VAT)
        assert (again.invoice.number, again.invoice.net) == ("CB-2026-0002", eur(1000))
        rest = issuing.credit(invoice.id, reason="the rest")
        assert rest.invoice.net == eur(2900)

    def test_a_received_invoice_is_not_credited(self, house: House) -> None:
        made = house.take_in(make_ubl())
        with pytest.raises(UserInputError, match="of your own"):
            house.studio.issuing.credit(made.invoice.id, reason="x")

    def test_a_purchase_record_is_no_invoice_and_has_no_xml(self, house: House) -> None:
        order = house.buy()
        made = house.studio.issuing.purchase_record(WhatToBill(orders=(order.id,)))
        assert (made.invoice.number, made.invoice.data_sha256) == ("PR-2026-0001", "")
        with pytest.raises(UserInputError, match="never had one"):
            house.studio.issuing.xml(made.invoice)
        with pytest.raises(UserInputError, match="not billed yet"):
            house.studio.issuing.purchase_record(WhatToBill(orders=(order.id,)))
        assert made.lines[0].order_id == order.id

    def test_the_page_shows_all_of_it_and_runs_nothing(self, house: House) -> None:
        house.buy(2900, title="<script>alert(1)</script>")
        issuing = house.studio.issuing
        made = issuing.charge_back(WhatToBill(project="film", note="<b>thanks</b>"), VAT)
        page = render_invoice_html(made.invoice, made.lines, issuing.data(made.invoice, made.lines))
        for words in ("CB-2026-0001", "ACME Corp.", "34.51 EUR", "VAT 19 %", "DE89 3704", "&lt;b&gt;thanks",
                      made.invoice.data_sha256, "&lt;script&gt;", "23 December 2026"):  # fmt: skip
            assert words in page
        assert "<script" not in page
        # Without its XML, the ledger knows what matters.
        bare = issuing.data(replace(made.invoice, data_sha256="ab" * 32), made.lines)
        assert (bare.number, bare.gross, bare.seller.name) == (
            made.data.number,
            made.data.gross,
            "Studio <Łódź>",
        )

    def test_a_number_is_not_lost_when_writing_fails(self, house: House) -> None:
        house.buy()

        class Full:
            def new(self, kind: str) -> str:
                raise UserInputError("no more ids")

        issuing = house.studio.issuing
        with pytest.raises(UserInputError, match="no more ids"):
            replace(issuing, ids=Full()).purchase_record(WhatToBill())
        assert house.shop.ledger.values(NumberSeries) == ()
        assert house.shop.ledger.values(InvoiceLine) == ()
        assert issuing.purchase_record(WhatToBill()).invoice.sequence == 1
        assert [one.kind for one in house.shop.ledger.values(Invoice)] == [InvoiceKind.PURCHASE_RECORD]


@pytest.mark.parametrize(
    ("category", "percent"), [("Q", "19"), ("S", ""), ("S", "0"), ("E", "19"), ("S", "x"), ("S", "99")]
)  # fmt: skip
def test_taxes_are_never_guessed(category: str, percent: str) -> None:
    with pytest.raises(UserInputError):
        read_tax(category, percent, "")
    assert read_tax("s", "19.0", "").percent == "19"
    assert read_tax("O", "", "").reason == "Not subject to VAT"


@pytest.mark.parametrize(
    "text",
    ["a = 1", "[studio]", "[studio]\nname = 1", '[studio]\nname = "x"\ncountry = "Germany"', "studio = 1",
     '[studio]\nname = "x"\ncountry = "DE"\npayment_days = 999', "[clients]\nacme = 1", "[",
     '[studio]\nname = "x"\ncountry = "DE"\nvat = "1"'],
)  # fmt: skip
def test_a_broken_file_of_parties_names_the_key(text: str) -> None:
    with pytest.raises(UserInputError, match=r"invoicing\.toml"):
        parse_invoicing(text, name="invoicing.toml")


def test_parties_hold_no_card_number() -> None:
    with pytest.raises(UserInputError, match="card number"):
        parse_invoicing('[studio]\nname = "4111 1111 1111 1111"\ncountry = "DE"', name="invoicing.toml")
