# SPDX-License-Identifier: GPL-3.0-or-later
"""What holds for every test: vendor files that may be absent, and hypothesis without a clock."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

if TYPE_CHECKING:
    from collections.abc import Sequence

SHARED_REASON = "needs_shared: the folder ../shared is not there"

# A slow or busy machine must not fail a test: no deadlines, no health checks by time.
settings.register_profile("clearance", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("clearance")


def _find_shared(config: pytest.Config) -> Path:
    return config.rootpath.parent / "shared"


def pytest_collection_modifyitems(config: pytest.Config, items: Sequence[pytest.Item]) -> None:
    """Skip the tests that read vendor files where there are none, for the one reason that is allowed."""
    if _find_shared(config).is_dir():
        return
    for item in items:
        if item.get_closest_marker("needs_shared") is not None:
            item.add_marker(pytest.mark.skip(reason=SHARED_REASON))


@pytest.fixture(scope="session")
def shared_dir(pytestconfig: pytest.Config) -> Path:
    """The folder of vendor files beside the checkout; only for tests marked needs_shared."""
    return _find_shared(pytestconfig)
