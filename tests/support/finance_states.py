"""States of the panels of budgets, payments, invoices and costs, for any copy of the package."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from session_states import EVIL_TITLE

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


class FinanceStates:
    """Makes values of one copy of the package; `load("core.model.money")` returns its modules."""

    def __init__(self, load: Callable[[str], Any]) -> None:
        self.finance = load("core.services.studio.finance")
        self.state = load("core.session.state")
        self.money = load("core.model.money")
        self.orders = load("core.model.order")
        self.payments = load("core.model.payment")
        self.budgets = load("core.model.budget")
        self.journal = load("core.services.studio.journal")
        self.invoices = load("core.model.invoice")
        self.matching = load("core.services.studio.invoice_match")
        self.bought = load("core.billing.matching").Bought
        self.costs = load("core.model.costs")
        self.taxes = load("core.services.studio.invoiced_tax")
        self.roles = load("core.policy.roles")
        self.tasks = load("core.tasks")
        self.ref = load("core.model.listing").ListingRef
        self.Role = load("core.model.people").Role
        self.Part = self.finance.FinancePart

    def usd(self, minor: int) -> Any:
        """Return an amount."""
        return self.money.Money(minor=minor, currency="USD")

    def tax(self, minor: int, source: str) -> Any:
        """Return what an invoice says."""
        return self.taxes.Tax(amount=self.usd(minor), source=source)

    def who(self, *roles: str, sees_all: bool = True) -> Any:
        """Say what somebody with these roles may do; without any, a stranger."""
        have = [self.Role(role) for role in roles]
        acts = frozenset(act for act in self.roles.ROLES if self.roles.may(have, act))
        return self.finance.Who(acts=acts, is_member=bool(roles), sees_all=sees_all)

    def alone(self) -> Any:
        """Say what somebody with a ledger of their own may do."""
        return self.who(*(role.value for role in self.Role))

    def of(self, part: str, page: Any = None, *, who: Any = None, phase: str = "ready", **facts: Any) -> Any:
        """Make the state in which one part was read."""
        made = self.state.FinanceState(who=who or self.alone())
        made.parts[self.Part(part)] = self.state.FinancePartState(
            phase=self.state.Phase(phase), page=page, read_at=NOW, **facts
        )
        return made

    def budget(self, *, spent: int = 0, committed: int = 0, name: str = "Props", **facts: Any) -> Any:
        """Make a budget of 1,000 USD over the year."""
        given: dict[str, Any] = {
            "id": "budget_1", "name": name, "amount": self.usd(100_000), "starts_on": date(2026, 1, 1),
            "ends_on": date(2026, 12, 31), "created_by": "fin", "created_at": NOW, "project_id": "film",
        }  # fmt: skip
        kinds = self.budgets.EntryKind
        entries = [
            self.budgets.BudgetEntry(
                id=f"e{kind}", budget_id="budget_1", kind=kind, amount=self.usd(minor), subject="s", at=NOW,
                by="ben",
            )
            for kind, minor in ((kinds.SPEND, spent), (kinds.COMMIT, committed))
        ]  # fmt: skip
        made = self.budgets.Budget(**(given | facts))
        return self.journal.make_status(made, entries, today=NOW.date())

    def budgets_page(self, *rows: Any, total: int | None = None, page: int = 0) -> Any:
        """Make a page of budgets."""
        return self.finance.BudgetsPage(rows=rows, total=len(rows) if total is None else total, page=page)

    def order(
        self, number: int = 1, *, state: str = "paid", marketplace: str = "cgtrader", **facts: Any
    ) -> Any:
        """Make an order."""
        given: dict[str, Any] = {
            "id": f"order_{number}", "key": f"k{number}", "quote_id": "", "approval_id": "",
            "ref": self.ref(marketplace=marketplace, id=str(number)), "title": f"Oak chair {number}",
            "variant": "", "license_label": "royalty_free", "license_id": "", "terms_sha256": "a" * 64,
            "account_id": "", "cost": self.usd(2900), "project": "film", "buyer": "ben",
            "state": self.orders.OrderState(state), "created_at": NOW, "updated_at": NOW,
        }  # fmt: skip
        return self.orders.Order(**(given | facts))

    def paid(self, number: int = 1, *, state: str = "paid", title: str = "", **facts: Any) -> Any:
        """Make a payment with its order."""
        order = self.order(number, state=state, **({"title": title} if title else {}))
        given: dict[str, Any] = {
            "id": f"payment/{number}", "order_id": order.id, "method_id": "m", "cost": self.usd(2900),
            "value": self.usd(2900), "paid_at": NOW, "paid_by": "ben",
        }  # fmt: skip
        names = ("documents", "refund_asked", "method", "tax")
        about = {name: facts.pop(name) for name in names if name in facts}
        payment = self.payments.Payment(**(given | facts))
        return self.finance.Paid(
            payment=payment, order=order, **({"method": "Agency credits 2026", "documents": 1} | about)
        )

    def payments_page(self, *rows: Any, waiting: tuple[Any, ...] = (), **counts: Any) -> Any:
        """Make a page of payments."""
        given = {"waiting_total": len(waiting), "total": len(rows), "page": 0} | counts
        return self.finance.PaymentsPage(waiting=waiting, rows=rows, **given)

    def invoice(self, number: str = "A-1", *, lines: tuple[Any, ...] = (), **facts: Any) -> Any:
        """Make an invoice with its lines: (order id, difference)."""
        given: dict[str, Any] = {
            "id": f"invoice_{len(lines)}", "kind": self.invoices.InvoiceKind.RECEIVED, "number": number,
            "issuer": "CGTrader", "recipient": "Studio", "net": self.usd(2900), "tax": self.usd(0),
            "gross": self.usd(2900), "issued_on": date(2026, 11, 20), "created_at": NOW, "created_by": "fin",
        }  # fmt: skip
        made = self.invoices.Invoice(**(given | facts))
        return self.matching.InvoiceView(
            invoice=made,
            lines=tuple(
                self.invoices.InvoiceLine(
                    id=f"{made.id}/{position}", invoice_id=made.id, position=position, description="Asset",
                    quantity="1", net=self.usd(2900), tax_percent="0", tax_category="O", order_id=order_id,
                    difference=difference,
                )
                for position, (order_id, difference) in enumerate(lines, 1)
            ),
        )  # fmt: skip

    def without(self, number: int = 1, title: str = "Oak table") -> Any:
        """Make a purchase that is on no invoice."""
        return self.bought(
            order_id=f"order_{number}", marketplace="cgtrader", numbers=frozenset(), listing_id=str(number),
            title=title, charged=self.usd(2900), day=date(2026, 11, 20),
        )  # fmt: skip

    def invoices_page(self, *rows: Any, without: tuple[Any, ...] = (), **counts: Any) -> Any:
        """Make a page of invoices."""
        wrong = sum(self.finance.needs_a_look(row) for row in rows)
        given = {"to_look_at": wrong, "without_total": len(without), "total": len(rows), "page": 0} | counts
        return self.finance.InvoicesPage(rows=rows, without=without, **given)

    def cost(self, key: str = "", minor: int = 0, *, home: bool = False, **facts: Any) -> Any:
        """Make a sum of costs in USD, or in euros at home."""
        euros = self.money.Money(minor=minor * 9 // 10, currency="EUR") if home else None
        given: dict[str, Any] = {
            "key": key, "purchases": 1 if minor else 0, "refunds": 0,
            "sums": (self.usd(minor),) if minor else (), "home": euros, "not_converted": 0,
        }  # fmt: skip
        return self.costs.CostSum(**(given | facts))

    def costs_page(self, **facts: Any) -> Any:
        """Make a month."""
        given: dict[str, Any] = {
            "month": date(2026, 11, 1), "home_currency": "", "total": self.cost(), "before": self.cost(),
            "by_marketplace": (), "by_project": (),
        }  # fmt: skip
        return self.finance.CostsPage(**(given | facts))

    def every_state(self) -> dict[str, Any]:
        """Make a state for everything that these panels have to say something about."""
        problem = self.state.Problem(code="ledger", message="The studio's ledger cannot be reached.")
        waiting = (
            self.order(1, state="unknown"),
            self.order(2, state="unknown", marketplace="turbosquid"),
            self.order(3, state="awaiting_checkout", checkout_url="https://example.com/pay"),
            self.order(4, state="awaiting_checkout", marketplace="turbosquid", checkout_url="https://x.y"),
            self.order(5, state="approved", cost=None),
        )
        own = {"kind": self.invoices.InvoiceKind.PURCHASE_RECORD, "recipient": "Studio"}
        budgets = self.budgets_page(
            self.budget(spent=100_000, name="Gone"),
            self.budget(spent=80_000, committed=5_000),
            self.budget(name="Quiet", project_id="", department="cg"),
        )
        payments = self.payments_page(
            self.paid(6),
            self.paid(7, refund_id="r", cost=self.usd(-2900), value=self.usd(-2900)),
            self.paid(
                8, cost=self.money.Credits(amount=2, unit="credit"), documents=0, purchase_order="PO-17"
            ),
            self.paid(9, state="refunded"),
            self.paid(10, refund_asked=True),
            self.paid(11, cost=None, value=None),
            waiting=waiting,
        )
        invoices = self.invoices_page(
            self.invoice(
                lines=(("order_1", "invoiced 29.00 USD, charged 19.00 USD"), ("", "no order fits it"))
            ),
            self.invoice("A-2", lines=(("order_2", ""),)),
            self.invoice("PR-2026-0001", **own),
            without=(self.without(),),
        )
        month = self.costs_page(
            total=self.cost("", 5000),
            by_marketplace=(self.cost("cgtrader", 4000), self.cost("pond5", 1000)),
            by_project=(self.cost("", 5000),),
            before=self.cost("", 900),
        )
        evil_budget = self.budget(name=EVIL_TITLE, project_id=EVIL_TITLE, spent=99_000)
        return {
            "nothing read": self.state.FinanceState(),
            "budgets": self.of("budgets", budgets),
            "no budgets": self.of("budgets", self.budgets_page()),
            "many budgets": self.of(
                "budgets", self.budgets_page(*[self.budget()] * 12, total=10_000, page=3)
            ),
            "evil budgets": self.of("budgets", self.budgets_page(evil_budget)),
            "payments": self.of("payments", payments),
            "payments seen by an auditor": self.of("payments", payments, who=self.who("auditor")),
            "payments of one's own projects": self.of(
                "payments", payments, who=self.who("artist", sees_all=False)
            ),
            "no payments": self.of("payments", self.payments_page()),
            "many payments": self.of(
                "payments",
                self.payments_page(
                    *[self.paid(title=EVIL_TITLE, method=EVIL_TITLE)] * 12,
                    total=10_000,
                    page=5,
                    waiting=waiting[:3],
                    waiting_total=500,
                ),
            ),
            "payments busy": self.of(
                "payments",
                None,
                phase="busy",
                task=self.tasks.Task(id=1, kind="finance", title="Reading payments"),
            ),
            "payments unreachable": self.of("payments", payments, phase="failed", problem=problem),
            "a stranger": self.of("payments", self.payments_page(), who=self.who()),
            "invoices": self.of("invoices", invoices),
            "no invoices": self.of("invoices", self.invoices_page()),
            "invoices hidden": self.of("invoices", None, who=self.who("artist", sees_all=False)),
            "many invoices": self.of(
                "invoices",
                self.invoices_page(
                    *[
                        self.invoice(
                            EVIL_TITLE, issuer=EVIL_TITLE, note=EVIL_TITLE, lines=(("", EVIL_TITLE),) * 500
                        )
                    ]
                    * 12,
                    total=3_000,
                    without=tuple(self.without(n, EVIL_TITLE) for n in range(60)),
                    without_total=900,
                ),
            ),
            "an invoice to be typed in": replace(self.of("invoices", invoices), untyped=_path()),
            "costs": self.of("costs", month),
            "no costs": self.of("costs", self.costs_page()),
            "costs at home": self.of(
                "costs",
                self.costs_page(
                    home_currency="EUR",
                    total=self.cost("", 5000, home=True, not_converted=3),
                    by_marketplace=(self.cost("cgtrader", 4000, home=True),),
                    notes=("A note.",),
                ),
            ),
            "many costs": self.of(
                "costs",
                self.costs_page(
                    total=self.cost("", 90_000),
                    by_project=tuple(self.cost(f"{EVIL_TITLE}{n}", 1000) for n in range(90)),
                ),
            ),
        }


def _path() -> Any:
    return Path("scans") / f"invoice {'x' * 200}.png"
