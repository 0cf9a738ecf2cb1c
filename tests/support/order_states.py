"""States of a session around websites, refunds, history and health, for views and panels."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from session_states import States

LONG = "A very long sentence that a seller may have written into the title, " * 4


def more_states(made: States, load: Callable[[str], Any], now: Any) -> dict[str, Any]:
    """Make them, by name; `made` and `load` are of the same copy of the package."""
    base, evidence = load("core.marketplaces.base"), load("core.model.evidence")
    phase, make = made.state.Phase, made.state.SessionState
    website = made.ref(7, "turbosquid")
    pond5 = made.ref(8, "pond5")

    def progress(stage: str, ref: Any, **values: Any) -> Any:
        item = made.progress(stage, **values)
        item.ref = ref
        return item

    options = tuple(
        base.QuoteOption(wanted=base.Wanted(license_label=label), label=f"{label} · 10 credits")
        for label in (made.quote().license_label, "Extended", LONG)
    )
    result = made.result(surcharge="This costs you 9.99 USD on top.", note=LONG)
    result = replace_all(result, options=options, references=(
        base.ReferenceField(id="1", label="Project code", required=True, choices=("A", "B")),
        base.ReferenceField(id="2", label=LONG, required=False),
    ), page_url="https://example.com/page")  # fmt: skip
    listing = made.listing()
    selection = made.state.Selection(ref=listing.ref, listing=listing, phase=phase.READY, result=result)
    return {
        "options": make(results=[listing], selection=selection),
        "awaiting evidence": make(
            progress=[
                progress("awaiting_evidence", website, order_id="o", checkout_url="https://example.com/p")
            ]
        ),
        "awaiting file": make(progress=[progress("awaiting_file", website, grant_id="g", notes=(LONG,))]),
        "in doubt without records": make(progress=[progress("in_doubt", pond5, order_id="o")]),
        "nothing arrived": make(pickup=_looked(load, now, found=False), pickup_phase=phase.READY),
        "arrived": make(pickup=_looked(load, now, found=True), pickup_phase=phase.READY),
        "pick-up failed": make(pickup_phase=phase.FAILED, pickup_problem=made.problem("pickup", LONG)),
        **_refunds(made, load, evidence, now),
        **_histories(made, load, base),
        **_healths(made, load, now),
        **_feeds(made, load, now),
        **_exchanges(made),
    }


def _exchanges(made: States) -> dict[str, Any]:
    """Files that left with their licenses, and came back."""
    phase, note = made.state.Phase, made.state.ExchangeNote

    def state(name: str = "chair 椅子.glb", **values: Any) -> Any:
        return made.state.SessionState(exchange=note(path=Path("/assets") / name, **values))

    return {
        "exporting": state(),
        "exported": state(phase=phase.READY, licenses=3, undeclared=12),
        "exported without licenses": state(phase=phase.READY),
        "exported with a long name": state(f"{'very long ' * 20}.fbx", phase=phase.READY, licenses=1),
        "export failed": state(phase=phase.FAILED, problem=made.problem("rights.write", LONG)),
        "reading rights": state(is_import=True),
        "brought back": state(is_import=True, phase=phase.READY, licenses=1),
        "brought back in part": state(
            is_import=True,
            phase=phase.READY,
            licenses=2,
            notes=(LONG, "The file changed since.", *("x",) * 20),
        ),
        "changed since": state(
            is_import=True,
            phase=phase.FAILED,
            problem=made.problem("rights.changed", "chair.glb changed since."),
        ),
        "no rights file": state(
            is_import=True, phase=phase.FAILED, problem=made.problem("rights.none", "It is not there.")
        ),
    }


def replace_all(value: Any, **values: Any) -> Any:
    """Replace fields of a frozen value of whatever copy of the package."""
    from dataclasses import replace

    return replace(value, **values)


def _looked(load: Callable[[str], Any], now: Any, *, found: bool) -> Any:
    pickup, service = load("core.files.pickup"), load("core.services.delivering.pickup")
    listing, header = load("core.model.listing"), load("core.files.unity.header")
    ref = listing.ListingRef(marketplace="unity", id="123")
    bought = pickup.Candidate(ref=ref, title="Oak pack", order_id="o", grant_id="grant_1")
    waiting = (bought, pickup.Candidate(ref=ref, title=LONG, order_id="p"))
    if not found:
        return service.Looked(waiting=waiting, arriving=("big.zip",), problems=("It cannot be read.",))
    origin = header.StoreOrigin(product_id="123", title=LONG, version="1.0")
    archives = [
        pickup.FoundArchive(
            path=Path("/downloads/pack.unitypackage"),
            size=12_345,
            modified_at=now,
            kind="unitypackage",
            origin=origin,
        ),
        pickup.FoundArchive(
            path=Path("/downloads") / f"{'x' * 200}.zip",
            size=5,
            modified_at=now,
            kind="zip",
            origin_trouble=LONG,
        ),
    ]
    certain = pickup.Match(candidate=bought, score=1.0, is_certain=True, reasons=("its own product id",))
    perhaps = pickup.Match(candidate=waiting[1], score=0.4, is_certain=False, reasons=("words of the title",))
    return service.Looked(
        found=(
            service.Found(archive=archives[0], matches=(certain,)),
            service.Found(archive=archives[1], matches=(perhaps,)),
            *(service.Found(archive=archives[1], matches=()) for _ in range(20)),
        ),
        waiting=waiting,
    )


def _refunds(made: States, load: Callable[[str], Any], evidence: Any, now: Any) -> dict[str, Any]:
    state, service, web = made.state, load("core.services.studio.refund"), load("core.marketplaces.web")
    orders, grants = load("core.model.order"), load("core.model.grant")
    order = orders.Order(
        id="o", key="k", quote_id="q", approval_id="a", ref=made.ref(7, "turbosquid"), title=LONG, variant="",
        license_label="Standard", license_id="turbosquid.standard", terms_sha256="ab" * 32, account_id="",
        cost=None, project="film", buyer="ann", state=orders.OrderState.PAID, created_at=now, updated_at=now,
        marketplace_order_id="TS-1",
    )  # fmt: skip
    policy = web.RefundPolicy(
        summary=LONG, how="Write to support.", url="https://example.com/refunds", read_on=date(2026, 11, 23),
        window_days=30, confirmed=False,
    )  # fmt: skip
    scenes = tuple(
        grants.Usage(grant_id="g", scene=f"/shots/{number:03}.blend", data_blocks=2, seen_at=now)
        for number in range(12)
    )
    refund = evidence.Refund(
        id="r", order_id="o", grant_id="g", state=evidence.RefundState.REQUESTED, reason="Broken",
        requested_at=now - timedelta(days=1), requested_by="ann",
    )  # fmt: skip
    advice = service.RefundAdvice(order=order, grant=made.grant(), policy=policy, days_left=12, scenes=scenes)

    def step(**values: Any) -> Any:
        return state.SessionState(refund=state.RefundStep(order_id="o", **values))

    return {
        "refund busy": step(),
        "refund advice": step(phase=state.Phase.READY, advice=advice),
        "refund too late": step(
            phase=state.Phase.READY, advice=replace_all(advice, days_left=-3, scenes=(), policy=policy)
        ),
        "refund unknown policy": step(
            phase=state.Phase.READY, advice=replace_all(advice, policy=None, days_left=None)
        ),
        "refund asked": step(
            phase=state.Phase.READY,
            advice=replace_all(advice, refund=refund),
            refund=refund,
            message="To support",
        ),
        "refund failed": step(phase=state.Phase.FAILED, problem=made.problem("refund.open", LONG)),
    }


def _histories(made: States, load: Callable[[str], Any], base: Any) -> dict[str, Any]:
    state, service, listing = made.state, load("core.services.buying.history"), load("core.model.listing")
    record = base.HistoryRecord(
        ref=made.ref(9, "shutterstock"),
        state=base.RecordState.PAID,
        marketplace_order_id="1",
        license_label=LONG,
    )
    rows = [
        service.KnownRecord(record=record, kind=listing.MediaKind.IMAGE),
        service.KnownRecord(record=record, kind=listing.MediaKind.IMAGE, grant=made.grant()),
        service.KnownRecord(
            record=replace_all(record, state=base.RecordState.UNPAID), kind=listing.MediaKind.VIDEO
        ),
    ]

    def with_history(**values: Any) -> Any:
        return state.SessionState(history={"shutterstock": state.HistoryState(**values)})

    return {
        "history busy": with_history(),
        "history": with_history(phase=state.Phase.READY, rows=rows * 30, next_cursor="2"),
        "history empty": with_history(phase=state.Phase.READY),
        "history failed": with_history(phase=state.Phase.FAILED, problem=made.problem("offline")),
    }


def _feeds(made: States, load: Callable[[str], Any], now: Any) -> dict[str, Any]:
    state, catalogue, rows = made.state, load("core.feeds.catalogue"), load("core.feeds.rows")
    feed = catalogue.FeedInfo(
        marketplace="turbosquid", id=1, path=Path("/feeds/products.tsv"), mapping_path=None,
        day=date(2026, 11, 1), imported_at=now, products=1_000_000, bad=3,
    )  # fmt: skip
    result = catalogue.FeedResult(
        feed=feed, files=1, read=10, added=5, changed=2, unchanged=3, removed=1, unavailable=0, duplicates=0,
        bad=3, unclear=1, bad_rows=(rows.BadRow(line=7, why=LONG),), note=LONG,
    )  # fmt: skip

    def reading(**values: Any) -> Any:
        return state.FeedProgress(marketplace="turbosquid", path=feed.path, **values)

    return {
        "feed being read": state.SessionState(feed=reading(task=made.task(done=5, total=10, kind="feeds"))),
        "feed": state.SessionState(feeds=(feed,), feed=reading(phase=state.Phase.READY, result=result)),
        "feed failed": state.SessionState(
            feed=reading(phase=state.Phase.FAILED, problem=made.problem("feeds.broken", LONG))
        ),
        "narrowed": state.SessionState(
            query=made.listings.SearchQuery(text="x"),
            results=[
                made.listing(),
                made.listing(2, ref=made.ref(2, "turbosquid"), formats=("max",)),
                made.listing(
                    3, ref=made.ref(3, "pond5"), kind=made.listings.MediaKind.VIDEO, formats=("mov",)
                ),
            ],
            searches={"cgtrader": made.search("busy", wait_s=12.0)},
            narrowed={"marketplace": "turbosquid"},
            equals={"turbosquid:2 model": (made.ref(1),)},
        ),
    }


def _healths(made: States, load: Callable[[str], Any], now: Any) -> dict[str, Any]:
    state, service = made.state, load("core.services.health")
    breaker, throttle, log = load("core.http.breaker"), load("core.http.throttle"), load("core.http.health")
    calls = service.CallHealth(
        calls=120, ok=90, refused=10, failed=20, requests=130, rate_limited=3, p50_s=0.2, p95_s=4.0
    )
    ill = service.MarketplaceHealth(
        marketplace="pond5", name="Pond5", health=calls, breaker=breaker.BreakerState.OPEN,
        operations=(
            service.OperationHealth(
                operation="download_links", health=calls, breaker=breaker.BreakerState.OPEN, retry_in_s=30.0
            ),
        ),
        last_error=log.ErrorNote(marketplace="pond5", operation="search", at=now, code="x", message=LONG),
        budget=throttle.Usage(used=190, limit=200, reserve=20, next_free_in_s=600.0),
    )  # fmt: skip
    well = service.MarketplaceHealth(
        marketplace="cgtrader", name="CGTrader",
        health=service.CallHealth(calls=3, ok=3, requests=3, p50_s=0.2, p95_s=0.4),
        budget=throttle.Usage(used=3, limit=500),
    )  # fmt: skip
    silent = service.MarketplaceHealth(marketplace="unity", name="Unity", health=service.CallHealth())
    return {
        "health": state.SessionState(health=(ill, well, silent), health_phase=state.Phase.READY),
        "health of nothing": state.SessionState(health=(silent,), health_phase=state.Phase.READY),
    }
