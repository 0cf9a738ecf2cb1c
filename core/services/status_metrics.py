"""The status as OpenMetrics families. Pure; a number that is not known has no sample."""

from __future__ import annotations

from ..reports.openmetrics import Family, MetricType, Sample
from ..settings import VERSION
from .status import COMPLIANCE_GOAL, GOAL, PAYMENT_GOAL, Status


def list_families(status: Status) -> tuple[Family, ...]:
    """Return what is told of a status, in a fixed order."""
    return (
        Family(
            name="clearance_build",
            type=MetricType.INFO,
            help="The version that counted.",
            samples=(Sample(1, {"version": VERSION}),),
        ),
        *_calls(status),
        *_payments(status),
        *_compliance(status),
        Family(
            name="clearance_goal_ratio",
            type=MetricType.GAUGE,
            unit="ratio",
            help="What is aimed at. Calls and payments: more than this; compliance: this.",
            samples=(
                Sample(GOAL, {"of": "calls"}),
                Sample(PAYMENT_GOAL, {"of": "payments"}),
                Sample(COMPLIANCE_GOAL, {"of": "compliance"}),
            ),
        ),
        Family(
            name="clearance_window_seconds",
            type=MetricType.GAUGE,
            unit="seconds",
            help="How far back was counted.",
            samples=(
                Sample(status.hours * 3600, {"of": "calls"}),
                Sample(status.days * 86400, {"of": "payments"}),
            ),
        ),
    )


def _calls(status: Status) -> tuple[Family, ...]:
    counts: list[Sample] = []
    rates: list[Sample] = []
    latencies: list[Sample] = []
    limited: list[Sample] = []
    for one in status.marketplaces:
        where = {"marketplace": one.marketplace}
        counts += [
            Sample(getattr(one.health, outcome), {**where, "outcome": outcome})
            for outcome in ("ok", "refused", "failed")
        ]
        limited.append(Sample(one.health.rate_limited, where))
        if one.health.success_rate is not None:
            rates.append(Sample(one.health.success_rate, where))
        for quantile, value in (("0.5", one.health.p50_s), ("0.95", one.health.p95_s)):
            if value is not None:
                latencies.append(Sample(value, {**where, "quantile": quantile}))
    everywhere = status.calls.success_rate
    return (
        Family(
            name="clearance_marketplace_calls",
            type=MetricType.GAUGE,
            help="Calls of a marketplace in the window, by how they ended.",
            samples=tuple(counts),
        ),
        Family(
            name="clearance_marketplace_success_ratio",
            type=MetricType.GAUGE,
            unit="ratio",
            help="Share of a marketplace's calls that succeeded.",
            samples=tuple(rates),
        ),
        Family(
            name="clearance_calls_success_ratio",
            type=MetricType.GAUGE,
            unit="ratio",
            help="Share of all calls that succeeded.",
            samples=(Sample(everywhere),) if everywhere is not None else (),
        ),
        Family(
            name="clearance_marketplace_latency_seconds",
            type=MetricType.SUMMARY,
            unit="seconds",
            help="Within how long requests were answered.",
            samples=tuple(latencies),
        ),
        Family(
            name="clearance_marketplace_rate_limited_requests",
            type=MetricType.GAUGE,
            unit="requests",
            help="Requests that the marketplace answered with too many (429).",
            samples=tuple(limited),
        ),
    )


def _payments(status: Status) -> tuple[Family, ...]:
    found = status.payments
    states = ("settled", "failed", "in_doubt", "waiting", "called_off")
    return (
        Family(
            name="clearance_orders",
            type=MetricType.GAUGE,
            help="Orders of the window, by how their payment went.",
            samples=tuple(Sample(getattr(found, state), {"payment": state}) for state in states),
        ),
        Family(
            name="clearance_payments_success_ratio",
            type=MetricType.GAUGE,
            unit="ratio",
            help="Share of the payments that settled; in doubt counts as not settled.",
            samples=(Sample(found.success_rate),) if found.success_rate is not None else (),
        ),
    )


def _compliance(status: Status) -> tuple[Family, ...]:
    found = status.compliance
    return (
        Family(
            name="clearance_scenes",
            type=MetricType.GAUGE,
            help="Scenes that are known to use something licensed.",
            samples=(Sample(found.scenes),),
        ),
        Family(
            name="clearance_used_grants",
            type=MetricType.GAUGE,
            unit="grants",
            help="Licenses that scenes use, by whether they stand.",
            samples=(
                Sample(found.grants_covered, {"covered": "yes"}),
                Sample(found.grants - found.grants_covered, {"covered": "no"}),
            ),
        ),
        Family(
            name="clearance_used_data_blocks",
            type=MetricType.GAUGE,
            help="Data-blocks that scenes use under a license, by whether it stands.",
            samples=(
                Sample(found.data_blocks_covered, {"covered": "yes"}),
                Sample(found.data_blocks - found.data_blocks_covered, {"covered": "no"}),
            ),
        ),
        Family(
            name="clearance_license_compliance_ratio",
            type=MetricType.GAUGE,
            unit="ratio",
            help="Share of the used licenses that stand.",
            samples=(Sample(found.grants_rate),) if found.grants_rate is not None else (),
        ),
    )
