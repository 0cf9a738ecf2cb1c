"""Invoices for tests: UBL as we write it here, CII by our own writer, and PDFs that carry such XML."""

from __future__ import annotations

import zlib
from dataclasses import replace
from datetime import date
from typing import Any

from core.model.invoice_data import DataLine, InvoiceData, Party, TaxSum
from core.model.money import Money
from core.reports.cii import render_cii

UBL = "urn:oasis:names:specification:ubl:schema:xsd:"


def eur(minor: int) -> Money:
    """Return an amount in EUR."""
    return Money(minor=minor, currency="EUR")


SELLER = Party(
    name="Agency",
    street="Hauptstr. 1",
    postal_code="10115",
    city="Berlin",
    country="DE",
    vat_id="DE123456789",
)
BUYER = Party(name="Studio Łódź & Co <Ltd>", city="Paris", country="FR", vat_id="FR12345678901")


def make_data(*amounts: int, **facts: Any) -> InvoiceData:
    """Make an invoice with 19 % VAT and one line an amount (in cents)."""
    nets = amounts or (2900,)
    net = eur(sum(nets))
    tax = Money.rounded(net.decimal * 19 / 100, "EUR")
    lines = tuple(
        DataLine(
            id=str(n), description=f"Asset {n}", quantity="1", net=eur(amount), price=str(eur(amount).decimal),
            tax_category="S", tax_percent="19",
        )
        for n, amount in enumerate(nets, 1)
    )  # fmt: skip
    gross = eur(net.minor + tax.minor)
    made = InvoiceData(
        number="A-1", issued_on=date(2026, 11, 23), type_code="380", currency="EUR", seller=SELLER, buyer=BUYER,
        lines=lines, net=net, tax=tax, gross=gross, payable=gross, lines_total=net,
        taxes=(TaxSum(category="S", percent="19", base=net, tax=tax),), terms="At once.",
    )  # fmt: skip
    return replace(made, **facts)


def make_cii(*amounts: int, **facts: Any) -> bytes:
    """Write such an invoice in CII."""
    return render_cii(make_data(*amounts, **facts)).encode()


def make_ubl(
    *, root: str = "Invoice", currency: str = "EUR", net: str = "29.00", tax: str = "5.51", gross: str = "34.51",
    number: str = "A-1", day: str = "2026-11-23", reference: str = "W-77", head: str = "", seller: str = "Agency",
    namespace: str = UBL, percent: str = "19",
) -> bytes:  # fmt: skip
    """Write an invoice or credit note of one line in UBL 2.1."""
    kind = (
        "InvoiceTypeCode>380</cbc:InvoiceTypeCode"
        if root == "Invoice"
        else "CreditNoteTypeCode>381</cbc:CreditNoteTypeCode"
    )
    line, count = (
        ("InvoiceLine", "InvoicedQuantity") if root == "Invoice" else ("CreditNoteLine", "CreditedQuantity")
    )

    def amount(tag: str, value: str) -> str:
        return f'<cbc:{tag} currencyID="{currency}">{value}</cbc:{tag}>'

    scheme = "<cac:TaxScheme><cbc:ID>VAT</cbc:ID></cac:TaxScheme>"
    return f"""<?xml version="1.0" encoding="UTF-8"?>{head}
<{root} xmlns="{namespace}{root}-2" xmlns:cac="{namespace}CommonAggregateComponents-2"
  xmlns:cbc="{namespace}CommonBasicComponents-2">
<cbc:CustomizationID>urn:cen.eu:en16931:2017</cbc:CustomizationID><cbc:ID>{number}</cbc:ID>
<cbc:IssueDate>{day}</cbc:IssueDate><cbc:DueDate>2026-12-23</cbc:DueDate><cbc:{kind}>
<cbc:DocumentCurrencyCode>{currency}</cbc:DocumentCurrencyCode>
<cac:OrderReference><cbc:ID>PO-9</cbc:ID></cac:OrderReference>
<cac:AccountingSupplierParty><cac:Party>
 <cac:PostalAddress><cbc:StreetName>Hauptstr. 1</cbc:StreetName><cbc:CityName>Berlin</cbc:CityName>
  <cbc:PostalZone>10115</cbc:PostalZone><cac:Country><cbc:IdentificationCode>DE</cbc:IdentificationCode></cac:Country></cac:PostalAddress>
 <cac:PartyTaxScheme><cbc:CompanyID>DE123456789</cbc:CompanyID>{scheme}</cac:PartyTaxScheme>
 <cac:PartyLegalEntity><cbc:RegistrationName>{seller}</cbc:RegistrationName></cac:PartyLegalEntity>
</cac:Party></cac:AccountingSupplierParty>
<cac:AccountingCustomerParty><cac:Party><cac:PartyLegalEntity><cbc:RegistrationName>Studio</cbc:RegistrationName>
</cac:PartyLegalEntity></cac:Party></cac:AccountingCustomerParty>
<cac:TaxTotal>{amount("TaxAmount", tax)}<cac:TaxSubtotal>{amount("TaxableAmount", net)}{amount("TaxAmount", tax)}
 <cac:TaxCategory><cbc:ID>S</cbc:ID><cbc:Percent>{percent}</cbc:Percent>{scheme}</cac:TaxCategory></cac:TaxSubtotal></cac:TaxTotal>
<cac:LegalMonetaryTotal>{amount("LineExtensionAmount", net)}{amount("TaxExclusiveAmount", net)}
 {amount("TaxInclusiveAmount", gross)}{amount("PayableAmount", gross)}</cac:LegalMonetaryTotal>
<cac:{line}><cbc:ID>1</cbc:ID><cbc:{count} unitCode="C62">1</cbc:{count}>{amount("LineExtensionAmount", net)}
 <cac:Item><cbc:Name>Oak table</cbc:Name><cac:SellersItemIdentification><cbc:ID>{reference}</cbc:ID></cac:SellersItemIdentification>
 <cac:ClassifiedTaxCategory><cbc:ID>S</cbc:ID><cbc:Percent>{percent}</cbc:Percent>{scheme}</cac:ClassifiedTaxCategory></cac:Item>
 <cac:Price>{amount("PriceAmount", net)}</cac:Price></cac:{line}>
</{root}>""".encode()


def make_pdf(
    *files: tuple[str, bytes], flate: bool = True, filter_: str = "", encrypt: bool = False, by_af: bool = False,
    streams: bool = False, kids: bool = False, length: int | None = None, before: bytes = b"",
) -> bytes:  # fmt: skip
    """Write a PDF that carries files. ``streams``: with object and cross-reference streams."""
    objects: dict[int, bytes] = {}
    plain: dict[int, bytes] = {}
    names: list[bytes] = []
    number = 10
    for name, data in files:
        content = zlib.compress(data) if flate else data
        kind = filter_ or ("/Filter /FlateDecode" if flate else "")
        size = len(content) if length is None else length
        objects[number] = (
            f"<< /Type /EmbeddedFile {kind} /Length {size} >>\nstream\n".encode() + content + b"\nendstream"
        )
        wide = b"\xfe\xff" + name.encode("utf-16-be")
        plain[number + 1] = (
            f"<< /Type /Filespec /F ({name}) /UF <{wide.hex()}> /EF << /F {number} 0 R /UF {number} 0 R >> >>"
        ).encode()
        names.append(f"({name}) {number + 1} 0 R".encode())
        number += 2
    listed = b"[" + b" ".join(names) + b"]"
    tree = b"<< /Names " + listed + b" >>"
    plain[3] = tree
    plain[4] = b"<< /Kids [3 0 R] >>"
    leads = "4 0 R" if kids else "3 0 R"
    specs = " ".join(f"{one} 0 R" for one in plain if one > 10)
    where = f"/AF [{specs}]" if by_af else f"/Names << /EmbeddedFiles {leads} >>"
    plain[1] = f"<< /Type /Catalog /Pages 2 0 R {where} >> % a comment".encode()
    plain[2] = b"<< /Type /Pages /Kids [] /Count 0 /Note (a \\(nested\\) \\101 text) >>"
    out = bytearray(before + b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")
    start = len(before)
    places: dict[int, int] = {}

    def put(one: int, body: bytes) -> None:
        places[one] = len(out) - start
        out.extend(f"{one} 0 obj\n".encode() + body + b"\nendobj\n")

    for one, body in objects.items():
        put(one, body)
    extra = "/Encrypt << /Filter /Standard >>" if encrypt else ""
    if not streams:
        for one, body in plain.items():
            put(one, body)
        at = len(out) - start
        highest = max(places)
        out.extend(f"xref\n0 {highest + 1}\n0000000000 65535 f \n".encode())
        for one in range(1, highest + 1):
            out.extend(
                f"{places[one]:010d} 00000 n \n".encode() if one in places else b"0000000000 00000 f \n"
            )
        out.extend(f"trailer\n<< /Size {highest + 1} /Root 1 0 R {extra} >>\n".encode())
    else:
        head, body = b"", b""
        for one, text in plain.items():
            head += f"{one} {len(body)} ".encode()
            body += text + b"\n"
        packed = zlib.compress(head + body)
        facts = f"<< /Type /ObjStm /N {len(plain)} /First {len(head)} /Filter /FlateDecode /Length {len(packed)} >>"
        put(100, facts.encode() + b"\nstream\n" + packed + b"\nendstream")
        at = len(out) - start
        order = list(plain)
        rows = bytearray()
        for one in range(102):
            if one in places:
                row = (1, places[one], 0)
            elif one in order:
                row = (2, 100, order.index(one))
            else:
                row = (1, at, 0) if one == 101 else (0, 0, 0)
            rows += bytes([row[0]]) + row[1].to_bytes(4, "big") + row[2].to_bytes(2, "big")
        predicted, above = bytearray(), bytes(7)
        for first in range(0, len(rows), 7):
            row_ = bytes(rows[first : first + 7])
            predicted += b"\x02" + bytes((value - up) & 0xFF for value, up in zip(row_, above, strict=True))
            above = row_
        table = zlib.compress(bytes(predicted))
        put(
            101,
            (
                f"<< /Type /XRef /Size 102 /W [1 4 2] /Root 1 0 R {extra} /Filter /FlateDecode /Length {len(table)} "
                "/DecodeParms << /Predictor 12 /Columns 7 >> >>\nstream\n"
            ).encode()
            + table
            + b"\nendstream",
        )
    out.extend(f"startxref\n{at}\n%%EOF\n".encode())
    return bytes(out)
