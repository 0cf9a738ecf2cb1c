"""One value of every kind that a studio's tables keep, in an order in which they can be written."""

from __future__ import annotations

from datetime import date
from typing import Any

from ledger_values import REF, moment

from core.model.agreement import Agreement, Reminder, Renewal, RenewalState
from core.model.budget import Budget, BudgetEntry, EntryKind, Limit, LimitKind, LimitPeriod
from core.model.buy_request import BuyRequest, ItemState, RequestItem, RequestState
from core.model.delivery import Offered
from core.model.delivery_check import CheckResult, DeliveryCheck
from core.model.invoice import Invoice, InvoiceKind, InvoiceLine, NumberSeries
from core.model.license import SeatKind
from core.model.listing import MediaKind
from core.model.money import Credits, Money
from core.model.payment import ExchangeRate, MethodKind, Payment, PaymentMethod, UsageCount, UsagePrice
from core.model.people import Member, Project, ProjectMember, Role
from core.model.seat import Seat, SeatPool

USD_19 = Money(minor=1900, currency="USD")


def make_studio_values(number: int = 1) -> tuple[Any, ...]:
    """Make them; they refer to the quote, order, grant and refund of the same number."""
    at, by, n = moment(number), "ada", number
    return (
        Member(id=f"mia{n}", name="Mia Dvořák", roles=(Role.ARTIST, Role.BUYER), added_at=at, added_by=by),
        Project(id=f"film{n}", name="Film „Stůl“", client="ACME", created_at=at, created_by=by),
        ProjectMember(
            id=f"film{n}/mia{n}", project_id=f"film{n}", member_id=f"mia{n}", added_at=at, added_by=by
        ),
        PaymentMethod(
            id=f"method_{n}", kind=MethodKind.CREDITS, label="Credits", created_by=by, created_at=at,
            unit="credit", unit_value=Money(minor=99, currency="USD"), valid_until=date(2027, 1, 31),
        ),
        Budget(
            id=f"budget_{n}", name="Assets", amount=Money(minor=500_000, currency="USD"),
            starts_on=date(2026, 1, 1), ends_on=date(2026, 12, 31), created_by=by, created_at=at,
            project_id=f"film{n}",
        ),
        BudgetEntry(
            id=f"entry_{n}", budget_id=f"budget_{n}", kind=EntryKind.COMMIT, amount=USD_19,
            subject=f"request_{n}", at=at, by=by,
        ),
        Limit(
            id=f"limit_{n}", kind=LimitKind.SPEND, period=LimitPeriod.MONTH, amount=USD_19, set_by=by,
            set_at=at, role="buyer",
        ),
        BuyRequest(
            id=f"request_{n}", project_id=f"film{n}", requested_by=f"mia{n}", reason="a table",
            use='name = "Film"', state=RequestState.OPEN, created_at=at, changed_at=at, total=USD_19,
            budget_id=f"budget_{n}", method_id=f"method_{n}",
        ),
        RequestItem(
            id=f"item_{n}", request_id=f"request_{n}", position=1, ref=REF, kind=MediaKind.MODEL,
            title="Oak table", license_label="Royalty Free", variant="", state=ItemState.BOUGHT,
            changed_at=at, quote_id=f"quote_{n}", cost=Credits(amount=1, unit="credit"), decision="allow",
            order_id=f"order_{n}", grant_id=f"grant_{n}",
        ),
        Payment(
            id=f"payment_{n}", order_id=f"order_{n}", method_id=f"method_{n}", cost=Credits(amount=1),
            value=USD_19, paid_at=at, paid_by=by, home=Money(minor=1750, currency="EUR"), rate="0.921",
            rate_on=date(2026, 11, 23),
        ),
        Payment(
            id=f"back_{n}", order_id=f"order_{n}", method_id=f"method_{n}", cost=None,
            value=Money(minor=-1900, currency="USD"), paid_at=at, paid_by=by, refund_id=f"refund_{n}",
        ),
        ExchangeRate(
            id=f"rate_{n}", base="USD", quote="EUR", rate="0.921", valid_on=date(2026, 11, n), source="ECB",
            set_by=by, set_at=at,
        ),
        UsagePrice(
            id=f"price_{n}", marketplace="pond5", operation="download", amount=USD_19, per=1,
            starts_on=date(2026, 1, 1), set_by=by, set_at=at,
        ),
        UsageCount(
            id=f"{n:032x}/ada", day=date(2026, 11, n), marketplace="pond5", operation="search", number=17,
            counted_by=by, counted_at=at, source="ab" * 8, project_id=f"film{n}",
        ),
        SeatPool(id=f"grant_{n}", kind=SeatKind.NAMED, seats_max=5, noted_by=by, noted_at=at),
        Seat(id=f"seat_{n}", grant_id=f"grant_{n}", member_id=f"mia{n}", assigned_at=at, assigned_by=by),
        Agreement(
            id=f"agreement_{n}", marketplace="getty_images", name="Frame agreement",
            starts_on=date(2026, 1, 1), overrides="print_run = 1000000", noted_by=by, noted_at=at,
            license_ids=("getty_images.creative",),
        ),
        Renewal(
            id=f"renewal_{n}", subject=f"grant_{n}", state=RenewalState.PLANNED, ends_at=moment(9999),
            decided_by=by, decided_at=at,
        ),
        Reminder(id=f"grant_{n}/1/30", subject=f"grant_{n}", ends_at=moment(9999), days=30, told_at=at),
        Invoice(
            id=f"invoice_{n}", kind=InvoiceKind.CHARGE_BACK, number=f"CB-{n}", issuer="Studio",
            recipient="ACME", net=USD_19, tax=Money(minor=0, currency="USD"), gross=USD_19,
            issued_on=date(2026, 11, 23), created_at=at, created_by=by, series="CB", sequence=n,
        ),
        InvoiceLine(
            id=f"line_{n}", invoice_id=f"invoice_{n}", position=1, description="Oak table", quantity="1",
            net=USD_19, tax_percent="0", tax_category="O", order_id=f"order_{n}",
        ),
        NumberSeries(id=f"CB{n}", last=n),
        DeliveryCheck(
            id=f"check_{n}", grant_id=f"grant_{n}", result=CheckResult.DIFFERS, facts="{}",
            differences='["no textures"]', source_host="example.com", source_certificate_sha256="ab" * 32,
            checked_at=at, checked_by=by,
        ),
        Offered(id=f"quote_{n}", facts='{"formats": ["blend"]}', noted_at=at),
    )  # fmt: skip
