"""Walks through a long JSON text value by value, in bounded memory. Knows nothing of feeds' meaning.

Values are decoded by the standard library; what it does not take is passed over to where its brackets end, so
that a damaged value costs itself and not the ones behind it.
"""

from __future__ import annotations

import json
import re
from decimal import Decimal
from enum import Enum, auto
from typing import Any, TextIO

from ..errors import UserInputError
from .rows import MAX_ROW_CHARS, broken

_CHUNK = 256 * 1024
_DECODER = json.JSONDecoder(parse_float=Decimal, strict=False)  # text with line breaks in it is still text
_TOKEN = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"|["{}\[\]]', re.DOTALL)
_PLAIN_END = re.compile(r"[,\]}\s]")
_BLANK = re.compile(r"[ \t\r\n\ufeff]*")


class Odd(Enum):
    """What a place may hold in place of a value."""

    DAMAGED = auto()
    TOO_LONG = auto()
    TOO_DEEP = auto()


class JsonSource:
    """A position in a JSON text; everything before it is forgotten."""

    def __init__(self, text: TextIO, name: str) -> None:
        self._text, self._name = text, name
        self._buffer, self._at, self._ended = "", 0, False
        self.line = 1

    def peek(self) -> str:
        """Return the next character that is not blank; empty at the end."""
        while True:
            found = _BLANK.match(self._buffer, self._at)
            end = found.end() if found else self._at
            self._forget(end)
            if self._at < len(self._buffer):
                return self._buffer[self._at]
            if not self._read_more():
                return ""

    def skip(self, wanted: str) -> bool:
        """Pass over one character if it is the next one."""
        if not wanted or self.peek() != wanted:
            return False
        self._forget(self._at + 1)
        return True

    def take(self) -> Any:
        """Return the value that begins here and pass over it, or say why not.

        A value that is TOO_LONG stays where it is.
        """
        self.peek()
        while True:
            try:
                value, end = _DECODER.raw_decode(self._buffer, self._at)
            except RecursionError:
                return self._give_up(Odd.TOO_DEEP)
            except (ValueError, ArithmeticError):
                damaged_to = self._end_of_value()
                if damaged_to is not None:
                    self._forget(damaged_to)
                    return Odd.DAMAGED
                if len(self._buffer) - self._at >= MAX_ROW_CHARS:
                    return Odd.TOO_LONG
                if not self._read_more():
                    raise self.cut_off() from None
            else:
                # A number at the end of what was read may go on.
                if end - self._at > MAX_ROW_CHARS:
                    return Odd.TOO_LONG
                if end < len(self._buffer) or not self._read_more():
                    self._forget(end)
                    return value

    def pass_over(self) -> None:
        """Pass over the value that begins here, however long it is."""
        if self.peek() not in ("{", "["):
            if self.take() is Odd.TOO_LONG:
                raise self._too_long()
            return
        depth = 0
        while True:
            end, depth, done = _walk(self._buffer, self._at, depth)
            self._forget(end)
            if done:
                return
            if len(self._buffer) - self._at >= MAX_ROW_CHARS:
                raise self._too_long()
            if not self._read_more():
                raise self.cut_off()

    def _too_long(self) -> UserInputError:
        problem = f"a text in it is longer than {MAX_ROW_CHARS:,} characters"
        return broken(self._name, problem, line=self.line)

    def cut_off(self) -> UserInputError:
        """Return the error for a text that ends in the middle."""
        return broken(self._name, "it is cut off", line=self.line)

    def _give_up(self, why: Odd) -> Odd:
        self.pass_over()
        return why

    def _end_of_value(self) -> int | None:
        """Return where a value ends that cannot be decoded; None while that is not in sight."""
        if self._buffer[self._at : self._at + 1] in ("{", "["):
            end, _depth, done = _walk(self._buffer, self._at, 0)
            return end if done else None
        token = _TOKEN.match(self._buffer, self._at)
        if token is not None and len(token[0]) > 1:
            return token.end()
        found = _PLAIN_END.search(self._buffer, self._at + 1)
        return found.start() if found else None

    def _forget(self, end: int) -> None:
        self.line += self._buffer.count("\n", self._at, end)
        self._at = end

    def _read_more(self) -> bool:
        more = "" if self._ended else self._text.read(_CHUNK)
        if not more:
            self._ended = True
            return False
        self._buffer, self._at = self._buffer[self._at :] + more, 0
        return True


def _walk(text: str, at: int, depth: int) -> tuple[int, int, bool]:
    """Follow brackets outside of texts; return how far one got, how deep one is, and whether it closed."""
    for token in _TOKEN.finditer(text, at):
        mark = token[0]
        if mark == '"':  # a text whose end is not in sight
            return token.start(), depth, False
        if mark in "{[":
            depth += 1
        elif mark in "}]":
            depth -= 1
            if depth <= 0:
                return token.end(), depth, True
        at = token.end()
    return max(at, len(text)), depth, False
