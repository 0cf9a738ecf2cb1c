"""No request of ours over an hourly limit, ever: two programs at once, and the sandbox counts."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from buyer import credentials_environ
from fakes import FakeClock
from sandbox_process import SandboxProcess, start_sandbox

from core.app import App, build_app
from core.errors import RateLimited
from core.host import NoHost
from core.http.transport import RequestsTransport
from core.marketplaces import registry
from core.marketplaces.base import Capability
from core.model.listing import SearchQuery
from core.settings import Settings
from sandbox.server import ROUTES

SEARCHED = [
    one
    for one in registry.all_ids()
    if Capability.SEARCH in registry.find(one).INFO.capabilities
    and not registry.find(one).INFO.opt_in
    and registry.find(one).INFO.api_hosts & {route.host for route in ROUTES}
]
"""Those with an API that the sandbox speaks."""
HOUR = timedelta(hours=1)


class CountingTransport(RequestsTransport):
    """Notes when each request leaves, and keeps the sandbox's time in step with ours."""

    def __init__(self, clock: FakeClock, sandbox: SandboxProcess) -> None:
        super().__init__(monotonic=clock.monotonic)
        self._clock, self._sandbox, self._told = clock, sandbox, clock.elapsed
        self.sent: list[tuple[datetime, str]] = []

    def send(self, request: Any, **options: Any) -> Any:
        if self._clock.elapsed > self._told:
            self._sandbox.advance(self._clock.elapsed - self._told)
            self._told = self._clock.elapsed
        self.sent.append((self._clock.now(), request.url.split("/")[3]))
        return super().send(request, **options)


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxProcess]:
    """A sandbox that refuses whoever is too fast."""
    with start_sandbox(tmp_path_factory.mktemp("limited"), limits=True) as running:
        yield running


@pytest.fixture
def programs(
    sandbox: SandboxProcess, tmp_path: Path
) -> Iterator[tuple[list[App], CountingTransport, FakeClock]]:
    """Two programs of one user: they share the data folder, and nothing else but the time."""
    sandbox.reset()
    clock = FakeClock()
    transport = CountingTransport(clock, sandbox)
    apps = [
        build_app(
            Settings(data_dir=tmp_path / "data", user="ann", sandbox_url=sandbox.url),
            host=NoHost(),
            environ=credentials_environ(sandbox.credentials),
            clock=clock,
            transport=transport,
        )
        for _ in range(2)
    ]
    yield apps, transport, clock
    for app in apps:
        app.close()


@pytest.mark.parametrize("marketplace", SEARCHED)
def test_never_over_the_limit(
    marketplace: str, programs: tuple[list[App], CountingTransport, FakeClock], sandbox: SandboxProcess
) -> None:
    apps, transport, clock = programs
    info = registry.find(marketplace).INFO
    limit = info.requests_per_hour
    sandbox.clear_requests()
    answered, told = 0, []
    for turn in range(2 * limit):
        try:
            apps[turn % 2].services.search.run(marketplace, SearchQuery(text=f"oak {turn}"))
            answered += 1
        except RateLimited as error:
            told.append(error)
            clock.sleep(error.retry_after_s or 1.0)  # a person would come back later
    # Always told by us, before anything was sent, and for how long; never by the sandbox's 429.
    assert all(error.status is None and error.retry_after_s for error in told)
    assert all("try again in" in error.message for error in told)
    assert answered > limit
    assert clock.elapsed > HOUR.total_seconds() / 4, "it has to slow down"
    sent: deque[datetime] = deque()
    for at, host in transport.sent:
        if host not in info.api_hosts:
            continue
        sent.append(at)
        while sent[0] <= at - HOUR:
            sent.popleft()
        assert len(sent) <= limit
    seen = [row for host in info.api_hosts for row in sandbox.requests(host=host)]
    assert len(seen) == len([1 for _at, host in transport.sent if host in info.api_hosts])


def test_the_marketplaces_have_the_limits_that_were_agreed_on() -> None:
    agreed = {
        "shutterstock": 100,
        "getty_images": 150,
        "adobe_stock": 200,
        "pond5": 200,
        "turbosquid": 300,
        "cgtrader": 500,
        "unity": 1000,
    }
    assert {one: registry.find(one).INFO.requests_per_hour for one in agreed} == agreed
