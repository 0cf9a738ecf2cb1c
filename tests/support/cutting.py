"""A socket before a PostgreSQL server that loses connections at a chosen moment, for drills."""

from __future__ import annotations

import select
import socket
import tempfile
import threading
from contextlib import suppress
from pathlib import Path

from postgres_server import SOCKET_NAME

_COMMIT = b"\x00commit\x00"
_EXECUTE = b"E\x00\x00\x00\x09\x00\x00\x00\x00\x00"
"""How the driver asks for what it prepared last to be done."""
_WRITES = b"pg_advisory_xact_lock"
_DONE = (b"COMMIT\x00", b"ROLLBACK\x00")


class CuttingProxy:
    """Loses a connection at a chosen message of the client.

    ``arm(n)`` loses it before the n-th message from then on is forwarded; with ``answered`` the server gets
    the message and its answer is lost, which is what a commit in doubt is. ``arm_commit(n)`` does so at the
    n-th commit of those who write; with ``gone`` the server is not to be had any more until ``disarm``.
    """

    def __init__(self, server_folder: Path) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="clr-cut-"))
        self._server = str(server_folder / SOCKET_NAME)
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(self.folder / SOCKET_NAME))
        self._listener.listen(16)
        self._lock = threading.Lock()
        self._left = 0
        self._commits_left = 0
        self.messages = 0
        """How many the client has sent since it was armed."""
        self.commits = 0
        """How often somebody who writes has committed since it was armed."""
        self._answered = False
        self._lost = False
        self._gone = self._is_gone = False
        self._closing = False
        self._open: set[socket.socket] = set()
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    def arm(self, number: int, *, answered: bool) -> None:
        """Lose the connection at the n-th message from now on."""
        self._arm(answered=answered)
        self._left = number

    def arm_commit(self, number: int, *, answered: bool, gone: bool = False) -> None:
        """Lose the connection at the n-th commit from now on; 0 only counts them."""
        self._arm(answered=answered, gone=gone)
        self._commits_left = number

    def _arm(self, *, answered: bool, gone: bool = False) -> None:
        with self._lock:
            self._left = self._commits_left = 0
            self._answered, self._gone, self._lost = answered, gone, False
            self.messages = self.commits = 0

    def disarm(self) -> bool:
        """Lose nothing any more; say whether a connection was lost since it was armed."""
        with self._lock:
            lost, self._left, self._commits_left = self._lost, 0, 0
            self._is_gone = False
        return lost

    def cut_all(self) -> None:
        """Lose the connections that there are; new ones can be made."""
        with self._lock:
            for each in self._open:
                with suppress(OSError):
                    each.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """End everything."""
        self._closing = True
        self.cut_all()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in self._threads:
            thread.join()
        (self.folder / SOCKET_NAME).unlink(missing_ok=True)
        self.folder.rmdir()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            if self._is_gone:
                client.close()
                continue
            thread = threading.Thread(target=self._pump, args=(client,))
            self._threads.append(thread)
            thread.start()

    def _is_due(self, *, committing: bool) -> bool:
        with self._lock:
            self.messages += 1
            self.commits += committing
            due = self.messages == self._left or (committing and self.commits == self._commits_left)
            self._lost = self._lost or due
        return due

    def _pump(self, client: socket.socket) -> None:
        # Either side may close at any moment.
        with suppress(OSError), client, socket.socket(socket.AF_UNIX) as server:
            with self._lock:
                self._open |= {client, server}
            try:
                server.connect(self._server)
                self._forward(client, server)
            finally:
                with self._lock:
                    self._open -= {client, server}

    def _forward(self, client: socket.socket, server: socket.socket) -> None:
        writes = ends = doomed = committing = False
        while not self._closing:
            ready, _, _ = select.select([client, server], [], [], 0.2)
            if server in ready:
                answer = server.recv(65536)
                if doomed and (not committing or any(done in answer for done in _DONE)):
                    self._lose()
                    return
                if not answer:
                    return
                if not doomed:
                    client.sendall(answer)
            if client in ready:
                asked = client.recv(65536)
                if not asked:
                    return
                writes = writes or _WRITES in asked
                ends = ends or _COMMIT in asked
                executes = ends and _EXECUTE in asked
                if self._is_due(committing=writes and executes):
                    doomed, committing = True, writes and executes
                    if not self._answered:
                        self._lose()
                        return
                server.sendall(asked)
                if executes:
                    writes = ends = False

    def _lose(self) -> None:
        """Be gone, if that is what was asked for, before the client learns of anything."""
        if self._gone:
            self._is_gone = True
            self.cut_all()
