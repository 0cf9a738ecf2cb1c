"""Session states by hand, for views and panels. Works on any copy of the package: `load` says which."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from order_states import more_states
from quality_states import quality_states

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
EVIL_TITLE = "<b>Chair</b>\x07\x1b[31m\u202edrawrof" + "x" * 10_000 + "\n<script>alert(1)</script>"


class States:
    """Makes values of one copy of the package; `load("core.model.money")` returns its modules."""

    def __init__(self, load: Callable[[str], Any]) -> None:
        self.listings = load("core.model.listing")
        self.money = load("core.model.money")
        self.quotes = load("core.model.quote")
        self.grants = load("core.model.grant")
        self.findings = load("core.model.findings")
        self.licenses = load("core.model.license")
        self.reports = load("core.model.report")
        self.uses = load("core.model.intended_use")
        self.state = load("core.session.state")
        self.tasks = load("core.tasks")
        self.quoting = load("core.services.buying.quote")
        self.infos = tuple(
            load("core.marketplaces.registry").find(name).INFO
            for name in load("core.marketplaces.registry").all_ids()
        )
        self.load = load

    def ref(self, number: int = 1, marketplace: str = "cgtrader") -> Any:
        """Name a listing."""
        return self.listings.ListingRef(marketplace=marketplace, id=str(number))

    def listing(self, number: int = 1, **values: Any) -> Any:
        """Make a listing."""
        given: dict[str, Any] = {
            "ref": self.ref(number),
            "title": f"Oak chair {number}",
            "kind": self.listings.MediaKind.MODEL,
            "offers": (self.offer("19.00"),),
            "author": "Anna",
            "page_url": "https://example.com/chair",
            "formats": ("blend", "fbx"),
            "polygons": 12_345,
        }
        return self.listings.Listing(**(given | values))

    def offer(self, amount: str | None, label: str = "royalty_free", currency: str = "USD") -> Any:
        """Make an offer."""
        cost = None if amount is None else self.money.Money.parse(amount, currency)
        return self.listings.Offer(license_label=label, cost=cost)

    def grant(self, number: int = 1, **values: Any) -> Any:
        """Make a grant."""
        given: dict[str, Any] = {
            "id": f"grant_{number:026d}",
            "order_id": f"order_{number}",
            "ref": self.ref(number),
            "title": f"Oak chair {number}",
            "author": "Anna",
            "kind": self.listings.MediaKind.MODEL,
            "license_id": "cgtrader.royalty_free",
            "license_label": "Royalty Free License",
            "terms_sha256": "a" * 64,
            "marketplace_license_id": "L1",
            "licensee": "studio",
            "project": "lookbook",
            "granted_at": NOW,
            "credit": "Oak chair by Anna, CGTrader",
        }
        return self.grants.Grant(**(given | values))

    def quote(self, **values: Any) -> Any:
        """Make a quote."""
        given: dict[str, Any] = {
            "id": "quote_1",
            "ref": self.ref(),
            "title": "Oak chair 1",
            "kind": self.listings.MediaKind.MODEL,
            "author": "Anna",
            "license_label": "Royalty Free License",
            "license_id": "cgtrader.royalty_free",
            "terms_sha256": "a" * 64,
            "cost": self.money.Credits(amount=1),
            "balance": self.money.Balance(
                label="Annual plan", left=self.money.Credits(amount=12), account_id="s1"
            ),
            "created_at": NOW,
            "expires_at": NOW + timedelta(minutes=15),
        }
        return self.quotes.Quote(**(given | values))

    def finding(self, severity: str = "error", **values: Any) -> Any:
        """Make a finding with a clause."""
        given: dict[str, Any] = {
            "rule": "outputs",
            "severity": self.findings.Severity(severity),
            "message": "The license does not allow handing out the model file.",
            "how_to_fix": "Deliver renders only, or ask the seller.",
            "subject": "grant_00000000000000000000000001",
            "clause": self.licenses.Clause(
                topic="files",
                summary="No redistribution of the files",
                url="https://example.com/terms",
                read_on=date(2026, 10, 1),
                confidence=self.licenses.Confidence.PRIMARY,
            ),
        }
        return self.findings.Finding(**(given | values))

    def result(self, decision: str = "allow", *, findings: tuple[Any, ...] = (), **values: Any) -> Any:
        """Make a quote with the policy's answer."""
        return self.quoting.QuoteResult(
            quote=self.quote(**values),
            listing=self.listing(),
            terms=self.licenses.LicenseTerms(
                license_id="cgtrader.royalty_free",
                marketplace="cgtrader",
                label="Royalty Free License",
                version=date(2026, 10, 1),
                terms_url="https://example.com/terms",
            ),
            answer=self.findings.PolicyAnswer(decision=self.findings.Decision(decision), findings=findings),
        )

    def problem(self, code: str, message: str = "Something happened.") -> Any:
        """Make a problem."""
        return self.state.Problem(code=code, message=message)

    def task(self, *, done: int = 0, total: int | None = None, kind: str = "download") -> Any:
        """Make a running task."""
        return self.tasks.Task(
            id=7, kind=kind, title="x", state=self.tasks.TaskState.RUNNING, done=done, total=total
        )

    def progress(self, stage: str, **values: Any) -> Any:
        """Make a purchase as the panel follows it."""
        given: dict[str, Any] = {"key": "quote_1", "title": "Oak chair", "ref": self.ref(), "stage": stage}
        return self.state.OrderProgress(**(given | values))

    def report(self, verdict: str = "not_cleared", **values: Any) -> Any:
        """Make a report."""
        said = self.findings.Verdict(verdict)
        grant = self.reports.ReportGrant(
            grant_id="grant_00000000000000000000000001", marketplace="cgtrader", listing_id="1",
            title="Oak chair",
            author="Anna", license_id="cgtrader.royalty_free", license_label="Royalty Free License",
            terms_sha256="a" * 64, terms_url="https://example.com/terms", credit="", verdict=said,
            granted_at=NOW, data_blocks=3,
        )  # fmt: skip
        given: dict[str, Any] = {
            "scene": "/projects/a.blend",
            "host": "Blender",
            "use": self.uses.IntendedUse(),
            "made_at": NOW,
            "verdict": said,
            "summary": "One license stands against it.",
            "grants": (grant,),
            "rows": (),
            "findings": (self.finding(), self.finding("hint", message="Print the credit line.")),
            "undeclared": ("OBJECT/Cube", "MESH/Cube"),
            "lost": (),
        }
        return self.reports.Report(**(given | values))

    def connected(self) -> dict[str, Any]:
        """Give both marketplaces a key and a sign-in."""
        return {
            info.id: self.state.AccountState(
                marketplace=info.id,
                has_app_key=True,
                has_user=True,
                stored=frozenset(str(key.field) for key in info.auth.fields),
            )
            for info in self.infos
        }

    def search(
        self,
        phase: str,
        *,
        listings: tuple[Any, ...] = (),
        problem: Any = None,
        wait_s: float = 0.0,
        **page: Any,
    ) -> Any:
        """Make one marketplace's part of a search."""
        pages = [self.listings.SearchPage(listings=listings, **page)] if phase == "ready" else []
        return self.state.MarketplaceSearch(
            phase=self.state.Phase(phase), pages=pages, problem=problem, wait_s=wait_s
        )

    def every_state(self) -> dict[str, Any]:
        """Make one state for everything that the panels have to say something about."""
        make, phase = self.state.SessionState, self.state.Phase
        listing = self.listing()
        query = self.listings.SearchQuery(text="oak chair")
        accounts = self.connected()
        selection = self.state.Selection
        base: dict[str, Any] = {"accounts": accounts, "query": query, "results": [listing]}
        ready = {
            "searches": {"cgtrader": self.search("ready", listings=(listing,), total=9, next_cursor="2")}
        }

        def selected(**values: Any) -> dict[str, Any]:
            return {"selection": selection(ref=listing.ref, listing=listing, **values)}

        def buying(stage: str, **values: Any) -> Any:
            return make(**base, **ready, progress=[self.progress(stage, **values)])

        offline = self.problem("offline")
        return {
            "no keys": make(),
            "idle": make(accounts=accounts),
            "searching": make(accounts=accounts, query=query, searches={"cgtrader": self.search("busy")}),
            "empty": make(accounts=accounts, query=query, searches={"cgtrader": self.search("ready")}),
            "nobody searches": make(accounts=accounts, query=query),
            "results": make(**base, **ready),
            "owned": make(**base, **ready, owned_refs={str(listing.ref): "g"}, library=[self.grant()]),
            "evil title": make(**(base | {"results": [self.listing(title=EVIL_TITLE)]}), **ready),
            "partly failed": make(
                **base,
                searches=ready["searches"]
                | {"shutterstock": self.search("failed", problem=self.problem("marketplace.unavailable"))},
            ),
            "all failed": make(
                accounts=accounts, query=query, searches={"cgtrader": self.search("failed", problem=offline)}
            ),
            "quoting": make(**base, **ready, **selected()),
            "quote failed": make(**base, **ready, **selected(phase=phase.FAILED, problem=offline)),
            "allowed": make(**base, **ready, **selected(phase=phase.READY, result=self.result())),
            "review": make(
                **base, **ready,
                **selected(
                    phase=phase.READY,
                    result=self.result("needs_review", findings=(self.finding("warning"),)),
                ),
            ),
            "denied": make(
                **base, **ready,
                **selected(phase=phase.READY, result=self.result("deny", findings=(self.finding(),))),
            ),
            "web checkout": make(
                **base, **ready,
                **selected(
                    phase=phase.READY,
                    result=self.result(web_checkout=True, balance=None, cost=self.money.Money.parse("19")),
                ),
            ),
            "owned selection": make(
                **base, **ready,
                **selected(
                    phase=phase.READY,
                    result=replace(self.result(), owned=(self.grant(),), covered_by=self.grant()),
                    owned=(self.grant(),),
                ),
            ),
            "owned in a size that nobody told": make(
                **base, **ready,
                **selected(
                    phase=phase.READY,
                    result=replace(
                        self.result(variant="4k"),
                        owned=(self.grant(),),
                        covered_by=self.grant(),
                        untold=self.grant(),
                        note="CGTrader's records do not say in which size you bought this.",
                    ),
                    owned=(self.grant(),),
                ),
            ),
            "owned in another size": make(
                **base, **ready,
                **selected(
                    phase=phase.READY,
                    result=replace(
                        self.result(variant="4k"),
                        owned=(self.grant(),),
                        note="You own this as “hd”. CGTrader sells “4k” by itself: it is charged once more.",
                    ),
                    owned=(self.grant(),),
                ),
            ),
            "buying": buying("buying"),
            "awaiting checkout": buying(
                "awaiting_checkout", order_id="o", checkout_url="https://example.com/pay"
            ),
            "in doubt": buying("in_doubt", order_id="o", problem=self.problem("payment.in_doubt")),
            "downloading": buying("downloading", grant_id="g", task=self.task(done=500_000, total=1_000_000)),
            "downloading blind": buying("downloading", grant_id="g", task=self.task(done=500_000)),
            "preparing": buying("preparing", grant_id="g", task=self.task(done=5, total=5)),
            "ready": buying("ready", grant_id="g"),
            "imported": buying("imported", grant_id="g"),
            "failed": buying("failed", grant_id="g", problem=self.problem("download.refused", "A web page.")),
            "failed purchase": buying("failed", problem=self.problem("payment", "Too little.")),
            "error": make(**base, **ready, problem=self.problem("ledger", "The ledger cannot be written.")),
            "reporting": make(**base, **ready, report_phase=phase.BUSY),
            "report failed": make(**base, **ready, report_phase=phase.FAILED, report_problem=offline),
            "report": make(**base, **ready, report_phase=phase.READY, report=self.report()),
            "cleared": make(
                **base, **ready, report_phase=phase.READY,
                report=self.report("cleared", findings=(), undeclared=()),
            ),
            **more_states(self, self.load, NOW),
            **quality_states(self, self.load, NOW),
        }  # fmt: skip
