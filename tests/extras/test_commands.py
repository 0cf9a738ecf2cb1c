"""The commands that need an extra, end to end against the sandbox."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import facturx
import pytest
from s3_server import BUCKET, WHO, S3Server
from sandbox_process import SandboxProcess, start_sandbox
from shells import Shell, open_shell

PARTIES = (
    '[studio]\nname = "Studio Łódź"\ncountry = "DE"\nvat_id = "DE123456789"\n'
    '[clients.ACME]\nname = "株式会社 ACME"\ncountry = "JP"\n'
)
IMAGE = "shutterstock:1120280100"


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxProcess]:
    """A sandbox for this module."""
    with start_sandbox(tmp_path_factory.mktemp("sandbox")) as running:
        yield running


@pytest.fixture
def shell(sandbox: SandboxProcess, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Shell:
    """An empty ledger, the sandbox's keys, and empty books."""
    return open_shell(sandbox, tmp_path, capsys)


def test_an_invoice_is_issued_shown_and_credited_as_pdf(shell: Shell, tmp_path: Path) -> None:
    plan = ("payment-method", "add", "subscription", "Plan", "-m", "shutterstock", "--unit-value", "2.50 USD")
    assert shell.run(*plan).code == 0
    assert shell.run("buy", IMAGE, "--kind", "image", "--yes", "--reason", "test").code == 0
    order = shell.run("orders", "--json").json[0]["id"]
    (tmp_path / "data" / "invoicing.toml").write_text(PARTIES, encoding="utf-8")
    issue = (
        "invoice", "issue", "charge-back", "--client", "ACME", "--order", order, "--currency", "USD",
        "--tax-category", "S", "--tax-percent", "19", "--format", "pdf",
    )  # fmt: skip
    refused = shell.run(*issue)
    assert (refused.code, "-o" in refused.err) == (2, True)
    (tmp_path / "there.pdf").write_bytes(b"mine")
    assert "there already" in shell.run(*issue, "-o", str(tmp_path / "there.pdf")).err
    assert (tmp_path / "there.pdf").read_bytes() == b"mine"
    assert shell.run("invoice", "list", "--json").json == []
    made = shell.run(*issue, "-o", str(tmp_path / "a.pdf"))
    assert made.code == 0, made.err
    assert "a.pdf" in made.err
    (listed,) = shell.run("invoice", "list", "--json").json
    number = listed["invoice"]["number"]
    assert (number[:3], number[-5:]) == ("CB-", "-0001")
    assert shell.run("invoice", "show", number, "--format", "pdf", "-o", str(tmp_path / "b.pdf")).code == 0
    assert (tmp_path / "a.pdf").read_bytes() == (tmp_path / "b.pdf").read_bytes()
    xml = shell.run("invoice", "show", number, "--format", "xml").out
    assert facturx.get_xml_from_pdf((tmp_path / "a.pdf").read_bytes())[1].decode() == xml
    credit = (
        "invoice",
        "credit",
        number,
        "--reason",
        "wrong",
        "--format",
        "pdf",
        "-o",
        str(tmp_path / "c.pdf"),
    )
    assert shell.run(*credit).code == 0
    assert b"<ram:TypeCode>381" in facturx.get_xml_from_pdf((tmp_path / "c.pdf").read_bytes())[1]
    record = ("invoice", "issue", "purchase-record", "--order", order, "--format", "pdf")
    assert shell.run(*record, "-o", str(tmp_path / "d.pdf")).code == 0
    assert (tmp_path / "d.pdf").read_bytes().startswith(b"%PDF-1.")
    assert shell.run("audit", "verify").code == 0


def test_the_shared_store_of_a_studio_in_s3(
    shell: Shell, s3: S3Server, sandbox: SandboxProcess, tmp_path: Path
) -> None:
    """Bought on one machine, had on another, damaged, repaired, under a new key; and not there."""
    shell.environ |= {
        "CLEARANCE_STORE": f"s3://{BUCKET}/clearance",
        "CLEARANCE_STORE_SEALED": "1",
        "CLEARANCE_PASSPHRASE": "correct horse battery staple",
    }
    assert shell.run("store", "key", "new").code == 0
    bought = shell.run("buy", IMAGE, "--kind", "image", "--yes", "--reason", "test", "--json")
    grant = bought.json["grant"]["id"]
    assert shell.run("download", grant).code == 0
    status = shell.run("store", "status", "--json").json
    assert (status["place"], status["sealed"]) == (f"s3://{BUCKET}/clearance", True)
    assert (status["files"], status["here"], status["shared"], status["nowhere"]) == (1, 1, 1, [])
    # Another machine of the studio: the same ledger, no files; the marketplace is not asked.
    shutil.rmtree(tmp_path / "data" / "store")
    sandbox.clear_requests()
    assert shell.run("download", grant).code == 0
    assert sandbox.requests() == []
    client = s3.client()
    listed = [one["Key"] for one in client.list_objects_v2(Bucket=BUCKET)["Contents"]]
    (body,) = (name for name in listed if name.endswith(".sealed"))
    client.put_object(Bucket=BUCKET, Key=body, Body=b"damaged")
    client.close()
    assert (shell.run("store", "verify").code, shell.run("store", "verify", "--repair").code) == (3, 0)
    assert shell.run("store", "verify").code == 0
    assert shell.run("store", "key", "new").code == 0
    assert shell.run("store", "key", "rotate", "--json").json["rewrapped"] == 1
    shutil.rmtree(tmp_path / "data" / "store")
    assert shell.run("download", grant).code == 0
    gone = shell.run("store", "status", CLEARANCE_STORE="s3://elsewhere/clearance")
    assert (gone.code, "there is no bucket 'elsewhere'" in gone.err) == (1, True)
    s3.check_credentials()
    refused = shell.run("store", "push", "--again")
    assert (refused.code, "AWS_*" in refused.err) == (1, True)
    assert WHO["AWS_SECRET_ACCESS_KEY"] not in refused.err + refused.out
    s3.check_credentials(after=1_000_000)
    assert shell.run("store", "push", "--json").json == {"put": 0, "files": 1}
    assert shell.run("audit", "verify").code == 0


def test_a_delivery_is_done_though_s3_is_away(shell: Shell, s3: S3Server) -> None:
    shell.environ |= {"CLEARANCE_STORE": "s3://elsewhere/clearance"}
    bought = shell.run("buy", IMAGE, "--kind", "image", "--yes", "--reason", "test", "--json")
    assert shell.run("download", bought.json["grant"]["id"]).code == 0
    shell.environ["CLEARANCE_STORE"] = f"s3://{BUCKET}/clearance"
    assert shell.run("store", "status", "--json").json["shared"] == 0
    assert shell.run("store", "push", "--json").json == {"put": 1, "files": 1}
