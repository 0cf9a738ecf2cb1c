"""Writes a cost report as one self-contained HTML page with charts. Pure; all is cleaned and bounded."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ..model.costs import CostKey, CostKind, CostLine, CostReport, CostSum
from ..model.money import Money
from .charts import make_columns, share_of
from .html_words import TITLE_LENGTH, count, day, moment
from .text import clean

MAX_GROUPS = 500
MAX_LINES = 2_000
MAX_BARS = 12

HEADINGS = {
    CostKey.PROJECT: "By project",
    CostKey.CLIENT: "By client",
    CostKey.MARKETPLACE: "By marketplace",
    CostKey.MONTH: "By month",
}
NOBODY = {
    CostKey.PROJECT: "No project",
    CostKey.CLIENT: "No client",
    CostKey.MARKETPLACE: "No marketplace",
    CostKey.MONTH: "No month",
}
_KINDS = {CostKind.PURCHASE: "", CostKind.REFUND: "refund", CostKind.USAGE: "contract"}
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def render_costs_html(
    report: CostReport, *, names: Mapping[str, str] | None = None, tool_version: str = ""
) -> str:
    """Write the page. ``names`` are the marketplaces' for people, by id."""
    from .page import render_page

    return render_page("costs.html.j2", make_costs_context(report, names or {}, tool_version=tool_version))


def make_costs_context(
    report: CostReport, names: Mapping[str, str], *, tool_version: str = ""
) -> dict[str, object]:
    """Return everything that the template shows."""
    currency = chart_currency(report)
    lines, loose = report.lines, report.not_converted

    def amount_of(one: CostSum) -> Money | None:
        return _in_currency(one, currency)

    def name(one: CostSum) -> str:
        return name_group(one, report.by, names)

    total = amount_of(report.total)
    return {
        "total": str(total) if total is not None else _sums(report.total) or "Nothing",
        "total_short": str(total) if total is not None else "Costs",
        "currency": currency,
        "home": report.home_currency,
        "period": _period(report),
        "heading": HEADINGS[report.by],
        "by": report.by.value,
        "made_at": moment(report.made_at),
        "made_at_iso": report.made_at.isoformat(),
        "tool_version": clean(tool_version, 40),
        "summary": summarize_costs(report),
        "counts": _counts(report),
        "sums": [str(money) for money in report.total.sums],
        "chart": _month_chart(report, amount_of),
        "groups": [
            {
                "name": name(one),
                "sums": [str(money) for money in one.sums],
                "amount": str(found) if (found := amount_of(one)) is not None else "–",
                "share": _share(found, total),
                "purchases": one.purchases,
                "refunds": one.refunds,
                "open": one.not_converted if report.home_currency else 0,
                "credits": ", ".join(one.credits_used),
            }
            for one in report.groups[:MAX_GROUPS]
        ],
        "groups_more": max(0, len(report.groups) - MAX_GROUPS),
        "bars": _bars(report, amount_of, name),
        "lines": [_line(line, names) for line in lines[:MAX_LINES]],
        "lines_more": max(0, len(lines) - MAX_LINES),
        "loose": [_line(line, names) for line in loose[:MAX_LINES]] if report.home_currency else [],
        "loose_count": len(loose) if report.home_currency else 0,
        "loose_more": max(0, len(loose) - MAX_LINES),
        "notes": [clean(note, 400) for note in report.notes],
    }


def chart_currency(report: CostReport) -> str:
    """Return the currency that charts are drawn in: home, else the only one that there is; empty for none."""
    if report.home_currency:
        return report.home_currency
    return report.total.sums[0].currency if len(report.total.sums) == 1 else ""


def summarize_costs(report: CostReport) -> str:
    """Say in a sentence or two what was spent."""
    total = report.total
    if not report.lines:
        return "Nothing was paid in this time."
    parts = [count(total.purchases, "purchase")]
    if total.refunds:
        parts.append(count(total.refunds, "refund"))
    usage = len(report.lines) - total.purchases - total.refunds
    if usage:
        parts.append(f"{count(usage, 'line')} of calls and downloads under contract")
    words = ", ".join(parts[:-1]) + (" and " if len(parts) > 1 else "") + parts[-1]
    ends = f" {_sums(total)} as it was charged." if total.sums else ""
    if report.home_currency and total.not_converted:
        ends += f" {count(total.not_converted, 'line')} could not be converted and stand apart."
    return f"{words}.{ends}"


def name_group(one: CostSum, by: CostKey, names: Mapping[str, str]) -> str:
    """Return a group's name for people."""
    if by is CostKey.MONTH:
        return name_month(one.key)
    if by is CostKey.MARKETPLACE:
        return clean(names.get(one.key, one.key), TITLE_LENGTH) or NOBODY[by]
    return clean(one.key, TITLE_LENGTH) or NOBODY[by]


def name_month(key: str) -> str:
    """Write ``2026-11`` as "Nov 2026"."""
    return f"{_MONTHS[int(key[5:7]) - 1]} {key[:4]}"


def _in_currency(one: CostSum, currency: str) -> Money | None:
    if one.home is not None:
        return one.home
    if not currency:
        return None
    return next(
        (money for money in one.sums if money.currency == currency), Money(minor=0, currency=currency)
    )


def _month_chart(report: CostReport, amount_of: Callable[[CostSum], Money | None]) -> object:
    points = [(name_month(one.key), money) for one in report.months if (money := amount_of(one)) is not None]
    return make_columns(points) if len(points) > 1 else None


def _bars(
    report: CostReport, amount_of: Callable[[CostSum], Money | None], name: Callable[[CostSum], str]
) -> list[dict[str, object]]:
    """Return the longest bars, and one for all that is behind them."""
    if report.by is CostKey.MONTH:
        return []
    found = [(name(one), money) for one in report.groups if (money := amount_of(one)) is not None]
    shown = [(label, money) for label, money in found[:MAX_BARS] if money.minor > 0]
    rest = [money for _, money in found[MAX_BARS:]]
    if rest:
        more = Money(minor=sum(money.minor for money in rest), currency=rest[0].currency)
        shown.append((f"{len(rest):,} more", more))
    largest = max((money for _, money in shown), key=lambda money: money.minor, default=None)
    if largest is None or len(shown) < 2:
        return []
    return [
        {"label": label, "amount": str(money), "share": share_of(money, largest)} for label, money in shown
    ]


def _share(part: Money | None, total: Money | None) -> str:
    if part is None or total is None or total.minor <= 0 or part.minor < 0:
        return ""
    return f"{100 * part.minor / total.minor:.0f} %"


def _line(line: CostLine, names: Mapping[str, str]) -> dict[str, str]:
    rate = ""
    if line.rate:
        on = f" of {day(line.rate_on)}" if line.rate_on else ""
        rate = f"at {clean(line.rate, 30)}{on}, {clean(line.rate_source, 80)}"
    about = ", ".join(
        clean(part, 80)
        for part in (
            _method(line),
            f"order {line.purchase_order}" if line.purchase_order else "",
            f"cost center {line.cost_center}" if line.cost_center else "",
        )
        if part
    )
    charged = "not told" if line.cost is None else str(line.cost)
    return {
        "day": line.day.isoformat(),
        "title": clean(line.title, TITLE_LENGTH),
        "kind": _KINDS[line.kind],
        "where": clean(names.get(line.marketplace, line.marketplace), 80),
        "project": clean(line.project, 80),
        "client": clean(line.client, 80),
        "about": about,
        "charged": str(line.value) if line.value is not None else charged,
        "tax": f"tax {line.tax} ({clean(line.tax_source, 120)})" if line.tax is not None else "",
        "cost": charged if line.value is not None and str(line.value) != charged else "",
        "home": str(line.home) if line.home is not None else "–",
        "rate": rate,
        "why": clean(line.why_not, 200),
    }


def _method(line: CostLine) -> str:
    """Name what paid; a marketplace's own way goes without its id, since its name stands in the same line."""
    own = line.method.removeprefix(f"{line.marketplace} ")
    return line.method if own == line.method else own[:1].upper() + own[1:]


def _counts(report: CostReport) -> tuple[tuple[str, str], ...]:
    total = report.total
    counts = [("Purchases", f"{total.purchases:,}"), ("Refunds", f"{total.refunds:,}")]
    counts.append(("Marketplaces", f"{len({line.marketplace for line in report.lines}):,}"))
    counts.append(("Projects", f"{len({line.project for line in report.lines if line.project}):,}"))
    if report.home_currency:
        counts.append(("Not converted", f"{total.not_converted:,}"))
    return tuple(counts)


def _sums(one: CostSum) -> str:
    return " + ".join(str(money) for money in one.sums[:8])


def _period(report: CostReport) -> str:
    start, end = report.starts_on, report.ends_on
    if start and end:
        return f"{day(start)} to {day(end)}"
    if start:
        return f"since {day(start)}"
    if end:
        return f"until {day(end)}"
    if report.lines:
        return f"{day(report.lines[-1].day)} to {day(report.lines[0].day)}"
    return "all time"
