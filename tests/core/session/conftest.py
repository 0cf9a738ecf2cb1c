"""The real app against the sandbox, with a DCC that only notes what it is asked to do."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from sandbox_process import SandboxProcess, start_sandbox

from core.app import App, build_app
from core.settings import Settings


@dataclass
class FakeHost:
    """A DCC that can import glTF and pictures, and notes which pages were opened."""

    online: bool = True
    opened: list[str] = field(default_factory=list)
    name: str = "Test 1.0"
    supported_formats: tuple[str, ...] = ("glb", "gltf", "jpg", "png")
    newest_blend: tuple[int, int] | None = None

    def is_online(self) -> bool:
        """Say what the test wants."""
        return self.online

    def open_url(self, url: str) -> bool:
        """Note the page."""
        self.opened.append(url)
        return True


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxProcess]:
    """One sandbox for this module."""
    with start_sandbox(tmp_path_factory.mktemp("sandbox")) as running:
        yield running


@pytest.fixture
def host() -> FakeHost:
    """Return a host."""
    return FakeHost()


@pytest.fixture
def build(sandbox: SandboxProcess, host: FakeHost, tmp_path: Path) -> Iterator[Callable[..., App]]:
    """Build the real app with the sandbox's keys, as often as a test wants: a name is a ledger."""
    sandbox.reset()
    names = {"consumer_key": "CLIENT_ID", "consumer_secret": "CLIENT_SECRET"}
    environ = {
        f"CLEARANCE_{marketplace.upper()}_{names.get(key, key.upper())}": value
        for marketplace, keys in sandbox.credentials.items()
        for key, value in keys.items()
    }
    given: Any = host
    with ExitStack() as stack:

        def make(name: str = "data", **changes: Any) -> App:
            settings = Settings(
                data_dir=tmp_path / name, user="ann", project="film", sandbox_url=sandbox.url, **changes
            )
            app = build_app(settings, host=given, environ=environ)
            stack.callback(_close, app)
            return app

        yield make
        sandbox.clear_faults()


def _close(app: App) -> None:
    assert app.close()


@pytest.fixture
def app(build: Callable[..., App]) -> App:
    """Build the app with an empty ledger."""
    return build()
