"""Which error a refusing status is, and how long to wait. Pure: status, headers and body in, error out.

It must not know any marketplace, send anything, or look at an answer that counts as one (that is
``Call.read``). What a vendor says is repeated only bounded, without control characters and without
anything that looks like a secret.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from ..errors import (
    AccessDenied,
    CredentialsRejected,
    MarketplaceError,
    NotFound,
    OutcomeUnknown,
    RateLimited,
    RequestRejected,
    Unavailable,
    UnexpectedResponse,
)
from .pacing import Told, in_words

MAX_VENDOR_WORDS = 300
MAX_DEPTH = 64
_MAX_ERROR_BODY = 65_536
# Brackets, and strings as wholes (also one that is not closed) so that brackets inside them do not count.
_BRACKETS = re.compile(rb'[\[\]{}]|"(?:[^"\\]++|\\.)*+(?:"|\Z)?', re.DOTALL)

_BLANKED = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_DROPPED = re.compile("[\ud800-\udfff\u202a-\u202e\u2066-\u2069\ufeff\ufffe\uffff]")
_URL_QUERY = re.compile(r"(https?://[^\s?#]{1,500})[?#]\S*", re.IGNORECASE)
_SECRET_LIKE = re.compile(r"(?i)\b(?:bearer|basic|token)\s+\S{8,}|[\w\-./+=]{40,}")

# 403 with the rate named in a header instead of a 429: seen behind API gateways, so checked for all vendors.
_LIMIT_HEADERS = ("x-error-detail", "x-error-detail-header", "x-mashery-error-code", "x-error-code")
_LIMIT_WORDS = re.compile(
    r"over[\s_-]*(?:the[\s_-]*)?(?:qps|rate|quota|queries|limit)|rate[\s_-]*limit|too[\s_-]*many|quota[\s_-]*exceeded",
    re.IGNORECASE,
)
LONGEST_WAIT_S = 24 * 3600.0
"""Longer waits are taken for this: after a day it is tried again."""
_RESET_HEADERS = ("ratelimit-reset", "x-ratelimit-reset")
_PER_SECOND = re.compile(r"per[\s_-]*second|qps", re.IGNORECASE)
_PER_DAY = re.compile(r"over[\s_-]*(?:the[\s_-]*)?rate|quota", re.IGNORECASE)
_SECOND_S = 1.0
_DAY_S = 900.0
"""How long we are quiet when a day's limit is used up and nobody says until when; our own choice."""


def error_for_status(
    *,
    name: str,
    marketplace: str,
    operation: str,
    status: int,
    headers: Mapping[str, str],
    body: bytes,
    spending: bool,
    error_codes: Collection[tuple[int, int]] = (),
) -> MarketplaceError:
    """Return the error for a status that does not count as an answer.

    ``name`` is for people, ``marketplace`` and ``operation`` for the log. With ``spending`` everything
    that may have taken effect all the same is OutcomeUnknown. ``error_codes`` pairs a vendor's own numbers
    with the status that each really is; they are looked up in refusals (4xx) only.
    """
    headers = {key.lower(): value for key, value in headers.items()}
    answer = decode_leniently(body)
    said = vendor_words(answer)
    quoted = f": “{said}”" if said else ""
    facts: dict[str, Any] = {"marketplace": marketplace, "status": status}
    where = {"operation": operation}
    what = operation.replace("_", " ")

    if spending and (status < 400 or status in (408, 409) or status >= 500):
        return outcome_unknown(name=name, marketplace=marketplace, operation=operation, status=status)
    match dict(error_codes).get(read_error_code(answer) or -1, status) if 400 <= status < 500 else status:
        case 401:
            return CredentialsRejected(
                f"{name} refused the key or the sign-in. Check them in the preferences and sign in again.",
                context=where,
                **facts,
            )
        case 402:
            return RequestRejected(
                f"{name} wants to be paid before it does this{quoted}. Check the plan on its website.",
                code="marketplace.payment_required",
                context=where,
                **facts,
            )
        case 403 if _says_rate_limit(headers):
            return _rate_limited(name, marketplace, status, headers, answer)
        case 403:
            return AccessDenied(
                f"{name} does not allow this account to do this ({what}){quoted}. "
                "Check the plan and the permissions of the key.",
                context=where,
                **facts,
            )
        case 404 | 410:
            return NotFound(
                f"{name} does not have this, or no longer ({what}). Search again.", context=where, **facts
            )
        case 409:
            return RequestRejected(
                f"{name} says that this is in conflict with what is there already{quoted}. "
                "Look at the open orders before trying again.",
                code="marketplace.conflict",
                context=where,
                **facts,
            )
        case 429:
            return _rate_limited(name, marketplace, status, headers, answer)
        case 408 | 425:
            return Unavailable(f"{name} was too slow. Try again in a moment.", context=where, **facts)
    if 400 <= status < 500:
        return RequestRejected(
            f"{name} did not accept the request ({what}){quoted}. Change it, or update Clearance.",
            context=where,
            **facts,
        )
    if 500 <= status < 600:
        return Unavailable(
            f"{name} has a problem of its own. Try again later.",
            context={**where, "retry_after_s": read_retry_after(headers)},
            **facts,
        )
    return UnexpectedResponse(
        f"{name} answered in a way that is not documented for this step ({what}). "
        "Try again later; if it stays so, look for an update of Clearance.",
        context=where,
        **facts,
    )


def outcome_unknown(
    *, name: str, marketplace: str, operation: str, status: int | None, path: str = ""
) -> OutcomeUnknown:
    """Return the error for a spending call whose answer does not tell what happened."""
    return OutcomeUnknown(
        f"{name} gave no usable answer to the {operation.replace('_', ' ')}; it may have taken effect. "
        "Do not repeat it before the marketplace's own records were read.",
        marketplace=marketplace,
        status=status,
        context={"operation": operation, "path": path},
    )


def read_error_code(answer: Any) -> int | None:
    """Return the vendor's own number of an error (``error_code`` or ``code``, text or number), or None."""
    if not isinstance(answer, Mapping):
        return None
    for name in ("error_code", "code"):
        value = answer.get(name)
        if isinstance(value, int) and not isinstance(value, bool):
            return value
        if isinstance(value, str) and re.fullmatch(r"[0-9]{1,9}", value):
            return int(value)
    return None


def read_retry_after(headers: Mapping[str, str], answer: Any = None) -> float | None:
    """Read how many seconds to wait, or None when the vendor does not say so.

    Understands ``Retry-After`` (seconds, or an HTTP date measured against the response's own ``Date``),
    ``RateLimit-Reset`` and ``X-RateLimit-Reset`` (seconds, or a time since 1970 in seconds or
    milliseconds), and ``reset`` in the body in UTC milliseconds (Shutterstock, S-DIGEST).
    """
    now = _date_of(headers.get("date", ""))
    retry_after = headers.get("retry-after", "").strip()
    if retry_after:
        seconds = _number(retry_after)
        if seconds is not None:
            return _believable(seconds)
        until = _date_of(retry_after)
        if until is not None and now is not None:
            return _believable((until - now).total_seconds())
    resets = [headers.get(header, "") for header in _RESET_HEADERS]
    if isinstance(answer, Mapping):
        resets.append(str(answer.get("reset", ""))[:40])
    for reset in resets:
        wait = _until_reset(_number(reset), now)
        if wait is not None:
            return wait
    return None


def read_told(headers: Mapping[str, str]) -> Told | None:
    """Read what the vendor says about its own counter in any answer; None when it does not.

    ``RateLimit-Remaining``, ``-Limit``, ``-Reset``, with ``X-`` or without (Shutterstock A7); of a list, or a
    number with parameters behind it, the first number counts.
    """
    lower = {key.lower(): value for key, value in headers.items()}

    def number(name: str) -> float | None:
        value = lower.get(f"ratelimit-{name}", "") or lower.get(f"x-ratelimit-{name}", "")
        return _number(re.split("[,;]", value, maxsplit=1)[0])

    remaining, limit = number("remaining"), number("limit")
    if remaining is None:
        return None
    return Told(
        remaining=max(0, int(remaining)),
        limit=int(limit) if limit is not None and limit > 0 else None,
        reset_s=_until_reset(number("reset"), _date_of(lower.get("date", ""))),
    )


def vendor_words(answer: Any) -> str:
    """Return what a decoded error body says, safe to show; empty when it says nothing.

    Shapes: ``message`` and ``errors[].message`` (Shutterstock A7), ``error`` or ``message`` (CGTrader 1.7),
    ``error_description`` (OAuth), ``ErrorMessage`` beside ``ErrorCode`` (Getty Images B7).
    """
    found = _find_words(answer, depth=0)
    found = _SECRET_LIKE.sub("…", _URL_QUERY.sub(r"\1", found[: 4 * MAX_VENDOR_WORDS]))
    return clean_text(found, limit=MAX_VENDOR_WORDS).rstrip(".")


def clean_text(text: str, *, limit: int, keep_lines: bool = False) -> str:
    """Return text without control characters, direction overrides and needless space, cut to a length."""
    text = text[: 8 * limit]
    lines = text.splitlines() if keep_lines else [text]
    cleaned = [" ".join(_DROPPED.sub("", _BLANKED.sub(" ", line)).split()) for line in lines]
    whole = re.sub("\n{3,}", "\n\n", "\n".join(cleaned)).strip()
    return whole if len(whole) <= limit else whole[: limit - 1].rstrip() + "…"


def nests_too_deep(body: bytes) -> bool:
    """Say whether JSON is nested deeper than any real answer; one pass, before a recursive parser sees it.

    The parser's own bound is the C stack's, which a worker thread may have less of than it believes.
    """
    if body.count(b"[") + body.count(b"{") <= MAX_DEPTH:
        return False
    depth = 0
    for token in _BRACKETS.finditer(body):
        match token.group():
            case b"[" | b"{":
                depth += 1
                if depth > MAX_DEPTH:
                    return True
            case b"]" | b"}":
                depth -= 1
    return False


def _rate_limited(
    name: str, marketplace: str, status: int, headers: Mapping[str, str], answer: Any
) -> RateLimited:
    wait = read_retry_after(headers, answer)
    if wait is None:
        wait = _wait_in_words(headers)
    when = "in a while" if wait is None else f"in {in_words(wait)}"
    return RateLimited(
        f"{name} got too many requests. Try again {when}.",
        marketplace=marketplace,
        status=status,
        retry_after_s=wait,
    )


def _wait_in_words(headers: Mapping[str, str]) -> float | None:
    """Return the wait that goes with the name of a limit, where no number is given (Getty B7)."""
    said = " ".join(headers.get(header, "")[:500] for header in _LIMIT_HEADERS)
    if _PER_SECOND.search(said):
        return _SECOND_S
    return _DAY_S if _PER_DAY.search(said) else None


def _says_rate_limit(headers: Mapping[str, str]) -> bool:
    return any(_LIMIT_WORDS.search(headers.get(header, "")[:500]) for header in _LIMIT_HEADERS)


def decode_leniently(body: bytes) -> Any:
    """Decode an error's body as far as it is JSON; None for everything else."""
    body = body[:_MAX_ERROR_BODY]
    try:
        return None if nests_too_deep(body) else json.loads(body)
    except (ValueError, RecursionError):
        return None


def _find_words(answer: Any, *, depth: int) -> str:
    if isinstance(answer, str):
        return answer
    if depth > 3:
        return ""
    if isinstance(answer, list):
        return _find_words(answer[0], depth=depth + 1) if answer else ""
    if isinstance(answer, dict):
        # The first of `errors` is more exact than the `message` above it.
        for key in ("errors", "message", "error_description", "error", "ErrorMessage", "ErrorCode"):
            words = _find_words(answer.get(key), depth=depth + 1)
            if words:
                return words
    return ""


def _number(text: str) -> float | None:
    """Read a plain decimal number; None for anything else, "nan" and "inf" included."""
    return float(text) if re.fullmatch(r"\s*-?[0-9]{1,18}(?:\.[0-9]{1,9})?\s*", text) else None


def _date_of(text: str) -> datetime | None:
    try:
        found = parsedate_to_datetime(text.strip()[:64])
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def _until_reset(reset: float | None, now: datetime | None) -> float | None:
    if reset is None:
        return None
    if reset < 10_000_000:  # less than four months: a number of seconds
        return _believable(reset)
    if now is None:
        return None
    at_s = reset / 1000 if reset >= 100_000_000_000 else reset
    return _believable(at_s - now.timestamp())


def _believable(seconds: float) -> float:
    """Bound a wait that a vendor asks for: a slip there must not lock a key for years."""
    return min(max(0.0, seconds), LONGEST_WAIT_S)
