"""The HTTP server: reads requests off the socket, lets faults happen, writes answers. Loopback only."""

from __future__ import annotations

import contextlib
import re
import socket
import struct
import threading
import time
from dataclasses import replace
from email.utils import formatdate
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from . import adobe_stock, cgtrader, control, getty_images, pages, pond5, shutterstock, turbosquid, unity
from .clock import utc_text
from .faults import Fault, Rule, make_reply
from .message import Reply, ReplyError, Request, html_reply, json_reply
from .routing import dispatch
from .world import World

ROUTES = (
    *shutterstock.ROUTES,
    *cgtrader.ROUTES,
    *pond5.ROUTES,
    *getty_images.ROUTES,
    *adobe_stock.ROUTES,
    *turbosquid.ROUTES,
    *unity.ROUTES,
)
MAX_BODY = 2_000_000
_SECRET_HEADERS = ("authorization", "cookie", "proxy-authorization", "key", "secret", "api-key", "x-api-key")
_SECRET_QUERY = ("Signature", "code", "state", "client_secret", "access_token", "download_token", "token")


class SandboxServer(ThreadingHTTPServer):
    """Serve one world on 127.0.0.1."""

    daemon_threads = True
    request_queue_size = 128
    allow_reuse_address = False

    def __init__(self, world: World, port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.world = world
        self.base_url = f"http://127.0.0.1:{self.server_address[1]}"
        self.stopping = threading.Event()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Stay silent about clients that went away; anything else is a fault of the sandbox and is shown."""
        import sys

        if not isinstance(sys.exception(), (ConnectionError, TimeoutError)):
            super().handle_error(request, client_address)

    def close(self) -> None:
        """Stop serving and let held connections go."""
        self.stopping.set()
        self.shutdown()
        self.server_close()
        self.world.store.close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version, sys_version = "ClearanceSandbox/1", ""
    disable_nagle_algorithm = True
    timeout = 120.0
    server: SandboxServer
    _lines: list[bytes]

    def _serve(self) -> None:
        request = self._read_request()
        if request is None:
            return
        if request.host == "_control":
            self._send(control.handle(self.server.world, request))
            return
        self._log_request(request)
        if request.host == "":
            self._send(pages.index_page(self.server.world, self.server.base_url))
            return
        rule = self.server.world.faults.take(request)
        if rule is None:
            self._send(self._answer(request))
        else:
            self._misbehave(rule, request)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = do_OPTIONS = _serve

    def _answer(self, request: Request) -> Reply:
        """Answer a request as the marketplace does."""
        world = self.server.world
        refusal, headers = world.limits.check(request, world.clock.now())
        if refusal is not None:
            return refusal
        try:
            reply = dispatch(ROUTES, world, request)
        except ReplyError as error:
            reply = error.reply
        return Reply(status=reply.status, headers=(*reply.headers, *headers), body=reply.body)

    def _misbehave(self, rule: Rule, request: Request) -> None:
        """Carry out a fault on this connection."""
        if rule.fault is Fault.SLOW:
            self.server.stopping.wait(rule.number("delay_s", 1.0))
        reply = Reply()
        if rule.processes:
            asked = _without_range(request) if rule.fault is Fault.IGNORE_RANGE else request
            reply = self._answer(asked)
        lost_in_silence = rule.fault is Fault.LOST_ANSWER and rule.options.get("how") == "hang"
        if rule.fault is Fault.HANG or lost_in_silence:
            self._hold(rule)
        elif rule.fault in (Fault.RESET, Fault.LOST_ANSWER):
            self._reset()
        elif rule.replaces_answer:
            # A date is for the client's clock, which the sandbox's offset does not move.
            date = formatdate(time.time() + rule.number("delay_s", 2.0), usegmt=True)
            self._send(make_reply(rule, request, self.server.world.clock.now(), date))
        else:
            self._send_badly(rule, request, reply)

    def _send_badly(self, rule: Rule, request: Request, reply: Reply) -> None:
        """Write an answer in the way that a fault spoils it."""
        match rule.fault:
            case Fault.TRUNCATE:
                self._send(reply, stop_after=int(rule.number("bytes", len(reply.body) // 2)))
            case Fault.EXPIRED_LINK:
                denied = {
                    cgtrader.orders.FILES: cgtrader.orders.denied_reply,
                    pond5.access.FILES: pond5.downloads.denied_reply,
                    adobe_stock.access.STORAGE: adobe_stock.downloads.denied_reply,
                    getty_images.access.DELIVERY: getty_images.delivery.denied_reply,
                }.get(request.host, shutterstock.downloads.denied_reply)
                self._send(denied("expired"))
            case Fault.WRONG_BYTES:
                self._send(Reply(status=reply.status, headers=reply.headers, body=_spoil(reply.body)))
            case Fault.NO_CONTENT_LENGTH:
                self._send(reply, tell_length=False)
            case Fault.SLOW:
                self._send(reply, bytes_per_s=rule.number("bytes_per_s", 0.0))
            case _:
                self._send(reply)

    def _read_request(self) -> Request | None:
        """Read a request with its body; answer what cannot be served, and give None."""
        parts = urlsplit(self.path if self.path.startswith("/") else "/:bad:")
        host, _, rest = parts.path[1:].partition("/")
        body = self._read_body()
        if body is None:
            return None
        try:
            path = unquote(f"/{rest}", errors="strict")
            query = tuple(
                parse_qsl(parts.query, keep_blank_values=True, errors="strict", max_num_fields=1000)
            )
        except ValueError:
            self._refuse(400, "The address is not valid UTF-8 or has too many parameters")
            return None
        local = re.sub(r":\d+$", "", self.headers.get("Host", ""))
        if local not in ("127.0.0.1", "localhost"):
            # A page in a browser could otherwise reach the control routes through a name of its own.
            self._refuse(403, "This server answers to 127.0.0.1 and localhost only")
            return None
        if "\0" in path or ".." in path.split("/") or host.startswith(":"):
            self._refuse(400, "The address is not acceptable")
            return None
        headers = {key.lower(): value for key, value in self.headers.items()}
        return Request(
            method=self.command,
            host=host,
            path=path,
            query=query,
            headers=headers,
            body=body,
            base_url=self.server.base_url,
        )

    def _read_body(self) -> bytes | None:
        if self.headers.get("Transfer-Encoding"):
            self._refuse(411, "A Content-Length is required")
            return None
        length = self.headers.get("Content-Length", "0")
        if not re.fullmatch(r"\d{1,12}", length):
            self._refuse(400, "The Content-Length is not a number")
            return None
        if int(length) > MAX_BODY:
            self._refuse(413, "The request is too large")
            return None
        body = self.rfile.read(int(length))
        if len(body) < int(length):
            self.close_connection = True
            return None
        return body

    def _refuse(self, status: int, message: str) -> None:
        self.close_connection = True
        self._send(json_reply({"message": message, "error": message}, status))

    def _send(
        self,
        reply: Reply,
        *,
        stop_after: int | None = None,
        tell_length: bool = True,
        bytes_per_s: float = 0.0,
    ) -> None:
        """Write an answer. `stop_after` closes the connection after so many bytes of the body."""
        phrase = self.responses.get(HTTPStatus(reply.status), ("",))[0]
        self._lines = [f"{self.protocol_version} {reply.status} {phrase}\r\n".encode("ascii")]
        self.send_header("Server", self.version_string())
        self.send_header("Date", formatdate(usegmt=True))
        for name, value in reply.headers:
            self.send_header(name, value)
        has_body = reply.status not in (204, 304)
        if has_body and tell_length:
            self.send_header("Content-Length", str(len(reply.body)))
        if self.close_connection or not tell_length or stop_after is not None:
            self.send_header("Connection", "close")
            self.close_connection = True
        body = reply.body[:stop_after] if has_body and self.command != "HEAD" else b""
        head = b"".join(self._lines) + b"\r\n"
        if bytes_per_s > 0:
            self.wfile.write(head)
            self._trickle(body, bytes_per_s)
        else:
            self.wfile.write(head + body)

    def send_header(self, keyword: str, value: str) -> None:
        """Add a header; a line break in it would begin another one, so it ends the value instead."""
        line = f"{keyword}: {value}".splitlines()[0]
        self._lines.append(line.encode("latin-1", "replace") + b"\r\n")

    def _trickle(self, body: bytes, bytes_per_s: float) -> None:
        step = max(1, int(bytes_per_s / 20))
        for start in range(0, len(body), step):
            self.wfile.write(body[start : start + step])
            if self.server.stopping.wait(step / bytes_per_s):
                return

    def _reset(self) -> None:
        """Cut the connection with a TCP reset, so that the client cannot take it for a normal end."""
        self.close_connection = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        # The duplicated handles of the file objects must go too, or the socket stays open behind them.
        with contextlib.suppress(OSError):
            self.rfile.close()
        self.connection.close()

    def _hold(self, rule: Rule) -> None:
        """Say nothing until the client goes away, the time is up, or the server stops."""
        until = time.monotonic() + rule.number("hold_s", 60.0)
        self.connection.settimeout(0.1)
        while time.monotonic() < until and not self.server.stopping.is_set():
            try:
                if not self.connection.recv(1):
                    break
            except TimeoutError:
                continue
            except OSError:
                break
        self._reset()

    def _log_request(self, request: Request) -> None:
        """Enter a request into the log, without anything secret."""
        headers = {
            key: ("<removed>" if key in _SECRET_HEADERS else value) for key, value in request.headers.items()
        }
        query = [[key, "<removed>" if key in _SECRET_QUERY else value] for key, value in request.query]
        self.server.world.log.append(
            {
                "at": utc_text(self.server.world.clock.now()),
                "method": request.method,
                "host": request.host,
                "path": request.path,
                "query": query,
                "headers": headers,
                "body_bytes": len(request.body),
            }
        )

    def send_error(self, code: int, *_details: Any) -> None:
        """Answer a request line that is none, without repeating it."""
        self.close_connection = True
        self.command = getattr(self, "command", None) or "GET"
        self._send(html_reply("<p>The request cannot be understood.</p>", int(code)))

    def log_message(self, format: str, *args: Any) -> None:
        """Print nothing: addresses hold signatures and codes."""


def _without_range(request: Request) -> Request:
    headers = {key: value for key, value in request.headers.items() if key != "range"}
    return replace(request, headers=headers)


def _spoil(body: bytes) -> bytes:
    """Change a file's content but not its length."""
    middle = len(body) // 2
    return body[:middle] + bytes(value ^ 0x5A for value in body[middle : middle + 64]) + body[middle + 64 :]
