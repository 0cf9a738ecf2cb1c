"""Fetches files whole or not at all: resumable, hashed while they arrive, checked, renamed when complete.

A file host never sees a credential; its name is checked before each request and after each redirect. The one
exception is an API host that wants the account's token in the address (Adobe): it gets that, and what it
redirects to does not. Nothing half done is ever at the final path. What is not what was promised is put aside
and refused.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from ..clock import Clock
from ..credentials.lock import lock_file
from ..errors import OfflineError
from .cancel import CancelToken, Pause
from .delivery import DownloadPolicy, FetchedFile, Link, OnProgress, Ports, SignLink
from .partial import PartialFile
from .routes import Routes
from .sending import Timeouts
from .site import Site
from .transfer import Transfer
from .transport import Transport

__all__ = ["DownloadPolicy", "Downloader", "FetchedFile"]


class Downloader:
    """Fetches files. Safe to use from several threads and processes.

    ``sign_link`` gives the address of a link that wants the account's token in it.
    """

    def __init__(
        self,
        *,
        transport: Transport,
        routes: Routes,
        clock: Clock,
        pause: Pause,
        random: Callable[[], float],
        online: Callable[[], bool],
        user_agent: str,
        timeouts: Timeouts | None = None,
        policy: DownloadPolicy | None = None,
        max_bytes: int | None = None,
        sign_link: SignLink | None = None,
    ) -> None:
        policy = policy or DownloadPolicy()
        if max_bytes is not None:
            policy = replace(policy, max_bytes=max_bytes)
        self._clock = clock
        self._online = online
        self._ports = Ports(
            transport=transport,
            routes=routes,
            pause=pause,
            random=random,
            check_online=self._check_online,
            user_agent=user_agent,
            timeouts=timeouts or Timeouts(),
            policy=policy,
            sign_link=sign_link,
        )

    def fetch(
        self,
        link_source: Callable[[], Link],
        info: Site,
        *,
        folder: Path,
        cancel: CancelToken | None = None,
        on_progress: OnProgress | None = None,
        key: str = "download",
    ) -> FetchedFile:
        """Fetch the file that ``link_source`` leads to into ``folder`` and return it, named by its SHA-256.

        ``link_source`` is asked at the start and whenever a link has expired. ``key`` (a plain word) tells
        downloads in one folder apart; with the same key an interrupted one goes on. Raises DownloadError,
        DownloadRefused (put aside in ``folder/quarantine``), DownloadLinkExpired, OfflineError,
        CancelledError, and what ``link_source`` raises.
        """
        self._check_online()

        def wait(seconds: float) -> None:
            self._ports.pause(seconds, cancel)

        with lock_file(folder / f"{key}.lock", clock=self._clock, wait=wait, timeout_s=None):
            part = PartialFile(folder, key)
            try:
                part.open(cancel)
                return Transfer(self._ports, part, link_source, info, cancel, on_progress).run()
            finally:
                part.close()

    def _check_online(self) -> None:
        if not self._online():
            raise OfflineError("Online access is off; nothing was downloaded. Allow it and try again.")
