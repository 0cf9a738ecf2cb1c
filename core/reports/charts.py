"""Works out where the parts of a chart are, for templates that draw them as SVG. Pure.

A chart shows amounts of one currency; the numbers stand beside it in a table, so that nobody depends on it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from ..model.money import Money

WIDTH = 720.0
LEFT = 68.0
"""Room for the numbers of the scale."""
HEIGHT = 240.0
TOP, BOTTOM = 14.0, 30.0
MAX_COLUMNS = 24
MAX_NAMED = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column. ``named``: there is room for its label."""

    label: str
    full: str
    """Label and amount, for who points at it or has it read out."""
    x: float
    y: float
    width: float
    height: float
    below: bool
    named: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """One line of the scale."""

    y: float
    label: str
    zero: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnChart:
    """Columns over a scale; lengths in the units of an SVG of WIDTH x HEIGHT."""

    width: float
    height: float
    left: float
    columns: tuple[Column, ...]
    ticks: tuple[Tick, ...]
    left_out: int
    """How many of the first were left out for want of room."""


def make_columns(points: Sequence[tuple[str, Money]]) -> ColumnChart:
    """Place one column a point, in order; of very many the last ones."""
    shown = points[-MAX_COLUMNS:]
    values = [float(money.decimal) for _, money in shown]
    low, high, step = _scale(min((*values, 0.0)), max((*values, 0.0)))
    inner = HEIGHT - TOP - BOTTOM

    def place(value: float) -> float:
        return round(TOP + inner * (high - value) / (high - low), 2)

    slot = (WIDTH - LEFT) / max(len(shown), 1)
    width = round(min(slot * 0.62, 46.0), 2)
    every = -(-len(shown) // MAX_NAMED)
    columns = []
    for index, ((label, money), value) in enumerate(zip(shown, values, strict=True)):
        top, foot = place(max(value, 0.0)), place(min(value, 0.0))
        columns.append(
            Column(
                label=label,
                full=f"{label}: {money}",
                x=round(LEFT + slot * index + (slot - width) / 2, 2),
                y=top,
                width=width,
                height=round(max(foot - top, 0.0), 2),
                below=value < 0,
                named=(len(shown) - 1 - index) % every == 0,
            )
        )
    count = round((high - low) / step)
    ticks = tuple(
        Tick(y=place(low + step * n), label=_short(low + step * n), zero=abs(low + step * n) < step / 1000)
        for n in range(count + 1)
    )
    return ColumnChart(
        width=WIDTH,
        height=HEIGHT,
        left=LEFT,
        columns=tuple(columns),
        ticks=ticks,
        left_out=len(points) - len(shown),
    )


def share_of(money: Money, largest: Money) -> float:
    """Return how long a bar is, in percent of the longest one; nothing for what is below zero."""
    if largest.minor <= 0 or money.minor <= 0:
        return 0.0
    return round(float(Decimal(money.minor * 100) / largest.minor), 2)


def _scale(low: float, high: float) -> tuple[float, float, float]:
    """Return ends and step of a scale in round numbers that holds zero and everything."""
    span = high - low
    if span <= 0:
        return 0.0, 1.0, 1.0
    rough = span / 4
    power = 10.0
    while power > rough:
        power /= 10
    while power * 10 <= rough:
        power *= 10
    step = next(power * factor for factor in (1, 2, 2.5, 5, 10) if power * factor >= rough)
    first, last = -(-high // step), low // step
    return last * step, first * step, step


def _short(value: float) -> str:
    """Write a number of the scale in few letters."""
    for size, letter in ((1e9, " bn"), (1e6, " m"), (1e3, " k")):
        if abs(value) >= size * 10:
            return f"{value / size:,.10g}{letter}".replace("-", "\u2212")
    return f"{round(value, 4):,.10g}".replace("-", "\u2212")
