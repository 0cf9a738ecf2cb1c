"""Local servers that misbehave on purpose, and everything a test of the HTTP layer needs around them."""

from __future__ import annotations

import json
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from core.http.auth import AppAuth, AuthConfig
from core.http.breaker import Breakers
from core.http.cancel import CancelToken
from core.http.client import Client
from core.http.exchange import Exchange, Timeouts
from core.http.health import HealthLog
from core.http.message import Auth, Call, Idempotency, Json, Request
from core.http.public import PublicFetcher
from core.http.retry import RetryPolicy
from core.http.routes import Routes
from core.http.throttle import Limit, Throttle
from core.http.tokens import TokenKeeper
from core.http.transport import RequestsTransport, Transport
from core.http.waits import WaitBoard

API = "https://api.example.com"
FILES = "https://files.example-cdn.com"


class FakeClock:
    """Time that passes only when somebody sleeps."""

    def __init__(self) -> None:
        self.seconds = 1_000.0
        self.slept: list[float] = []
        self.stands_still = False
        """Sleeping really sleeps, a little, and no time passes: for tests with several threads."""

    def now(self) -> datetime:
        return datetime(2026, 11, 23, 12, tzinfo=UTC) + timedelta(seconds=self.seconds - 1_000.0)

    def monotonic(self) -> float:
        return self.seconds

    def sleep(self, seconds: float) -> None:
        if self.stands_still:
            time.sleep(0.002)
            return
        self.slept.append(seconds)
        self.seconds += seconds

    def pause(self, seconds: float, cancel: CancelToken | None) -> None:
        if cancel is not None:
            cancel.check()
        self.sleep(seconds)


@dataclass(frozen=True, kw_only=True)
class FakeSite:
    """A marketplace as the HTTP layer sees it."""

    id: str = "example"
    name: str = "Example"
    auth: AuthConfig = field(
        default_factory=lambda: AuthConfig(
            app=AppAuth.CLIENT_CREDENTIALS,
            authorize_url="https://www.example.com/oauth/authorize",
            token_url="https://www.example.com/oauth/token",
        )
    )
    api_hosts: frozenset[str] = frozenset({"api.example.com"})
    download_hosts: frozenset[str] = frozenset({".example-cdn.com"})
    preview_hosts: frozenset[str] = frozenset({"img.example.com"})
    key_page_url: str = "https://www.example.com/developers"
    requests_per_hour: int = 1000


class DictStore:
    """A credential store in a dict that notes what is written."""

    def __init__(self, **secrets: str) -> None:
        self.secrets = {("example", name): value for name, value in secrets.items()}
        self.written: list[tuple[str, str]] = []
        self.fails = False

    @property
    def kind(self) -> str:
        return "a dict"

    def read(self, marketplace: str, field: str) -> str | None:
        return self.secrets.get((marketplace, field))

    def write(self, marketplace: str, field: str, secret: str) -> None:
        from core.errors import CredentialStoreError

        if self.fails:
            raise CredentialStoreError("The dict is locked.")
        self.written.append((field, secret))
        self.secrets[marketplace, field] = secret

    def delete(self, marketplace: str, field: str) -> None:
        self.secrets.pop((marketplace, field), None)


@dataclass(frozen=True)
class Seen:
    """One request as it arrived."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes

    @property
    def path(self) -> str:
        return self.target.partition("?")[0]


@dataclass(frozen=True, kw_only=True)
class Reply:
    """One answer and how it goes wrong. ``cut_at`` bytes of the body are sent before the connection ends."""

    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    length: int | None = -1
    """-1: the true length; None: no Content-Length, the end of the connection ends the body."""
    chunked: bool = False
    cut_at: int | None = None
    reset: bool = False
    silent: bool = False
    """No byte of an answer; the connection stays open until the server stops."""


def as_json(value: Any, status: int = 200, *headers: tuple[str, str]) -> Reply:
    return Reply(
        status=status,
        headers=(("Content-Type", "application/json"), *headers),
        body=json.dumps(value).encode(),
    )


Handler = Callable[[Seen], Reply]


class Server:
    """A raw HTTP/1.1 server on loopback: what it says is under control to the byte."""

    def __init__(self, handler: Handler) -> None:
        self.handler = handler
        self.seen: list[Seen] = []
        self.connections = 0
        self._stopping = threading.Event()
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._socket.settimeout(0.1)
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    @property
    def port(self) -> int:
        return int(self._socket.getsockname()[1])

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def stop(self) -> None:
        self._stopping.set()
        for thread in self._threads:
            thread.join(5.0)
        self._socket.close()

    def _accept(self) -> None:
        while not self._stopping.is_set():
            try:
                connection, _ = self._socket.accept()
            except TimeoutError:
                continue
            self.connections += 1
            thread = threading.Thread(target=self._serve, args=(connection,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _serve(self, connection: socket.socket) -> None:
        connection.settimeout(0.1)
        with connection:
            while (seen := self._read(connection)) is not None:
                self.seen.append(seen)
                try:
                    if not self._write(connection, self.handler(seen)):
                        return
                except OSError:
                    return

    def _read(self, connection: socket.socket) -> Seen | None:
        data = b""
        need: int | None = None
        while need is None or len(data) < need:
            if self._stopping.is_set():
                return None
            try:
                piece = connection.recv(65_536)
            except TimeoutError:
                continue
            except OSError:
                return None
            if not piece:
                return None
            data += piece
            head, found, _ = data.partition(b"\r\n\r\n")
            if found and need is None:
                lines = head.decode("latin-1").split("\r\n")
                headers = {
                    name.lower(): value.strip() for name, _, value in (x.partition(":") for x in lines[1:])
                }
                need = len(head) + 4 + int(headers.get("content-length", "0"))
        head, _, body = data.partition(b"\r\n\r\n")
        method, target, _ = head.decode("latin-1").split("\r\n")[0].split(" ")
        return Seen(method, target, headers, body)

    def _write(self, connection: socket.socket, reply: Reply) -> bool:
        """Answer; return whether the connection goes on."""
        if reply.silent:
            self._stopping.wait(30.0)
            return False
        length = len(reply.body) if reply.length == -1 else reply.length
        lines = [f"HTTP/1.1 {reply.status} Whatever", *(f"{name}: {value}" for name, value in reply.headers)]
        if reply.chunked:
            lines.append("Transfer-Encoding: chunked")
        elif length is not None:
            lines.append(f"Content-Length: {length}")
        else:
            lines.append("Connection: close")
        body = reply.body if reply.cut_at is None else reply.body[: reply.cut_at]
        if reply.chunked:
            body = b"".join(
                b"%x\r\n%b\r\n" % (len(body[i : i + 7]), body[i : i + 7]) for i in range(0, len(body), 7)
            )
            body += b"0\r\n\r\n" if reply.cut_at is None else b""
        connection.sendall("\r\n".join([*lines, "", ""]).encode("latin-1") + body)
        whole = reply.cut_at is None and not reply.reset
        if reply.reset:
            # An abortive close: the peer sees a reset, not an orderly end.
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        return whole and (reply.chunked or length == len(reply.body))


@contextmanager
def serving(handler: Handler) -> Iterator[Server]:
    server = Server(handler)
    try:
        yield server
    finally:
        server.stop()


@dataclass(kw_only=True)
class Rig:
    """A client against a local server that plays all hosts."""

    client: Client
    exchange: Exchange
    tokens: TokenKeeper
    transport: Transport
    routes: Routes
    clock: FakeClock
    store: DictStore
    throttle: Throttle
    board: WaitBoard
    online: list[bool]


@contextmanager
def rigged(
    tmp_path: Path,
    url: str,
    *,
    store: DictStore | None = None,
    policy: RetryPolicy | None = None,
    transport: Transport | None = None,
    read_timeout_s: float = 5.0,
    health: HealthLog | None = None,
) -> Iterator[Rig]:
    clock = FakeClock()
    online = [True]
    transport = transport or RequestsTransport(monotonic=clock.monotonic)
    routes = Routes(url)
    throttle = Throttle(tmp_path / "throttle.sqlite", clock=clock, pause=clock.pause)
    board = WaitBoard(clock=clock)
    timeouts = Timeouts(connect_s=2.0, read_s=read_timeout_s, spending_s=read_timeout_s)
    exchange = Exchange(
        transport=transport,
        routes=routes,
        throttle=throttle,
        clock=clock,
        pause=clock.pause,
        random=lambda: 0.5,
        online=lambda: online[0],
        user_agent="Clearance/test (tests)",
        timeouts=timeouts,
        policy=policy,
        limit_for=lambda site: Limit(per_hour=site.requests_per_hour),
        breakers=Breakers(clock=clock),
        health=health,
        board=board,
    )
    store = store or DictStore(client_id="my-id", client_secret="my-secret")
    numbers = iter(range(1_000_000))
    tokens = TokenKeeper(
        store,
        exchange,
        lock_folder=tmp_path / "locks",
        pause=clock.pause,
        random_text=lambda count: f"random-{next(numbers):0{count}d}",
    )
    public = PublicFetcher(
        transport=transport,
        routes=routes,
        clock=clock,
        pause=clock.pause,
        random=lambda: 0.5,
        user_agent="Clearance/test (tests)",
        timeouts=timeouts,
    )
    client = Client(exchange, tokens, public)
    try:
        yield Rig(
            client=client, exchange=exchange, tokens=tokens, transport=transport, routes=routes, clock=clock,
            store=store, throttle=throttle, board=board, online=online,
        )  # fmt: skip
    finally:
        client.close()
        transport.close()


def read_value(body: Json, _headers: Any) -> Any:
    return body["value"]


def call(
    path: str = "/v1/things",
    *,
    method: str = "GET",
    auth: Auth = Auth.NONE,
    idempotency: Idempotency = Idempotency.SAFE,
    follow_redirects: bool = False,
    query: tuple[tuple[str, str], ...] = (),
    json_body: str | None = None,
    url: str | None = None,
) -> Call[Any]:
    return Call(
        marketplace="example",
        marketplace_name="Example",
        operation="purchase" if idempotency is Idempotency.SPENDING else "search",
        request=Request(
            method=method,
            url=url or f"{API}{path}",
            query=query,
            auth=auth,
            follow_redirects=follow_redirects,
            json_body=json_body,
        ),
        read_json=read_value,
        idempotency=idempotency,
    )
