"""A transport between the app and the sandbox that changes answers: what a vendor may send on a bad day.

What is changed is chosen by a seed, so that a run can be had again.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Any

from tapes import changed_at, places, value_at, without

from core.http.message import Response
from core.http.transport import RequestsTransport, WireRequest

ODD: tuple[Any, ...] = (
    None, "", " ", "text", 0, -1, 1, 1.5, 10**18, 10**40, True, False, [], {}, [None], [[]], {"x": None},
    "x" * 5000,
    "\x00\x1b[31m", "\u202egnp.exe", "日本語 — ﷽", "NaN", "1,000.00", "null", "undefined", "2026-13-45",
    "https://evil.example/",
    "http://127.0.0.1/", "javascript:alert(1)", "new_value_of_2027",
)  # fmt: skip


class MutatingTransport:
    """Passes requests on, and changes some of the JSON that comes back. Files and tokens stay as they are."""

    def __init__(self, seed: int, *, share: float, monotonic: Callable[[], float]) -> None:
        self._inner = RequestsTransport(monotonic=monotonic)
        self._random = random.Random(seed)
        self._share = share
        self.changes: list[str] = []

    def send(self, request: WireRequest, **options: Any) -> Response:
        """Send, and perhaps change the answer."""
        response = self._inner.send(request, **options)
        is_token = any(word in request.url for word in ("oauth", "/ims/", "token"))
        if is_token or self._random.random() >= self._share:
            return response
        try:
            body = json.loads(response.body)
        except ValueError:
            return response
        for _ in range(self._random.choice((1, 1, 1, 2, 3))):
            body = self._change(body, request)
        return replace(response, body=json.dumps(body).encode())

    def stream(self, request: WireRequest, **options: Any) -> AbstractContextManager[Any]:
        """Send, and hand the file over."""
        return self._inner.stream(request, **options)

    def close(self) -> None:
        """Close."""
        self._inner.close()

    def _change(self, body: Any, request: WireRequest) -> Any:
        path = self._random.choice(list(places(body)))
        old = value_at(body, path)
        where = f"{request.method} {request.url.split('/', 3)[3][:60]} {list(path)!r}"
        match self._random.randrange(6):
            case 0 if path:
                self.changes.append(f"{where} is gone")
                return without(body, path)
            case 1 if isinstance(old, int | float) and not isinstance(old, bool):
                new: Any = str(old)  # a number as text
            case 1 if isinstance(old, str) and old.isdigit():
                new = int(old)
            case 2 if isinstance(old, list):
                new = self._random.choice(([], old * 2, [*old, None], old[::-1]))
            case 2 if isinstance(old, dict):
                new = {**old, "new_field": {"deep": [1]}, "ID": 7}
            case 3 if isinstance(old, str):
                new = self._random.choice(
                    (old.upper(), f" {old} ", f"{old}_2", old * 3, old[: len(old) // 2])
                )
            case _:
                new = self._random.choice(ODD)
        self.changes.append(f"{where} = {str(new)[:60]!r}")
        return changed_at(body, path, new)
