"""One sandbox process for all tests of this folder, with empty books at the start of each."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from sandbox_process import Answer, SandboxProcess, send, start_sandbox

FORM = {"Content-Type": "application/x-www-form-urlencoded"}


class Client:
    """Speak to one of the two marketplaces with some authorization."""

    def __init__(self, base: str, authorization: str | None) -> None:
        self.base = base
        self.headers = {} if authorization is None else {"Authorization": authorization}

    def get(self, path: str, headers: dict[str, str] | None = None, **query: Any) -> Answer:
        """Send a GET; lists repeat the parameter."""
        text = f"?{urlencode(query, doseq=True)}" if query else ""
        return send("GET", f"{self.base}{path}{text}", headers={**self.headers, **(headers or {})})

    def post(
        self, path: str, body: Any = None, *, form: dict[str, Any] | None = None, **query: Any
    ) -> Answer:
        """Send a POST with JSON, or with a form."""
        text = f"?{urlencode(query, doseq=True)}" if query else ""
        if form is not None:
            return send(
                "POST",
                f"{self.base}{path}{text}",
                body=urlencode(form).encode(),
                headers={**self.headers, **FORM},
            )
        headers = {**self.headers, "Content-Type": "application/json"}
        return send("POST", f"{self.base}{path}{text}", body=json.dumps(body).encode(), headers=headers)


@pytest.fixture(scope="session")
def cache_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Generated files are made once for all sandboxes of a test run."""
    return tmp_path_factory.mktemp("sandbox-cache")


@pytest.fixture(scope="session")
def running_sandbox(tmp_path_factory: pytest.TempPathFactory, cache_dir: Path) -> Iterator[SandboxProcess]:
    state = tmp_path_factory.mktemp("sandbox")
    with start_sandbox(state, cache=cache_dir) as sandbox:
        yield sandbox
    said = (state / "sandbox.err").read_text(encoding="utf-8")
    assert said == "", f"the sandbox had faults of its own: {said[-3000:]}"


@pytest.fixture
def sandbox(running_sandbox: SandboxProcess) -> SandboxProcess:
    running_sandbox.reset()
    return running_sandbox


@pytest.fixture
def stock(sandbox: SandboxProcess) -> Client:
    """Shutterstock with the user's token."""
    return Client(
        f"{sandbox.url}/api.shutterstock.com", f"Bearer {sandbox.credentials['shutterstock']['user_token']}"
    )


@pytest.fixture
def stock_basic(sandbox: SandboxProcess) -> Client:
    """Shutterstock with the application's key."""
    keys = sandbox.credentials["shutterstock"]
    pair = base64.b64encode(f"{keys['consumer_key']}:{keys['consumer_secret']}".encode()).decode()
    return Client(f"{sandbox.url}/api.shutterstock.com", f"Basic {pair}")


@pytest.fixture
def models(sandbox: SandboxProcess) -> Client:
    """CGTrader with the user's token."""
    return Client(
        f"{sandbox.url}/api.cgtrader.com", f"Bearer {sandbox.credentials['cgtrader']['user_token']}"
    )


@pytest.fixture
def make_client(sandbox: SandboxProcess) -> Any:
    """Make a client for a host with any authorization."""
    return lambda host, authorization=None: Client(f"{sandbox.url}/{host}", authorization)
