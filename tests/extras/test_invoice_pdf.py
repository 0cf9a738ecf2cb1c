"""Invoices as PDF: what others read in them, what they must not do, and names in every script."""

from __future__ import annotations

import gc
import io
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import facturx
import pytest
from drafthorse.models.document import Document
from hypothesis import given, settings
from hypothesis import strategies as st
from invoice_files import eur, make_ubl
from invoice_house import PARTIES, House
from lxml import etree
from pypdf import PdfReader

from core.billing.checks import find_faults
from core.billing.lines import WhatToBill
from core.billing.own_invoices import TaxRule, add_up, read_tax
from core.errors import UserInputError
from core.files.invoices.pdf import find_invoice_xml
from core.files.invoices.xml import read_invoice_xml
from core.model.invoice import Invoice, NumberSeries
from core.model.invoice_data import Party
from core.model.money import Money
from core.pdf.fonts import STAND_IN, choose_fonts
from core.pdf.invoice import render_invoice_pdf
from core.pdf.xmp import AboutPdf
from core.reports.cii import render_cii
from core.services.studio.invoice_pdf import render, write_invoice_pdf

VAT = TaxRule(category="S", percent="19")
TITLES = (
    "東京の街並み — 夜景", "서울 타워", "城市天际线", "مكتب خشبي قديم", "כיסא עץ", "लकड़ी की कुर्सी", "เก้าอี้ไม้",
    "Стул из дуба", "Ξύλινη καρέκλα", "Ghế gỗ sồi", "Łódź, Ærø, İstanbul", "Chair 🪑, sun ☀️ ✓", "ხის სკამი",
    "Փայտե աթոռ",
)  # fmt: skip

ODD = (
    "Chair 🪑 family 👨‍👩‍👧 ☎️ ✓",
    "\u202egnp.exe\u202c \u2066x\u2069",
    "e\u0301a\u0323\u0301\u0302 \u0301\u0302 alone",
    "می‌خواهم क्‍ष ab\u200dcd",
    "مكتب desk שולחן %s {x} \\ ( ) <b>",
    "W" * 400,
    "🪑" * 60,
    "\ufe0f\u200d\u200c",
    "$$**__--~~ [a](b) https://example.org",
)  # fmt: skip


def draw(house: House, invoice: Invoice) -> bytes:
    view = house.studio.invoice_matching.view(invoice.id)
    return render(house.studio.issuing, view, tool_version="1.2.3")


def charge(house: House, *minors: int, rule: TaxRule = VAT, currency: str = "EUR", titles: Any = ()) -> Any:
    for place, minor in enumerate(minors):
        title = titles[place] if titles else f"Asset {place}"
        house.buy(minor, number=f"N-{place}", item=f"i{place}", title=title, currency=currency)
    what = WhatToBill(project="film", purchase_order="PO-1", currency=currency, note="Thank you.")
    return house.studio.issuing.charge_back(what, rule)


def read_text(pdf: bytes) -> str:
    return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages)


def lines_up(text: str) -> str:
    return "".join(text.split())


def read_signs(table: bytes) -> str:
    """Return the characters that a font's table (ISO 32000-1, 9.10.3) leads to."""
    pairs = re.findall(r"<[0-9A-F]{4}> <([0-9A-F]+)>", table.decode())
    return "".join(bytes.fromhex(one).decode("utf-16-be") for one in pairs)


def leftovers(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.name.startswith("."))


class TestWhatOthersRead:
    """One invoice, read by our reader, by factur-x, by drafthorse and by pypdf."""

    def test_the_figures_come_back(self, house: House, tmp_path: Path) -> None:
        made = charge(house, 2900, 1001)
        path = write_invoice_pdf(
            house.studio.issuing,
            house.studio.invoice_matching.view(made.invoice.number),
            tmp_path / "out" / "Rechnung №1.pdf",
            tool_version="1.2.3",
        )
        pdf = path.read_bytes()
        found = find_invoice_xml(pdf)
        assert found is not None
        name, xml = found
        assert (name, xml.decode()) == ("factur-x.xml", house.studio.issuing.xml(made.invoice))
        ours = read_invoice_xml(xml, name)
        figures = (ours.number, ours.net, ours.tax, ours.gross)
        assert figures == ("CB-2026-0001", eur(3901), eur(741), eur(4642))
        assert [line.net for line in ours.lines] == [eur(2900), eur(1001)]
        their_name, their_xml = facturx.get_xml_from_pdf(pdf, check_xsd=True)
        assert (their_name, their_xml) == ("factur-x.xml", xml)
        document = Document.parse(xml)
        summation = document.trade.settlement.monetary_summation
        assert str(summation.grand_total._amount) == "46.42"
        assert str(summation.line_total._value) == "39.01"
        assert len(document.trade.items.children) == 2
        assert leftovers(path.parent) == []

    def test_the_page_says_what_the_data_says(self, house: House) -> None:
        made = charge(house, 2900, 1001)
        text = read_text(draw(house, made.invoice))
        for said in ("Invoice CB-2026-0001", "Studio <Łódź>", "ACME Corp.", "29.00 EUR", "10.01 EUR",
                     "VAT 19 %",
                     "39.01 EUR", "7.41 EUR", "46.42 EUR", "DE89 3704 0044 0532 0130 00", "PO-1",
                     "Thank you.",
                     "23 November 2026", "DE123456789", "1 / 1"):  # fmt: skip
            assert lines_up(said) in lines_up(text), said
        assert made.invoice.data_sha256 in lines_up(text)

    def test_it_is_marked_as_what_it_is(self, house: House) -> None:
        pdf = draw(house, charge(house, 2900).invoice)
        assert facturx.get_level(etree.fromstring(facturx.get_xml_from_pdf(pdf)[1])) == "en16931"
        reader = PdfReader(io.BytesIO(pdf))
        root: Any = reader.trailer["/Root"]
        assert root["/OutputIntents"][0]["/S"] == "/GTS_PDFA1"
        (attached,) = (one.get_object() for one in root["/AF"])
        assert (attached["/AFRelationship"], attached["/UF"]) == ("/Alternative", "factur-x.xml")
        assert attached["/EF"]["/F"]["/Subtype"] == "/text/xml"
        assert root["/Lang"] == "en"
        about = root["/Metadata"].get_data().decode()
        for said in ("<pdfaid:part>3<", "<pdfaid:conformance>B<", "<fx:ConformanceLevel>EN 16931<",
                     "<fx:DocumentFileName>factur-x.xml<", "<fx:DocumentType>INVOICE<",
                     "<pdfaSchema:prefix>fx<", "2026-11-23T"):  # fmt: skip
            assert said in about
        assert "/Encrypt" not in reader.trailer
        assert "/Info" not in reader.trailer
        for page in reader.pages:
            for font in page["/Resources"]["/Font"].values():
                (below,) = font.get_object()["/DescendantFonts"]
                below = below.get_object()["/FontDescriptor"].get_object()
                assert {"/FontFile2", "/FontFile3"} & set(below)
                assert "/ToUnicode" in font.get_object()

    def test_the_same_invoice_gives_the_same_bytes(self, house: House) -> None:
        invoice = charge(house, 2900, titles=("Łódź שלום",)).invoice
        first = draw(house, invoice)
        assert draw(house, invoice) == first
        house.buy(500, number="later", item="later")
        assert draw(house, invoice) == first


class TestRules:
    """What is written breaks none of the rules that come with the standard."""

    @pytest.mark.parametrize(
        ("category", "percent"), [("S", "19"), ("S", "7.7"), ("Z", "0"), ("E", "0"), ("AE", "0"), ("O", "0")]
    )
    def test_every_kind_of_tax(self, house: House, broken_rules: Any, category: str, percent: str) -> None:
        client = replace(
            PARTIES.clients["acme"], vat_id="FR83404833048", city="Paris", email="a@acme.example"
        )
        parties = replace(PARTIES, clients={"acme": client}, terms="Within a month.")
        issuing = replace(house.studio.issuing, read_invoicing=lambda: parties)
        house.studio = replace(house.studio, issuing=issuing)
        made = charge(house, 2900, 1, 333, rule=read_tax(category, percent, ""))
        credit = issuing.credit(made.invoice.id, positions=(1, 2), reason="wrong project")
        for invoice in (made.invoice, credit.invoice):
            xml = issuing.xml(invoice).encode()
            assert facturx.xml_check_xsd(xml, flavor="factur-x", level="en16931")
            assert broken_rules(xml) == []
            assert find_faults(read_invoice_xml(xml, "x")) == ()

    @pytest.mark.parametrize(
        ("currency", "minors", "gross"),
        [
            ("JPY", (1900, 105), Money(minor=2386, currency="JPY")),
            ("KWD", (1230, 10), Money(minor=1480, currency="KWD")),
            ("HUF", (100, 1), Money(minor=120, currency="HUF")),
        ],
    )
    def test_currencies_with_none_and_with_three_decimals(
        self, house: House, broken_rules: Any, currency: str, minors: Any, gross: Money
    ) -> None:
        made = charge(house, *minors, currency=currency)
        assert made.invoice.gross == gross
        pdf = draw(house, made.invoice)
        _, xml = facturx.get_xml_from_pdf(pdf, check_xsd=True)
        assert broken_rules(xml) == []
        back = read_invoice_xml(xml, "x")
        assert (back.net, back.tax, back.gross) == (made.invoice.net, made.invoice.tax, made.invoice.gross)
        assert lines_up(str(gross)) in lines_up(read_text(pdf))

    def test_a_third_decimal_is_refused_and_takes_no_number(self, house: House) -> None:
        with pytest.raises(UserInputError, match="two decimals") as caught:
            charge(house, 1234, currency="KWD")
        assert caught.value.code == "invoice.decimals"
        assert house.shop.ledger.values(NumberSeries) == ()
        assert house.shop.ledger.values(Invoice) == ()

    # Rates under a half per cent exist nowhere, and the published rules take them for none.
    @settings(max_examples=20)
    @given(
        minors=st.lists(st.integers(1, 10**9), min_size=1, max_size=8),
        percent=st.decimals("0.5", "60", places=2).map(str),
        currency=st.sampled_from(["EUR", "USD", "JPY", "GBP"]),
        words=st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=60),
    )
    def test_whatever_the_amounts_are_they_add_up(
        self, broken_rules: Any, minors: list[int], percent: str, currency: str, words: str
    ) -> None:
        data = make(minors, read_tax("S", percent, ""), currency, words)
        xml = render_cii(data).encode()
        facturx.xml_check_xsd(xml, flavor="factur-x", level="en16931")
        assert broken_rules(xml) == []
        assert find_faults(data) == ()


def make(minors: list[int], rule: TaxRule, currency: str, words: str) -> Any:
    from datetime import date

    from core.model.invoice_data import DataLine, InvoiceData

    lines = tuple(
        DataLine(
            id=str(place),
            description=f"Asset {words}",
            quantity="1",
            net=Money(minor=minor, currency=currency),
            tax_category=rule.category,
            tax_percent=rule.percent,
        )
        for place, minor in enumerate(minors, 1)
    )
    net, tax, gross, part = add_up(lines, rule, currency)
    return InvoiceData(
        number="CB-1",
        issued_on=date(2026, 11, 30),
        type_code="380",
        currency=currency,
        seller=Party(name=f"Studio {words}", country="DE", vat_id="DE123456789"),
        buyer=Party(name="Client", country="FR"),
        lines=lines,
        net=net,
        tax=tax,
        gross=gross,
        payable=gross,
        lines_total=net,
        taxes=(part,),
        terms="Payable on receipt.",
    )


class TestNames:
    """Letters of every script are shown, and nothing that somebody wrote stops a page."""

    def test_every_script_is_shown(self, house: House) -> None:
        made = charge(house, *([100] * len(TITLES)), titles=TITLES)
        pdf = draw(house, made.invoice)
        text = lines_up(read_text(pdf))
        assert STAND_IN not in text
        for said in ("Стулиздуба", "Ξύλινηκαρέκλα", "Ghếgỗsồi", "Łódź,Ærø,İstanbul"):
            assert said in text, said
        # pypdf does not read the others in their order; which signs are there can be asked of the fonts.
        signs: dict[str, str] = {}
        for page in PdfReader(io.BytesIO(pdf)).pages:
            for font in page["/Resources"]["/Font"].values():
                facts = font.get_object()
                name = str(facts["/BaseFont"]).partition("+")[2]
                signs[name] = signs.get(name, "") + read_signs(facts["/ToUnicode"].get_data())
        for name, letters in (
            ("NotoSansCJKJP", "東京の街並み서울타워城市天际线"),
            ("NotoSansArabic", "مكتب"),
            ("NotoSansHebrewLight", "כיסא"),
            ("NotoSansDevanagari", "लकड"),
            ("NotoSansThai", "กา"),
            ("NotoEmoji", "🪑"),
        ):
            assert set(letters) <= set(signs[name]), name

    def test_what_no_font_has_is_stood_in_for_and_said(self, house: House) -> None:
        made = charge(house, 100, titles=("ꦗꦮ 𓂀 chair",))
        text = read_text(draw(house, made.invoice))
        assert f"{STAND_IN}{STAND_IN} {STAND_IN} chair" in text
        assert "stands for a sign that the fonts of this page do not have" in " ".join(text.split())
        assert "ꦗꦮ" in house.studio.issuing.xml(made.invoice)

    def test_odd_titles_stop_nothing(self, house: House) -> None:
        made = charge(house, *([100] * len(ODD)), titles=ODD)
        pdf = draw(house, made.invoice)
        text = " ".join(read_text(pdf).split())
        assert str(made.invoice.gross) in text
        assert "https://example.org" in text
        assert find_invoice_xml(pdf) is not None

    @settings(max_examples=3)
    @given(texts=st.lists(st.text(max_size=40), min_size=10, max_size=40))
    def test_any_texts_make_a_page(self, texts: list[str]) -> None:
        page = make_page(texts)
        pdf = render_invoice_pdf(page, b"", ABOUT)
        assert len(PdfReader(io.BytesIO(pdf)).pages) >= 1

    def test_fonts_are_the_same_in_every_order_of_texts(self) -> None:
        one = choose_fonts(["Stuhl", "מכתב"], ["Rechnung"])
        two = choose_fonts(["מכתב", "Stuhl"], ["Rechnung"])
        assert one == two


def make_page(texts: list[str]) -> dict[str, Any]:
    from core.reports.text import clean

    shown = [clean(text, 200) for text in texts]
    lines = [
        {
            "position": str(place),
            "title": text,
            "about": text,
            "quantity": "1",
            "tax": "19 %",
            "net": "1.00 EUR",
        }
        for place, text in enumerate(shown, 1)
    ]
    return {
        "title": "Invoice", "number": "CB-1", "seller": {"name": shown[0], "rows": shown[1:3]},
        "buyer": {"name": shown[3], "rows": shown[4:6]}, "seller_facts": [("E-mail", shown[6])],
        "facts": [("Date", "1 May 2026"), ("Client", shown[7])], "lines": lines, "net": "1.00 EUR",
        "gross": "1.19 EUR", "taxes": [("VAT 19 %", "0.19 EUR")], "has_tax": True, "total_word": "To be paid",
        "iban": "", "terms": shown[8], "note": shown[9], "data_sha256": "", "record": False,
        "tool_version": "1", "created_by": "ann",
    }  # fmt: skip


def about() -> AboutPdf:
    from datetime import UTC, datetime

    at = datetime(2026, 11, 30, tzinfo=UTC)
    return AboutPdf(title="t", author="a", tool="Clearance", written_at=at, carries_invoice=False)


ABOUT = about()


class TestManyLines:
    """A long invoice goes on over pages."""

    def test_every_line_is_there_and_every_page_is_numbered(self) -> None:
        page = make_page([f"Asset number {place}, with a title of some length" for place in range(60)])
        pdf = PdfReader(io.BytesIO(render_invoice_pdf(page, b"", ABOUT)))
        texts = [" ".join(one.extract_text().split()) for one in pdf.pages]
        assert len(texts) > 2
        for number, text in enumerate(texts, 1):
            assert f"{number} / {len(texts)}" in text
            assert "Invoice CB-1" in text
        whole = " ".join(texts)
        assert all(f"Asset number {place}," in whole for place in range(60))
        assert "To be paid" in texts[-1] or "To be paid" in texts[-2]


class TestWhatIsRefused:
    """Nothing is replaced, nothing is half there, and no number is taken for nothing."""

    def test_a_file_that_is_there_stays(self, house: House, tmp_path: Path) -> None:
        made = charge(house, 2900)
        view = house.studio.invoice_matching.view(made.invoice.id)
        target = tmp_path / "kept.pdf"
        target.write_bytes(b"mine")
        (tmp_path / "loose.pdf").symlink_to(tmp_path / "nowhere")
        for name in ("kept.pdf", "loose.pdf"):
            with pytest.raises(UserInputError, match="there already"):
                write_invoice_pdf(house.studio.issuing, view, tmp_path / name, tool_version="1")
        assert target.read_bytes() == b"mine"
        with pytest.raises(UserInputError, match="-o"):
            write_invoice_pdf(house.studio.issuing, view, None, tool_version="1")
        with pytest.raises(UserInputError, match="could not be written"):
            write_invoice_pdf(house.studio.issuing, view, target / "below.pdf", tool_version="1")
        assert leftovers(tmp_path) == []

    def test_the_invoice_of_somebody_else_is_not_written_again(self, house: House) -> None:
        house.take_in(make_ubl())
        view = house.studio.invoice_matching.view("A-1")
        with pytest.raises(UserInputError, match="only your own"):
            render(house.studio.issuing, view, tool_version="1")

    def test_a_page_without_room_is_refused(self) -> None:
        page = make_page([f"Asset {place}" for place in range(10)])
        taxes = [("VAT 19 %", "9" * 400)]
        with pytest.raises(UserInputError, match="could not be drawn") as caught:
            render_invoice_pdf({**page, "taxes": taxes}, b"", ABOUT)
        assert caught.value.code == "invoice.page"
        files = [one for one in gc.get_objects() if isinstance(one, io.BufferedReader) and not one.closed]
        assert not [one for one in files if "clearance-pdf-" in str(one.name)]

    @pytest.mark.parametrize("harm", ["gone", "cut", "other"])
    def test_data_that_is_not_what_was_issued_is_not_written(self, house: House, harm: str) -> None:
        made = charge(house, 2900)
        place = house.shop.store.path(made.invoice.data_sha256)
        assert place is not None
        whole = place.read_bytes()
        place.chmod(0o644)
        place.unlink()
        if harm != "gone":
            place.write_bytes(whole[:-20] if harm == "cut" else whole.replace(b"29.00", b"92.00"))
        with pytest.raises(UserInputError) as caught:
            draw(house, made.invoice)
        assert caught.value.code == ("invoice.no_xml" if harm == "gone" else "invoice.data_differs")

    def test_a_purchase_record_is_a_page_without_invoice_data(self, house: House) -> None:
        house.buy(2900, title="Oak table")
        made = house.studio.issuing.purchase_record(WhatToBill())
        pdf = draw(house, made.invoice)
        assert find_invoice_xml(pdf) is None
        text = " ".join(read_text(pdf).split())
        assert "Purchase record PR-2026-0001" in text
        assert "It replaces no invoice of the seller" in text
        root: Any = PdfReader(io.BytesIO(pdf)).trailer["/Root"]
        assert "fx:" not in root["/Metadata"].get_data().decode()
