from __future__ import annotations

import gzip
import hashlib
import logging
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from wire import Reply, Seen, serving

from core.http.transport import (
    NO_PEER,
    AddressRefused,
    AnswerLost,
    BodyTooLarge,
    NothingSent,
    RequestsTransport,
    TransportError,
    WireRequest,
)

BODY = b"0123456789"


@pytest.fixture
def transport() -> Iterator[RequestsTransport]:
    made = RequestsTransport(monotonic=time.monotonic)
    yield made
    made.close()


def get(transport: RequestsTransport, url: str, *, read_timeout_s: float = 5.0, **options: bool) -> bytes:
    request = WireRequest(method="GET", url=url, headers=(("User-Agent", "t"),), **options)
    return transport.send(request, connect_timeout_s=2.0, read_timeout_s=read_timeout_s, max_bytes=1000).body


def test_a_whole_answer(transport: RequestsTransport) -> None:
    with serving(lambda _: Reply(body=BODY, headers=(("X-One", "1"),))) as server:
        request = WireRequest(method="POST", url=f"{server.url}/a?b=c", body=b"{}")
        response = transport.send(request, connect_timeout_s=2.0, read_timeout_s=2.0, max_bytes=10)
        assert (response.status, response.body, response.headers["x-one"]) == (200, BODY, "1")
        assert (server.seen[0].method, server.seen[0].target, server.seen[0].body) == (
            "POST",
            "/a?b=c",
            b"{}",
        )


@pytest.mark.parametrize("chunked", [False, True])
@pytest.mark.parametrize("reset", [False, True])
@pytest.mark.parametrize("cut_at", range(len(BODY)))
def test_a_cut_at_any_byte_is_noticed(
    transport: RequestsTransport, cut_at: int, reset: bool, chunked: bool
) -> None:
    with (
        serving(lambda _: Reply(body=BODY, cut_at=cut_at, reset=reset, chunked=chunked)) as server,
        pytest.raises(AnswerLost),
    ):
        get(transport, server.url)


def test_chunked_and_closed_bodies_are_whole(transport: RequestsTransport) -> None:
    with serving(lambda seen: Reply(body=BODY, chunked=seen.path == "/c", length=None)) as server:
        assert get(transport, f"{server.url}/c") == BODY
        assert get(transport, f"{server.url}/d") == BODY


def test_compressed_answers_are_unpacked_and_a_cut_in_them_is_noticed(transport: RequestsTransport) -> None:
    packed = gzip.compress(b"a" * 500)
    reply = Reply(body=packed, headers=(("Content-Encoding", "gzip"),))
    with serving(lambda _: reply) as server:
        assert get(transport, server.url) == b"a" * 500
    with (
        serving(lambda _: Reply(body=packed, headers=reply.headers, cut_at=len(packed) - 3)) as server,
        pytest.raises(AnswerLost),
    ):
        get(transport, server.url)


def test_a_small_packed_answer_cannot_fill_the_memory(transport: RequestsTransport) -> None:
    packed = gzip.compress(b"\0" * 50_000_000)
    with (
        serving(lambda _: Reply(body=packed, headers=(("Content-Encoding", "gzip"),))) as server,
        pytest.raises(BodyTooLarge),
    ):
        get(transport, server.url)


def test_nothing_is_sent_when_refused_or_unknown(transport: RequestsTransport) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    with pytest.raises(NothingSent):
        get(transport, f"http://127.0.0.1:{port}/?token=hidden")
    with pytest.raises(NothingSent):
        get(transport, "http://does-not-exist.invalid/")


def test_a_failed_tls_handshake_sends_nothing(transport: RequestsTransport) -> None:
    with serving(lambda _: Reply()) as server:
        with pytest.raises(NothingSent):
            get(transport, f"https://127.0.0.1:{server.port}/")
        assert server.seen == []


def test_silence_after_the_request_is_a_lost_answer(transport: RequestsTransport) -> None:
    with serving(lambda _: Reply(silent=True)) as server:
        with pytest.raises(AnswerLost):
            get(transport, server.url, read_timeout_s=0.2)
        assert len(server.seen) == 1


def test_a_connection_closed_without_an_answer_is_a_lost_answer(transport: RequestsTransport) -> None:
    def slam(listener: socket.socket) -> None:
        connection, _ = listener.accept()
        connection.recv(1000)
        connection.close()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=slam, args=(listener,), daemon=True)
        thread.start()
        with pytest.raises(AnswerLost):
            get(transport, f"http://127.0.0.1:{listener.getsockname()[1]}/")
        thread.join(5.0)


def test_an_answer_that_is_not_http_is_a_lost_answer(transport: RequestsTransport) -> None:
    def babble(listener: socket.socket) -> None:
        connection, _ = listener.accept()
        connection.recv(1000)
        connection.sendall(b"SSH-2.0-OpenSSH_9.9\r\n" * 3)
        connection.close()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=babble, args=(listener,), daemon=True)
        thread.start()
        with pytest.raises(AnswerLost):
            get(transport, f"http://127.0.0.1:{listener.getsockname()[1]}/")
        thread.join(5.0)


def test_redirects_and_cookies_are_left_alone(transport: RequestsTransport) -> None:
    def handler(_: Seen) -> Reply:
        return Reply(status=302, headers=(("Location", "/next"), ("Set-Cookie", "a=b; Path=/")), body=b"x")

    with serving(handler) as server:
        get(transport, server.url)
        get(transport, server.url)
        assert len(server.seen) == 2
        assert "cookie" not in server.seen[1].headers


def test_netrc_is_never_asked(
    transport: RequestsTransport, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login somebody password hidden\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    with serving(lambda _: Reply()) as server:
        get(transport, server.url)
        assert "authorization" not in server.seen[0].headers


def test_a_proxy_is_used_and_its_refusal_sends_nothing(
    transport: RequestsTransport, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving(lambda seen: Reply(status=407) if seen.method == "CONNECT" else Reply(body=BODY)) as proxy:
        monkeypatch.setenv("http_proxy", proxy.url)
        monkeypatch.setenv("https_proxy", proxy.url)
        monkeypatch.delenv("no_proxy", raising=False)
        monkeypatch.delenv("NO_PROXY", raising=False)
        assert get(transport, "http://shop.invalid/x", public_only=True) == BODY
        assert proxy.seen[0].target == "http://shop.invalid/x"
        # The tunnel is refused: the proxy has seen a CONNECT, the server nothing.
        with pytest.raises(NothingSent):
            get(transport, "https://shop.invalid/x")


def test_private_addresses_are_refused_when_asked(transport: RequestsTransport) -> None:
    with serving(lambda _: Reply()) as server:
        with pytest.raises(AddressRefused):
            get(transport, server.url, public_only=True)
        with pytest.raises(AddressRefused):
            get(transport, f"http://localhost:{server.port}/", public_only=True)
        assert server.seen == []
        get(transport, server.url)


def test_a_stream_can_be_broken_off_from_another_thread(transport: RequestsTransport) -> None:
    request_seen = threading.Event()

    def dribble(listener: socket.socket) -> None:
        connection, _ = listener.accept()
        connection.recv(1000)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc")
        request_seen.wait(10.0)
        connection.close()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=dribble, args=(listener,), daemon=True)
        thread.start()
        request = WireRequest(method="GET", url=f"http://127.0.0.1:{listener.getsockname()[1]}/")
        with transport.stream(request, connect_timeout_s=2.0, read_timeout_s=60.0) as response:
            breaker = threading.Timer(0.2, response.abort)
            breaker.start()
            with pytest.raises(AnswerLost):
                list(response.chunks())
            response.abort()
            breaker.join()
        request_seen.set()
        thread.join(5.0)


def test_no_failure_shows_the_address_or_hangs_on_another(
    transport: RequestsTransport, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with serving(lambda _: Reply(body=BODY, cut_at=3)) as server:
        for url in (
            f"{server.url}/p/hidden?sig=hidden",
            "http://127.0.0.1:9/hidden",
            "http://[::1",
            "nonsense:hidden",
        ):
            with pytest.raises(TransportError) as caught:
                get(transport, url)
            assert "hidden" not in f"{caught.value!r} {caught.value}"
            assert caught.value.__cause__ is None
            assert caught.value.__context__ is None
        transport.close()
        assert logging.getLogger("urllib3.connectionpool").filters == []
    assert "hidden" not in caplog.text


def test_a_certificate_nobody_vouches_for_sends_nothing(transport: RequestsTransport, tmp_path: Path) -> None:
    pem = tmp_path / "self.pem"
    pem.write_text(SELF_SIGNED)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    got: list[bytes] = []

    def serve(listener: socket.socket) -> None:
        connection, _ = listener.accept()
        try:
            with context.wrap_socket(connection, server_side=True) as secure:
                got.append(secure.recv(1000))
        except OSError:
            connection.close()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve, args=(listener,), daemon=True)
        thread.start()
        with pytest.raises(NothingSent):
            get(transport, f"https://127.0.0.1:{listener.getsockname()[1]}/?token=hidden")
        thread.join(5.0)
    assert b"".join(got) == b""


def test_a_response_tells_the_certificate_that_was_verified(
    transport: RequestsTransport, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pem = tmp_path / "self.pem"
    pem.write_text(SELF_SIGNED)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(pem))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)

    def serve(listener: socket.socket) -> None:
        connection, _ = listener.accept()
        with context.wrap_socket(connection, server_side=True) as secure:
            secure.recv(1000)
            secure.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok")

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve, args=(listener,), daemon=True)
        thread.start()
        request = WireRequest(method="GET", url=f"https://127.0.0.1:{listener.getsockname()[1]}/a")
        with transport.stream(request, connect_timeout_s=5, read_timeout_s=5) as response:
            peer = response.peer
            assert b"".join(response.chunks()) == b"ok"
        thread.join(5.0)
    certificate = SELF_SIGNED[SELF_SIGNED.index("-----BEGIN CERT") :]
    assert peer.is_verified
    assert peer.certificate_sha256 == hashlib.sha256(ssl.PEM_cert_to_DER_cert(certificate)).hexdigest()
    with (
        serving(lambda _: Reply(body=b"plain")) as server,
        transport.stream(
            WireRequest(method="GET", url=server.url), connect_timeout_s=5, read_timeout_s=5
        ) as response,
    ):
        assert response.peer == NO_PEER
        assert b"".join(response.chunks()) == b"plain"


# Made for this test, with openssl; it secures nothing.
SELF_SIGNED = """\
-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgaT2C8+xTvLbE3dVr
iaPsJVgG7tuy8hbq4nwe6vIU+T2hRANCAAR1qw1sH4zVMTg9ftzq5wYm2PUJE2Gn
NTuiclCiZuuuUY8ZKBtW5pNwLzscYf9zAybdbH8ztOhVnMcAT+CB+7Aq
-----END PRIVATE KEY-----
-----BEGIN CERTIFICATE-----
MIIBkDCCATagAwIBAgIUR5Ni8egO+ZMgAHtJyaHUQcF+lscwCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJMTI3LjAuMC4xMCAXDTI2MTEyMzE1NDkyMFoYDzIxMjYxMDMw
MTU0OTIwWjAUMRIwEAYDVQQDDAkxMjcuMC4wLjEwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAAR1qw1sH4zVMTg9ftzq5wYm2PUJE2GnNTuiclCiZuuuUY8ZKBtW5pNw
LzscYf9zAybdbH8ztOhVnMcAT+CB+7Aqo2QwYjAdBgNVHQ4EFgQU+mGRViqte/St
akH8Pnk3SNr/ZOAwHwYDVR0jBBgwFoAU+mGRViqte/StakH8Pnk3SNr/ZOAwDwYD
VR0TAQH/BAUwAwEB/zAPBgNVHREECDAGhwR/AAABMAoGCCqGSM49BAMCA0gAMEUC
IA3QJoaq1n85vb0pGkQoXXlRbHVWRSLmXdxRHp9gCcbmAiEA0bvoKY4nC78h0PGL
F3lxEQ9+RE2LTXs6Ak7l9iI6kyA=
-----END CERTIFICATE-----
"""
