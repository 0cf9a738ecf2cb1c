"""Run the sandbox marketplaces in a process of their own, look into the books, act as the buyer's browser.

Standard library only, so that it works in every interpreter that runs tests. It must not import the sandbox:
what the tests see is what goes over the wire.
"""

from __future__ import annotations

import http.client
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urljoin, urlsplit

REPOSITORY = Path(__file__).resolve().parents[2]
START_S = 30.0


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer read whole."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """Decode the body as JSON."""
        return json.loads(self.body)


class SandboxProcess:
    """A running sandbox: its address, keys, books, and what a person would do in a browser."""

    def __init__(
        self, process: subprocess.Popen[bytes], url: str, credentials: dict[str, dict[str, str]]
    ) -> None:
        self.process = process
        self.url = url
        self.credentials = credentials

    def books(self) -> dict[str, Any]:
        """Read the marketplaces' own truth: events, charges, totals, subscriptions, orders."""
        return self._control("GET", "/books")

    def fault(
        self, fault: str, *, match: Mapping[str, str] | None = None, times: int = 1, **options: Any
    ) -> Any:
        """Order a fault for matching requests; `times=0` is for ever, `skip=n` lets n requests pass first.

        `host`, `method` and `path_regex` may stand in `match` or beside it.
        """
        where = {
            **(match or {}),
            **{n: options.pop(n) for n in ("host", "method", "path_regex") if n in options},
        }
        return self._control("POST", "/faults", {"match": where, "fault": fault, "times": times, **options})

    def clear_faults(self) -> None:
        """Take back every fault."""
        self._control("DELETE", "/faults")

    def requests(self, *, host: str = "", method: str = "", path_regex: str = "") -> list[dict[str, Any]]:
        """List the requests that the sandbox has seen."""
        filters = {"host": host, "method": method, "path_regex": path_regex}
        query = urlencode({name: value for name, value in filters.items() if value})
        found: list[dict[str, Any]] = self._control("GET", f"/requests?{query}")["requests"]
        return found

    def clear_requests(self) -> None:
        """Empty the list of requests."""
        self._control("DELETE", "/requests")

    def reset(self) -> None:
        """Start over with empty books; the credentials stay."""
        self._control("POST", "/reset")

    def advance(self, seconds: float) -> None:
        """Move the sandbox's time forward."""
        self._control("POST", "/time", {"advance_s": seconds})

    def set_quota(self, subscription_id: str, **values: float) -> None:
        """Change a subscription: downloads_left, downloads_limit, end_in_s, expires_in_s."""
        self._control("POST", "/quota", {"subscription_id": subscription_id, **values})

    def set_product(self, product_id: int, **values: Any) -> None:
        """Change a product of Getty Images: downloads_left, overage_left, status, code_required …"""
        self._control("POST", "/product", {"product_id": product_id, **values})

    def set_adobe(self, **plan: Any) -> dict[str, Any]:
        """Change the plan of Adobe's member: quota, unit, entitlement, overage, references, alternatives …"""
        changed: dict[str, Any] = self._control("POST", "/adobe", plan)
        return changed

    def change_listing(self, marketplace: str, listing_id: str, **changes: Any) -> None:
        """Change what a shop sells, or take it off sale (`removed=True`), until the next reset."""
        self._control("POST", "/listing", {"marketplace": marketplace, "id": listing_id, **changes})

    def switch(self, **variants: str) -> None:
        """Choose other forms of what the vendors' documents leave open."""
        self._control("POST", "/variant", variants)

    def make_token(self, marketplace: str, **values: Any) -> str:
        """Make an access token: user (None for client credentials), scopes, expires_in_s."""
        token: str = self._control("POST", "/token", {"marketplace": marketplace, **values})["access_token"]
        return token

    def revoke_tokens(self, marketplace: str) -> None:
        """Make every access token of a marketplace invalid."""
        self._control("POST", "/revoke", {"marketplace": marketplace})

    def pay(self, checkout_url: str, *, action: str = "pay", follow: bool = False) -> str:
        """Act as the buyer's browser on the checkout page; give the address that it is sent back to."""
        page = send("GET", checkout_url)
        if page.status != 200:
            raise AssertionError(f"the checkout page answered {page.status}")
        if b'value="pay"' not in page.body:
            raise AssertionError("the checkout page offers no payment: is the order paid already?")
        return _submit(checkout_url, {"action": action}, follow=follow)

    def consent(self, authorize_url: str, *, answer: str = "allow", follow: bool = True) -> str:
        """Act as the user's browser on the OAuth page; give the redirect's address, after visiting it."""
        url = authorize_url
        page = send("GET", url)
        while page.status in (301, 302, 303):
            url = urljoin(url, page.headers["location"])
            page = send("GET", url)
        if page.status != 200:
            raise AssertionError(f"the consent page answered {page.status}: {page.body[:300]!r}")
        return _submit(url, {"answer": answer}, follow=follow)

    def close(self) -> None:
        """Stop the process."""
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()

    def kill(self) -> None:
        """Stop the process at once, as a crash would."""
        self.process.kill()
        self.process.wait()

    def _control(self, method: str, path: str, body: Any = None) -> Any:
        data = b"" if body is None else json.dumps(body).encode()
        answer = send(method, f"{self.url}/_control{path}", body=data)
        if answer.status != 200:
            raise AssertionError(f"{method} /_control{path} answered {answer.status}: {answer.body[:500]!r}")
        return answer.json()


@contextmanager
def start_sandbox(state_dir: Path, python: str = sys.executable, **options: Any) -> Iterator[SandboxProcess]:
    """Run `python -m sandbox` for a while; options become its own: `limits=True`, `models=PATH`."""
    sandbox = launch_sandbox(state_dir, python, **options)
    try:
        yield sandbox
    finally:
        sandbox.close()


def launch_sandbox(state_dir: Path, python: str = sys.executable, **options: Any) -> SandboxProcess:
    """Start a sandbox and wait until it listens; the caller closes it."""
    state_dir.mkdir(parents=True, exist_ok=True)
    ready_file = state_dir / "ready.json"
    ready_file.unlink(missing_ok=True)
    command = [python, "-m", "sandbox", "--state", str(state_dir), "--ready-file", str(ready_file), "--quiet"]
    for name, value in options.items():
        if value is True:
            command.append(f"--{name.replace('_', '-')}")
        elif value is not None and value is not False:
            command += [f"--{name.replace('_', '-')}", str(value)]
    errors = state_dir / "sandbox.err"
    with errors.open("ab") as sink:
        process = subprocess.Popen(
            command,
            cwd=REPOSITORY,
            stdout=subprocess.DEVNULL,
            stderr=sink,
            env={**os.environ, "PYTHONWARNINGS": "error"},
        )
    until = time.monotonic() + START_S
    while not ready_file.is_file():
        if process.poll() is not None or time.monotonic() > until:
            process.kill()
            process.wait()
            raise AssertionError(f"the sandbox did not start: {errors.read_text(encoding='utf-8')[-2000:]}")
        time.sleep(0.02)
    ready = json.loads(ready_file.read_text(encoding="utf-8"))
    return SandboxProcess(process, ready["url"], ready["credentials"])


def send(
    method: str,
    url: str,
    *,
    body: bytes = b"",
    headers: Mapping[str, str] | None = None,
    timeout_s: float = 60.0,
) -> Answer:
    """Send one request on a connection of its own, following nothing."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=timeout_s)
    try:
        target = parts.path + (f"?{parts.query}" if parts.query else "")
        connection.request(
            method, target or "/", body=body or None, headers={"User-Agent": "tests/1", **(headers or {})}
        )
        response = connection.getresponse()
        found = {name.lower(): value for name, value in response.getheaders()}
        return Answer(response.status, found, response.read())
    finally:
        connection.close()


def _submit(url: str, fields: Mapping[str, str], *, follow: bool) -> str:
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = send("POST", url, body=urlencode(fields).encode(), headers=headers)
    shown = re.search(rb'id="address">([^<]+)<', answer.body)
    if answer.status == 200 and shown:  # no browser can open it: a person copies it from the page
        return unescape(shown[1].decode())
    if answer.status not in (302, 303):
        raise AssertionError(f"the page answered {answer.status} to its form: {answer.body[:300]!r}")
    location = urljoin(url, answer.headers["location"])
    if follow:
        send("GET", location)
    return location
