"""The import rules of the design, read from the source with ``ast``; nothing of the project is imported."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
CORE = sorted((ROOT / "core").rglob("*.py"))
ADDON = sorted((ROOT / "addon").rglob("*.py"))
MAX_LINES = 400
MAX_MARKETPLACE_LINES = 250

BLENDER = {"bpy", "mathutils", "addon_utils", "bmesh", "gpu", "bpy_extras", "bl_math", "aud", "imbuf"}

# Which packages of the core each package of the core may import (itself always). What is not named here is
# the top level: app and cli may import everything, session everything but them.
FOUNDATION = {"model", "errors", "ids", "clock"}
ALLOWED: dict[str, set[str]] = {
    "model": set(),
    "errors": set(),
    "ids": set(),
    "clock": set(),
    "settings": {"errors", "model"},
    "stamp_format": {"errors", "model"},
    "host": {"errors", "model", "stamp_format"},
    "tasks": {"clock", "errors", "http"},
    "policy": {"model", "errors"},
    "billing": {"model", "errors"},
    "licenses": {"model", "errors"},
    "audit": FOUNDATION,
    "http": FOUNDATION | {"marketplaces", "credentials", "settings"},
    "credentials": FOUNDATION,
    "marketplaces": FOUNDATION | {"http"},
    "ledger": FOUNDATION | {"audit"},
    "feeds": FOUNDATION | {"http", "marketplaces"},
    "files": FOUNDATION | {"http", "host", "stamp_format"},
    "shared_store": FOUNDATION | {"files", "credentials"},
    "fingerprints": {"errors", "model"},
    "rights": {"errors", "model", "stamp_format"},
    "quality": {"model"},
    "pdf": {"errors", "model"},
    "reports": FOUNDATION | {"stamp_format", "policy", "billing", "licenses"},
    "services": FOUNDATION
    | {
        "policy",
        "billing",
        "licenses",
        "marketplaces",
        "ledger",
        "audit",
        "feeds",
        "files",
        "reports",
        "http",
    }
    | {"credentials", "settings", "stamp_format", "host", "fingerprints", "rights", "quality"}
    | {"shared_store", "pdf"},
    "session": FOUNDATION
    | {"services", "marketplaces", "settings", "tasks", "host", "feeds", "files"}
    | {"rights"},
}
EVERYTHING = {"app", "app_network", "app_scan", "cli"}

# Parts that may do no I/O at all, and what that means in imports.
NO_IO_PACKAGES = {
    "model",
    "policy",
    "billing",
    "marketplaces",
    "reports",
    "fingerprints",
    "rights",
    "quality",
}
IO_MODULES = {
    "requests",
    "sqlalchemy",
    "socket",
    "subprocess",
    "threading",
    "time",
    "sqlite3",
    "urllib.request",
}
# The one place that may talk HTTP through requests, and the one package that may know a database.
REQUESTS_ONLY_IN = {"core/http/transport.py"}
DATABASE_ONLY_IN = "core/ledger/"
DATABASE = {"sqlalchemy", "alembic"}


def imports(path: Path) -> Iterator[tuple[ast.stmt, str, int, bool]]:
    """Yield every import: statement, dotted module, level, and whether it only serves type checking."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    typing_only: set[ast.AST] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
            typing_only.update(inner for child in node.body for inner in ast.walk(child))
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node, alias.name, 0, node in typing_only
        elif isinstance(node, ast.ImportFrom):
            yield node, node.module or "", node.level, node in typing_only


def resolve(path: Path, module: str, level: int) -> str:
    """Return the dotted name below the repository that a relative import means."""
    package = list(path.relative_to(ROOT).parts[:-1])
    base = package[: len(package) - (level - 1)]
    return ".".join([*base, *([module] if module else [])])


def name(path: Path) -> str:
    """Return a path for messages."""
    return path.relative_to(ROOT).as_posix()


def part_of(path: Path) -> str:
    """Return which part of the core a file belongs to: a package, or a top-level module."""
    return path.relative_to(ROOT / "core").parts[0].removesuffix(".py")


@pytest.mark.parametrize("path", CORE, ids=name)
def test_core_never_knows_blender(path: Path) -> None:
    """No module of the core imports Blender or the add-on, not even inside a function."""
    for _, module, level, _ in imports(path):
        target = resolve(path, module, level) if level else module
        assert target.split(".")[0] not in BLENDER | {"addon", "fake_bpy"}, f"{name(path)} imports {target}"


@pytest.mark.parametrize("path", CORE + ADDON, ids=name)
def test_our_own_imports_are_relative(path: Path) -> None:
    """``core`` and ``clearance`` are never named: the same tree runs under three package names."""
    for _, module, level, _ in imports(path):
        if level == 0:
            assert module.split(".")[0] not in {"core", "addon", "clearance", "bl_ext"}, (
                f"{name(path)}: {module}"
            )


@pytest.mark.parametrize("path", CORE, ids=name)
def test_imports_point_downward(path: Path) -> None:
    """A package imports only what lies below it."""
    part = part_of(path)
    if part in EVERYTHING or part == "__init__":
        return
    assert part in ALLOWED, f"{name(path)} is in a new part of the core: say here what it may import"
    for _, module, level, typing_only in imports(path):
        if not level or typing_only:
            continue
        target = resolve(path, module, level).split(".")
        if len(target) < 2:
            continue
        assert target[1] == part or target[1] in ALLOWED[part], f"{name(path)} imports {'.'.join(target)}"


SERVICE_LAYERS = ("finding", "clearing", "buying", "delivering", "reporting", "studio")
"""The folders of the services; each may use those before it."""


@pytest.mark.parametrize("path", [path for path in CORE if path.parts[-3:-1][0] == "services"], ids=name)
def test_services_stand_in_layers(path: Path) -> None:
    """A folder of services uses only those that stand before it."""
    layer = path.parent.name
    assert layer in SERVICE_LAYERS, f"{name(path)} is in a new folder of services: say here where it stands"
    for _, module, level, typing_only in imports(path):
        target = resolve(path, module, level).split(".") if level and not typing_only else []
        if len(target) > 2 and target[:2] == ["core", "services"] and target[2] in SERVICE_LAYERS:
            allowed = SERVICE_LAYERS[: SERVICE_LAYERS.index(layer) + 1]
            assert target[2] in allowed, f"{name(path)} imports {'.'.join(target)}"


@pytest.mark.parametrize("path", CORE, ids=name)
def test_marketplaces_use_only_pure_http(path: Path) -> None:
    """A marketplace builds and reads messages; it cannot send."""
    if part_of(path) != "marketplaces":
        return
    for _, module, level, _ in imports(path):
        target = resolve(path, module, level) if level else module
        if target.startswith("core.http"):
            assert target.split(".")[2] in {"message", "auth", "statuses"}, f"{name(path)} imports {target}"


@pytest.mark.parametrize("path", CORE, ids=name)
def test_pure_parts_do_no_io(path: Path) -> None:
    """Model, policy, marketplaces and reports neither wait nor read nor send."""
    if part_of(path) not in NO_IO_PACKAGES:
        return
    for _, module, level, _ in imports(path):
        if level == 0:
            assert module not in IO_MODULES and module.split(".")[0] not in IO_MODULES, (
                f"{name(path)}: {module}"
            )


@pytest.mark.parametrize("path", CORE + ADDON, ids=name)
def test_only_one_module_imports_requests(path: Path) -> None:
    """Everything that leaves the machine goes through one module."""
    for _, module, level, _ in imports(path):
        if level == 0 and module.split(".")[0] in {"requests", "urllib3"}:
            assert name(path) in REQUESTS_ONLY_IN, f"{name(path)} imports {module}"


@pytest.mark.parametrize("path", CORE + ADDON, ids=name)
def test_only_the_ledger_imports_a_database(path: Path) -> None:
    """SQL is spoken in one package."""
    for _, module, level, _ in imports(path):
        if level == 0 and module.split(".")[0] in DATABASE:
            assert name(path).startswith(DATABASE_ONLY_IN), f"{name(path)} imports {module}"


@pytest.mark.parametrize("path", CORE + ADDON, ids=name)
def test_nobody_touches_the_import_system(path: Path) -> None:
    """``sys.path`` and ``sys.modules`` belong to Blender."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "sys":
            assert node.attr not in {"path", "modules", "meta_path"}, f"{name(path)}, line {node.lineno}"


@pytest.mark.parametrize("path", sorted((ROOT / "addon/ui/views").glob("*.py")), ids=name)
def test_views_are_pure(path: Path) -> None:
    """What the panels show is decided without Blender, and without what draws it."""
    for _, module, level, typing_only in imports(path):
        assert level or module.split(".")[0] not in BLENDER
        target = resolve(path, module, level) if level else ""
        pure = target == "addon.messages" or target.startswith("addon.ui.views")
        assert typing_only or pure or not target.startswith("addon"), f"{name(path)} imports {target}"


def test_the_root_imports_nothing_at_import() -> None:
    """The extension's root module must be importable without Blender, and cost nothing."""
    tree = ast.parse((ROOT / "__init__.py").read_text(encoding="utf-8"))
    names = [n.module for n in tree.body if isinstance(n, ast.ImportFrom)]
    assert names in ([], ["__future__"])
    assert not [n for n in tree.body if isinstance(n, ast.Import)]


@pytest.mark.parametrize("path", CORE + ADDON + sorted((ROOT / "sandbox").rglob("*.py")), ids=name)
def test_modules_stay_small_and_explained(path: Path) -> None:
    """No giant rooms, and every module says what it is for."""
    text = path.read_text(encoding="utf-8")
    lines = text.count("\n")
    limit = MAX_MARKETPLACE_LINES if path.parent == ROOT / "core/marketplaces" and path.stem not in {
        "answers", "base", "calls", "reading", "registry", "ways", "web"
    } else MAX_LINES  # fmt: skip
    assert lines <= limit, f"{name(path)} has {lines} lines"
    assert not text.strip() or ast.get_docstring(ast.parse(text)), f"{name(path)} has no docstring"


def test_no_circles_inside_the_core() -> None:
    """Modules of the core never import each other in a circle at import time."""
    modules = {name(p).removesuffix(".py").replace("/", ".").removesuffix(".__init__"): p for p in CORE}
    graph: dict[str, set[str]] = {}
    for own, path in modules.items():
        edges: set[str] = set()
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ImportFrom) and node.level:
                target = resolve(path, node.module or "", node.level)
                named = {f"{target}.{alias.name}" for alias in node.names}
                # ``from . import rules`` means the module, not the package around it.
                edges |= named if named <= modules.keys() else {target, *named}
        graph[own] = {edge for edge in edges if edge in modules and edge != own}
    done: set[str] = set()

    def visit(node: str, trail: tuple[str, ...]) -> None:
        assert node not in trail, " → ".join((*trail[trail.index(node) :], node))
        if node not in done:
            for edge in sorted(graph[node]):
                visit(edge, (*trail, node))
            done.add(node)

    for node in sorted(graph):
        visit(node, ())
