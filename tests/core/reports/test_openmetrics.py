"""OpenMetrics text by the specification's own grammar: what is written, and what is refused."""

from __future__ import annotations

import math
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.reports.openmetrics import Family, MetricType, Sample, write_openmetrics

GAUGE = Family(name="clearance_things", type=MetricType.GAUGE, help="Things.", samples=(Sample(2),))
# The specification's grammar (1.0.0), as far as these types use it.
NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
ESCAPED = r'(?:[^\n\\"]|\\["n\\])*'
NUMBER = r"-?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?"
META = re.compile(rf"# (?:TYPE {NAME} (?:gauge|info|summary)|UNIT {NAME} {NAME}|HELP {NAME} {ESCAPED})")
LABELS = rf'\{{{NAME}="{ESCAPED}"(?:,{NAME}="{ESCAPED}")*\}}'
SAMPLE = re.compile(rf"({NAME})({LABELS})? ({NUMBER})")


def check(text: str) -> list[str]:
    """Hold a text against the grammar; return the names of its samples."""
    assert text.endswith("# EOF\n")
    lines = text.split("\n")
    assert lines[-1] == ""
    assert lines.count("# EOF") == 1
    names: list[str] = []
    family, unit = "", ""
    for line in lines[:-2]:
        if line.startswith("#"):
            assert META.fullmatch(line), line
            kind, name = line.split(" ")[1:3]
            if kind == "TYPE":
                family, unit = name, ""
            assert name == family
            if kind == "UNIT":
                unit = line.split(" ")[3]
                assert family.endswith(f"_{unit}")
            continue
        match = SAMPLE.fullmatch(line)
        assert match, line
        assert match[1] in (family, f"{family}_info")
        names.append(match[1])
    return names


def test_a_family_has_its_metadata_before_its_samples() -> None:
    text = write_openmetrics(
        [
            Family(
                name="clearance_latency_seconds", type=MetricType.SUMMARY, unit="seconds", help="How long.",
                samples=(
                    Sample(0.25, {"shop": "a", "quantile": "0.5"}),
                    Sample(1, {"shop": "a", "quantile": "0.95"}),
                ),
            ),
            Family(
                name="clearance_build", type=MetricType.INFO, help="Version.",
                samples=(Sample(1, {"v": "1"}),),
            ),
            Family(name="clearance_none_ratio", type=MetricType.GAUGE, unit="ratio", help="Not known."),
        ]
    )  # fmt: skip
    assert text == (
        "# TYPE clearance_latency_seconds summary\n"
        "# UNIT clearance_latency_seconds seconds\n"
        "# HELP clearance_latency_seconds How long.\n"
        'clearance_latency_seconds{shop="a",quantile="0.5"} 0.25\n'
        'clearance_latency_seconds{shop="a",quantile="0.95"} 1\n'
        "# TYPE clearance_build info\n"
        "# HELP clearance_build Version.\n"
        'clearance_build_info{v="1"} 1\n'
        "# TYPE clearance_none_ratio gauge\n"
        "# UNIT clearance_none_ratio ratio\n"
        "# HELP clearance_none_ratio Not known.\n"
        "# EOF\n"
    )
    assert len(check(text)) == 3
    assert write_openmetrics([]) == "# EOF\n"


@given(
    label=st.text(max_size=60),
    told=st.text(max_size=60),
    value=st.floats(allow_nan=False, allow_infinity=False),
)
def test_any_text_and_number_stays_on_its_line(label: str, told: str, value: float) -> None:
    family = Family(
        name="clearance_things", type=MetricType.GAUGE, help=told, samples=(Sample(value, {"title": label}),)
    )
    text = write_openmetrics([family])
    assert check(text) == ["clearance_things"]
    assert float(text.split("\n")[2].rpartition(" ")[2]) == value


@pytest.mark.parametrize(
    "families",
    [
        (GAUGE, GAUGE),
        (Family(name="with space", type=MetricType.GAUGE, help=""),),
        (Family(name="clearance_things", type=MetricType.GAUGE, help="", unit="seconds"),),
        (Family(name="a", type=MetricType.GAUGE, help="", samples=(Sample(1, {"b c": ""}),)),),
        (Family(name="a", type=MetricType.GAUGE, help="", samples=(Sample(1, {"__b": ""}),)),),
        (Family(name="a", type=MetricType.GAUGE, help="", samples=(Sample(1), Sample(2))),),
        (Family(name="a", type=MetricType.GAUGE, help="", samples=(Sample(math.nan),)),),
        (Family(name="a", type=MetricType.GAUGE, help="", samples=(Sample(math.inf),)),),
        (Family(name="a", type=MetricType.GAUGE, help="", samples=(Sample(1, {"quantile": "0.5"}),)),),
        (Family(name="a", type=MetricType.SUMMARY, help="", samples=(Sample(1),)),),
    ],
)
def test_what_the_format_does_not_allow_is_refused(families: tuple[Family, ...]) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        write_openmetrics(families)
