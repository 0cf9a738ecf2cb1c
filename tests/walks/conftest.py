"""One sandbox for all walks; every walk starts with empty books, an empty ledger and no key."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from sandbox_process import SandboxProcess, start_sandbox
from walk_rows import Walk
from walks import Walker, start_walk


@pytest.fixture(scope="session")
def running_sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxProcess]:
    """The seven marketplaces, which count requests as the real ones do."""
    state = tmp_path_factory.mktemp("sandbox")
    cache = tmp_path_factory.mktemp("sandbox-cache")
    with start_sandbox(state, cache=cache, limits=True) as sandbox:
        yield sandbox
    said = (state / "sandbox.err").read_text(encoding="utf-8")
    assert said == "", f"the sandbox had faults of its own: {said[-3000:]}"


@pytest.fixture
def start(running_sandbox: SandboxProcess, tmp_path: Path) -> Iterator[Callable[..., Walker]]:
    """Return a function that begins a walk at a marketplace, with settings of its own."""
    with ExitStack() as stack:

        def begin(walk: Walk, **settings: Any) -> Walker:
            return stack.enter_context(start_walk(walk, running_sandbox, tmp_path / "data", **settings))

        yield begin


@pytest.fixture
def new_user(start: Callable[..., Walker], walk: Walk) -> Walker:
    """Somebody without a key, at the marketplace that the test is about."""
    return start(walk)


@pytest.fixture
def buyer(new_user: Walker) -> Walker:
    """The same with keys and, where there is one, a sign-in."""
    new_user.connect()
    new_user.sandbox.clear_requests()
    return new_user
