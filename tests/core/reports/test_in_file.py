"""What no picture shows decides nothing while only pictures go out, and everything as soon as files do."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.ids import hash_grant_id
from core.model.findings import Severity, Verdict
from core.model.grant import GrantState
from core.model.intended_use import IntendedUse, OutputKind
from core.model.scene import DataBlock
from core.reports.credits import collect_credits
from core.reports.html import render_html
from core.reports.in_file import counts

if TYPE_CHECKING:
    from conftest import Studio

PICTURES = frozenset({OutputKind.RENDER, OutputKind.VIDEO, OutputKind.PRINT})
FILES = frozenset(OutputKind) - PICTURES


def used_for(*outputs: OutputKind) -> IntendedUse:
    return IntendedUse(name="Spot", media=("web",), outputs=frozenset(outputs))


RENDER = used_for(OutputKind.RENDER)
HANDED_ON = used_for(OutputKind.RENDER, OutputKind.FILE_SHARE_PUBLIC)


@given(outputs=st.frozensets(st.sampled_from(OutputKind)), in_output=st.sampled_from([True, False, None]))
def test_only_what_is_surely_out_of_pictures_alone_does_not_count(
    outputs: frozenset[OutputKind], in_output: bool | None
) -> None:
    block = DataBlock(id_type="MESH", name="Chair", in_output=in_output)
    only_pictures = outputs != frozenset() and not outputs & FILES
    assert counts(block, used_for(*outputs)) is not (only_pictures and in_output is False)


@pytest.mark.parametrize("output", sorted(FILES))
@pytest.mark.parametrize("picture", sorted(PICTURES))
def test_undeclared_things_are_an_obstacle_only_where_they_go_out(
    studio: Studio, picture: OutputKind, output: OutputKind
) -> None:
    studio.add("MESH", "Hidden", in_output=False)
    shown = studio.report(use=used_for(picture))
    assert shown.verdict is Verdict.CLEARED
    assert shown.undeclared == ()
    assert [(row.verdict, row.in_output) for row in shown.rows] == [(Verdict.IN_FILE_ONLY, False)]
    handed_on = studio.report(use=used_for(picture, output))
    assert handed_on.verdict in {Verdict.UNDECLARED, Verdict.NOT_CLEARED}
    assert handed_on.undeclared == ("MESH/Hidden",)
    assert [(row.verdict, row.in_output) for row in handed_on.rows] == [(Verdict.UNDECLARED, False)]


@pytest.mark.parametrize("in_output", [True, None])
def test_what_is_shown_or_not_known_counts(studio: Studio, in_output: bool | None) -> None:
    studio.add("MESH", "Seen", in_output=in_output)
    report = studio.report(use=RENDER)
    assert report.verdict is Verdict.UNDECLARED
    assert [row.in_output for row in report.rows] == [in_output]


def test_a_license_none_of_whose_parts_is_shown_is_in_the_file_only(studio: Studio) -> None:
    news = studio.buy("grant_news", "shutterstock:standard", editorial=True, title="News", credit="News/SST")
    studio.add("IMAGE", "Photo", news, in_output=False)
    studio.add("MATERIAL", "Poster", news, in_output=False)
    report = studio.report(use=RENDER)
    assert report.verdict is Verdict.CLEARED
    (grant,) = report.grants
    assert (grant.verdict, grant.data_blocks) == (Verdict.IN_FILE_ONLY, 2)
    assert {"use.editorial_only"} <= {finding.rule for finding in grant.findings}
    assert {finding.severity for finding in grant.findings} == {Severity.HINT}
    assert [finding.rule for finding in report.findings] == ["scene.in_file_only"]
    assert report.lost == ()
    assert collect_credits(report) == ()
    counted = studio.report(use=HANDED_ON)
    assert counted.verdict is Verdict.NOT_CLEARED
    assert counted.grants[0].verdict is Verdict.NOT_CLEARED
    assert {finding.rule for finding in counted.findings} >= {"use.editorial_only"}
    assert "scene.in_file_only" not in {finding.rule for finding in counted.findings}


def test_a_license_counts_when_one_of_its_parts_is_shown(studio: Studio) -> None:
    news = studio.buy("grant_news", "shutterstock:standard", editorial=True)
    studio.add("IMAGE", "Hidden", news, in_output=False)
    studio.add("IMAGE", "Seen", news, in_output=True)
    report = studio.report(use=RENDER)
    assert report.verdict is Verdict.NOT_CLEARED
    assert {row.name: row.verdict for row in report.rows} == {
        "Hidden": Verdict.IN_FILE_ONLY,
        "Seen": Verdict.NOT_CLEARED,
    }
    (grant,) = report.grants
    assert (grant.verdict, grant.data_blocks) == (Verdict.NOT_CLEARED, 2)


def test_what_a_hidden_stamp_claims_changes_nothing_for_what_is_shown(studio: Studio) -> None:
    chair = studio.buy("grant_a")
    studio.add("MATERIAL", "Seen", chair, in_output=True)
    studio.add("MATERIAL", "Hidden", in_output=False, stamp=studio.stamp(chair, license_id="another.license"))
    assert studio.report(use=RENDER).verdict is Verdict.CLEARED
    report = studio.report(use=HANDED_ON)
    assert "stamp.disagrees" in {finding.rule for finding in report.findings}


def test_a_stamp_that_was_taken_off_something_hidden_counts_in_files_only(studio: Studio) -> None:
    chair = studio.buy("grant_a")
    stripped = frozenset({hash_grant_id(chair.id)})
    studio.add("MESH", "Hidden", in_output=False, face_grants=stripped)
    studio.add("MESH", "Broken", in_output=False, stamp="{")
    assert studio.report(use=RENDER).verdict is Verdict.CLEARED
    report = studio.report(use=used_for(OutputKind.FILE_SHARE_INTERNAL))
    assert {"stamp.lost", "stamp.damaged"} <= {finding.rule for finding in report.findings}
    assert report.verdict is Verdict.NOT_CLEARED


@pytest.mark.parametrize(
    ("state", "rule"), [(GrantState.REFUNDED, "grant.refunded"), (GrantState.REVOKED, "grant.revoked")]
)
def test_what_may_not_even_be_kept_is_told_of_all_the_same(
    studio: Studio, state: GrantState, rule: str
) -> None:
    studio.add("MATERIAL", "Hidden", studio.buy("grant_a", state=state), in_output=False)
    report = studio.report(use=RENDER)
    assert report.verdict is Verdict.CLEARED
    assert {(finding.rule, finding.severity) for finding in report.findings} == {
        (rule, Severity.HINT), ("scene.in_file_only", Severity.HINT),
    }  # fmt: skip
    assert studio.report(use=HANDED_ON).verdict is Verdict.NOT_CLEARED


def test_the_hint_and_the_summary_say_how_much(studio: Studio) -> None:
    studio.add("MATERIAL", "Seen", studio.buy("grant_a"), in_output=True)
    studio.add("MATERIAL", "One", studio.buy("grant_b"), in_output=False)
    studio.add("MATERIAL", "Two", studio.buy("grant_c"), in_output=False)
    studio.add("MESH", "Bare", in_output=False)
    report = studio.report(use=RENDER)
    assert report.summary == (
        "Everything in this scene may be used for “Spot”: 1 licensed asset; nothing undeclared. "
        "3 data-blocks only in the file do not count here."
    )
    (hint,) = [finding for finding in report.findings if finding.rule == "scene.in_file_only"]
    assert hint.severity is Severity.HINT
    assert hint.message == (
        "3 data-blocks are in the file but in no picture or sound that goes out, under 2 further licenses: "
        "not counted here."
    )
    assert "then everything in it counts" in hint.how_to_fix


def test_a_scene_of_nothing_that_is_shown(studio: Studio) -> None:
    studio.add("MESH", "Bare", in_output=False)
    assert studio.report(use=RENDER).summary == (
        "There is nothing to clear: nothing in this scene needs a license. "
        "1 data-block only in the file does not count here."
    )


def test_the_page_tells_them_apart(studio: Studio) -> None:
    studio.add("MATERIAL", "Seen", studio.buy("grant_a", title="Chair"), in_output=True)
    studio.add("MATERIAL", "Put away", studio.buy("grant_b", title="Table"), in_output=False)
    studio.add("MESH", "Bare", in_output=False)
    page = render_html(studio.report(use=RENDER))
    _, _, outside = page.partition("Only in the file")
    assert "Put away" in outside
    assert "Bare" in outside
    assert "is-in_file_only" in page


def test_hiding_everything_clears_pictures_and_changes_nothing_for_files(studio: Studio) -> None:
    news = studio.buy("grant_news", "shutterstock:standard", editorial=True)
    studio.add("IMAGE", "Photo", news)
    studio.add("MESH", "Bare")
    studio.add("MESH", "Broken", stamp="{")
    seen = {use: studio.report(use=use) for use in (RENDER, HANDED_ON)}
    studio.blocks = [replace(block, in_output=False) for block in studio.blocks]
    hidden = {use: studio.report(use=use) for use in (RENDER, HANDED_ON)}
    assert seen[RENDER].verdict is seen[HANDED_ON].verdict is Verdict.NOT_CLEARED
    assert hidden[RENDER].verdict is Verdict.CLEARED
    assert hidden[HANDED_ON].findings == seen[HANDED_ON].findings
    assert hidden[HANDED_ON].verdict is Verdict.NOT_CLEARED
