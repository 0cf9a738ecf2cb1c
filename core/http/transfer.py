"""The work of one download: request, take up, check, try again. Used by :mod:`.download` alone.

Resuming trusts as little as possible: a strong validator with ``If-Range``; without one, only what came from
the same link in this very call, or what a promised SHA-256 will judge in the end.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from ..errors import DownloadError, DownloadLinkExpired, DownloadRefused
from .cancel import CancelToken
from .content import (
    SNIFF_BYTES,
    choose_name,
    media_type,
    read_range,
    read_size,
    read_validator,
    what_is_wrong,
)
from .delivery import FetchedFile, Link, OnProgress, Ports
from .partial import Known, PartialFile, refuse_file
from .site import Site
from .statuses import read_retry_after
from .transport import NO_PEER, AddressRefused, Peer, StreamedResponse, TransportError, WireRequest

_MAX_REDIRECTS = 5
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_EXPIRED = frozenset({400, 401, 403, 404, 410})
"""What file servers say to a signed link that is no longer valid: S3 403 (and 400), others 401, 404, 410."""
_PASSING = frozenset({408, 425, 429, 500, 502, 503, 504})


@dataclass(frozen=True, slots=True)
class _Whole:
    """Everything is there."""


@dataclass(frozen=True, slots=True)
class _Expired:
    """A fresh link is needed."""

    status: int


@dataclass(frozen=True, slots=True)
class _Again:
    """Try again; ``asked_s`` is the wait that the server asked for."""

    why: str
    asked_s: float | None = None


_Outcome = _Whole | _Expired | _Again


@dataclass(slots=True)
class Transfer:
    """One download."""

    ports: Ports
    part: PartialFile
    link_source: Callable[[], Link]
    site: Site
    cancel: CancelToken | None
    on_progress: OnProgress | None
    link: Link = field(init=False)
    host: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    own_url: str = ""
    """Link that the bytes of this call came from."""
    restarts: int = 0
    peer: Peer = NO_PEER
    refused: bool = False
    """The last link was refused, so that a token in it must be a new one next time."""
    spliced: bool = False
    """Bytes of several answers were put together."""
    seen_end: tuple[int, str] | None = None
    """Size and hash at an end that nothing marked; the same end twice is believed."""

    def run(self) -> FetchedFile:
        """Fetch until it is whole, or until trying on makes no sense."""
        policy = self.ports.policy
        self.link = self.link_source()
        self.spliced = self.part.size > 0
        self._report()
        idle = fresh = 0
        for _ in range(policy.all_attempts):
            before = self.part.size
            outcome = self._attempt()
            if self.part.size > before:
                idle = fresh = 0
            match outcome:
                case _Whole():
                    if not self._is_spoiled():
                        return self._finish()
                    self._restart(Known())
                case _Expired(status=status):
                    fresh += 1
                    if fresh > policy.fresh_links:
                        raise self._expired(status)
                    self.refused = True
                    self.link = self.link_source()
                case _Again(why=why, asked_s=asked_s):
                    idle += 1
                    hopeless = idle > policy.idle_attempts or self.restarts > policy.restarts
                    if hopeless or (asked_s or 0.0) > policy.longest_asked_wait_s:
                        raise self._gave_up(why)
                    if idle > 1 or asked_s is not None:
                        ceiling = min(policy.longest_wait_s, policy.first_wait_s * 2.0**idle)
                        self.ports.pause(max(asked_s or 0.0, self.ports.random() * ceiling), self.cancel)
        raise self._gave_up("it was cut off too often")

    def _attempt(self) -> _Outcome:
        if self.cancel is not None:
            self.cancel.check()
        self.ports.check_online()
        if self.part.size > 0 and self.part.size == self.part.known.size:
            return _Whole()
        if self.part.size > 0 and not self._may_resume():
            self._restart(Known())
        try:
            return self._request()
        except AddressRefused as error:
            refused: str | None = error.reason
            why = ""
        except TransportError as error:
            refused, why = None, error.reason
        if refused is not None:
            raise DownloadError(
                f"{self.site.name} sent a link that leads to a private address; it was not opened.",
                code="download.address_refused",
                context={"host": self.host},
            )
        return _Again(why)

    def _may_resume(self) -> bool:
        known = self.part.known
        if known.size is not None and self.part.size > known.size:
            return False
        if known.size is not None and self.link.size is not None and known.size != self.link.size:
            return False
        return bool(known.validator or self.link.sha256 or self.own_url == self.link.url)

    def _request(self) -> _Outcome:
        ports = self.ports
        logical = ports.routes.check_download(self.link.url, self.site)
        headers = [("User-Agent", ports.user_agent), ("Accept", "*/*"), ("Accept-Encoding", "identity")]
        if self.part.size > 0:
            headers.append(("Range", f"bytes={self.part.size}-"))
            if self.part.known.validator:
                headers.append(("If-Range", self.part.known.validator))
        address = logical
        if ports.sign_link is not None and self.link.token_parameter:
            # It goes on the wire and nowhere else: names, redirects and errors are made of the one without.
            address = ports.sign_link(self.link, self.site, renew=self.refused, cancel=self.cancel)
            ports.routes.check_download(address, self.site)
        self.refused = False
        for _ in range(_MAX_REDIRECTS + 1):
            self.host = ports.routes.host(logical)
            request = WireRequest(
                method="GET",
                url=ports.routes.wire(address),
                headers=tuple(headers),
                public_only=not ports.routes.is_sandbox,
            )
            with ports.transport.stream(
                request, connect_timeout_s=ports.timeouts.connect_s, read_timeout_s=ports.timeouts.read_s
            ) as response:
                location = response.headers.get("location", "")
                if response.status not in _REDIRECTS or not location:
                    return self._take(response, logical)
            address = logical = ports.routes.check_download(
                ports.routes.redirected(logical, location), self.site
            )
        raise DownloadError(f"{self.site.name} sent us from link to link without end. Try again later.")

    def _take(self, response: StreamedResponse, logical: str) -> _Outcome:
        headers, status = response.headers, response.status
        if status in _EXPIRED:
            return _Expired(status)
        if status in _PASSING:
            return _Again("the file server is busy", read_retry_after(headers))
        if status == 416:
            return self._take_unsatisfiable(headers)
        if status not in {200, 206}:
            raise DownloadError(
                f"The file server of {self.site.name} does not hand it out now. Try again later.",
                context={"host": self.host, "status": status},
            )
        if headers.get("content-encoding", "identity").strip().lower() not in {"", "identity"}:
            raise DownloadError(
                "The file server packed the file although it was asked not to, so it cannot be checked. "
                "Try again later.",
                code="download.encoded",
                context={"host": self.host},
            )
        told = Known(validator=read_validator(headers), size=read_size(headers.get("content-length")))
        if status == 206:
            start, told_size = read_range(headers.get("content-range", ""))
            told = Known(validator=told.validator, size=told_size)
            if not self._fits(start, told):
                self._restart(Known())
                return _Again("the file changed while it was fetched")
        if status == 200 or self.part.size == 0:
            self._restart(told)
        else:
            self.spliced = True
        self.own_url, self.peer = self.link.url, response.peer
        self.headers = {**headers, ":url": logical}
        return self._receive(response)

    def _fits(self, start: int | None, told: Known) -> bool:
        """Say whether a partial answer continues what is there."""
        known = self.part.known
        same_file = not (known.validator and told.validator) or known.validator == told.validator
        same_size = known.size is None or told.size is None or known.size == told.size
        return start == self.part.size and same_file and same_size

    def _take_unsatisfiable(self, headers: Mapping[str, str]) -> _Outcome:
        """Nothing comes after what is there: it is whole, unless something else was promised."""
        total = read_size(headers.get("content-range", "").strip().lower().removeprefix("bytes */"))
        if total == self.part.size > 0 and self.part.known.size in {None, total}:
            return _Whole()
        self._restart(Known())
        return _Again("the file is not as long as it was said to be")

    def _receive(self, response: StreamedResponse) -> _Outcome:
        part, cancel = self.part, self.cancel or CancelToken()
        limit = self.ports.policy.max_bytes
        sniffed = part.size >= SNIFF_BYTES
        if (part.known.size or 0) > limit:
            raise self._too_large()
        try:
            with cancel.on_cancel(response.abort):
                for piece in response.chunks():
                    cancel.check()
                    if part.size + len(piece) > limit:
                        raise self._too_large()
                    part.append(piece)
                    if not sniffed and part.size >= SNIFF_BYTES:
                        sniffed = True
                        self._sniff()
                    self._report()
        except TransportError:
            cancel.check()  # broken off by us
            raise
        finally:
            if part.is_open:
                part.sync()
        if part.known.size is not None:
            short = part.size < part.known.size
            return _Again("the file was cut off") if short else _Whole()
        end = (part.size, part.sha256)
        if response.has_certain_end or self.seen_end == end:
            return _Whole()
        # The connection was closed and nothing had told the length: this may be the end or a cut. Asking
        # for what follows, or fetching it all once more, tells.
        self.seen_end = end
        return _Again("the end of the file was not marked")

    def _restart(self, known: Known) -> None:
        self.restarts += self.part.size > 0
        self.part.restart(known)
        self.spliced = False

    def _is_spoiled(self) -> bool:
        """Say whether bytes of several answers made something wrong, which one whole answer may put right."""
        wrong_size = self.link.size is not None and self.part.size != self.link.size
        wrong_hash = self.link.sha256 is not None and self.part.sha256 != self.link.sha256.lower()
        return self.spliced and (wrong_size or wrong_hash)

    def _sniff(self) -> None:
        content_type = self.headers.get("content-type", "")
        wrong = what_is_wrong(self._name(), content_type, self.part.first_bytes(SNIFF_BYTES))
        if wrong:
            raise refuse_file(
                self.part,
                self._name(),
                f"{self.site.name}: {wrong} “{self._name()}”.",
                code="download.wrong_content",
            )

    def _finish(self) -> FetchedFile:
        part, link, name = self.part, self.link, self._name()
        self._sniff()
        if part.size == 0 and link.size != 0:
            part.discard()
            raise DownloadRefused(
                f"“{name}” arrived empty. Ask {self.site.name} for it.", code="download.empty"
            )
        if link.size is not None and part.size != link.size:
            message = f"“{name}” has {part.size:,} bytes; {self.site.name} promised {link.size:,}."
            raise refuse_file(part, name, message, code="download.size_mismatch")
        sha256 = part.sha256
        if link.sha256 is not None and sha256 != link.sha256.lower():
            message = f"“{name}” is not the file that {self.site.name} promised: its checksum differs."
            raise refuse_file(part, name, message, code="download.hash_mismatch")
        size = part.size
        return FetchedFile(
            path=part.finish(),
            sha256=sha256,
            size=size,
            name=name,
            media_type=media_type(self.headers.get("content-type", "")),
            source_host=self.host or self.ports.routes.host(link.url),
            peer=self.peer,
        )

    def _name(self) -> str:
        url = self.headers.get(":url", self.link.url)
        return choose_name(self.link.name, self.headers.get("content-disposition", ""), url)

    def _report(self) -> None:
        if self.on_progress is not None:
            total = self.part.known.size if self.part.known.size is not None else self.link.size
            self.on_progress(self.part.size, total)

    def _too_large(self) -> DownloadRefused:
        self.part.discard()
        most = self.ports.policy.max_bytes
        return DownloadRefused(
            f"“{self._name()}” is larger than the {most:,} bytes that are allowed. Raise the limit for it.",
            code="download.too_large",
            context={"host": self.host, "max_bytes": most},
        )

    def _expired(self, status: int) -> DownloadLinkExpired:
        return DownloadLinkExpired(
            f"{self.site.name} gave new links for “{self._name()}”, and its file server refused them all. "
            "Try again later; what has arrived is kept.",
            context={"host": self.host, "status": status},
        )

    def _gave_up(self, why: str) -> DownloadError:
        return DownloadError(
            f"“{self._name()}” did not arrive: {why}. Try again; what has arrived is kept.",
            code="download.interrupted",
            retryable=True,
            context={"host": self.host, "bytes": self.part.size},
        )
