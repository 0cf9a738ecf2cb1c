"""Reads EN 16931 invoices and credit notes in UBL 2.1.

Where each term stands is from CEN/TS 16931-3-2 (syntax binding to UBL 2.1).
"""

from __future__ import annotations

from ...model.invoice_data import CREDIT_NOTE, INVOICE, DataLine, InvoiceData, Party, TaxSum
from .reading import Reader
from .tree import Node

_UBL = "urn:oasis:names:specification:ubl:schema:xsd:"
INVOICE_ROOT = f"{_UBL}Invoice-2 Invoice"
CREDIT_ROOT = f"{_UBL}CreditNote-2 CreditNote"
_NAMES = {"cac": f"{_UBL}CommonAggregateComponents-2", "cbc": f"{_UBL}CommonBasicComponents-2"}


def read_ubl(root: Node, name: str) -> InvoiceData:
    """Return what stands in a UBL document. Raises UserInputError."""
    is_credit = root.name == CREDIT_ROOT
    read = Reader(root, _NAMES, name)
    read.read_currency(read.need(root, "cbc:DocumentCurrencyCode", "currency (BT-5)"))
    total = read.one(root, "cac:LegalMonetaryTotal")
    kind = read.text(root, "cbc:CreditNoteTypeCode" if is_credit else "cbc:InvoiceTypeCode")
    tax_total = _tax_total(read)
    billed = read.one(root, "cac:BillingReference/cac:InvoiceDocumentReference")
    lines = read.bound(list(read.all(root, "cac:CreditNoteLine" if is_credit else "cac:InvoiceLine")))
    zero = read.money("0")
    return InvoiceData(
        number=read.need(root, "cbc:ID", "number (BT-1)"),
        issued_on=read.need_day(read.text(root, "cbc:IssueDate"), "day of issue (BT-2)"),
        type_code=kind or (CREDIT_NOTE if is_credit else INVOICE),
        currency=read.currency,
        seller=_party(read, read.one(root, "cac:AccountingSupplierParty/cac:Party"), "seller (BT-27)"),
        buyer=_party(read, read.one(root, "cac:AccountingCustomerParty/cac:Party"), "buyer (BT-44)"),
        lines=tuple(_line(read, line, is_credit=is_credit) for line in lines),
        net=read.need_amount(total, "cbc:TaxExclusiveAmount", "total without VAT (BT-109)"),
        tax=read.amount(tax_total, "cbc:TaxAmount") or zero,
        gross=read.need_amount(total, "cbc:TaxInclusiveAmount", "total with VAT (BT-112)"),
        payable=read.amount(total, "cbc:PayableAmount"),
        lines_total=read.amount(total, "cbc:LineExtensionAmount"),
        allowances=read.amount(total, "cbc:AllowanceTotalAmount"),
        charges=read.amount(total, "cbc:ChargeTotalAmount"),
        taxes=tuple(_tax(read, part) for part in read.all(tax_total, "cac:TaxSubtotal")),
        due_on=read.day(read.text(root, "cbc:DueDate"))
        or read.day(read.text(root, "cac:PaymentMeans/cbc:PaymentDueDate")),
        buyer_reference=read.text(root, "cbc:BuyerReference"),
        project_reference=read.text(root, "cac:ProjectReference/cbc:ID"),
        order_reference=read.text(root, "cac:OrderReference/cbc:ID"),
        sales_order=read.text(root, "cac:OrderReference/cbc:SalesOrderID"),
        corrects=read.text(billed, "cbc:ID"),
        corrects_on=read.day(read.text(billed, "cbc:IssueDate")),
        note=read.text(root, "cbc:Note", limit=2000),
        terms=read.text(root, "cac:PaymentTerms/cbc:Note", limit=1000),
        profile=read.text(root, "cbc:CustomizationID"),
        syntax="UBL",
    )


def _tax_total(read: Reader) -> Node | None:
    """Return the tax in the invoice's currency; a second one may be in the seller's own (BT-111)."""
    for total in read.all(read.root, "cac:TaxTotal"):
        amount = read.one(total, "cbc:TaxAmount")
        if amount is not None and amount.attributes.get("currencyID", read.currency) == read.currency:
            return total
    return None


def _party(read: Reader, party: Node | None, term: str) -> Party:
    legal = read.one(party, "cac:PartyLegalEntity")
    name = read.text(legal, "cbc:RegistrationName") or read.need(party, "cac:PartyName/cbc:Name", term)
    address = read.one(party, "cac:PostalAddress")
    vat_id = tax_number = ""
    for scheme in read.all(party, "cac:PartyTaxScheme"):
        number = read.text(scheme, "cbc:CompanyID")
        if read.text(scheme, "cac:TaxScheme/cbc:ID").upper() == "VAT":
            vat_id = vat_id or number
        else:
            tax_number = tax_number or number
    return Party(
        name=name,
        street=read.text(address, "cbc:StreetName"),
        street_more=read.text(address, "cbc:AdditionalStreetName"),
        postal_code=read.text(address, "cbc:PostalZone"),
        city=read.text(address, "cbc:CityName"),
        country=read.text(address, "cac:Country/cbc:IdentificationCode", limit=2),
        vat_id=vat_id,
        tax_number=tax_number,
        legal_id=read.text(legal, "cbc:CompanyID"),
        email=read.text(party, "cac:Contact/cbc:ElectronicMail"),
    )


def _tax(read: Reader, part: Node) -> TaxSum:
    category = read.one(part, "cac:TaxCategory")
    return TaxSum(
        category=read.text(category, "cbc:ID", limit=10),
        percent=read.number(category, "cbc:Percent"),
        base=read.need_amount(part, "cbc:TaxableAmount", "taxable amount (BT-116)"),
        tax=read.need_amount(part, "cbc:TaxAmount", "tax amount (BT-117)"),
        reason=read.text(category, "cbc:TaxExemptionReason"),
    )


def _line(read: Reader, line: Node, *, is_credit: bool) -> DataLine:
    quantity = read.one(line, "cbc:CreditedQuantity" if is_credit else "cbc:InvoicedQuantity")
    item = read.one(line, "cac:Item")
    category = read.one(item, "cac:ClassifiedTaxCategory")
    name, more = read.text(item, "cbc:Name"), read.text(item, "cbc:Description", limit=1000)
    reference = next(
        (
            found
            for path in (
                "cac:OrderLineReference/cac:OrderReference/cbc:ID",
                "cac:DocumentReference/cbc:ID",
                "cac:Item/cac:SellersItemIdentification/cbc:ID",
                "cac:Item/cac:BuyersItemIdentification/cbc:ID",
                "cac:OrderLineReference/cbc:LineID",
            )
            if (found := read.text(line, path))
        ),
        "",
    )
    return DataLine(
        id=read.text(line, "cbc:ID", limit=40),
        description=name if not more or more == name else f"{name} – {more}" if name else more,
        quantity=read.number(line, "cbc:CreditedQuantity" if is_credit else "cbc:InvoicedQuantity") or "1",
        unit=quantity.attributes.get("unitCode", "")[:10] if quantity is not None else "",
        net=read.need_amount(line, "cbc:LineExtensionAmount", "amount on a line (BT-131)"),
        price=read.number(line, "cac:Price/cbc:PriceAmount"),
        tax_category=read.text(category, "cbc:ID", limit=10),
        tax_percent=read.number(category, "cbc:Percent"),
        reference=reference,
    )
