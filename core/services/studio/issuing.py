"""Writes invoices of one's own: purchase records, charge-backs to clients, credit notes.

Their numbers have no gaps: a number is taken, and the invoice written, in one unit of work. What was written
is never changed; a credit note corrects it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from ...billing.card_numbers import refuse_card_numbers
from ...billing.invoicing_file import Invoicing
from ...billing.lines import WhatToBill, choose_lines
from ...billing.own_invoices import TaxRule, add_up, check_decimals, check_parties
from ...clock import Clock
from ...errors import UserInputError
from ...files.invoices.xml import read_invoice_xml
from ...files.store import Store
from ...http.message import clean_text
from ...ids import Ids
from ...ledger.port import Ledger, LedgerTransaction
from ...model.audit import AuditEvent
from ...model.invoice import Invoice, InvoiceKind, InvoiceLine
from ...model.invoice_data import CREDIT_NOTE, INVOICE, DataLine, InvoiceData, Party
from ...model.people import Project
from ...policy.roles import Act
from ...reports.cii import render_cii
from ..clearing.keep_file import keep_bytes
from .costs import Costs
from .own_invoices import billed_orders, credited_lines, find_own, take_number
from .standing import Standing

PREFIXES = {
    InvoiceKind.PURCHASE_RECORD: "PR",
    InvoiceKind.CHARGE_BACK: "CB",
    InvoiceKind.CREDIT_NOTE: "CN",
}
MAX_NOTE = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Issued:
    """An invoice that was written. ``left_out`` says what is not on it, and why."""

    invoice: Invoice
    lines: tuple[InvoiceLine, ...]
    data: InvoiceData
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Draft:
    """An invoice that has no number yet."""

    kind: InvoiceKind
    seller: Party
    buyer: Party
    lines: tuple[DataLine, ...]
    orders: tuple[str, ...]
    rule: TaxRule
    currency: str
    project: str = ""
    client: str = ""
    purchase_order: str = ""
    note: str = ""
    corrects: Invoice | None = None
    references: tuple[str, ...] = ()
    """Of a credit note: the ids of the lines that it corrects."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Issuing:
    """Issues invoices."""

    ledger: Ledger
    store: Store
    clock: Clock
    ids: Ids
    standing: Standing
    costs: Costs
    read_invoicing: Callable[[], Invoicing]

    def charge_back(self, what: WhatToBill, rule: TaxRule) -> Issued:
        """Charge a client for what was bought for them and is on no charge-back yet.

        Raises NotAllowed, UserInputError (nothing to bill, parties unknown, several currencies).
        """
        self.standing.require(Act.INVOICE)
        facts = self.read_invoicing()
        seller = _need(facts.studio, "the studio", "[studio]")
        client = what.client or self._client_of(what.project)
        if not client:
            raise UserInputError("Say for which client, or for which project of one.", code="invoice.client")
        buyer = _need(facts.client(client), f"the client “{client}”", f'[clients."{client}"]')
        check_parties(seller, buyer, rule)
        return self._bill(InvoiceKind.CHARGE_BACK, replace(what, client=client), rule, (seller, buyer), facts)

    def purchase_record(self, what: WhatToBill) -> Issued:
        """Record what the studio bought itself, where there is no invoice for it: one's own receipt."""
        self.standing.require(Act.INVOICE)
        facts = self.read_invoicing()
        studio = facts.studio or Party(name=self.standing.actor or "Studio")
        return self._bill(InvoiceKind.PURCHASE_RECORD, what, TaxRule(category="O"), (studio, studio), facts)

    def credit(self, invoice_id: str, *, positions: Sequence[int] = (), reason: str) -> Issued:
        """Take back an invoice of one's own, or some of its lines, by a credit note.

        Raises NotAllowed, UserInputError (not one's own, no reason, taken back before).
        """
        actor = self.standing.require(Act.INVOICE)
        why = clean_text(reason, limit=MAX_NOTE)
        refuse_card_numbers(reason=reason)
        if not why:
            raise UserInputError("Say why; it stands on the credit note.", code="invoice.reason_needed")
        with self.ledger.transaction() as work:
            invoice = find_own(work, invoice_id)
            if invoice.kind is InvoiceKind.CREDIT_NOTE:
                raise UserInputError("A credit note is not credited itself.", code="invoice.not_creditable")
            lines = sorted(work.values(InvoiceLine, invoice_id=invoice.id), key=lambda line: line.position)
            gone = credited_lines(work, [invoice])
            wanted = [
                line
                for line in lines
                if (not positions or line.position in positions) and line.id not in gone
            ]
            unknown = set(positions) - {line.position for line in lines}
            if unknown or not wanted:
                raise UserInputError(
                    f"Invoice {invoice.number} has no line {min(unknown)}."
                    if unknown
                    else f"All of that on invoice {invoice.number} was credited before.",
                    code="invoice.nothing_to_credit",
                )
            before = self.data(invoice, lines)
            draft = _Draft(
                kind=InvoiceKind.CREDIT_NOTE,
                seller=before.seller,
                buyer=before.buyer,
                lines=tuple(_data_line(line, place) for place, line in enumerate(wanted, 1)),
                orders=tuple(line.order_id for line in wanted),
                rule=_rule_of(before, wanted),
                currency=invoice.net.currency,
                project=invoice.project_id,
                client=invoice.client,
                purchase_order=invoice.purchase_order,
                note=why,
                corrects=invoice,
                references=tuple(line.id for line in wanted),
            )
            issued = self._write(work, draft, self.read_invoicing(), actor)
        self.ledger.write_checkpoint(at=issued.invoice.created_at)
        return issued

    def xml(self, invoice: Invoice) -> str:
        """Return an invoice's EN 16931 XML as it was written or received; UserInputError without one."""
        place = self.store.path(invoice.data_sha256) if invoice.data_sha256 else None
        if place is None:
            why = "its file is gone from the store" if invoice.data_sha256 else "it never had one"
            raise UserInputError(
                f"There is no XML of invoice {invoice.number}: {why}.", code="invoice.no_xml"
            )
        return place.read_text(encoding="utf-8", errors="replace")

    def data(self, invoice: Invoice, lines: Iterable[InvoiceLine]) -> InvoiceData:
        """Return what stands in an invoice: from its XML where that is in the store, else from the ledger."""
        place = self.store.path(invoice.data_sha256) if invoice.data_sha256 else None
        if place is not None:
            try:
                return read_invoice_xml(place.read_bytes(), invoice.number)
            except (OSError, UserInputError):
                pass  # damaged or gone: the ledger knows what matters
        return InvoiceData(
            number=invoice.number,
            issued_on=invoice.issued_on,
            type_code=CREDIT_NOTE if invoice.kind is InvoiceKind.CREDIT_NOTE else INVOICE,
            currency=invoice.net.currency,
            seller=Party(name=invoice.issuer),
            buyer=Party(name=invoice.recipient),
            lines=tuple(_data_line(line, line.position) for line in lines),
            net=invoice.net,
            tax=invoice.tax,
            gross=invoice.gross,
            due_on=invoice.due_on,
            order_reference=invoice.purchase_order,
            note=invoice.note,
        )

    def _bill(
        self,
        kind: InvoiceKind,
        what: WhatToBill,
        rule: TaxRule,
        parties: tuple[Party, Party],
        facts: Invoicing,
    ) -> Issued:
        actor = self.standing.require(Act.INVOICE)
        refuse_card_numbers(purchase_order=what.purchase_order, note=what.note)
        known = self.costs.lines()
        with self.ledger.transaction() as work:
            # What was billed is asked in the unit of work: nothing is billed twice, whoever is quicker.
            billed = billed_orders(work, kind)
            lines, orders, left_out, currency = choose_lines(
                known, what, billed, self.costs.settings.home_currency
            )
            draft = _Draft(
                kind=kind,
                seller=parties[0],
                buyer=parties[1],
                lines=lines,
                orders=orders,
                rule=rule,
                currency=currency,
                project=what.project,
                client=what.client,
                purchase_order=clean_text(what.purchase_order, limit=100),
                note=clean_text(what.note, limit=MAX_NOTE),
            )
            issued = self._write(work, draft, facts, actor)
        self.ledger.write_checkpoint(at=issued.invoice.created_at)
        return replace(issued, left_out=left_out)

    def _write(self, work: LedgerTransaction, draft: _Draft, facts: Invoicing, actor: str) -> Issued:
        now = self.clock.now()
        today = now.date()
        series, sequence = take_number(work, f"{PREFIXES[draft.kind]}-{today.year}")
        net, tax, gross, part = add_up(draft.lines, draft.rule, draft.currency)
        taxed = tuple(
            replace(line, tax_category=draft.rule.category, tax_percent=draft.rule.percent)
            for line in draft.lines
        )
        is_charge = draft.kind is InvoiceKind.CHARGE_BACK
        due = (
            today + timedelta(days=facts.payment_days)
            if is_charge and facts.payment_days is not None
            else None
        )
        terms = facts.terms if is_charge else ""
        # A day or terms are needed (BR-CO-25).
        if is_charge and due is None and not terms:
            terms = "Payable on receipt."
        if draft.kind is InvoiceKind.CREDIT_NOTE:
            terms = "To be set off against the invoice, or paid back."
        data = InvoiceData(
            number=f"{series}-{sequence:04d}",
            issued_on=today,
            type_code=CREDIT_NOTE if draft.kind is InvoiceKind.CREDIT_NOTE else INVOICE,
            currency=draft.currency,
            seller=draft.seller,
            buyer=draft.buyer,
            lines=taxed,
            net=net,
            tax=tax,
            gross=gross,
            payable=gross,
            lines_total=net,
            taxes=(part,),
            due_on=due,
            project_reference=draft.project,
            order_reference=draft.purchase_order,
            corrects=draft.corrects.number if draft.corrects else "",
            corrects_on=draft.corrects.issued_on if draft.corrects else None,
            note=draft.note,
            terms=terms,
        )
        # A record of what was bought is no invoice between two parties: it has no such XML.
        of_record = draft.corrects is not None and draft.corrects.kind is InvoiceKind.PURCHASE_RECORD
        exchanged = draft.kind is not InvoiceKind.PURCHASE_RECORD and not of_record
        if exchanged:
            check_decimals(taxed)
        xml = render_cii(data).encode("utf-8") if exchanged else b""
        invoice = Invoice(
            id=self.ids.new("invoice"),
            kind=draft.kind,
            number=data.number,
            issuer=draft.seller.name,
            recipient=draft.buyer.name,
            net=net,
            tax=tax,
            gross=gross,
            issued_on=today,
            created_at=now,
            created_by=actor,
            series=series,
            sequence=sequence,
            due_on=due,
            project_id=draft.project,
            client=draft.client,
            purchase_order=draft.purchase_order,
            data_sha256=keep_bytes(self.store, xml) if xml else "",
            corrects=draft.corrects.id if draft.corrects else "",
            note=draft.note,
        )
        work.add(invoice)
        lines = tuple(_invoice_line(invoice, draft, place) for place in range(len(draft.lines)))
        for line in lines:
            work.add(line)
        work.record(_issued(invoice, len(lines), actor))
        return Issued(invoice=invoice, lines=lines, data=data)

    def _client_of(self, project_id: str) -> str:
        project = self.ledger.value(Project, project_id) if project_id else None
        return project.client if project is not None else ""


def _data_line(line: InvoiceLine, place: int) -> DataLine:
    return DataLine(
        id=str(place),
        description=line.description,
        quantity=line.quantity,
        net=line.net,
        price=str(line.net.decimal),
        tax_category=line.tax_category,
        tax_percent=line.tax_percent,
        reference=line.order_id,
    )


def _rule_of(data: InvoiceData, lines: list[InvoiceLine]) -> TaxRule:
    reason = data.taxes[0].reason if data.taxes else ""
    return TaxRule(category=lines[0].tax_category, percent=lines[0].tax_percent, reason=reason)


def _invoice_line(invoice: Invoice, draft: _Draft, place: int) -> InvoiceLine:
    line = draft.lines[place]
    return InvoiceLine(
        id=f"{invoice.id}/{place + 1}",
        invoice_id=invoice.id,
        position=place + 1,
        description=line.description,
        quantity=line.quantity,
        net=line.net,
        tax_percent=draft.rule.percent,
        tax_category=draft.rule.category,
        order_id=draft.orders[place],
        reference=draft.references[place] if draft.references else "",
    )


def _need(party: Party | None, who: str, part: str) -> Party:
    if party is None:
        raise UserInputError(
            f"Nobody said who {who} is. Write name, address and VAT number into invoicing.toml in the data "
            f"folder, under {part}.",
            code="invoice.party",
        )
    return party


def _issued(invoice: Invoice, lines: int, actor: str) -> AuditEvent:
    return AuditEvent(
        action=f"invoice.{invoice.kind}",
        subject=invoice.id,
        actor=actor,
        at=invoice.created_at,
        details=(
            ("number", invoice.number),
            ("recipient", invoice.recipient),
            ("gross", str(invoice.gross)),
            ("lines", str(lines)),
            ("corrects", invoice.corrects),
            ("data_sha256", invoice.data_sha256),
        ),
    )
