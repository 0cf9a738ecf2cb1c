"""Typed access to decoded JSON: what a reader relies on is checked, and named by its path when it is wrong.

Three strengths: plain names (``text``, ``url``) must be there and right; ``optional_*`` may be missing or
null; ``hint_*`` is decoration (a description, a width), where a wrong type counts as not told. Extra
fields never matter. Nothing here knows a marketplace, an HTTP status or the network.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from email.utils import parsedate_to_datetime
from types import MappingProxyType
from typing import TypeVar
from urllib.parse import unquote, urlsplit

from ..errors import UnexpectedResponse
from ..http.message import Json, clean_text
from ..model.money import UNSTATED_CURRENCY, Credits, Money

T = TypeVar("T")

MAX_TITLE = 300
MAX_DESCRIPTION = 10_000
MAX_ID = 200
MAX_URL = 8_000
MAX_INTEGER = 10**15
MAX_NUMBER_ID = 2**53 - 1
"""The largest number that every JSON reader keeps exactly; Adobe's ids go up to it."""
_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
_AMOUNT = re.compile(r"[0-9]{1,12}(?:\.[0-9]{1,8})?")
_CLOCK = re.compile(r"(?:([0-9]{1,3}):)?([0-9]{1,3}):([0-9]{2})(?:[:;.,][0-9]{1,7})?")
_BLOCKS = frozenset({"br", "p", "div", "li", "ul", "ol", "tr", "h1", "h2", "h3", "h4", "h5", "h6"})
_TAG_NAME = re.compile(r"/?([a-zA-Z][a-zA-Z0-9]*)")
_ENDINGS: Mapping[str, str] = MappingProxyType(
    {
        "image/jpeg": "jpg",
        "image/png": "png",
        "image/tiff": "tif",
        "image/svg+xml": "svg",
        "image/vnd.radiance": "hdr",
        "image/x-exr": "exr",
        "video/quicktime": "mov",
        "video/mp4": "mp4",
        "audio/mpeg": "mp3",
        "audio/wav": "wav",
        "model/gltf-binary": "glb",
        "application/zip": "zip",
    }
)
_NO_HEADERS: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A value inside an answer and the path that leads to it."""

    value: Json = field(repr=False)
    path: str = ""
    headers: Mapping[str, str] = field(default_factory=lambda: _NO_HEADERS, repr=False)
    """The response's headers."""

    @property
    def told(self) -> bool:
        """Whether there is anything: a missing field and null are the same."""
        return self.value is not None

    def at(self, name: str) -> Node:
        """Return a field of an object; of nothing, nothing."""
        path = f"{self.path}.{name}" if self.path else name
        if self.value is None:
            return Node(value=None, path=path, headers=self.headers)
        if not isinstance(self.value, dict):
            raise self.wrong("an object")
        return Node(value=self.value.get(name), path=path, headers=self.headers)

    def either(self, *names: str) -> Node:
        """Return the first of several fields that is told."""
        found = [self.at(name) for name in names]
        return next((node for node in found if node.told), found[0])

    def unwrap(self, name: str) -> Node:
        """Return the value under a name where the answer is wrapped in it, else the value itself."""
        if isinstance(self.value, dict) and isinstance(self.value.get(name), (dict, list)):
            return self.at(name)
        return self

    def items(self) -> tuple[Node, ...]:
        """Return the elements of a list."""
        if not isinstance(self.value, list):
            raise self.wrong("a list")
        found = enumerate(self.value)
        return tuple(Node(value=value, path=f"{self.path}[{i}]", headers=self.headers) for i, value in found)

    def optional_items(self) -> tuple[Node, ...]:
        """Return the elements of a list that may be missing."""
        return self.items() if self.told else ()

    def text(self, *, limit: int = MAX_TITLE) -> str:
        """Return cleaned text that is not empty."""
        if not isinstance(self.value, str):
            raise self.wrong("a text")
        found = clean_text(self.value, limit=limit)
        if not found:
            raise self.wrong("a text")
        return found

    def optional_text(self, *, limit: int = MAX_TITLE) -> str:
        """Return cleaned text; empty when there is none."""
        return "" if self.value is None or self.value == "" else self.text(limit=limit)

    def identifier(self) -> str:
        """Return an id as text, whether it came as text or as a number."""
        value = self.value
        if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MAX_NUMBER_ID:
            return str(value)
        if isinstance(value, str) and 0 < len(value) <= MAX_ID and value == clean_text(value, limit=MAX_ID):
            return value
        raise self.wrong("an id")

    def optional_identifier(self) -> str:
        """Return an id; empty when there is none."""
        return "" if self.value is None or self.value == "" else self.identifier()

    def integer(self, *, minimum: int = 0) -> int:
        """Return a whole number."""
        value = self.value
        if isinstance(value, Decimal) and value.is_finite() and -1 <= value.adjusted() <= 15:
            value = int(value) if value == value.to_integral_value() else None
        if not isinstance(value, int) or isinstance(value, bool) or not minimum <= value <= MAX_INTEGER:
            raise self.wrong("a whole number" if minimum < 0 else f"a whole number from {minimum}")
        return value

    def optional_integer(self, *, minimum: int = 0) -> int | None:
        """Return a whole number, or None when there is none."""
        return self.integer(minimum=minimum) if self.told else None

    def optional_boolean(self) -> bool | None:
        """Return true or false, or None when there is neither."""
        if self.value is None or isinstance(self.value, bool):
            return self.value
        raise self.wrong("true or false")

    def optional_money(self, currency: str = UNSTATED_CURRENCY) -> Money | None:
        """Return an amount that came as text or number, never through a float; None when there is none."""
        if self.value is None:
            return None
        text = ""
        if isinstance(self.value, str):
            text = self.value.strip()
        elif isinstance(self.value, Decimal) and -9 <= self.value.adjusted() <= 11:
            text = f"{self.value:f}"
        elif isinstance(self.value, int) and not isinstance(self.value, bool):
            text = str(self.value) if 0 <= self.value <= MAX_INTEGER else ""
        if not _AMOUNT.fullmatch(text):
            raise self.wrong("an amount")
        try:
            return Money.parse(text, currency)
        except ValueError:
            raise self.wrong("an amount") from None

    def optional_credits(self) -> Credits | None:
        """Return a number of downloads; None when there is none."""
        return Credits(amount=self.integer()) if self.told else None

    def time(self) -> datetime:
        """Return a moment in UTC from ISO 8601 text; one without an offset is taken as UTC."""
        if not isinstance(self.value, str) or len(self.value) > 40:
            raise self.wrong("a time")
        try:
            found = datetime.fromisoformat(re.sub(r"\s*UTC$", "+00:00", self.value.strip()))
            return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
        except (ValueError, OverflowError):
            raise self.wrong("a time") from None

    def is_past(self) -> bool:
        """Say whether a moment was over when the server answered, by its own ``Date``; unknown: false."""
        found, now = self.hint_time(), _answered_at(self.headers)
        return found is not None and now is not None and found <= now

    def url(self) -> str:
        """Return an absolute https address (http only on this machine, for a local test server)."""
        scheme, host = self._scheme_and_host()
        if scheme == "https" or (scheme == "http" and host in _LOOPBACK):
            return str(self.value)
        raise self.wrong("an https address")

    def is_plain_http(self) -> bool:
        """Say whether it is an address that is good but for not being encrypted."""
        scheme, host = self._scheme_and_host()
        return scheme == "http" and host not in _LOOPBACK

    def _scheme_and_host(self) -> tuple[str, str]:
        """Return both of a well-formed absolute address; empty for anything else."""
        value = self.value
        if isinstance(value, str) and 0 < len(value) <= MAX_URL and value.isprintable() and " " not in value:
            try:
                parts = urlsplit(value)
                _ = parts.port  # raises ValueError when it is none
                if parts.hostname and "@" not in parts.netloc and "\\" not in value:
                    return parts.scheme, parts.hostname
            except ValueError:
                pass
        return "", ""

    def optional_url(self) -> str:
        """Return an address; empty when there is none."""
        return "" if self.value is None or self.value == "" else self.url()

    def encrypted_url(self) -> str:
        """Return an address; empty when there is none, or one that is not encrypted."""
        return "" if self.is_plain_http() else self.optional_url()

    def hint_text(self, *, limit: int = MAX_TITLE) -> str:
        """Return decorating text; empty when not told, or told as something else."""
        return self._hint(lambda: self.optional_text(limit=limit), "")

    def hint_plain(self, *, limit: int = MAX_DESCRIPTION) -> str:
        """Return decorating HTML as plain text."""
        if not isinstance(self.value, str):
            return ""
        return clean_text(strip_markup(self.value[: 4 * limit]), limit=limit, keep_lines=True)

    def hint_identifier(self) -> str:
        """Return a decorating id; empty when not told, or told as something else."""
        return self._hint(self.optional_identifier, "")

    def hint_integer(self) -> int | None:
        """Return a decorating number; None when not told, or told as something else."""
        return self._hint(self.optional_integer, None)

    def hint_boolean(self) -> bool | None:
        """Return a decorating flag; None when not told, or told as something else."""
        return self._hint(self.optional_boolean, None)

    def hint_time(self) -> datetime | None:
        """Return a moment; None when not told, or not readable."""
        return self._hint(self.time, None)

    def hint_seconds(self) -> float | None:
        """Return a length of time in seconds from a number, or from text like ``1:05`` or ``00:01:05:12``.

        What follows the seconds (frames, or a fraction) is dropped.
        """
        found = _CLOCK.fullmatch(self.value.strip()[:20]) if isinstance(self.value, str) else None
        if found is not None:
            hours, minutes, seconds = (int(part or 0) for part in found.groups())
            return float(3600 * hours + 60 * minutes + seconds)
        if isinstance(self.value, str) and _AMOUNT.fullmatch(self.value):
            return float(self.value)
        whole = self.hint_integer()
        if whole is None and isinstance(self.value, Decimal) and self.value.is_finite():
            return float(self.value) if 0 <= self.value < MAX_INTEGER else None
        return None if whole is None else float(whole)

    def hint_url(self) -> str:
        """Return a decorating address; empty when not told, or unusable."""
        return self._hint(self.optional_url, "")

    def hint_items(self) -> tuple[Node, ...]:
        """Return the elements of a decorating list; none when not told, or told as something else."""
        return self._hint(self.optional_items, ())

    def hint_at(self, name: str) -> Node:
        """Return a field of a decorating object; nothing when it is told as something else."""
        return self._hint(lambda: self.at(name), Node(value=None, path=f"{self.path}.{name}"))

    def hint_texts(self, *, limit: int = 100) -> tuple[str, ...]:
        """Return the texts of a decorating list, at most 100 of them."""
        found = (node.hint_text(limit=limit) for node in self.hint_items()[:100])
        return tuple(text for text in found if text)

    def wrong(self, expected: str) -> UnexpectedResponse:
        """Return the error that names this place."""
        path = self.path or "the answer"
        state = "is missing" if self.value is None else f"is not {expected}"
        return UnexpectedResponse(f"“{path}” {state}", context={"path": path})

    def _hint(self, read: Callable[[], T], default: T) -> T:
        try:
            return read()
        except UnexpectedResponse:
            return default


def _answered_at(headers: Mapping[str, str]) -> datetime | None:
    """Return the server's own time of an answer (its ``Date`` header), or None."""
    try:
        found = parsedate_to_datetime(headers.get("date", ""))
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def file_name_in(url: str) -> str:
    """Return the last part of an address's path, cleaned; empty when it has none."""
    return clean_text(unquote(urlsplit(url).path.rsplit("/", 1)[-1]), limit=MAX_TITLE)


def file_ending(name: str) -> str:
    """Return a file name's ending in lower case without the dot; empty when it has none."""
    stem, dot, ending = name.rpartition(".")
    return ending.lower() if stem and dot and ending.isalnum() and len(ending) <= 12 else ""


def ending_of_type(media_type: str) -> str:
    """Return the file ending that a media type stands for; empty for those that say nothing of the file."""
    return _ENDINGS.get(media_type.partition(";")[0].strip().lower(), "")


def strip_markup(markup: str) -> str:
    """Return the text of HTML in one pass: no tags, scripts, styles or comments; entities resolved."""
    parts: list[str] = []
    lowered = markup.lower() if markup.isascii() else markup  # some letters change length when lowered
    position = 0
    while (start := markup.find("<", position)) >= 0:
        following = markup[start + 1 : start + 2]
        if not (following.isascii() and following.isalpha()) and following not in ("/", "!", "?"):
            parts.append(markup[position : start + 1])  # a plain "<", as in "1 < 2"
            position = start + 1
            continue
        parts.append(markup[position:start])
        name = _TAG_NAME.match(markup, start + 1)
        tag = name.group(1).lower() if name else ""
        if markup.startswith("<!--", start):
            end, length = markup.find("-->", start), 3
        elif tag in ("script", "style") and following != "/":
            end, length = lowered.find(f"</{tag}", start), 0
        else:
            end, length = markup.find(">", start), 1
        if end < 0:
            return html.unescape("".join(parts))  # cut off inside markup: the rest is not text
        if tag in _BLOCKS:
            parts.append("\n")
        position = end + length
    parts.append(markup[position:])
    return html.unescape("".join(parts))
