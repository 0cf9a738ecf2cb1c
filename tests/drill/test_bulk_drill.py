"""Answers to bulk calls that are lost; kills of bulk are in test_studio_drill.py."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from bulk_drills import BulkDrill
from sandbox_process import start_sandbox

LICENSES = "^/v2/images/licenses$"


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """One sandbox for all drills; each drill empties its books first."""
    with start_sandbox(tmp_path_factory.mktemp("sandbox")) as running:
        yield running


@pytest.mark.parametrize(
    "fault", [{"fault": "lost_answer"}, {"fault": "502", "process": True}, {"fault": "html", "process": True}]
)
def test_the_answer_to_a_bulk_call_is_lost(sandbox: Any, tmp_path: Path, fault: dict[str, Any]) -> None:
    """All of it took effect and nobody was told: it is found in the records, item by item."""
    drill = BulkDrill(sandbox=sandbox, folder=tmp_path / "drill")
    drill.prepare()
    sandbox.fault(**fault, match={"method": "POST", "path_regex": LICENSES})
    assert drill.finish("buy")["ended"] == "done"
    drill.check()
    asked = sandbox.requests(method="POST", path_regex=LICENSES)
    assert len(asked) == 1
