"""An eighth marketplace touches its module, the registry line, its terms, tapes and docs page: nothing else.

So no other code of the core or the add-on may know one of the marketplaces by its id or name.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.marketplaces import registry

ROOT = Path(__file__).resolve().parents[2]
IDS = registry.all_ids()
NAMES = {registry.find(one).INFO.name for one in IDS}

# Unity's name for its engine and its files stands in file formats and feeds, wherever something was bought;
# and a package's header is the store's own.
ALLOWED = {
    ("core/feeds/values.py", "unity"),
    ("core/files/pickup.py", "unity"),
    ("core/files/delivered/gather.py", "unity"),
    ("core/files/unity/contents.py", "unity"),
}


def own_files(marketplace: str) -> re.Pattern[str]:
    """Match the modules that belong to one marketplace: its own, and parts of it beside that."""
    stem = marketplace.partition("_")[0]
    return re.compile(rf"core/marketplaces/{stem}\w*\.py")


def sources() -> Iterator[Path]:
    for folder in ("core", "addon"):
        yield from sorted((ROOT / folder).rglob("*.py"))


def words_in(path: Path) -> Iterator[tuple[int, str]]:
    """Yield every text of a module that is no docstring, with its line."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    documented = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    for block in (node.body for node in ast.walk(tree) if isinstance(node, ast.Module | ast.ClassDef)):
        # A text that stands alone behind an assignment documents it.
        documented |= {id(node.value) for node in block if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in documented:
            yield node.lineno, node.value


def test_there_are_at_least_seven() -> None:
    assert len(IDS) == len(NAMES) >= 7


@pytest.mark.parametrize("path", list(sources()), ids=lambda path: path.relative_to(ROOT).as_posix())
def test_only_a_marketplaces_own_modules_know_it(path: Path) -> None:
    name = path.relative_to(ROOT).as_posix()
    if name == "core/marketplaces/registry.py" or any(own_files(one).fullmatch(name) for one in IDS):
        return
    found = [
        (line, text)
        for line, text in words_in(path)
        if (text in IDS or any(known in text for known in NAMES)) and (name, text) not in ALLOWED
    ]
    assert not found


def test_the_exceptions_are_still_needed() -> None:
    for name, word in ALLOWED:
        assert word in {text for _line, text in words_in(ROOT / name)}


@pytest.mark.parametrize("marketplace", IDS)
def test_everything_that_belongs_to_a_marketplace_is_there(marketplace: str) -> None:
    info = registry.find(marketplace).INFO
    assert (ROOT / "core" / "licenses" / f"{marketplace}.toml").is_file()
    assert (ROOT / "docs" / "marketplaces" / info.docs_page).is_file()
    assert any((ROOT / "tests" / "conformance" / "marketplaces" / "tapes" / marketplace).rglob("*.json"))
