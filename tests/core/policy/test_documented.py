"""What the page on the policy shows is what the program reads."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

from core.licenses import LicenseCatalogue
from core.model.resolution import ResolutionKind
from core.policy import use_file
from core.policy.resolution_file import parse_resolutions
from core.policy.studio_file import parse_studio
from core.policy.use_file import parse_use

PAGE = (Path(__file__).parents[3] / "docs" / "policy.md").read_text(encoding="utf-8")
USE, STUDIO, RESOLUTION = re.findall(r"```toml\n(.*?)```", PAGE, flags=re.DOTALL)
KEY = re.compile(r"^(\w+) =", flags=re.MULTILINE)


def test_the_use_on_the_page_is_whole() -> None:
    use = parse_use(USE, name="spot.toml")
    assert (use.name, use.all_clients, use.term_months) == ("Spot for ACME", {"ACME", "ACME UK"}, 12)
    assert set(KEY.findall(USE)) == set(use_file._KEYS)


def test_the_rules_on_the_page_are_read() -> None:
    catalogue = LicenseCatalogue.load()
    policy = parse_studio(STUDIO, name="studio.toml", marketplaces=catalogue.marketplaces)
    assert [rule.id for rule in policy.rules] == ["no-ai-made", "china"]


def test_the_resolution_on_the_page_is_read() -> None:
    (resolution,) = parse_resolutions(RESOLUTION.replace("…", "a" * 64), name="resolutions.toml")
    assert resolution.kind is ResolutionKind.CLEARED_IN_WRITING
    assert resolution.ends_at == datetime(2028, 1, 1, tzinfo=UTC)
    assert all(f"`{kind.value}`" in PAGE for kind in ResolutionKind)
