"""Requests and replies as the marketplaces see them; no sockets here."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NoReturn
from urllib.parse import parse_qsl

Json = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request, with the real host taken from the first path segment."""

    method: str
    host: str
    path: str
    query: tuple[tuple[str, str], ...]
    headers: Mapping[str, str]
    body: bytes
    base_url: str

    def values(self, name: str) -> list[str]:
        """List every value of a query parameter, in order."""
        return [value for key, value in self.query if key == name]

    def value(self, name: str) -> str | None:
        """Take a query parameter's first value."""
        return next(iter(self.values(name)), None)

    def header(self, name: str) -> str:
        """Take a header, or an empty text."""
        return self.headers.get(name.lower(), "")

    def bearer(self) -> str | None:
        """Take the bearer token, if one is sent."""
        scheme, _, token = self.header("authorization").partition(" ")
        return token.strip() if scheme.lower() == "bearer" and token.strip() else None

    def basic(self) -> tuple[str, str] | None:
        """Take the user and password of HTTP Basic, if well formed."""
        scheme, _, blob = self.header("authorization").partition(" ")
        if scheme.lower() != "basic":
            return None
        try:
            user, colon, password = (
                base64.b64decode(blob.strip(), validate=True).decode("utf-8").partition(":")
            )
        except (binascii.Error, UnicodeDecodeError, ValueError):
            return None
        return (user, password) if colon else None

    def json(self) -> Any:
        """Decode the body as JSON. Raises ValueError for whatever is not."""
        try:
            return json.loads(self.body.decode("utf-8"))
        except RecursionError as error:
            raise ValueError("the JSON is nested too deeply") from error

    def form(self) -> dict[str, Any]:
        """Decode a form or a JSON object from the body, by its content type. Raises ValueError."""
        if self.header("content-type").partition(";")[0].strip().lower() == "application/json":
            found = self.json() if self.body else {}
            if not isinstance(found, dict):
                raise ValueError("the body is not a JSON object")
            return found
        return dict(parse_qsl(self.body.decode("utf-8"), keep_blank_values=True, max_num_fields=100))


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """One answer: status, headers in order, whole body."""

    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""

    def header(self, name: str) -> str | None:
        """Take a header by name in any case."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)


@dataclass(frozen=True, slots=True)
class ReplyError(Exception):
    """Stop handling and answer with this reply."""

    reply: Reply = field(default_factory=Reply)


def json_reply(payload: object, status: int = 200, headers: tuple[tuple[str, str], ...] = ()) -> Reply:
    """Answer with JSON."""
    body = json.dumps(payload, ensure_ascii=False).encode("utf-8", "surrogatepass")
    return Reply(
        status=status, headers=(("Content-Type", "application/json; charset=utf-8"), *headers), body=body
    )


def html_reply(page: str, status: int = 200) -> Reply:
    """Answer with an HTML page that may run no script and load nothing from elsewhere."""
    policy = "default-src 'none'; style-src 'unsafe-inline'; img-src 'self'"
    headers = (("Content-Type", "text/html; charset=utf-8"), ("Content-Security-Policy", policy))
    return Reply(status=status, headers=headers, body=page.encode("utf-8", "replace"))


def redirect(location: str, status: int = 302) -> Reply:
    """Answer with a redirect."""
    return Reply(status=status, headers=(("Location", location),))


def refuse(reply: Reply) -> NoReturn:
    """Stop handling with this reply."""
    raise ReplyError(reply)
