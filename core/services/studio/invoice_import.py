"""Takes invoices in: XML and what PDFs carry is read, everything else is kept with what somebody typed in.

The file itself is kept and hashed whatever can be read of it. An invoice that is in the ledger is refused.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from ...billing.card_numbers import refuse_card_numbers
from ...billing.checks import find_faults
from ...clock import Clock
from ...errors import LedgerConflict, UserInputError
from ...files.invoices.pdf import PdfError, find_invoice_xml, looks_like_pdf
from ...files.invoices.xml import looks_like_xml, read_invoice_xml
from ...files.store import Store
from ...http.message import clean_text
from ...ids import Ids
from ...ledger.port import Ledger, LedgerReader
from ...marketplaces import registry
from ...model.audit import AuditEvent
from ...model.currencies import is_currency
from ...model.invoice import Invoice, InvoiceKind, InvoiceLine
from ...model.invoice_data import InvoiceData
from ...model.money import Money
from ...policy.roles import Act
from ..clearing.keep_file import MAX_DOCUMENT_BYTES, keep_bytes, keep_file
from .invoice_match import InvoiceMatching
from .standing import Standing

MAX_TEXT = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class TypedInvoice:
    """What somebody typed in about an invoice that cannot be read."""

    number: str = ""
    issuer: str = ""
    issued_on: date | None = None
    gross: Money | None = None
    tax: Money | None = None
    marketplace: str = ""
    order_reference: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """An invoice that was taken in. ``faults`` are what does not add up in it."""

    invoice: Invoice
    lines: tuple[InvoiceLine, ...]
    faults: tuple[str, ...] = ()
    read_from: str = ""
    """Where its facts are from: ``UBL``, ``CII``, or ``typed in``."""
    unread: str = ""
    """Why the PDF's own data could not be read; empty when it was, or when there is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoiceImport:
    """Imports invoices and receipts."""

    ledger: Ledger
    store: Store
    clock: Clock
    ids: Ids
    standing: Standing
    matching: InvoiceMatching

    def run(self, path: Path, typed: TypedInvoice | None = None) -> Imported:
        """Take a file in and match it with orders.

        Raises NotAllowed, UserInputError (unreadable XML, facts that are missing, in the ledger already).
        """
        actor = self.standing.require(Act.INVOICE)
        typed = typed or TypedInvoice()
        refuse_card_numbers(number=typed.number, issuer=typed.issuer, order=typed.order_reference)
        content = _read(path)
        data, xml, unread = read_invoice(content, path.name)
        invoice, lines = (
            self._from_data(data, typed, actor) if data else self._from_typed(typed, actor, path, unread)
        )
        faults = find_faults(data) if data is not None else ()
        if faults:
            words = f"Does not add up: {'; '.join(faults)}."
            invoice = replace(invoice, note=clean_text(words, limit=1000))
        check_new(self.ledger, invoice, hashlib.sha256(content).hexdigest())
        invoice = replace(
            invoice,
            document_sha256=keep_file(self.store, path).sha256,
            data_sha256=keep_bytes(self.store, xml) if xml else "",
        )
        references = (
            (data.order_reference, data.sales_order, data.buyer_reference)
            if data
            else (typed.order_reference,)
        )
        try:
            with self.ledger.transaction() as work:
                check_new(work, invoice, invoice.document_sha256)
                invoice = self._with_corrected(work, invoice, data)
                work.add(invoice)
                for line in lines:
                    work.add(line)
                work.record(_received(invoice, len(lines), actor))
                matched = self.matching.match_in(work, invoice, lines, references=references, actor=actor)
        except LedgerConflict as error:
            raise _known(invoice) from error
        return Imported(
            invoice=invoice,
            lines=matched,
            faults=faults,
            read_from=data.syntax if data is not None else "typed in",
            unread=unread,
        )

    def _from_data(
        self, data: InvoiceData, typed: TypedInvoice, actor: str
    ) -> tuple[Invoice, tuple[InvoiceLine, ...]]:
        sign = -1 if data.is_credit else 1
        refuse_card_numbers(number=data.number, seller=data.seller.name)
        invoice = Invoice(
            id=self.ids.new("invoice"),
            kind=InvoiceKind.RECEIVED,
            number=data.number,
            issuer=data.seller.name,
            recipient=data.buyer.name,
            net=_times(data.net, sign),
            tax=_times(data.tax, sign),
            gross=_times(data.gross, sign),
            issued_on=data.issued_on,
            due_on=data.due_on,
            created_at=self.clock.now(),
            created_by=actor,
            marketplace=typed.marketplace or guess_marketplace(data.seller.name),
            purchase_order=data.order_reference,
        )
        lines = tuple(
            InvoiceLine(
                id=f"{invoice.id}/{position}",
                invoice_id=invoice.id,
                position=position,
                description=line.description or "(no description)",
                quantity=line.quantity,
                net=_times(line.net, sign),
                tax_percent=line.tax_percent or "0",
                tax_category=line.tax_category or "O",
                reference=line.reference,
            )
            for position, line in enumerate(data.lines, 1)
        )
        return invoice, lines or (self._whole_line(invoice, data.order_reference),)

    def _from_typed(
        self, typed: TypedInvoice, actor: str, path: Path, unread: str
    ) -> tuple[Invoice, tuple[InvoiceLine, ...]]:
        number = clean_text(typed.number, limit=MAX_TEXT)
        issuer = clean_text(typed.issuer, limit=MAX_TEXT) or _name_of(typed.marketplace)
        missing = [
            name
            for name, there in (
                ("number", bool(number)),
                ("issuer", bool(issuer)),
                ("date", typed.issued_on is not None),
                ("gross amount", typed.gross is not None),
            )
            if not there
        ]
        if missing or typed.gross is None or typed.issued_on is None:
            why = f" ({unread})" if unread else ""
            raise UserInputError(
                f"{path.name} carries no invoice data that can be read{why}. Type in what stands on it: "
                f"{', '.join(missing)}. The file is kept with that.",
                code="invoice.facts_needed",
            )
        gross, tax = typed.gross, typed.tax or Money(minor=0, currency=typed.gross.currency)
        if not is_currency(gross.currency) or tax.currency != gross.currency:
            raise UserInputError(
                "Give the amounts with one currency, such as 19.00 EUR.", code="invoice.currency"
            )
        if abs(tax.minor) > abs(gross.minor):
            raise UserInputError("The tax is more than the whole amount.", code="invoice.tax")
        if typed.issued_on > self.clock.now().date():
            raise UserInputError(
                f"{typed.issued_on.isoformat()} is still to come. Enter the day on the invoice.",
                code="invoice.date",
            )
        invoice = Invoice(
            id=self.ids.new("invoice"),
            kind=InvoiceKind.RECEIVED,
            number=number,
            issuer=issuer,
            recipient="",
            net=Money(minor=gross.minor - tax.minor, currency=gross.currency),
            tax=tax,
            gross=gross,
            issued_on=typed.issued_on,
            created_at=self.clock.now(),
            created_by=actor,
            marketplace=typed.marketplace or guess_marketplace(issuer),
            note="Typed in; the file carries no data that can be read.",
        )
        return invoice, (self._whole_line(invoice, typed.order_reference),)

    def _whole_line(self, invoice: Invoice, reference: str) -> InvoiceLine:
        """Return one line that stands for an invoice without lines."""
        percent = ""
        if invoice.net.minor and invoice.tax.minor:
            percent = f"{invoice.tax.decimal / invoice.net.decimal * 100:.4f}".rstrip("0").rstrip(".")
        return InvoiceLine(
            id=f"{invoice.id}/1",
            invoice_id=invoice.id,
            position=1,
            description="the whole invoice",
            quantity="1",
            net=invoice.net,
            tax_percent=percent or "0",
            tax_category="S" if percent else "O",
            reference=clean_text(reference, limit=MAX_TEXT),
        )

    def _with_corrected(self, work: LedgerReader, invoice: Invoice, data: InvoiceData | None) -> Invoice:
        """Note which invoice a credit note corrects, where that one is in the ledger."""
        if data is None or not data.corrects:
            return invoice
        for other in work.values(Invoice, kind=InvoiceKind.RECEIVED, number=data.corrects):
            if other.issuer.casefold() == invoice.issuer.casefold():
                return replace(invoice, corrects=other.id)
        return invoice


def read_invoice(content: bytes, name: str) -> tuple[InvoiceData | None, bytes, str]:
    """Return an invoice's data, its XML when that was inside of something else, and why it was not read.

    Raises UserInputError for XML that is no invoice: then there is nothing to be kept.
    """
    if looks_like_pdf(content):
        try:
            found = find_invoice_xml(content)
            if found is None:
                return None, b"", ""
            return read_invoice_xml(found[1], f"{found[0]} in {name}"), found[1], ""
        except PdfError as error:
            return None, b"", f"the PDF cannot be read: {error}"
        except UserInputError as error:
            return None, b"", error.message
    if looks_like_xml(content):
        return read_invoice_xml(content, name), content, ""
    return None, b"", ""


def check_new(reader: LedgerReader, invoice: Invoice, document_sha256: str) -> None:
    """Raise UserInputError when an invoice, or the very file, is in the ledger already."""
    for other in reader.values(Invoice, kind=InvoiceKind.RECEIVED):
        same_number = other.number.casefold() == invoice.number.casefold()
        if (same_number and other.issuer.casefold() == invoice.issuer.casefold()) or (
            other.document_sha256 == document_sha256
        ):
            raise _known(other)


def guess_marketplace(seller: str) -> str:
    """Return the marketplace whose name a seller's begins with; empty when none does."""
    name = seller.casefold()
    for marketplace in registry.all_ids():
        known = registry.find(marketplace).INFO.name.casefold()
        if name == known or name.startswith((f"{known} ", f"{known},", f"{known}.")):
            return marketplace
    return ""


def _read(path: Path) -> bytes:
    try:
        if path.stat().st_size > MAX_DOCUMENT_BYTES:
            raise UserInputError(
                f"{path.name} is larger than {MAX_DOCUMENT_BYTES // 1024**2} MB; that is no invoice.",
                code="document.too_large",
            )
        with path.open("rb") as file:
            content = file.read(MAX_DOCUMENT_BYTES + 1)
    except OSError as error:
        raise UserInputError(
            f"The file {path} cannot be read: {error.strerror or error}. Choose it again.",
            code="document.unreadable",
        ) from error
    if not content:
        raise UserInputError(f"The file {path.name} is empty.", code="document.empty")
    return content


def _name_of(marketplace: str) -> str:
    return registry.find(marketplace).INFO.name if marketplace else ""


def _times(money: Money, sign: int) -> Money:
    return money if sign == 1 else Money(minor=-money.minor, currency=money.currency)


def _known(invoice: Invoice) -> UserInputError:
    return UserInputError(
        f"Invoice {invoice.number} of {invoice.issuer} is in the ledger already. Nothing was changed.",
        code="invoice.known",
        context={"invoice_id": invoice.id},
    )


def _received(invoice: Invoice, lines: int, actor: str) -> AuditEvent:
    return AuditEvent(
        action="invoice.received",
        subject=invoice.id,
        actor=actor,
        at=invoice.created_at,
        details=(
            ("number", invoice.number),
            ("issuer", invoice.issuer),
            ("gross", str(invoice.gross)),
            ("issued_on", invoice.issued_on.isoformat()),
            ("lines", str(lines)),
            ("document_sha256", invoice.document_sha256),
            ("data_sha256", invoice.data_sha256),
        ),
    )
