"""Reads EN 16931 invoices and credit notes in UN/CEFACT's Cross Industry Invoice (Factur-X, ZUGFeRD 2).

Where each term stands is from CEN/TS 16931-3-3 (syntax binding to CII D16B).
"""

from __future__ import annotations

from dataclasses import replace

from ...model.invoice_data import DataLine, InvoiceData, Party, TaxSum
from ...model.money import Money
from .reading import Reader
from .tree import Node, broken

_CII = "urn:un:unece:uncefact:data:standard:"
ROOT = f"{_CII}CrossIndustryInvoice:100 CrossIndustryInvoice"
OLD_ROOT = "urn:ferd:CrossIndustryDocument:invoice:1p0 CrossIndustryDocument"
"""ZUGFeRD 1, which came before EN 16931."""
_NAMES = {
    "rsm": f"{_CII}CrossIndustryInvoice:100",
    "ram": f"{_CII}ReusableAggregateBusinessInformationEntity:100",
    "udt": f"{_CII}UnqualifiedDataType:100",
    "qdt": f"{_CII}QualifiedDataType:100",
}


def read_cii(root: Node, name: str) -> InvoiceData:
    """Return what stands in a CII document. Raises UserInputError."""
    read = Reader(root, _NAMES, name)
    document = read.one(root, "rsm:ExchangedDocument")
    deal = read.one(root, "rsm:SupplyChainTradeTransaction")
    agreed = read.one(deal, "ram:ApplicableHeaderTradeAgreement")
    settled = read.one(deal, "ram:ApplicableHeaderTradeSettlement")
    read.read_currency(read.need(settled, "ram:InvoiceCurrencyCode", "currency (BT-5)"))
    total = read.one(settled, "ram:SpecifiedTradeSettlementHeaderMonetarySummation")
    corrected = read.one(settled, "ram:InvoiceReferencedDocument")
    account = "ram:SpecifiedTradeSettlementPaymentMeans/ram:PayeePartyCreditorFinancialAccount/ram:IBANID"
    seller = _party(read, read.one(agreed, "ram:SellerTradeParty"), "seller (BT-27)")
    lines = read.bound(list(read.all(deal, "ram:IncludedSupplyChainTradeLineItem")))
    return InvoiceData(
        number=read.need(document, "ram:ID", "number (BT-1)"),
        issued_on=read.need_day(
            _day_text(read, document, "ram:IssueDateTime/udt:DateTimeString"), "day of issue (BT-2)"
        ),
        type_code=read.need(document, "ram:TypeCode", "type (BT-3)"),
        currency=read.currency,
        seller=replace(seller, iban=read.text(settled, account, limit=60)),
        buyer=_party(read, read.one(agreed, "ram:BuyerTradeParty"), "buyer (BT-44)"),
        lines=tuple(_line(read, line) for line in lines),
        net=read.need_amount(total, "ram:TaxBasisTotalAmount", "total without VAT (BT-109)"),
        tax=_tax_total(read, total),
        gross=read.need_amount(total, "ram:GrandTotalAmount", "total with VAT (BT-112)"),
        payable=read.amount(total, "ram:DuePayableAmount"),
        lines_total=read.amount(total, "ram:LineTotalAmount"),
        allowances=read.amount(total, "ram:AllowanceTotalAmount"),
        charges=read.amount(total, "ram:ChargeTotalAmount"),
        taxes=tuple(_tax(read, part) for part in read.all(settled, "ram:ApplicableTradeTax")),
        due_on=read.day(
            _day_text(read, settled, "ram:SpecifiedTradePaymentTerms/ram:DueDateDateTime/udt:DateTimeString")
        ),
        buyer_reference=read.text(agreed, "ram:BuyerReference"),
        project_reference=read.text(agreed, "ram:SpecifiedProcuringProject/ram:ID"),
        order_reference=read.text(agreed, "ram:BuyerOrderReferencedDocument/ram:IssuerAssignedID"),
        sales_order=read.text(agreed, "ram:SellerOrderReferencedDocument/ram:IssuerAssignedID"),
        corrects=read.text(corrected, "ram:IssuerAssignedID"),
        corrects_on=read.day(_day_text(read, corrected, "ram:FormattedIssueDateTime/qdt:DateTimeString")),
        note=" ".join(
            text
            for note in read.all(document, "ram:IncludedNote")
            if (text := read.text(note, "ram:Content", limit=1000))
        )[:2000],
        terms=read.text(settled, "ram:SpecifiedTradePaymentTerms/ram:Description", limit=1000),
        profile=read.text(
            root,
            "rsm:ExchangedDocumentContext/ram:GuidelineSpecifiedDocumentContextParameter/ram:ID",
        ),
        syntax="CII",
    )


def _tax_total(read: Reader, total: Node | None) -> Money:
    """Return the tax in the invoice's currency; a second one may be in the seller's own (BT-111)."""
    found = list(read.all(total, "ram:TaxTotalAmount"))
    for amount in found:
        if amount.attributes.get("currencyID", read.currency) == read.currency:
            return read.money(amount.text)
    return read.money("0")


def _day_text(read: Reader, node: Node | None, path: str) -> str:
    """Return a day's text; only the format 102 (year, month, day) is allowed by EN 16931."""
    found = read.one(node, path)
    if found is None:
        return ""
    if found.attributes.get("format", "102") != "102":
        raise broken(read.name, "a day is not written as year, month and day")
    return found.text


def _party(read: Reader, party: Node | None, term: str) -> Party:
    address = read.one(party, "ram:PostalTradeAddress")
    vat_id = tax_number = ""
    for registration in read.all(party, "ram:SpecifiedTaxRegistration"):
        node = read.one(registration, "ram:ID")
        scheme = node.attributes.get("schemeID", "") if node is not None else ""
        number = read.text(registration, "ram:ID")
        if scheme == "VA":
            vat_id = vat_id or number
        else:
            tax_number = tax_number or number
    return Party(
        name=read.need(party, "ram:Name", term),
        street=read.text(address, "ram:LineOne"),
        street_more=read.text(address, "ram:LineTwo"),
        postal_code=read.text(address, "ram:PostcodeCode"),
        city=read.text(address, "ram:CityName"),
        country=read.text(address, "ram:CountryID", limit=2),
        vat_id=vat_id,
        tax_number=tax_number,
        legal_id=read.text(party, "ram:SpecifiedLegalOrganization/ram:ID") or read.text(party, "ram:ID"),
        email=read.text(party, "ram:DefinedTradeContact/ram:EmailURIUniversalCommunication/ram:URIID")
        or read.text(party, "ram:URIUniversalCommunication/ram:URIID"),
    )


def _tax(read: Reader, part: Node) -> TaxSum:
    return TaxSum(
        category=read.text(part, "ram:CategoryCode", limit=10),
        percent=read.number(part, "ram:RateApplicablePercent"),
        base=read.need_amount(part, "ram:BasisAmount", "taxable amount (BT-116)"),
        tax=read.need_amount(part, "ram:CalculatedAmount", "tax amount (BT-117)"),
        reason=read.text(part, "ram:ExemptionReason"),
    )


def _line(read: Reader, line: Node) -> DataLine:
    product = read.one(line, "ram:SpecifiedTradeProduct")
    agreed = read.one(line, "ram:SpecifiedLineTradeAgreement")
    settled = read.one(line, "ram:SpecifiedLineTradeSettlement")
    quantity = read.one(line, "ram:SpecifiedLineTradeDelivery/ram:BilledQuantity")
    tax = read.one(settled, "ram:ApplicableTradeTax")
    name, more = read.text(product, "ram:Name"), read.text(product, "ram:Description", limit=1000)
    reference = next(
        (
            found
            for node, path in (
                (agreed, "ram:BuyerOrderReferencedDocument/ram:IssuerAssignedID"),
                (settled, "ram:AdditionalReferencedDocument/ram:IssuerAssignedID"),
                (product, "ram:SellerAssignedID"),
                (product, "ram:BuyerAssignedID"),
                (agreed, "ram:BuyerOrderReferencedDocument/ram:LineID"),
            )
            if (found := read.text(node, path))
        ),
        "",
    )
    return DataLine(
        id=read.text(line, "ram:AssociatedDocumentLineDocument/ram:LineID", limit=40),
        description=name if not more or more == name else f"{name} – {more}" if name else more,
        quantity=read.number(line, "ram:SpecifiedLineTradeDelivery/ram:BilledQuantity") or "1",
        unit=quantity.attributes.get("unitCode", "")[:10] if quantity is not None else "",
        net=read.need_amount(
            settled,
            "ram:SpecifiedTradeSettlementLineMonetarySummation/ram:LineTotalAmount",
            "amount on a line (BT-131)",
        ),
        price=read.number(agreed, "ram:NetPriceProductTradePrice/ram:ChargeAmount"),
        tax_category=read.text(tax, "ram:CategoryCode", limit=10),
        tax_percent=read.number(tax, "ram:RateApplicablePercent"),
        reference=reference,
    )
