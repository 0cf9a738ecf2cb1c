"""Invoices as they come in: both syntaxes of EN 16931, XML inside of PDFs, and everything that is hostile."""

from __future__ import annotations

import zlib
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from invoice_files import UBL, eur, make_cii, make_data, make_pdf, make_ubl

from core.billing.checks import find_faults
from core.errors import UserInputError
from core.files.invoices.pdf import PdfError, find_invoice_xml, looks_like_pdf
from core.files.invoices.tree import MAX_DEPTH, MAX_XML_BYTES
from core.files.invoices.xml import looks_like_xml, read_invoice_xml
from core.model.invoice_data import TaxSum
from core.model.money import Money

XML = make_cii()


def read(data: bytes) -> Any:
    return read_invoice_xml(data, "a.xml")


class TestXml:
    """What is read, and what is refused."""

    def test_both_syntaxes_say_the_same(self) -> None:
        ubl, cii = read(make_ubl()), read(XML)
        assert (ubl.syntax, cii.syntax) == ("UBL", "CII")
        for one in (ubl, cii):
            assert (one.number, one.issued_on, one.type_code, one.currency) == (
                "A-1", date(2026, 11, 23), "380", "EUR",
            )  # fmt: skip
            assert (one.net, one.tax, one.gross, one.payable) == (eur(2900), eur(551), eur(3451), eur(3451))
            assert one.seller.name == "Agency"
            assert (one.seller.city, one.seller.country, one.seller.vat_id) == ("Berlin", "DE", "DE123456789")
            (line,) = one.lines
            assert (line.net, line.quantity, line.tax_category, line.tax_percent) == (
                eur(2900),
                "1",
                "S",
                "19",
            )
            assert one.taxes == (TaxSum(category="S", percent="19", base=eur(2900), tax=eur(551)),)
            assert find_faults(one) == ()
        assert ubl.lines[0].reference == "W-77"
        assert ubl.order_reference == "PO-9"
        assert ubl.due_on == date(2026, 12, 23)

    def test_prices_and_quantities_have_as_many_digits_as_a_program_writes(self) -> None:
        """Ten and more decimals are common in real invoices; an amount has those of its currency."""
        long = XML.replace(b">1</ram:BilledQuantity>", b">1.00000000000</ram:BilledQuantity>")
        assert long != XML
        assert read(long).lines[0].quantity == "1"
        with pytest.raises(UserInputError, match="no amount in EUR"):
            read(XML.replace(b">34.51</ram:GrandTotalAmount>", b">34.510000000001</ram:GrandTotalAmount>"))

    def test_what_is_written_is_read_again(self) -> None:
        data = make_data(
            100, 250, 7, due_on=date(2026, 12, 1), corrects="A-0", corrects_on=date(2026, 11, 1), type_code="381",
            note="Für „Stůl“ & <mehr>", project_reference="film", order_reference="PO-1", buyer_reference="ref",
        )  # fmt: skip
        again = read(make_cii(100, 250, 7, **{name: getattr(data, name) for name in (
            "due_on", "corrects", "corrects_on", "type_code", "note", "project_reference", "order_reference",
            "buyer_reference")}))  # fmt: skip
        assert again.is_credit
        assert replace(
            again, profile="", syntax="", lines=(), taxes=data.taxes, lines_total=data.lines_total
        ) == replace(data, lines=())
        assert [(line.net, line.description) for line in again.lines] == [
            (line.net, line.description) for line in data.lines
        ]

    def test_credit_notes(self) -> None:
        data = read(make_ubl(root="CreditNote"))
        assert (data.is_credit, data.type_code, data.gross) == (True, "381", eur(3451))

    def test_a_currency_without_cents(self) -> None:
        data = read(make_ubl(currency="JPY", net="2900", tax="551", gross="3451.0"))
        assert data.gross == Money(minor=3451, currency="JPY")

    def test_a_second_tax_total_in_the_sellers_currency_is_passed_over(self) -> None:
        second = b'<cac:TaxTotal><cbc:TaxAmount currencyID="USD">6.00</cbc:TaxAmount></cac:TaxTotal>'
        data = read(make_ubl().replace(b"<cac:TaxTotal>", second + b"<cac:TaxTotal>", 1))
        assert data.tax == eur(551)

    def test_encodings(self) -> None:
        text = make_ubl(seller="Łódź").decode()
        for name in ("utf-16", "utf-8-sig"):
            data = text.replace('encoding="UTF-8"', f'encoding="{name.removesuffix("-sig")}"').encode(name)
            assert looks_like_xml(data)
            assert read(data).seller.name == "Łódź"

    @pytest.mark.parametrize(
        ("data", "why"),
        [
            (b"", "no whole XML"),
            (b"<a>", "no whole XML"),
            (b"<html/>", "neither a UBL"),
            (make_ubl(namespace="urn:other:"), "neither a UBL"),
            (make_ubl().replace(b":Invoice-2", b":Order-2"), "neither a UBL"),
            (
                b'<rsm:CrossIndustryDocument xmlns:rsm="urn:ferd:CrossIndustryDocument:invoice:1p0"/>',
                "ZUGFeRD 1",
            ),
            (make_ubl(currency="QQQ"), "which there is not"),
            (make_ubl(currency="eur"), "which there is not"),
            (make_ubl(net="29.005"), "no amount in EUR"),
            (make_ubl(gross="1e5"), "no amount"),
            (make_ubl(gross="NaN"), "no amount"),
            (make_ubl(gross="12,50"), "no amount"),
            (make_ubl(gross="\u0661"), "no amount"),
            (make_ubl(gross="9" * 40), "no amount"),
            (make_ubl(day="23.11.2026"), "no day"),
            (make_ubl(day="2026-02-30"), "no day"),
            (make_ubl(number=" "), "no number"),
            (make_ubl().replace(b"cac:LegalMonetaryTotal", b"cac:Other"), "no total"),
            (make_ubl().replace(b'currencyID="EUR">34.51', b'currencyID="USD">34.51'), "another currency"),
            (XML.replace(b'format="102"', b'format="610"'), "year, month and day"),
            (XML.replace(b"<ram:TypeCode>380</ram:TypeCode>", b"", 1), "no type"),
            (make_ubl().replace(b"UTF-8", b"x-unknown"), "its text cannot be read"),
            (make_ubl().replace(b"UTF-8", b"ascii").replace(b"Oak", "Öak".encode()), "no whole XML"),
        ],
    )
    def test_what_is_no_invoice_is_refused_with_the_reason(self, data: bytes, why: str) -> None:
        with pytest.raises(UserInputError) as caught:
            read(data)
        assert why in caught.value.message

    @pytest.mark.parametrize(
        "head",
        [
            '<!DOCTYPE Invoice [<!ENTITY a "b">]>',
            '<!DOCTYPE Invoice SYSTEM "file:///etc/passwd">',
            '<!DOCTYPE Invoice [<!ENTITY % p SYSTEM "http://localhost:1/x"> %p;]>',
            "<!DOCTYPE Invoice>",
        ],
    )
    def test_document_types_and_entities_are_refused(self, head: str) -> None:
        with pytest.raises(UserInputError, match="document type or entities"):
            read(make_ubl(head=head))

    def test_billion_laughs(self) -> None:
        entities = '<!ENTITY a0 "ha">' + "".join(
            f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10)
        )
        with pytest.raises(UserInputError, match="entities"):
            read(make_ubl(head=f"<!DOCTYPE Invoice [{entities}]>", seller="&a9;"))

    def test_nothing_grows_without_bounds(self) -> None:
        with pytest.raises(UserInputError, match="20 MB"):
            read(b"<a>" + b" " * MAX_XML_BYTES + b"</a>")
        with pytest.raises(UserInputError, match="nested too deeply"):
            read(b"<a>" * (MAX_DEPTH + 1))
        with pytest.raises(UserInputError, match="more parts"):
            read(b"<a>" + b"<b/>" * 400_001 + b"</a>")

    def test_long_text_is_cut(self) -> None:
        data = read(make_ubl(seller="x" * 500_000))
        assert len(data.seller.name) <= 300

    @given(data=st.binary(max_size=400))
    def test_any_bytes_are_read_or_refused(self, data: bytes) -> None:
        with pytest.raises(UserInputError):
            read(data)

    @given(at=st.integers(0, len(XML) - 1), byte=st.integers(0, 255))
    def test_any_changed_byte_is_read_or_refused(self, at: int, byte: int) -> None:
        changed = XML[:at] + bytes([byte]) + XML[at + 1 :]
        try:
            data = read(changed)
        except UserInputError:
            return
        assert data.syntax == "CII"


class TestSums:
    """What does not add up is said."""

    @pytest.mark.parametrize(
        ("facts", "why"),
        [
            ({"gross": "35.00"}, "with tax it should be 34.51 EUR, not 35.00 EUR"),
            ({"tax": "5.00", "gross": "34.00"}, "19 % of 29.00 EUR is 5.51 EUR, not 5.00 EUR"),
            ({"net": "-29.00", "tax": "-5.51", "gross": "-34.51"}, "its total is below zero"),
            ({"day": "2026-12-24"}, "it is due before it was issued"),
        ],
    )
    def test_of_ubl(self, facts: dict[str, str], why: str) -> None:
        assert why in find_faults(read(make_ubl(**facts)))

    def test_lines_that_do_not_add_up(self) -> None:
        data = replace(make_data(100, 200), lines_total=eur(301))
        assert "its lines add up to 3.00 EUR, and it says 3.01 EUR" in find_faults(data)
        assert any("without tax" in fault for fault in find_faults(data))
        assert find_faults(replace(make_data(100), allowances=eur(0), charges=eur(0))) == ()
        odd = replace(make_data(100), taxes=(TaxSum(category="Q", percent="", base=eur(1), tax=eur(0)),))
        assert len(find_faults(odd)) == 2


class TestPdf:
    """The XML that PDFs carry."""

    @pytest.mark.parametrize(
        "name", ["factur-x.xml", "ZUGFeRD-invoice.xml", "zugferd-invoice.xml", "xrechnung.xml"]
    )
    @pytest.mark.parametrize("facts", [
        {}, {"flate": False}, {"by_af": True}, {"streams": True}, {"kids": True}, {"before": b"junk\n"},
        {"streams": True, "by_af": True},
    ])  # fmt: skip
    def test_it_is_found_wherever_it_is(self, name: str, facts: dict[str, Any]) -> None:
        pdf = make_pdf(("readme.txt", b"hello"), (name, XML), **facts)
        assert looks_like_pdf(pdf)
        assert find_invoice_xml(pdf) == (name, XML)

    def test_a_pdf_without_one(self) -> None:
        assert find_invoice_xml(make_pdf()) is None
        assert find_invoice_xml(make_pdf(("terms.xml", XML))) is None

    def test_the_same_one_twice_is_one_and_two_that_differ_are_none(self) -> None:
        assert find_invoice_xml(make_pdf(("factur-x.xml", XML), ("xrechnung.xml", XML))) is not None
        with pytest.raises(PdfError, match="several"):
            find_invoice_xml(make_pdf(("factur-x.xml", XML), ("xrechnung.xml", make_cii(1))))

    @pytest.mark.parametrize(
        ("data", "why"),
        [
            (b"", "no PDF"),
            (b"%PDF-1.7", "its end is missing"),
            (b"%PDF-1.7\nstartxref\n99999\n%%EOF", "table of objects is wrong"),
            (b"%PDF-1.7\nstartxref\n5\n%%EOF", "table of objects is wrong"),
            (make_pdf(("factur-x.xml", XML), encrypt=True), "encrypted"),
            (make_pdf(("factur-x.xml", XML), streams=True, encrypt=True), "encrypted"),
            (make_pdf(("factur-x.xml", XML), filter_="/Filter /LZWDecode"), "not read here"),
            (make_pdf(("factur-x.xml", XML), filter_="/Filter [/ASCII85Decode /FlateDecode]"), "not read here"),
            (make_pdf(("factur-x.xml", XML), filter_="/F (other.pdf)"), "in another file"),
            (make_pdf(("factur-x.xml", XML), length=5), "length"),
            (make_pdf(("factur-x.xml", XML), length=10**9), "length"),
            (make_pdf(("factur-x.xml", XML), flate=False, filter_="/Filter /FlateDecode"), "damaged"),
            (make_pdf(("factur-x.xml", XML))[:-200], "its end is missing"),
            (make_pdf(("factur-x.xml", XML)).replace(b"1 0 obj", b"9 0 obj"), "table of objects is wrong"),
            (make_pdf(("factur-x.xml", XML)).replace(b"/Root 1 0 R", b"/Root 7"), "no contents"),
        ],
    )  # fmt: skip
    def test_what_cannot_be_read_is_refused_with_the_reason(self, data: bytes, why: str) -> None:
        with pytest.raises(PdfError, match=why):
            find_invoice_xml(data)

    def test_a_bomb_is_refused(self) -> None:
        bomb = make_pdf(("factur-x.xml", b" " * (64 * 1024**2)))
        assert len(bomb) < 200_000
        with pytest.raises(PdfError, match="unpacks to more"):
            find_invoice_xml(bomb)

    def test_circles_are_left(self) -> None:
        circle = make_pdf(("factur-x.xml", XML), kids=True).replace(b"/Kids [3 0 R]", b"/Kids [4 0 R]")
        with pytest.raises(PdfError, match="no end"):
            find_invoice_xml(circle)
        deep = make_pdf(("factur-x.xml", XML)).replace(b"/Kids []", b"/Kids " + b"[" * 60 + b"]" * 60)
        assert isinstance(deep, bytes)

    def test_deep_nesting_is_refused(self) -> None:
        note = b"(a \\(nested\\) \\101 text)"
        deep = make_pdf(("factur-x.xml", XML), by_af=True).replace(b"/AF [", b"/AF " + b"[" * 60)
        assert note in deep
        with pytest.raises(PdfError):
            find_invoice_xml(deep)

    @pytest.mark.parametrize("streams", [False, True])
    @given(data=st.data())
    def test_any_changed_bytes_are_read_or_refused(self, streams: bool, data: st.DataObject) -> None:
        pdf = bytearray(make_pdf(("factur-x.xml", XML), streams=streams))
        for _ in range(data.draw(st.integers(1, 6))):
            pdf[data.draw(st.integers(0, len(pdf) - 1))] = data.draw(st.integers(0, 255))
        cut = data.draw(st.integers(0, len(pdf)))
        for one in (bytes(pdf), bytes(pdf[:cut])):
            try:
                found = find_invoice_xml(one)
            except PdfError:
                continue
            assert found is None or found[1] == XML or zlib.crc32(found[1]) != zlib.crc32(XML)

    def test_namespaces_are_those_of_the_standard(self) -> None:
        assert UBL == "urn:oasis:names:specification:ubl:schema:xsd:"
