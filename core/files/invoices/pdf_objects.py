"""Reads the objects of a PDF (ISO 32000-1, 7.2 and 7.3). Bounded; what departs from it is refused."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, NamedTuple

MAX_DEPTH = 40
MAX_ITEMS = 200_000
"""Members of one array or dictionary."""
_SPACE = b"\x00\t\n\f\r "
_DELIMITERS = b"()<>[]{}/%"
_TOKEN = re.compile(rb"[^\x00\t\n\x0c\r ()<>\[\]{}/%]+")
_GAP = re.compile(rb"(?:[\x00\t\n\x0c\r ]+|%[^\r\n]*)*")
_REF = re.compile(
    rb"(\d{1,10})[\x00\t\n\x0c\r ]+(\d{1,5})[\x00\t\n\x0c\r ]+R(?![^\x00\t\n\x0c\r ()<>\[\]{}/%])"
)
_NUMBER = re.compile(rb"[+-]?(?:\d+\.?\d*|\.\d+)")
_ESCAPES = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}
_END_OF_STREAM = re.compile(rb"(?:\r\n|\r|\n)?endstream")


class PdfError(ValueError):
    """The file is not as the standard says, or has something that is not read here."""


class Name(str):
    """A name such as ``/Type``, without its slash."""

    __slots__ = ()


class Ref(NamedTuple):
    """A reference to another object."""

    number: int
    generation: int


@dataclass(frozen=True, slots=True)
class Stream:
    """A stream as it stands in the file, not decoded."""

    facts: dict[str, Any]
    raw: bytes


class Objects:
    """Reads objects from bytes, one after the other. ``at`` is where the next one begins."""

    def __init__(self, data: bytes, at: int = 0) -> None:
        self.data = data
        self.at = at

    def skip(self) -> None:
        """Go past space and comments."""
        match = _GAP.match(self.data, self.at)
        if match is not None:
            self.at = match.end()

    def word(self) -> bytes:
        """Return the next token that is no object, such as ``obj``; empty when there is none."""
        self.skip()
        match = _TOKEN.match(self.data, self.at)
        if match is None:
            return b""
        self.at = match.end()
        return match.group()

    def read(self, depth: int = 0) -> Any:
        """Return the next object: dict, list, Name, Ref, bytes, int, float, bool or None."""
        if depth > MAX_DEPTH:
            raise PdfError("its objects are nested too deeply")
        self.skip()
        data, at = self.data, self.at
        first = data[at : at + 1]
        if first == b"<":
            return self._dict(depth) if data[at : at + 2] == b"<<" else self._hex()
        if first == b"[":
            return self._array(depth)
        if first == b"/":
            return self._name()
        if first == b"(":
            return self._string()
        if (ref := _REF.match(data, at)) is not None:
            self.at = ref.end()
            return Ref(int(ref[1]), int(ref[2]))
        return self._plain()

    def stream_after(self, facts: dict[str, Any], length: int) -> Stream:
        """Return the stream behind a dictionary whose length is known, right behind ``stream``."""
        data = self.data
        if data[self.at : self.at + 2] == b"\r\n":
            self.at += 2
        elif data[self.at : self.at + 1] in (b"\n", b"\r"):
            self.at += 1
        end = self.at + length
        if length < 0 or end > len(data) or _END_OF_STREAM.match(data, end) is None:
            raise PdfError("a stream does not have the length that it says")
        raw, self.at = data[self.at : end], end
        return Stream(facts, raw)

    def _plain(self) -> Any:
        word = self.word()
        if word in (b"true", b"false"):
            return word == b"true"
        if word == b"null":
            return None
        if len(word) <= 40 and _NUMBER.fullmatch(word):
            return float(word) if b"." in word else int(word)
        raise PdfError("something stands where an object should")

    def _name(self) -> Name:
        self.at += 1
        match = _TOKEN.match(self.data, self.at)
        if match is None:
            return Name("")
        self.at = match.end()
        plain = re.sub(rb"#([0-9A-Fa-f]{2})", lambda found: bytes([int(found[1], 16)]), match.group()[:500])
        return Name(plain.decode("latin-1"))

    def _array(self, depth: int) -> list[Any]:
        self.at += 1
        items: list[Any] = []
        while True:
            self.skip()
            if self.data[self.at : self.at + 1] == b"]":
                self.at += 1
                return items
            items.append(self.read(depth + 1))
            if len(items) > MAX_ITEMS:
                raise PdfError("an array is too long")

    def _dict(self, depth: int) -> dict[str, Any]:
        self.at += 2
        facts: dict[str, Any] = {}
        while True:
            self.skip()
            if self.data[self.at : self.at + 2] == b">>":
                self.at += 2
                return facts
            key = self.read(depth + 1)
            if not isinstance(key, Name):
                raise PdfError("a dictionary has a key that is no name")
            facts[str(key)] = self.read(depth + 1)
            if len(facts) > MAX_ITEMS:
                raise PdfError("a dictionary is too long")

    def _hex(self) -> bytes:
        end = self.data.find(b">", self.at)
        if end < 0:
            raise PdfError("a text does not end")
        digits = bytes(char for char in self.data[self.at + 1 : end] if char not in _SPACE)
        self.at = end + 1
        try:
            return bytes.fromhex((digits + b"0" * (len(digits) % 2)).decode("ascii"))
        except ValueError:
            raise PdfError("a text is damaged") from None

    def _string(self) -> bytes:
        data, at, depth = self.data, self.at + 1, 1
        out = bytearray()
        while at < len(data):
            char = data[at : at + 1]
            at += 1
            if char == b"\\":
                at = self._escape(at, out)
                continue
            if char == b"(":
                depth += 1
            elif char == b")":
                depth -= 1
                if not depth:
                    self.at = at
                    return bytes(out)
            out += char
        raise PdfError("a text does not end")

    def _escape(self, at: int, out: bytearray) -> int:
        """Read what is behind a backslash; return where the text goes on."""
        char = self.data[at : at + 1]
        octal = re.compile(rb"[0-7]{1,3}").match(self.data, at)
        if octal is not None:
            out.append(int(octal.group(), 8) & 0xFF)
            return octal.end()
        if char == b"\r":
            return at + (2 if self.data[at + 1 : at + 2] == b"\n" else 1)
        if char != b"\n":
            out += _ESCAPES.get(char, char)
        return at + 1
