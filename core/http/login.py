"""Sign-in in the system's browser, and how its answer comes back.

Usually a listener on this machine waits for the browser (RFC 8252). It takes one answer on one path, from
this machine, with the state it gave out; it never shows or logs what it was sent, and it is gone when the
sign-in ends, however it ends. Where the vendor allows no address on this machine, the user pastes the address
on which the browser ended, and the same is checked of that.
"""

from __future__ import annotations

import os
import queue
import socketserver
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self
from urllib.parse import parse_qs, urlsplit

from ..clock import Clock, SystemClock
from ..errors import AccessDenied, CancelledError, ClearanceError, UserInputError
from .cancel import CancelToken
from .exchange import clean_error
from .oauth import SignIn, same_state
from .redact import redact_text
from .site import Site
from .tokens import TokenKeeper

_STEP_S = 0.1
_MAX_CODE_CHARS = 4096


@dataclass(frozen=True, slots=True)
class _Answer:
    """What the browser brought: a code, or the reason why not."""

    code: str = field(default="", repr=False)
    error: str = ""


def sign_in(
    info: Site,
    *,
    tokens: TokenKeeper,
    open_url: Callable[[str], object],
    cancel: CancelToken | None = None,
    timeout_s: float = 300.0,
    clock: Clock | None = None,
) -> None:
    """Let the user allow us in the browser, and store the tokens.

    ``open_url`` gets the address of the sign-in page; what it returns does not matter, as the user may open
    the page by hand. Raises CredentialsMissing, AccessDenied (refused in the browser), UserInputError (nobody
    came back in time), CancelledError, and what exchanging the code raises.
    """
    clock = clock or SystemClock()
    until = clock.monotonic() + timeout_s
    tokens.begin_sign_in(info)  # a key that is not there is said before a port is opened
    with _Listener(info) as listener:
        attempt = tokens.begin_sign_in(info, listener.port)
        listener.expect(attempt.state)
        open_url(tokens.browser_url(attempt))
        answer = listener.wait(clock, until=until, cancel=cancel)
    if answer.error:
        raise _refused(info, answer.error)
    tokens.finish_sign_in(info, attempt, answer.code, cancel=cancel)


class PastedSignIns:
    """Sign-ins that end with a pasted address, one for each marketplace; in memory only. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._attempts: dict[str, SignIn] = {}

    def begin(self, info: Site, *, tokens: TokenKeeper) -> str:
        """Return the address of the sign-in page to open; an earlier one for the same marketplace ends.

        Raises CredentialsMissing.
        """
        attempt = tokens.begin_sign_in(info)
        with self._lock:
            self._attempts[info.id] = attempt
        return tokens.browser_url(attempt)

    def finish(
        self, info: Site, pasted: str, *, tokens: TokenKeeper, cancel: CancelToken | None = None
    ) -> None:
        """Read the address on which the browser ended, and store the tokens.

        Raises UserInputError for an address that is not of this sign-in (which goes on: the right one may
        follow), AccessDenied when the vendor refused, and what exchanging the code raises.
        """
        with self._lock:
            attempt = self._attempts.get(info.id)
        if attempt is None:
            raise UserInputError(
                f"No sign-in at {info.name} is under way. Start it again, and paste the address afterwards.",
                code="sign_in.not_started",
            )
        answer = read_pasted(pasted, attempt, info)
        with self._lock:
            self._attempts.pop(info.id, None)  # a code is good once
        if answer.error:
            raise _refused(info, answer.error)
        tokens.finish_sign_in(info, attempt, answer.code, cancel=cancel)


def sign_in_by_paste(
    info: Site,
    *,
    tokens: TokenKeeper,
    open_url: Callable[[str], object],
    pasted: Callable[[], str],
    cancel: CancelToken | None = None,
) -> None:
    """Let the user allow us in the browser, ask for the address on which it ended, and store the tokens.

    Raises what :class:`PastedSignIns` raises.
    """
    attempts = PastedSignIns()
    open_url(attempts.begin(info, tokens=tokens))
    address = pasted()
    if cancel is not None:
        cancel.check()
    attempts.finish(info, address, tokens=tokens, cancel=cancel)


def read_pasted(pasted: str, attempt: SignIn, info: Site) -> _Answer:
    """Judge the address that the user copied from the browser; raise UserInputError for another one."""
    address = "".join(pasted.split())  # mail programs and terminals break long lines
    start = attempt.redirect_uri
    try:
        parts, own = urlsplit(address), urlsplit(start)
        fields = parse_qs(parts.query or parts.fragment, keep_blank_values=True, max_num_fields=20)
    except ValueError:
        parts, own, fields = urlsplit(""), urlsplit(start), {}
    # Some browsers add the slash that an address without a path stands for.
    place = (parts.scheme, parts.netloc.lower(), parts.path.rstrip("/"))
    if place != (own.scheme, own.netloc.lower(), own.path.rstrip("/")):
        raise UserInputError(
            f"That is not the address on which the sign-in at {info.name} ended. It begins with {start} and "
            "has “code=” in it; copy all of it from the browser's address bar.",
            code="sign_in.wrong_address",
        )
    state, code, error = (fields.get(name, []) for name in ("state", "code", "error"))
    if len(state) != 1 or not same_state(attempt.state, state[0]):
        raise UserInputError(
            "That address belongs to another sign-in, or a part of it is missing. Copy all of the address on "
            "which the page that was opened last ended, or start again.",
            code="sign_in.other_attempt",
        )
    if error:
        return _Answer(error=_describe(error[0]))
    if len(code) != 1 or not 0 < len(code[0]) <= _MAX_CODE_CHARS:
        raise UserInputError(
            "There is no code in that address. Copy all of it from the browser's address bar.",
            code="sign_in.no_code",
        )
    return _Answer(code=code[0])


def _describe(error: str) -> str:
    """Return what the vendor says against a sign-in, fit to be shown."""
    words = redact_text(error)[:80].replace("_", " ")
    return "".join(char for char in words if char.isprintable()) or "refused"


def _refused(info: Site, why: str) -> AccessDenied:
    return clean_error(
        AccessDenied(
            f"{info.name} did not allow the sign-in ({why}). Try again, and allow the access that is asked "
            "for.",
            marketplace=info.id,
            status=None,
            code="marketplace.sign_in_refused",
        )
    )


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    # On Windows this would let another program share the port; elsewhere it only lets a second sign-in follow
    # the first one at once.
    allow_reuse_address = os.name != "nt"

    def server_bind(self) -> None:
        """Bind without asking DNS for this machine's name, which can take seconds."""
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = "localhost", int(self.server_address[1])

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing: a browser that hangs up early is no news, and a trace could hold the code."""


class _Listener:
    """Waits on a port of this machine."""

    def __init__(self, site: Site) -> None:
        self._path = site.auth.redirect_path
        self._name = site.name
        self._state = ""
        self._answers: queue.SimpleQueue[_Answer] = queue.SimpleQueue()
        try:
            self._server = _Server(("127.0.0.1", site.auth.redirect_port), self._make_handler())
        except OSError as error:
            problem = error.strerror or type(error).__name__
        else:
            self._thread = threading.Thread(
                target=self._server.serve_forever, args=(_STEP_S,), name="clearance-sign-in", daemon=True
            )
            return
        raise ClearanceError(
            f"No port of this machine could be opened for the sign-in at {site.name} ({problem}). "
            "Close other sign-ins, or allow it in the firewall.",
            code="sign_in.no_port",
            retryable=True,
        )

    @property
    def port(self) -> int:
        """Return the port that it listens on."""
        return self._server.server_port

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(timeout=2.0)

    def expect(self, state: str) -> None:
        """Take an answer with this state only."""
        self._state = state

    def wait(self, clock: Clock, *, until: float, cancel: CancelToken | None) -> _Answer:
        """Return the answer; raise CancelledError, or UserInputError when the time is over."""
        while True:
            try:
                return self._answers.get(timeout=_STEP_S)
            except queue.Empty:
                late = clock.monotonic() >= until
            if cancel is not None and cancel.cancelled:
                raise CancelledError("The sign-in was stopped.")
            if late:
                raise UserInputError(
                    f"Nobody came back from {self._name}'s sign-in page in time. Try again.",
                    code="sign_in.timeout",
                )

    def take(self, target: str, host: str) -> tuple[int, str]:
        """Judge one request by its target and Host; return a status and a sentence for the browser."""
        # A page elsewhere that has bound its own name to 127.0.0.1 shows that name here.
        if host.lower() not in {f"127.0.0.1:{self.port}", f"localhost:{self.port}"}:
            return 400, "This address is not for other pages."
        parts = urlsplit(target)
        if parts.path != self._path:
            return 404, "There is nothing here."
        values = parse_qs(parts.query, keep_blank_values=True, max_num_fields=20)
        state, code, error = (values.get(name, []) for name in ("state", "code", "error"))
        if len(state) != 1 or not self._state or not same_state(self._state, state[0]):
            return 400, "This does not belong to a sign-in that was started here. Start again in Clearance."
        if error:
            self._answers.put(_Answer(error=_describe(error[0])))
            return 200, "The sign-in was not allowed. You can close this page and go back to Clearance."
        if len(code) != 1 or not 0 < len(code[0]) <= _MAX_CODE_CHARS:
            return 400, "The sign-in page sent no code. Start again in Clearance."
        self._state = ""  # one answer only
        self._answers.put(_Answer(code=code[0]))
        return 200, "You are signed in. You can close this page and go back to Clearance."

    def _make_handler(self) -> type[BaseHTTPRequestHandler]:
        listener = self

        class Handler(BaseHTTPRequestHandler):
            timeout = 10  # seconds that a browser may take to say what it wants
            server_version = "Clearance"
            sys_version = ""

            def do_GET(self) -> None:
                try:
                    status, sentence = listener.take(self.path, self.headers.get("Host", ""))
                except ValueError:
                    status, sentence = 400, "This address cannot be read."
                page = _PAGE.replace("SENTENCE", sentence).encode()
                self.send_response(status)
                for name, value in (
                    ("Content-Type", "text/html; charset=utf-8"),
                    ("Content-Length", str(len(page))),
                    ("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'"),
                    ("Referrer-Policy", "no-referrer"),
                    ("Cache-Control", "no-store"),
                    ("Connection", "close"),
                ):
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(page)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - http.server's name
                """Write nothing: the request line holds the code."""

        return Handler


_PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Clearance</title>
<style>body{font:18px/1.5 system-ui,sans-serif;max-width:34em;margin:15vh auto;padding:0 1em;color:#222}
@media(prefers-color-scheme:dark){body{background:#1d1d1d;color:#ddd}}</style>
<h1>Clearance</h1><p>SENTENCE</p></html>
"""
