"""Writes an invoice or credit note as EN 16931 XML in UN/CEFACT's Cross Industry Invoice syntax. Pure.

Elements and their order are those of CEN/TS 16931-3-3 and the schema of CII D16B; the terms (BT-1 …) stand
beside them. The PDF that carries such a file (Factur-X) is not made here.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from xml.sax.saxutils import escape, quoteattr

from ..model.invoice_data import DataLine, InvoiceData, Party, TaxSum
from ..model.money import Money
from .text import clean

PROFILE = "urn:cen.eu:en16931:2017"
"""BT-24: the standard itself, without national rules on top."""
NOT_SUBJECT = "O"
_HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    "<rsm:CrossIndustryInvoice"
    ' xmlns:rsm="urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100"'
    ' xmlns:qdt="urn:un:unece:uncefact:data:standard:QualifiedDataType:100"'
    ' xmlns:ram="urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100"'
    ' xmlns:udt="urn:un:unece:uncefact:data:standard:UnqualifiedDataType:100">'
)


def render_cii(data: InvoiceData) -> str:
    """Write the document; the same invoice gives the same text."""
    parts = [
        _tag(
            "rsm:ExchangedDocumentContext",
            _tag("ram:GuidelineSpecifiedDocumentContextParameter", _text("ram:ID", PROFILE)),
        ),
        _tag(
            "rsm:ExchangedDocument",
            _text("ram:ID", data.number),  # BT-1
            _text("ram:TypeCode", data.type_code),  # BT-3
            _tag("ram:IssueDateTime", _day("udt", data.issued_on)),  # BT-2
            _tag("ram:IncludedNote", _text("ram:Content", data.note)),  # BT-22
        ),
        _tag(
            "rsm:SupplyChainTradeTransaction",
            *(_line(line) for line in data.lines),
            _agreement(data),
            "<ram:ApplicableHeaderTradeDelivery/>",
            _settlement(data),
        ),
    ]
    return "\n".join((_HEAD, *parts, "</rsm:CrossIndustryInvoice>")) + "\n"


def _line(line: DataLine) -> str:
    return _tag(
        "ram:IncludedSupplyChainTradeLineItem",
        _tag("ram:AssociatedDocumentLineDocument", _text("ram:LineID", line.id)),  # BT-126
        _tag(
            "ram:SpecifiedTradeProduct",
            _text("ram:SellerAssignedID", line.reference),  # BT-155
            _text("ram:Name", line.description),  # BT-153
        ),
        _tag(
            "ram:SpecifiedLineTradeAgreement",
            _tag(
                "ram:NetPriceProductTradePrice",
                _text("ram:ChargeAmount", line.price or str(line.net.decimal)),  # BT-146
            ),
        ),
        _tag(
            "ram:SpecifiedLineTradeDelivery",
            _text("ram:BilledQuantity", line.quantity, unitCode=line.unit or "C62"),  # BT-129, BT-130
        ),
        _tag(
            "ram:SpecifiedLineTradeSettlement",
            _tag(
                "ram:ApplicableTradeTax",
                _text("ram:TypeCode", "VAT"),
                _text("ram:CategoryCode", line.tax_category),  # BT-151
                _rate(line.tax_category, line.tax_percent),  # BT-152
            ),
            _tag(
                "ram:SpecifiedTradeSettlementLineMonetarySummation",
                _amount("ram:LineTotalAmount", line.net),  # BT-131
            ),
        ),
    )


def _agreement(data: InvoiceData) -> str:
    subject = any(tax.category != NOT_SUBJECT for tax in data.taxes)
    return _tag(
        "ram:ApplicableHeaderTradeAgreement",
        _text("ram:BuyerReference", data.buyer_reference),  # BT-10
        _party("ram:SellerTradeParty", data.seller, with_vat=subject),
        _party("ram:BuyerTradeParty", data.buyer, with_vat=subject),
        _tag(
            "ram:BuyerOrderReferencedDocument", _text("ram:IssuerAssignedID", data.order_reference)
        ),  # BT-13
        _tag(
            "ram:SpecifiedProcuringProject",
            *(
                (_text("ram:ID", data.project_reference), _text("ram:Name", "Project reference"))
                if data.project_reference
                else ()
            ),
        ),  # BT-11
    )


def _party(tag: str, party: Party, *, with_vat: bool) -> str:
    # Who has no VAT number is known by another one (BR-CO-26); for what is not subject to VAT it is left out.
    number = "" if with_vat and party.vat_id else party.tax_number or party.legal_id
    seller = tag == "ram:SellerTradeParty"
    return _tag(
        tag,
        _text("ram:ID", number if seller else ""),  # BT-29
        _text("ram:Name", party.name),  # BT-27, BT-44
        _tag("ram:SpecifiedLegalOrganization", _text("ram:ID", party.legal_id)),  # BT-30, BT-47
        _tag(
            "ram:PostalTradeAddress",
            _text("ram:PostcodeCode", party.postal_code),  # BT-38, BT-53
            _text("ram:LineOne", party.street),  # BT-35, BT-50
            _text("ram:LineTwo", party.street_more),
            _text("ram:CityName", party.city),  # BT-37, BT-52
            _text("ram:CountryID", party.country),  # BT-40, BT-55
        ),
        _tag("ram:URIUniversalCommunication", _text("ram:URIID", party.email, schemeID="EM")),  # BT-34, BT-49
        _tag(
            "ram:SpecifiedTaxRegistration",
            _text("ram:ID", party.tax_number if seller else "", schemeID="FC"),  # BT-32
        ),
        _tag(
            "ram:SpecifiedTaxRegistration",
            _text("ram:ID", party.vat_id if with_vat else "", schemeID="VA"),  # BT-31, BT-48
        ),
    )


def _settlement(data: InvoiceData) -> str:
    total = data.lines_total or data.net
    iban = data.seller.iban.replace(" ", "")
    return _tag(
        "ram:ApplicableHeaderTradeSettlement",
        _text("ram:InvoiceCurrencyCode", data.currency),  # BT-5
        _tag(
            "ram:SpecifiedTradeSettlementPaymentMeans",
            *(
                (
                    _text("ram:TypeCode", "30"),  # BT-81: credit transfer
                    _tag("ram:PayeePartyCreditorFinancialAccount", _text("ram:IBANID", iban)),  # BT-84
                )
                if iban
                else ()
            ),
        ),
        *(_tax(tax) for tax in data.taxes),
        _tag(
            "ram:SpecifiedTradePaymentTerms",
            _text("ram:Description", data.terms),  # BT-20
            _tag("ram:DueDateDateTime", _day("udt", data.due_on)),  # BT-9
        ),
        _tag(
            "ram:SpecifiedTradeSettlementHeaderMonetarySummation",
            _amount("ram:LineTotalAmount", total),  # BT-106
            _amount("ram:TaxBasisTotalAmount", data.net),  # BT-109
            _text("ram:TaxTotalAmount", _number(data.tax), currencyID=data.currency),  # BT-110
            _amount("ram:GrandTotalAmount", data.gross),  # BT-112
            _amount("ram:DuePayableAmount", data.payable or data.gross),  # BT-115
        ),
        _tag(
            "ram:InvoiceReferencedDocument",
            _text("ram:IssuerAssignedID", data.corrects),  # BT-25
            _tag("ram:FormattedIssueDateTime", _day("qdt", data.corrects_on if data.corrects else None)),
        ),
    )


def _tax(tax: TaxSum) -> str:
    return _tag(
        "ram:ApplicableTradeTax",
        _amount("ram:CalculatedAmount", tax.tax),  # BT-117
        _text("ram:TypeCode", "VAT"),
        _text("ram:ExemptionReason", tax.reason),  # BT-120
        _amount("ram:BasisAmount", tax.base),  # BT-116
        _text("ram:CategoryCode", tax.category),  # BT-118
        _rate(tax.category, tax.percent),  # BT-119
    )


def _rate(category: str, percent: str) -> str:
    """Write a rate; what is not subject to VAT has none (BR-O-5)."""
    return "" if category == NOT_SUBJECT else _text("ram:RateApplicablePercent", percent or "0")


def _amount(tag: str, money: Money) -> str:
    return _text(tag, _number(money))


def _number(money: Money) -> str:
    """Write an amount with the currency's decimals, of which EN 16931 has two at most (BR-DEC-09 to -25)."""
    number = f"{money.decimal:f}"
    whole, _, part = number.partition(".")
    return f"{whole}.{part[:2]}" if len(part) > 2 and not int(part[2:]) else number


def _day(prefix: str, day: date | None) -> str:
    return "" if day is None else _text(f"{prefix}:DateTimeString", f"{day:%Y%m%d}", format="102")


def _text(tag: str, text: str, **attributes: str) -> str:
    """Write an element with text; nothing for an empty one."""
    content = clean(text, 2000)
    if not content:
        return ""
    facts = "".join(f" {name}={quoteattr(value)}" for name, value in attributes.items())
    return f"<{tag}{facts}>{escape(content)}</{tag}>"


def _tag(tag: str, *parts: str) -> str:
    """Write an element with others in it; nothing when there are none."""
    kept: Iterable[str] = [part for part in parts if part]
    return f"<{tag}>{''.join(kept)}</{tag}>" if kept else ""
