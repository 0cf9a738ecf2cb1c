"""Money moves at most once: every boundary, lost answers, and a few random moments, in the suite."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from drills import (
    LISTINGS,
    LOST_ANSWERS,
    MORE_LISTINGS,
    Drill,
    drill_boundaries,
    drill_lost_answer,
    drill_moments,
)
from sandbox_process import start_sandbox

MOMENTS = 6


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """One sandbox for all drills; each drill empties its books first."""
    with start_sandbox(tmp_path_factory.mktemp("sandbox")) as running:
        yield running


def make_drill(sandbox: Any, tmp_path: Path, listing: str) -> Drill:
    """Give each drill a data folder of its own."""
    return Drill(sandbox=sandbox, folder=tmp_path / "data", listing=listing)


@pytest.mark.parametrize("listing", LISTINGS)
def test_killed_at_every_boundary(sandbox: Any, tmp_path: Path, listing: str) -> None:
    """Killed before and after every commit and every request: bought exactly once, nothing lost."""
    kills = drill_boundaries(make_drill(sandbox, tmp_path, listing))
    assert kills >= 12


@pytest.mark.parametrize("listing", MORE_LISTINGS)
def test_killed_at_some_boundaries(sandbox: Any, tmp_path: Path, listing: str) -> None:
    """The same at every third boundary; the long drill takes them all."""
    kills = drill_boundaries(make_drill(sandbox, tmp_path, listing), every=3)
    assert kills >= 4


@pytest.mark.parametrize(
    ("listing", "fault"),
    [(one, fault) for one in (*LISTINGS, *MORE_LISTINGS) for fault in LOST_ANSWERS[one.partition(":")[0]]],
)
def test_answer_lost_after_the_purchase(
    sandbox: Any, tmp_path: Path, listing: str, fault: dict[str, Any]
) -> None:
    """The purchase took effect and its answer was lost: it is found in the records, not bought again."""
    drill_lost_answer(make_drill(sandbox, tmp_path, listing), fault)


@pytest.mark.parametrize("listing", LISTINGS)
def test_killed_at_random_moments(sandbox: Any, tmp_path: Path, listing: str) -> None:
    """Killed at random moments: the same."""
    drill_moments(make_drill(sandbox, tmp_path, listing), moments=MOMENTS, seed=7)
