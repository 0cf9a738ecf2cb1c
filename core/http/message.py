"""HTTP requests, responses and calls as values. Pure: builds and reads, never sends.

A :class:`Call` is one request, the function that reads its decoded JSON, and how dangerous it is to send
twice. ``Call.read`` is the one place where statuses and broken answers become errors.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Generic, TypeVar

P = TypeVar("P")
T = TypeVar("T")

Json = Any
"""Decoded JSON: readers check every shape they rely on through :mod:`core.marketplaces.reading`."""


class Idempotency(StrEnum):
    """What sending a call twice would do."""

    SAFE = "safe"
    """Reads only; may be retried."""
    KEYED = "keyed"
    """Writes, and the vendor documents that the same key is taken once; may be retried with it."""
    SPENDING = "spending"
    """May spend money or allowance: never retried, prefetched or cached, whatever its HTTP method is."""


class Auth(StrEnum):
    """Which credential a call needs."""

    NONE = "none"
    APP = "app"
    """The application's own: Basic key and secret, or a client-credentials token."""
    USER = "user"
    """The signed-in buyer's token."""
    USER_OR_APP = "user_or_app"
    """The buyer's where there is one (results depend on the plan), else the application's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One HTTP request. ``url`` is absolute and without a query; no credential is ever part of it."""

    method: str
    url: str
    query: tuple[tuple[str, str], ...] = ()
    headers: tuple[tuple[str, str], ...] = ()
    json_body: str | None = None
    form_body: tuple[tuple[str, str], ...] | None = None
    auth: Auth = Auth.NONE
    follow_redirects: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """One HTTP response, whole. Header names are lower-case."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)
    url: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Call(Generic[P]):
    """A request, what it is called, how its answer is read, and what sending it twice would do.

    ``read_json`` gets the decoded body (None for an empty one) and the response's headers.
    ``statuses`` are the status codes that count as an answer.
    """

    marketplace: str
    operation: str
    request: Request
    read_json: Callable[[Json, Mapping[str, str]], P]
    idempotency: Idempotency = Idempotency.SAFE
    statuses: tuple[int, ...] = (200,)
    may_be_empty: bool = False

    def read(self, response: Response) -> P:
        """Turn a response into a value; raise a MarketplaceError subclass for everything else."""
        from .reading import read_response

        return read_response(self, response)


Steps = Generator[Call[Any], Any, T]
"""Several calls in a row: yields each call, is sent its value, returns the result. A failed call's
MarketplaceError is thrown in at the yield."""


def encode_json(value: Any) -> str:
    """Write a request body: compact, keys in the order given, ASCII only."""
    return json.dumps(value, ensure_ascii=True, separators=(",", ":"))
