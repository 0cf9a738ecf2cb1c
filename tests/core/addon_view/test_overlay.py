"""The license overlay without Blender: what is said of objects, what tells answers apart, where labels go."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime
from typing import Any

import pytest
from clearance_package import load

view = load("addon.ui.views.overlay")
labels = load("addon.ui.views.labels")
findings = load("core.model.findings")
reports = load("core.model.report")
uses = load("core.model.intended_use")

Verdict, Severity, Finding = findings.Verdict, findings.Severity, findings.Finding
Rect, Wanted, place_labels = labels.Rect, labels.Wanted, labels.place_labels
REGION = Rect(0.0, 0.0, 1000.0, 600.0)
SHOWN = [Verdict.NOT_CLEARED, Verdict.UNDECLARED, Verdict.NEEDS_REVIEW, Verdict.CLEARED]


def grant(number: int, verdict: Any, **values: Any) -> Any:
    given = {
        "grant_id": f"grant_{number}",
        "marketplace": "cgtrader",
        "listing_id": str(number),
        "title": f"Asset {number}",
        "author": "Anna",
        "license_id": "cgtrader.royalty_free",
        "license_label": "Royalty Free",
        "terms_sha256": "ab" * 32,
        "terms_url": "",
        "credit": "",
        "granted_at": None,
        "data_blocks": 1,
        **values,
    }
    return reports.ReportGrant(verdict=verdict, **given)


def row(name: str, verdict: Any, *grant_ids: str, id_type: str = "OBJECT", library: str = "") -> Any:
    return reports.ReportRow(id_type, name, verdict, grant_ids, "stamp" if grant_ids else "", library)


def report(rows: list[Any], grants: list[Any] | None = None, found: list[Any] | None = None) -> Any:
    return reports.Report(
        scene="",
        host="Blender",
        use=uses.IntendedUse(name="Film"),
        made_at=datetime(2026, 11, 1, tzinfo=UTC),
        verdict=Verdict.NOT_CLEARED,
        summary="",
        grants=tuple(grants or ()),
        rows=tuple(rows),
        findings=tuple(found or ()),
        undeclared=(),
        lost=(),
    )


def tag(made: Any, *parts: Any, data_type: str = "MESH") -> Any:
    return view.Tagger(made).tag(parts, data_type=data_type)


CHAIR, SEAT = ("OBJECT", "Chair", ""), ("MESH", "Seat", "")


def test_the_label_names_license_and_answer() -> None:
    made = report([row("Chair", Verdict.CLEARED, "grant_1")], [grant(1, Verdict.CLEARED)])
    said = tag(made, CHAIR)
    assert (said.verdict, said.label) == (Verdict.CLEARED, "cgtrader:1 · Royalty Free · cleared")
    assert said.line == "Cleared for “Film”."


def test_the_heaviest_part_decides_and_its_finding_is_told() -> None:
    made = report(
        [
            row("Chair", Verdict.CLEARED, "grant_1"),
            row("Seat", Verdict.NOT_CLEARED, "grant_2", id_type="MESH"),
        ],
        [grant(1, Verdict.CLEARED), grant(2, Verdict.NOT_CLEARED, license_label="Editorial")],
        [
            Finding(
                rule="credit",
                severity=Severity.HINT,
                message="Name Anna.",
                how_to_fix="",
                subject="grant_2",
            ),
            Finding(
                rule="editorial",
                severity=Severity.ERROR,
                message="It is editorial.",
                how_to_fix="Replace it.",
                subject="grant_2",
            ),
        ],
    )
    said = tag(made, CHAIR, SEAT)
    assert said.verdict is Verdict.NOT_CLEARED
    assert said.label == "cgtrader:2 · Editorial · not cleared · +1 other"
    assert said.line == "It is editorial."


def test_what_nobody_declared_is_named_where_it_is_only_a_part() -> None:
    made = report(
        [row("Chair", Verdict.CLEARED, "grant_1"), row("bark.png", Verdict.UNDECLARED, id_type="IMAGE")],
        [grant(1, Verdict.CLEARED)],
    )
    assert tag(made, CHAIR, ("IMAGE", "bark.png", "")).label == "bark.png · undeclared · +1 license"
    alone = report([row("Chair", Verdict.UNDECLARED)])
    assert tag(alone, CHAIR).label == "undeclared"
    assert tag(alone, CHAIR).line == "Nobody has said where it comes from."


@pytest.mark.parametrize(
    ("origin", "label"),
    [("own_work", "Asset 1 · own work · cleared"), ("", "Asset 1 · declared · cleared")],
)
def test_declared_content_is_called_by_its_origin(origin: str, label: str) -> None:
    declared = grant(1, Verdict.CLEARED, marketplace="declared", origin=origin)
    assert tag(report([row("Chair", Verdict.CLEARED, "grant_1")], [declared]), CHAIR).label == label


def test_what_the_check_did_not_see_is_never_called_anything_else() -> None:
    made = report([row("Chair", Verdict.CLEARED, "grant_1")], [grant(1, Verdict.CLEARED)])
    assert tag(made, CHAIR, None) == view.UNCHECKED
    assert tag(made, None) == view.UNCHECKED
    assert view.UNCHECKED.verdict is None


def test_lamps_and_cameras_carry_nothing() -> None:
    made = report([])
    assert tag(made, ("OBJECT", "Lamp", ""), data_type="LIGHT") is None
    assert tag(made, None, data_type="CAMERA") is None


def test_a_part_of_another_library_is_another_part() -> None:
    made = report(
        [
            row("Chair", Verdict.CLEARED, "grant_1"),
            row("Chair", Verdict.UNDECLARED, library="//set.blend"),
        ],
        [grant(1, Verdict.CLEARED)],
    )
    assert tag(made, CHAIR).verdict is Verdict.CLEARED
    assert tag(made, ("OBJECT", "Chair", "//set.blend")).verdict is Verdict.UNDECLARED


def test_what_is_in_the_file_only_is_counted_and_not_judged() -> None:
    made = report([row("Chair", Verdict.IN_FILE_ONLY)])
    said = tag(made, CHAIR)
    assert said.verdict is Verdict.IN_FILE_ONLY
    shown = view.make_legend(made, [said, said, view.UNCHECKED])
    assert (shown.rows, shown.notes) == (
        (),
        ("Nothing here carries a license.", "2 objects in the file only", "1 not checked yet: check again"),
    )


def test_hostile_words_of_a_seller_stay_short_and_plain() -> None:
    bad = grant(1, Verdict.CLEARED, license_label="A\u202eB\n" + "x" * 5000, listing_id="9" * 400)
    said = tag(report([row("Chair", Verdict.CLEARED, "grant_1")], [bad]), CHAIR)
    assert len(said.label) < 110
    assert "\u202e" not in said.label
    assert "\n" not in said.label


def test_a_grant_that_the_report_does_not_list_is_named_by_its_id() -> None:
    said = tag(report([row("Chair", Verdict.NEEDS_REVIEW, "grant_9")]), CHAIR)
    assert said.label == "grant_9 · needs review"
    assert said.line == "See the report: what stands against it is about the whole scene."


def test_the_legend_counts_the_heaviest_first() -> None:
    made = report([])
    tags = [view.Tag(verdict=verdict) for verdict in [*SHOWN, Verdict.CLEARED]]
    shown = view.make_legend(made, tags)
    assert shown.title == "Licenses for “Film”"
    assert [line.text for line in shown.rows] == [
        "Not cleared  1", "Undeclared  1", "Needs review  1", "Cleared  2",
    ]  # fmt: skip


@pytest.mark.parametrize("light", [False, True])
def test_each_answer_has_a_pattern_of_its_own_inside_the_box(*, light: bool) -> None:
    patterns = [view.pattern(verdict, light=light) for verdict in SHOWN]
    for first, second in itertools.combinations(patterns, 2):
        assert set(first) != set(second)
    for segments in patterns:
        assert segments
        assert len(segments) <= (12 if light else 120)
        for start, end in segments:
            assert start != end
            assert all(-0.02 <= value <= 1.02 for value in (*start, *end))


def test_each_answer_has_a_sign_and_a_name_of_its_own() -> None:
    assert len({view.SIGNS[verdict] for verdict in SHOWN}) == len(SHOWN)
    assert len({view.NAMES[verdict] for verdict in SHOWN}) == len(SHOWN)
    assert list(view.ORDER) == SHOWN


# How color-blind people see, in linear light (Machado, Oliveira and Fernandes 2009, severity 1).
BLINDNESS = {
    "none": ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)),
    "protanopia": (
        (0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998),
    ),
    "deuteranopia": (
        (0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.011820, 0.042940, 0.968881),
    ),
    "tritanopia": (
        (1.255528, -0.076749, -0.178779), (-0.078411, 0.930809, 0.147602), (0.004733, 0.691367, 0.303900),
    ),
}  # fmt: skip


def lab(color: tuple[float, ...], matrix: Any) -> tuple[float, float, float]:
    """CIE L*a*b* (D65) of an sRGB color as somebody sees it."""
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in color]
    seen = [min(1.0, max(0.0, sum(a * b for a, b in zip(line, linear, strict=True)))) for line in matrix]
    xyz = [
        sum(a * b for a, b in zip(line, seen, strict=True)) / white
        for line, white in (
            ((0.4124, 0.3576, 0.1805), 0.9505),
            ((0.2126, 0.7152, 0.0722), 1.0),
            ((0.0193, 0.1192, 0.9505), 1.089),
        )
    ]
    f = [t ** (1 / 3) if t > 0.008856 else 7.787 * t + 16 / 116 for t in xyz]
    return 116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])


@pytest.mark.parametrize("kind", BLINDNESS)
def test_colors_stay_apart_for_everybody(kind: str) -> None:
    seen = {verdict: lab(view.COLORS[verdict], BLINDNESS[kind]) for verdict in SHOWN}
    for first, second in itertools.combinations(SHOWN, 2):
        distance = sum((a - b) ** 2 for a, b in zip(seen[first], seen[second], strict=True)) ** 0.5
        assert distance > 40, (kind, first, second, distance)


def place(wanted: list[Any], **more: Any) -> Any:
    return place_labels(wanted, region=REGION, height=20.0, gap=4.0, **more)


def test_labels_stand_above_what_they_point_at() -> None:
    (one,) = place([Wanted(7, 500.0, 300.0, 200.0)])
    assert (one.number, one.x, one.y) == (7, 500.0, 300.0)
    assert one.rect == Rect(400.0, 308.0, 600.0, 328.0)


def test_labels_never_lie_over_each_other_or_outside() -> None:
    wanted = [Wanted(n, 500.0 + n % 9, 300.0 + n % 5, 180.0) for n in range(400)]
    wanted += [Wanted(400 + n, float(n * 25), 590.0, 180.0) for n in range(40)]
    placed = place(wanted)
    assert placed
    for first, second in itertools.combinations(placed, 2):
        assert not first.rect.overlaps(second.rect)
    for one in placed:
        assert one.rect.left >= 0
        assert one.rect.right <= 1000
        assert one.rect.bottom >= 0
        assert one.rect.top <= 600


def test_those_that_are_wanted_first_get_a_place() -> None:
    crowd = [Wanted(n, 500.0, 300.0, 180.0) for n in range(50)]
    assert [one.number for one in place(crowd)] == [0, 1, 2, 3]


def test_there_are_never_more_than_somebody_reads() -> None:
    spread = [Wanted(n, 60.0 + (n % 9) * 110, 40.0 + (n // 9) * 50, 100.0) for n in range(90)]
    assert len(place(spread)) == labels.MOST
    assert [one.number for one in place(spread, most=3)] == [0, 1, 2]


def test_nothing_covers_the_legend() -> None:
    legend = Rect(700.0, 0.0, 1000.0, 200.0)
    placed = place([Wanted(n, 850.0, 20.0 + n * 10, 150.0) for n in range(20)], keep_clear=(legend,))
    assert placed
    assert not any(one.rect.overlaps(legend) for one in placed)


@pytest.mark.parametrize(
    "one",
    [Wanted(0, -5.0, 300.0, 50.0), Wanted(0, 500.0, 900.0, 50.0), Wanted(0, 500.0, 300.0, 5000.0)],
    ids=["left of it", "above it", "too wide"],
)
def test_what_does_not_fit_gets_no_label(one: Any) -> None:
    assert place([one]) == []


def test_a_label_at_the_edge_is_moved_into_the_region() -> None:
    (one,) = place([Wanted(0, 2.0, 300.0, 200.0)])
    assert (one.rect.left, one.rect.right) == (0.0, 200.0)
    (top,) = place([Wanted(0, 500.0, 595.0, 200.0)])
    assert top.rect.top < 595.0
