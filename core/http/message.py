"""HTTP requests, responses and calls as values. Pure: builds and reads, never sends.

A :class:`Call` is one request, the function that reads its decoded JSON, and how dangerous it is to send
twice. ``Call.read`` is the one place where statuses and broken answers become errors.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Any, Generic, NoReturn, TypeVar

from ..errors import MarketplaceError, UnexpectedResponse
from .statuses import (
    clean_text,
    decode_leniently,
    error_for_status,
    nests_too_deep,
    outcome_unknown,
    vendor_words,
)

# With the two cleaners of `statuses`, for the marketplaces' readers: they may import nothing else of http.
__all__ = [
    "Auth",
    "Call",
    "Idempotency",
    "Json",
    "Request",
    "Response",
    "Steps",
    "clean_text",
    "decode_json",
    "encode_json",
    "vendor_words",
]

P = TypeVar("P")
T = TypeVar("T")

URGENT_OPERATIONS = frozenset({"purchase", "order_status", "history", "files", "download_links", "download"})
"""What belongs to a purchase: it may use the part of a marketplace's hourly budget that browsing may not."""

UNCLEAR_REFUSALS = frozenset({408, 409, 425, 429})
"""Statuses below 500 that are no plain no: too slow, in conflict, too early, too many."""

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
    KEY = "key"
    """The API key alone, in the headers of ``AuthConfig.key_headers``; no token."""
    APP = "app"
    """The application's own: Basic key and secret, or a client-credentials token."""
    USER = "user"
    """The signed-in buyer's token."""
    USER_OR_APP = "user_or_app"
    """The buyer's where there is one (results depend on the plan), else the application's."""
    BEST = "best"
    """The buyer's, else the application's, else the key alone: for what works better with more."""


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
    """One HTTP response, whole. Header names are lower-case; only the status is ever shown."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    url: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Call(Generic[P]):
    """A request, what it is called, how its answer is read, and what sending it twice would do.

    ``read_json`` gets the decoded body (None for an empty one) and the response's headers.
    ``statuses`` are the status codes that count as an answer; the body of a redirect among them is not
    looked at. ``marketplace_name`` is the name for people; empty: the id is shown.

    ``read_refusal`` sees a 4xx that leaves no doubt (its status, and its decoded body or None) before the
    status alone decides: it returns a value where the refusal is an answer after all (the page behind the
    last one), raises a MarketplaceError that says more than the status does, or returns None.

    ``error_codes`` pairs a vendor's own numbers, told in the bodies of refusals, with the status that each
    really is.
    """

    marketplace: str
    operation: str
    request: Request
    read_json: Callable[[Json, Mapping[str, str]], P]
    idempotency: Idempotency = Idempotency.SAFE
    statuses: tuple[int, ...] = (200,)
    may_be_empty: bool = False
    marketplace_name: str = ""
    read_refusal: Callable[[int, Json], P | None] | None = None
    error_codes: tuple[tuple[int, int], ...] = ()
    urgent: bool = False
    """Belongs to a purchase although its operation does not say so."""

    @property
    def is_urgent(self) -> bool:
        """Say whether it belongs to a purchase, or is the token without which that cannot be made."""
        return (
            self.urgent
            or self.idempotency is Idempotency.SPENDING
            or self.operation in URGENT_OPERATIONS
            or self.operation.startswith("token.")
        )

    def read(self, response: Response) -> P:
        """Turn a response into a value; raise a MarketplaceError subclass for everything else.

        A SPENDING call whose answer cannot be read is OutcomeUnknown: it may have taken effect.
        """
        if response.status not in self.statuses:
            found = self._look_at_refusal(response)
            if found is not None:
                return found
            raise error_for_status(
                name=self.marketplace_name or self.marketplace,
                marketplace=self.marketplace,
                operation=self.operation,
                status=response.status,
                headers=response.headers,
                body=response.body,
                spending=self.idempotency is Idempotency.SPENDING,
                error_codes=self.error_codes,
            )
        try:
            return self.read_json(self._decode(response), response.headers)
        except UnexpectedResponse as error:
            raise self._unreadable(response, error.message, str(error.context.get("path") or "")) from None
        except MarketplaceError:
            raise
        except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError, RecursionError) as error:
            # A reader's own slip must not reach the user raw, nor make a purchase look as if it had failed.
            raise self._unreadable(response, f"it could not be read ({type(error).__name__})", "") from error

    def _look_at_refusal(self, response: Response) -> P | None:
        clear = 400 <= response.status < 500 and response.status not in UNCLEAR_REFUSALS
        if self.read_refusal is None or not clear:
            return None
        try:
            return self.read_refusal(response.status, decode_leniently(response.body))
        except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError):
            return None  # the reader's own slip: then the status decides

    def _decode(self, response: Response) -> Json:
        if 300 <= response.status < 400:
            return None
        if not response.body.strip():
            if self.may_be_empty:
                return None
            raise UnexpectedResponse("it is empty")
        try:
            return decode_json(response.body)
        except (ArithmeticError, ValueError, RecursionError):
            page = response.body[:1000].lstrip().startswith(b"<")
            raise UnexpectedResponse(
                "it is a web page instead of data" if page else "it is not valid JSON, or was cut off"
            ) from None

    def _unreadable(self, response: Response, why: str, path: str) -> MarketplaceError:
        name = self.marketplace_name or self.marketplace
        if self.idempotency is Idempotency.SPENDING:
            return outcome_unknown(
                name=name,
                marketplace=self.marketplace,
                operation=self.operation,
                status=response.status,
                path=path,
            )
        return UnexpectedResponse(
            f"{name}'s answer ({self.operation.replace('_', ' ')}) is not as documented: {why}. "
            "Try again later; if it stays so, look for an update of Clearance.",
            marketplace=self.marketplace,
            status=response.status,
            context={"operation": self.operation, "path": path},
        )


Steps = Generator[Call[Any], Any, T]
"""Several calls in a row: yields each call, is sent its value, returns the result. A failed call's
MarketplaceError is thrown in at the yield."""


def encode_json(value: Any) -> str:
    """Write a request body: compact, keys in the order given, ASCII only."""
    return json.dumps(value, ensure_ascii=True, separators=(",", ":"))


def decode_json(body: bytes) -> Json:
    """Read JSON exactly: decimals as Decimal, UTF-8 only, no NaN or Infinity.

    Raises ValueError, or ArithmeticError for a number beyond all bounds.
    """
    if nests_too_deep(body):
        raise ValueError("nested too deeply")
    return json.loads(body.decode("utf-8-sig"), parse_float=Decimal, parse_constant=_refuse_constant)


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")
