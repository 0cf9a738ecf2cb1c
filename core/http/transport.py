"""Puts requests on the wire. The only module that imports ``requests`` (at first use).

It knows nothing of marketplaces, credentials or retries. It never follows a redirect, keeps no cookie and
reads no ``.netrc``; proxies and certificate authorities are taken from the environment as ``requests`` does.

What it must get right is the difference between a request that certainly never left (:class:`NothingSent`)
and one that may have been received (:class:`AnswerLost`): a purchase may only be tried again after the
first. So the connection itself tells when the first byte of a request is handed to the socket.
"""

from __future__ import annotations

import hashlib
import logging
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from .message import Response
from .redact import redact_url
from .routes import is_private_address

if TYPE_CHECKING:
    import requests

CHUNK_BYTES = 128 * 1024
_LOGGER = "urllib3.connectionpool"


class TransportError(Exception):
    """A request failed below HTTP. ``reason`` is a phrase of our own: never text from the network."""

    def __init__(self, reason: str, *, host: str) -> None:
        super().__init__(f"{reason} ({host})")
        self.reason = reason
        self.host = host


class NothingSent(TransportError):
    """No byte of the request left: name not found, refused, timed out while connecting, bad certificate."""


class AddressRefused(NothingSent):
    """The name leads to a private or link-local address, where no marketplace is."""


class AnswerLost(TransportError):
    """The request was sent, at least in part, and no whole answer came back."""


class BodyTooLarge(TransportError):
    """The answer is larger than the caller takes; reading was stopped."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WireRequest:
    """One request as it goes out, credentials and all; hence the bare ``repr``."""

    method: str
    url: str = field(repr=False)
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    body: bytes | None = field(default=None, repr=False)
    fresh_connection: bool = False
    """Do not reuse an idle connection, which the server may be closing: for requests that spend."""
    public_only: bool = False
    """Refuse a server at a private, loopback or link-local address (not seen through a proxy)."""


class Peer(NamedTuple):
    """The server's end of a connection. ``certificate_sha256`` (of the DER) is empty when it was not seen."""

    is_verified: bool = False
    """The connection was encrypted, and the certificate was verified for this host."""
    certificate_sha256: str = ""


NO_PEER = Peer()


class StreamedResponse(Protocol):
    """A response whose body is read piece by piece, as it came over the wire (not decompressed)."""

    @property
    def peer(self) -> Peer:
        """Who answered."""
        ...

    @property
    def status(self) -> int:
        """Status code."""
        ...

    @property
    def headers(self) -> Mapping[str, str]:
        """Headers, names in lower case."""
        ...

    @property
    def has_certain_end(self) -> bool:
        """True when the body's end is marked (length or chunks), so that a cut is always noticed."""
        ...

    def chunks(self) -> Iterator[bytes]:
        """Yield the body; raise AnswerLost when it ends early."""
        ...

    def abort(self) -> None:
        """Break off a blocked read from another thread."""
        ...


class Transport(Protocol):
    """Sends one request, once."""

    def send(
        self, request: WireRequest, *, connect_timeout_s: float, read_timeout_s: float, max_bytes: int
    ) -> Response:
        """Send and read the whole answer, at most ``max_bytes``; raise TransportError subclasses."""
        ...

    def stream(
        self, request: WireRequest, *, connect_timeout_s: float, read_timeout_s: float
    ) -> AbstractContextManager[StreamedResponse]:
        """Send and hand over the answer's body as it arrives; raise TransportError subclasses."""
        ...

    def close(self) -> None:
        """Close idle connections."""
        ...


class _Exchange(threading.local):
    """What the connection under a request tells about it; one a thread, as a request stays in its thread."""

    sent = False
    public_only = False
    refused_address = False
    sending = False


class _Quiet(logging.Filter):
    """Keeps urllib3 from writing our addresses, signed ones too, into a log that is set to debug."""

    def __init__(self, exchange: _Exchange) -> None:
        super().__init__()
        self._exchange = exchange

    def filter(self, record: logging.LogRecord) -> bool:
        """Let through what other threads and other programs' requests write."""
        return record.levelno > logging.INFO or not self._exchange.sending


class RequestsTransport:
    """The transport on ``requests``; may be used from several threads."""

    def __init__(self, *, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._exchange = _Exchange()
        self._lock = threading.Lock()
        self._session: requests.Session | None = None
        self._quiet = _Quiet(self._exchange)

    def send(
        self, request: WireRequest, *, connect_timeout_s: float, read_timeout_s: float, max_bytes: int
    ) -> Response:
        """Send and read the whole answer.

        ``read_timeout_s`` bounds each wait for bytes, and twice of it the whole body, so that an answer which
        drips in does not hold a worker for ever.
        """
        with self.stream(
            request, connect_timeout_s=connect_timeout_s, read_timeout_s=read_timeout_s
        ) as response:
            host = _host(request.url)
            if not isinstance(response, _Streamed):
                raise TypeError("stream() gave something else than its own response")
            latest = self._monotonic() + 2 * read_timeout_s
            pieces: list[bytes] = []
            size = 0
            for piece in response.chunks(decoded=True):
                size += len(piece)
                if size > max_bytes:
                    raise BodyTooLarge("the answer is too large", host=host)
                if self._monotonic() > latest:
                    raise AnswerLost("the answer came too slowly", host=host)
                pieces.append(piece)
            return Response(
                status=response.status, headers=response.headers, body=b"".join(pieces), url=request.url
            )

    @contextmanager
    def stream(
        self, request: WireRequest, *, connect_timeout_s: float, read_timeout_s: float
    ) -> Iterator[StreamedResponse]:
        """Send and hand over the answer's body as it arrives."""
        own = _make_session(self._exchange) if request.fresh_connection else None
        try:
            raw = self._open(own or self._shared(), request, (connect_timeout_s, read_timeout_s))
            try:
                yield _Streamed(raw, _host(request.url))
            finally:
                raw.close()
        finally:
            if own is not None:
                own.close()

    def close(self) -> None:
        """Close idle connections; the next request opens new ones."""
        with self._lock:
            session, self._session = self._session, None
        logging.getLogger(_LOGGER).removeFilter(self._quiet)
        if session is not None:
            session.close()

    def _open(
        self, session: requests.Session, request: WireRequest, timeout: tuple[float, float]
    ) -> requests.Response:
        import requests

        host = _host(request.url)
        exchange = self._exchange
        exchange.sent = exchange.refused_address = False
        exchange.sending = True
        logging.getLogger(_LOGGER).addFilter(self._quiet)
        try:
            prepared = session.prepare_request(
                requests.Request(
                    request.method,
                    request.url,
                    headers=dict(request.headers),
                    data=request.body,
                    auth=_leave_alone,  # without one, requests would look into ~/.netrc
                )
            )
            url = prepared.url or request.url
            settings = session.merge_environment_settings(
                url, proxies={}, stream=True, verify=None, cert=None
            )
            proxied = requests.utils.select_proxy(url, settings["proxies"]) is not None
            exchange.public_only = request.public_only and not proxied
            return session.send(prepared, timeout=timeout, allow_redirects=False, **settings)
        except (requests.RequestException, OSError, ValueError) as error:
            kind = requests.exceptions
            if isinstance(error, kind.SSLError):
                reason = "no trusted secure connection could be made"
            elif isinstance(error, kind.ProxyError):
                reason = "the proxy could not be used"
            elif isinstance(error, kind.Timeout):
                reason = "no answer came in time"
            elif isinstance(error, kind.ConnectionError):
                reason = "the connection was broken" if exchange.sent else "the server cannot be reached"
            else:
                reason = "the answer could not be read" if exchange.sent else "the request could not be sent"
        finally:
            exchange.sending = False
        # Raised out here so that no exception of the library, whose text holds the address, hangs on ours.
        if exchange.refused_address:
            raise AddressRefused("the name leads to a private address", host=host)
        raise (AnswerLost if exchange.sent else NothingSent)(reason, host=host)

    def _shared(self) -> requests.Session:
        with self._lock:
            if self._session is None:
                self._session = _make_session(self._exchange)
            return self._session


class _Streamed:
    """A response under way."""

    def __init__(self, response: requests.Response, host: str) -> None:
        self._response = response
        self._host = host
        self.status: int = response.status_code
        self.headers: Mapping[str, str] = {name.lower(): value for name, value in response.headers.items()}
        chunked = "chunked" in self.headers.get("transfer-encoding", "").lower()
        self._length = None if chunked else _read_length(self.headers.get("content-length"))
        self.has_certain_end: bool = chunked or self._length is not None
        self.peer: Peer = getattr(response.raw.connection, "peer", NO_PEER)

    def chunks(self, *, decoded: bool = False) -> Iterator[bytes]:
        """Yield the body, decompressed only when asked; raise AnswerLost when it ends early."""
        source = self._response.raw
        pieces = source.stream(CHUNK_BYTES, decode_content=decoded)
        while True:
            piece = self._next(pieces)
            if piece is None:
                break
            yield piece
        # Older urllib3 does not compare what it read with the announced length; bodiless answers have none.
        bodiless = self.status in {204, 304} or self.status < 200
        if self._length is not None and not bodiless and source.tell() < self._length:
            raise AnswerLost("the answer was cut off", host=self._host)

    def _next(self, pieces: Iterator[bytes]) -> bytes | None:
        from urllib3.exceptions import HTTPError

        try:
            return next(pieces, None)
        except (HTTPError, OSError, ValueError, AttributeError):
            # The last two: urllib3 on a connection that abort() has just shut.
            reason = "the answer was cut off"
        raise AnswerLost(reason, host=self._host)

    def abort(self) -> None:
        """Break off a blocked read from another thread."""
        # urllib3 2.3 and later; before that a blocked read ends by its timeout.
        shut_down = getattr(self._response.raw, "shutdown", None)
        if shut_down is None:
            return
        try:
            shut_down()
        except (OSError, ValueError, RuntimeError):
            return  # closed already: nothing is left to break off


def _leave_alone(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request


def _host(url: str) -> str:
    return redact_url(url).partition("://")[2].partition("/")[0]


def _read_length(text: str | None) -> int | None:
    return int(text) if text is not None and text.isascii() and text.isdigit() else None


def _make_session(exchange: _Exchange) -> requests.Session:
    """Make a session whose connections note when a request starts to leave, and where they lead."""
    from http.cookiejar import DefaultCookiePolicy

    import requests
    from requests.adapters import HTTPAdapter
    from urllib3.connection import HTTPConnection, HTTPSConnection
    from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

    class Connection(HTTPConnection):
        _connecting = False

        def connect(self) -> None:
            self._connecting = True  # what a proxy is told while connecting is not the request yet
            try:
                super().connect()
            finally:
                self._connecting = False
            if exchange.public_only and self.sock is not None:
                peer = self.sock.getpeername()
                if isinstance(peer, tuple) and is_private_address(str(peer[0])):
                    exchange.refused_address = True
                    self.close()
                    raise OSError("private address")

        def send(self, data: Any) -> None:
            if self.sock is None and self.auto_open:
                self.connect()
            exchange.sent = exchange.sent or not self._connecting
            super().send(data)

    class SecureConnection(Connection, HTTPSConnection):
        peer = NO_PEER  # urllib3's own note is gone once the server has closed the connection

        def connect(self) -> None:
            super().connect()
            secure: Any = self.sock
            if certificate := secure.getpeercert(binary_form=True):
                self.peer = Peer(self.is_verified, hashlib.sha256(certificate).hexdigest())

    class Pool(HTTPConnectionPool):
        ConnectionCls = Connection

    class SecurePool(HTTPSConnectionPool):
        ConnectionCls = SecureConnection

    pools = {"http": Pool, "https": SecurePool}

    class Adapter(HTTPAdapter):
        def init_poolmanager(self, *positional: Any, **keywords: Any) -> None:
            super().init_poolmanager(*positional, **keywords)
            self.poolmanager.pool_classes_by_scheme = pools

        def proxy_manager_for(self, *positional: Any, **keywords: Any) -> Any:
            manager = super().proxy_manager_for(*positional, **keywords)
            manager.pool_classes_by_scheme = pools
            return manager

    session = requests.Session()
    session.headers.clear()
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    adapter = Adapter(max_retries=0, pool_maxsize=8)
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    return session
