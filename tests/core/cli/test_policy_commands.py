"""``clearance terms`` and ``clearance policy`` on a ledger in a folder; no network, no sandbox."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from ledger_values import make_order
from scenes import make_grant

from core.cli import run
from core.ids import hash_grant_id
from core.ledger.engine import open_ledger
from core.licenses import LicenseCatalogue, canonical_text, terms_sha256
from core.model.grant import Grant
from core.model.license import Cap
from core.model.scene import DataBlock, SceneScan
from core.stamp_format import encode, make_stamp

CATALOGUE = LicenseCatalogue.load()


@dataclass
class SceneHost:
    """A DCC with one scene open."""

    scan_value: SceneScan
    name: str = "Test 1.0"
    supported_formats: tuple[str, ...] = ()
    newest_blend: tuple[int, int] | None = None

    def is_online(self) -> bool:
        """Say no: the policy needs no network."""
        return False

    def scan_file(self, path: Path) -> SceneScan | None:
        """Open no file."""
        return None

    def scan(self) -> SceneScan:
        """Return the scene."""
        return self.scan_value


@dataclass
class Shell:
    """Runs commands with one data folder."""

    folder: Path
    capsys: pytest.CaptureFixture[str]
    scan: SceneScan | None = None

    def run(self, *argv: str) -> tuple[int, str, str]:
        """Run one command."""
        self.capsys.readouterr()
        host: Any = SceneHost(self.scan) if self.scan is not None else None
        environ = {"CLEARANCE_DATA_DIR": str(self.folder), "CLEARANCE_USER": "ann"}
        code = run(list(argv), host=host, environ=environ)
        captured = self.capsys.readouterr()
        return code, captured.out, captured.err

    def json(self, *argv: str) -> Any:
        """Run one command and read what it printed."""
        return json.loads(self.run(*argv, "--json")[1])


@pytest.fixture
def shell(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Shell:
    """A ledger with four purchases, one of them under a reading that was edited since."""
    folder = tmp_path / "data"
    ledger = open_ledger(folder / "ledger.sqlite")
    with ledger.transaction() as work:
        for number in range(4):
            grant, terms = make_grant(number, CATALOGUE)
            if number == 2:
                terms = replace(terms, print_run=Cap(limit=900_000))
                grant = replace(grant, terms_sha256=terms_sha256(terms))
            work.add_order(make_order(number, id=grant.order_id, ref=grant.ref))
            work.keep_terms(grant.terms_sha256, canonical_text(terms))
            work.add_grant(grant)
    ledger.close()
    return Shell(folder, capsys)


def block(number: int) -> DataBlock:
    grant: Grant = make_grant(number, CATALOGUE)[0]
    return DataBlock(
        id_type="MESH", name=f"Mesh{number}", stamp=encode(make_stamp(grant)),
        face_grants=frozenset({hash_grant_id(grant.id)}),
    )  # fmt: skip


def scene(*blocks: DataBlock) -> SceneScan:
    return SceneScan(host="Test 1.0", scene="/a.blend", data_blocks=blocks)


def test_the_list_and_one_license(shell: Shell) -> None:
    code, out, _ = shell.run("terms", "list", "--marketplace", "shutterstock")
    assert code == 0
    assert "shutterstock.enhanced\tEnhanced License\t2026-11-23\t1" in out
    assert len(shell.json("terms", "list", "--all")) == len(CATALOGUE.all())
    code, out, _ = shell.run("terms", "show", "shutterstock.standard")
    assert code == 0
    assert "print_run\t500,000\tMay be reproduced in print" in out
    assert "production_budget_max\t10,000.00 USD" in out
    shown = shell.json("terms", "show", "cgtrader.royalty_free", "--at", "2026-03-02")
    assert (shown["output.ai_input"], shown["production_budget_max"]) == ("allowed", "unlimited")
    assert "output.file_share_internal" in {clause["topic"] for clause in shown["clauses"]}
    code, _, err = shell.run("terms", "show", "cgtrader.nothing")
    assert code == 2
    assert "terms list" in err


def test_the_diff_names_facts_and_purchases(shell: Shell) -> None:
    code, out, _ = shell.run("terms", "diff")
    assert code == 3
    assert "shutterstock.standard: reading of 2026-11-23, today's of 2026-11-23; 1 purchase" in out
    assert "print_run\t900,000\t500,000\tless" in out
    assert "Asset 2" in out
    touched = [one for one in shell.json("terms", "diff") if one["since"] == "read_again"]
    assert [grant["title"] for one in touched for grant in one["grants"]] == ["Asset 2"]
    assert [change["fact"] for change in touched[0]["changes"]] == ["print_run"]
    assert touched[0]["narrower"] is True
    code, out, _ = shell.run("terms", "diff", "shutterstock.enhanced")
    assert (code, out) == (0, "Nothing changed in the terms of what was bought.\n")
    code, out, _ = shell.run("terms", "diff", "shutterstock.enhanced", "--all")
    assert code == 0
    assert "The terms are what they were." in out


@pytest.mark.parametrize(
    ("argv", "code"),
    [
        (("cgtrader", "general"), 0),
        (("cgtrader", "general", "--use", "game"), 3),
        (("cgtrader", "general", "--use", "product_configurator"), 4),
        (("cgtrader", "general", "--editorial"), 4),
        (("cgtrader", "never heard of"), 3),
        (("unity", "unity.multi_entity", "--use", "asset_handover"), 3),
    ],
)
def test_a_license_can_be_asked_about(argv: tuple[str, ...], code: int, shell: Shell) -> None:
    assert shell.run("policy", "ask", *argv)[0] == code
    answer = shell.json("policy", "ask", *argv)["answer"]
    assert answer["decision"] == {0: "allow", 3: "needs_review", 4: "deny"}[code]
    assert all(finding["rule"] and finding["how_to_fix"] for finding in answer["findings"])


HOUSE = """schema = 1
[[rule]]
id = "no-cgtrader"
effect = "deny"
message = "Not from there."
marketplaces = ["cgtrader"]
"""


def test_house_rules_are_taken_from_the_data_folder_or_a_file(shell: Shell, tmp_path: Path) -> None:
    rules = tmp_path / "house.toml"
    rules.write_text(HOUSE, encoding="utf-8")
    assert shell.run("policy", "ask", "cgtrader", "general")[0] == 0
    code, out, _ = shell.run("policy", "ask", "cgtrader", "general", "--studio", str(rules))
    assert code == 4
    assert "studio.no-cgtrader: Not from there." in out
    (shell.folder / "studio.toml").write_text(HOUSE, encoding="utf-8")
    assert shell.run("policy", "ask", "cgtrader", "general")[0] == 4
    code, _, err = shell.run("policy", "ask", "cgtrader", "general", "--studio", str(tmp_path / "gone.toml"))
    assert code == 2
    assert "gone.toml cannot be read" in err


def test_files_are_checked_by_what_they_hold(shell: Shell, tmp_path: Path) -> None:
    rules, use, bad = tmp_path / "house.toml", tmp_path / "spot.toml", tmp_path / "bad.toml"
    rules.write_text(HOUSE, encoding="utf-8")
    use.write_text('outputs = ["render"]', encoding="utf-8")
    bad.write_text(HOUSE.replace('"deny"', '"allow"'), encoding="utf-8")
    code, out, _ = shell.run("policy", "check", str(rules), str(use))
    assert code == 0
    assert "1 rule of a studio" in out
    assert "the intended use “spot”" in out
    code, _, err = shell.run("policy", "check", str(bad))
    assert code == 2
    assert "bad.toml:4: effect: a studio's rules can only be stricter" in err
    broken = tmp_path / "broken.toml"
    broken.write_text("outputs = [", encoding="utf-8")
    assert shell.run("policy", "check", str(broken))[0] == 2


def test_the_rules_are_listed_with_what_answers_them(shell: Shell) -> None:
    rules = {row["rule"]: row["answered_by"] for row in shell.json("policy", "rules")}
    assert rules["grant.refunded"] == []
    assert rules["studio.*"] == ["cleared_in_writing", "not_visible", "replaced"]
    refunded = "grant.refunded\tWhat was given back may no longer be used.\tnothing"
    assert refunded in shell.run("policy", "rules")[1]


def test_a_scene_is_answered_and_a_resolution_changes_the_answer(shell: Shell, tmp_path: Path) -> None:
    shell.scan = scene(block(0), block(1))
    code, out, _ = shell.run("policy", "answer", "--use", "web_ad")
    assert code == 4
    assert "For “Web advertisement”: not cleared." in out
    assert "Asset 1" in out
    assert "Ways out, the cheapest first:\n  Hide “Asset 1” (1 data-block)" in out
    made = shell.json("policy", "answer", "--use", "web_ad")
    grant = make_grant(1, CATALOGUE)[0]
    assert made["answer"]["obstacles"] == [grant.id]
    assert made["verdict"] == "not_cleared"
    assert made["answer"]["cheapest"][0]["way"] == "hide"
    letter = tmp_path / "letter.pdf"
    letter.write_bytes(b"We agree.")
    against = {
        finding["rule"]
        for part in made["parts"]
        for finding in part["findings"]
        if part["subject"] == grant.id and finding["severity"] != "hint"
    }
    assert "use.editorial_only" in against
    for rule in against:
        code, out, _ = shell.run(
            "policy", "resolve", grant.id, rule, "--kind", "cleared_in_writing", "--reason", "They agreed.",
            "--evidence", str(letter),
        )  # fmt: skip
        assert code == 0
    code, out, _ = shell.run("policy", "answer", "--use", "web_ad")
    assert (code, out.splitlines()[0]) == (0, "For “Web advertisement”: cleared.")
    assert not (shell.folder / "resolutions.toml").exists()
    kept = shell.json("policy", "resolutions")
    assert {one["author"] for one in kept} == {"ann"}
    assert len({one["evidence_sha256"] for one in kept}) == 1
    assert "They agreed." in shell.run("policy", "resolutions")[1]


def test_resolutions_can_be_kept_in_a_file(shell: Shell, tmp_path: Path) -> None:
    shell.scan = scene(DataBlock(id_type="MESH", name="Cube", unmarked_faces=6))
    book = tmp_path / "project.toml"
    argv = ("policy", "resolve", "MESH/Cube", "content.undeclared", "--kind", "own_work", "--reason", "Mine.")
    assert shell.run("policy", "answer")[0] == 4
    code, out, _ = shell.run(*argv, "--resolutions", str(book))
    assert (code, f"is recorded in {book}" in out) == (0, True)
    assert shell.json("policy", "resolutions") == []
    assert [one["reason"] for one in shell.json("policy", "resolutions", "--resolutions", str(book))] == [
        "Mine."
    ]
    assert shell.run("policy", "answer")[0] == 4
    assert shell.run("policy", "answer", "--resolutions", str(book))[0] == 0
    book.write_text("schema = 1\n[[resolution]]\nid = 3\n", encoding="utf-8")
    code, _, err = shell.run("policy", "answer", "--resolutions", str(book))
    assert (code, "project.toml:3: id" in err) == (2, True)
    # In the data folder, it counts beside the ledger for every report.
    code, out, _ = shell.run(*argv)
    assert (code, "is recorded in the ledger" in out) == (0, True)
    code, out, _ = shell.run("report", "--format", "json")
    report = json.loads(out)
    assert (code, report["verdict"]) == (0, "cleared")
    assert report["findings"][0]["resolved_by"]["reason"] == "Mine."
    assert report["answer"]["obstacles"] == []


def test_a_broken_studio_file_is_said_and_nothing_is_cleared(shell: Shell) -> None:
    shell.scan = scene(block(0))
    assert shell.run("report", "--use", "web_ad")[0] == 0
    (shell.folder / "studio.toml").write_text(HOUSE.replace('"deny"', '"allow"'), encoding="utf-8")
    code, out, _ = shell.run("report", "--use", "web_ad")
    assert code == 4
    assert "studio.toml:4: effect: a studio's rules can only be stricter" in out
    code, out, _ = shell.run("policy", "ask", "cgtrader", "general")
    assert (code, "policy.studio_unreadable" in out) == (4, True)
    code, out, _ = shell.run("policy", "answer", "--use", "web_ad")
    assert code == 4
    assert "Every part is cleared for: nothing." in out
    assert "Ways out" not in out


def test_content_is_declared_listed_and_withdrawn(shell: Shell, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text("<p>CC BY 4.0</p>", encoding="utf-8")
    made = shell.json(
        "declare", "free_license", "Moss", "--license", "cc by 4.0", "--author", "Ada",
        "--source", "https://museum.example/moss", "--reason", "Said there.", "--evidence", str(page),
    )  # fmt: skip
    declaration = made["declaration"]
    assert (declaration["license"], declaration["declared_by"]) == ("CC-BY-4.0", "ann")
    assert len(declaration["evidence_sha256"]) == 64
    shell.scan = scene(
        DataBlock(
            id_type="MESH", name="Moss", stamp=made["stamp"],
            face_grants=frozenset({hash_grant_id(declaration["id"])}),
        )
    )  # fmt: skip
    code, out, _ = shell.run("report", "--format", "json")
    report = json.loads(out)
    assert (code, report["verdict"], report["grants"][0]["origin"]) == (0, "cleared", "free_license")
    assert "“Moss” by Ada" in report["credits"][0]["line"]
    assert "Moss" in shell.run("declarations")[1]
    code, out, _ = shell.run("declarations", "withdraw", declaration["id"], "--reason", "Not hers.")
    assert (code, "is withdrawn" in out) == (0, True)
    assert shell.json("declarations")[0]["withdrawn_at"] is not None
    assert shell.run("report")[0] == 4
    code, _, err = shell.run("declarations", "withdraw", declaration["id"], "--reason", "Again.")
    assert (code, "already" in err) == (2, True)
    code, _, err = shell.run("declare", "client", "Logo", "--reason", "They sent it.")
    assert (code, "Name the client" in err) == (2, True)
    code, out, _ = shell.run("declare", "own_work", "Gate", "--reason", "Modeled here.")
    assert (code, "Gate, own work." in out) == (0, True)


def test_a_resolution_that_could_never_count_is_refused(shell: Shell) -> None:
    for argv, said in [
        (("grant_1", "grant.refunded", "--kind", "replaced"), "Nothing answers grant.refunded"),
        (("grant_1", "use.seats", "--kind", "own_work"), "no answer to use.seats"),
        (("grant_1", "use.seats", "--kind", "cleared_in_writing"), "needs evidence"),
        (("grant_1", "use.seats", "--kind", "replaced"), "until when"),
        (("grant_1", "use.seat", "--kind", "replaced"), "Did you mean use.seats?"),
        (("grant_1", "", "--kind", "replaced"), "There is no rule ''"),
        (("grant_1", "scene.undeclared", "--kind", "own_work"), "Nothing answers"),
        (("grant_1", "use.seats", "--kind", "license_upgraded", "--evidence", "gone.pdf"), "cannot be read"),
    ]:
        code, _, err = shell.run("policy", "resolve", *argv, "--reason", "Because.")
        assert (code, said in err) == (2, True), err
    assert not (shell.folder / "resolutions.toml").exists()
    assert shell.json("policy", "resolutions") == []


def test_a_resolution_that_ended_is_said(shell: Shell) -> None:
    shell.scan = scene(block(1))
    grant = make_grant(1, CATALOGUE)[0]
    (shell.folder / "resolutions.toml").write_text(
        f"""schema = 1
[[resolution]]
id = "old"
rule = "use.editorial_only"
subject = "{grant.id}"
reason = "For the first season."
author = "ann"
kind = "not_visible"
decided_at = 2020-01-01
ends_at = 2020-12-31
""",
        encoding="utf-8",
    )
    code, out, _ = shell.run("policy", "answer", "--use", "web_ad")
    assert code == 4
    assert "The resolution old (use.editorial_only) does not count: It ended on 2021-01-01." in out
    assert "(over)" in shell.run("policy", "resolutions")[1]
