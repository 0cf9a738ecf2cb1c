"""Write numbers as OpenMetrics 1.0 text. Pure: families in, text out; what cannot be written is refused.

The format is that of the OpenMetrics specification (CNCF, version 1.0.0): metadata before samples, one unit a
family that its name ends with, escaped labels, and ``# EOF`` at the end.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

CONTENT_TYPE = "application/openmetrics-text; version=1.0.0; charset=utf-8"
_NAME = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")
_LABEL = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")


class MetricType(StrEnum):
    """The types that are written here."""

    GAUGE = "gauge"
    INFO = "info"
    SUMMARY = "summary"


@dataclass(frozen=True, slots=True)
class Sample:
    """One number. ``labels`` in the order in which they are written."""

    value: float
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """Numbers of one kind. A summary's samples are its quantiles (label ``quantile``)."""

    name: str
    type: MetricType
    help: str
    unit: str = ""
    samples: tuple[Sample, ...] = ()


def write_openmetrics(families: Iterable[Family]) -> str:
    """Return the text. Raises ValueError for names, units and numbers that the format does not allow."""
    lines: list[str] = []
    seen: set[str] = set()
    for family in families:
        _check(family)
        if family.name in seen:
            raise ValueError(f"two families are called {family.name}")
        seen.add(family.name)
        lines.append(f"# TYPE {family.name} {family.type}")
        if family.unit:
            lines.append(f"# UNIT {family.name} {family.unit}")
        lines.append(f"# HELP {family.name} {escape(family.help)}")
        suffix = "_info" if family.type is MetricType.INFO else ""
        labels_seen: set[tuple[tuple[str, str], ...]] = set()
        for sample in family.samples:
            key = tuple(sorted(sample.labels.items()))
            if key in labels_seen:
                raise ValueError(f"{family.name} has two numbers for the same labels")
            labels_seen.add(key)
            lines.append(f"{family.name}{suffix}{_labels(sample.labels)} {number(sample.value)}")
    return "\n".join([*lines, "# EOF"]) + "\n"


def escape(text: str) -> str:
    """Write a text so that it stays on its line."""
    plain = "".join(
        char if char == "\n" or char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in text
    )
    return plain.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')


def number(value: float) -> str:
    """Write a number; whole ones without a fraction."""
    if not math.isfinite(value):
        raise ValueError("a number that is not known is left out")
    return str(int(value)) if value == int(value) else repr(float(value))


def _labels(labels: Mapping[str, str]) -> str:
    if not labels:
        return ""
    return "{" + ",".join(f'{name}="{escape(value)}"' for name, value in labels.items()) + "}"


def _check(family: Family) -> None:
    if not _NAME.fullmatch(family.name):
        raise ValueError(f"{family.name!r} is no name of a metric")
    if family.unit and not family.name.endswith(f"_{family.unit}"):
        raise ValueError(f"{family.name} does not end with its unit {family.unit}")
    for sample in family.samples:
        for name in sample.labels:
            if not _LABEL.fullmatch(name) or name.startswith("__"):
                raise ValueError(f"{name!r} is no name of a label")
        if (family.type is MetricType.SUMMARY) != ("quantile" in sample.labels):
            raise ValueError(f"quantiles belong into a summary, and {family.name} is a {family.type}")
