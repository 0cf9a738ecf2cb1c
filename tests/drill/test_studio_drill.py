"""A studio buys on either engine, is killed or cut off at every boundary, and goes on: all of it, once."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from postgres_server import Server

ROOT = Path(__file__).resolve().parents[2]
DRILL = ROOT / "tests" / "support" / "studio_drill.py"
ROLES = {"drill": ("artist", "buyer", "approver", "admin", "finance"), "pia": ("approver",)}


@pytest.fixture(scope="module")
def studio(server: Server, template: str) -> Any:
    """The server's facts, with the logins of the drill's people."""
    for login, roles in ROLES.items():
        server.run_sql(
            f"CREATE ROLE {login} LOGIN", *(f"GRANT clearance_{role} TO {login}" for role in roles)
        )
    yield {"server": str(server.folder), "template": template}
    server.run_sql(
        *(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)" for name in ("drill_now", "drill_base")),
        *(f"DROP ROLE {login}" for login in ROLES),
    )


def run(sandbox: Any, folder: Path, what: str, how: str, place: dict[str, str]) -> int:
    """Run a drill in a process of its own; return how often something was killed or cut."""
    folder.mkdir(exist_ok=True)
    facts = {
        "what": what, "how": how, "folder": str(folder), "sandbox": sandbox.url,
        "credentials": sandbox.credentials, **place,
    }  # fmt: skip
    path = folder / "facts.json"
    path.write_text(json.dumps(facts), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, str(DRILL), str(path)], capture_output=True, text=True, cwd=ROOT, check=False
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    return int(done.stdout)


@pytest.mark.parametrize(("what", "at_least"), [("purchase", 16), ("bulk", 30)])
def test_killed_at_every_boundary_on_postgresql(
    sandbox: Any, studio: dict[str, str], tmp_path: Path, what: str, at_least: int
) -> None:
    """Around every commit and every request, with the roles of the database in force."""
    assert run(sandbox, tmp_path / "drill", what, "kill", studio) >= at_least


def test_bulk_killed_at_every_boundary_in_a_file(sandbox: Any, tmp_path: Path) -> None:
    """The same for a ledger that is a file."""
    assert run(sandbox, tmp_path / "drill", "bulk", "kill", {"server": "", "template": ""}) >= 30


@pytest.mark.parametrize(("what", "at_least"), [("purchase", 30), ("bulk", 25)])
def test_cut_off_at_every_boundary(
    sandbox: Any, studio: dict[str, str], tmp_path: Path, what: str, at_least: int
) -> None:
    """At every commit, before and after the server has it, for a moment and for good; at every request."""
    assert run(sandbox, tmp_path / "drill", what, "cut", studio) >= at_least
