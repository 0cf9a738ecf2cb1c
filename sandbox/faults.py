"""Faults on demand: which request gets which, how often. The server carries them out on the socket.

A rule is JSON: {"match": {"host": "api.shutterstock.com", "method": "POST", "path_regex": "/licenses$"},
"fault": "429", "times": 1, "skip": 0, ...}. `times` 0 means for ever. Options by fault: `retry_after`
(seconds, or "date" for an HTTP date; 429 and 5xx), `delay_s` and `bytes_per_s` (slow), `hold_s` (hang, and
lost_answer with `how` "hang"), `bytes` (truncate), and `process` (true: the request takes effect before the
faulty answer).
"""

from __future__ import annotations

import itertools
import re
import threading
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from .message import Json, Reply, Request, json_reply


class Fault(StrEnum):
    """Everything that can go wrong on demand."""

    FORBIDDEN = "403"
    RATE_LIMIT = "429"
    INTERNAL_ERROR = "500"
    BAD_GATEWAY = "502"
    UNAVAILABLE = "503"
    RESET = "reset"
    SLOW = "slow"
    LOST_ANSWER = "lost_answer"
    HANG = "hang"
    TRUNCATE = "truncate"
    HTML = "html"
    GARBAGE_JSON = "garbage_json"
    EMPTY = "empty"
    EXPIRED_LINK = "expired_link"
    WRONG_BYTES = "wrong_bytes"
    NO_CONTENT_LENGTH = "no_content_length"
    IGNORE_RANGE = "ignore_range"


_INSTEAD = (
    Fault.FORBIDDEN,
    Fault.RATE_LIMIT,
    Fault.INTERNAL_ERROR,
    Fault.BAD_GATEWAY,
    Fault.UNAVAILABLE,
    Fault.HTML,
    Fault.GARBAGE_JSON,
    Fault.EMPTY,
)
_OPTIONS = {"retry_after", "delay_s", "bytes_per_s", "hold_s", "how", "bytes", "process"}


@dataclass(slots=True, kw_only=True)
class Rule:
    """One fault waiting for its requests."""

    rule_id: int
    fault: Fault
    host: str
    method: str
    path: re.Pattern[str]
    times: int
    skip: int
    options: Json
    seen: int = 0
    done: int = 0

    @property
    def replaces_answer(self) -> bool:
        """Tell whether the fault is an answer of its own rather than a deed on the connection."""
        return self.fault in _INSTEAD

    @property
    def processes(self) -> bool:
        """Tell whether the request takes effect although its answer is faulty."""
        default = not self.replaces_answer and self.fault not in (Fault.RESET, Fault.HANG, Fault.EXPIRED_LINK)
        return bool(self.options.get("process", default))

    def number(self, name: str, default: float) -> float:
        """Take a numeric option."""
        return float(self.options.get(name, default))

    def matches(self, request: Request) -> bool:
        """Tell whether a request is meant."""
        return (
            self.host in ("", request.host)
            and self.method in ("", request.method)
            and self.path.search(request.path) is not None
        )


class Faults:
    """Hold the rules; the first that matches takes the request."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._rules: list[Rule] = []
        self._numbers = itertools.count(1)

    def add(self, spec: Any) -> Json:
        """Add a rule from JSON. Raises ValueError that says what is wrong with it."""
        rule = _read_rule(spec, next(self._numbers))
        with self._lock:
            self._rules.append(rule)
        return _rule_json(rule)

    def take(self, request: Request) -> Rule | None:
        """Find the fault for a request and count it as used."""
        with self._lock:
            for rule in self._rules:
                if not rule.matches(request) or (rule.times and rule.done >= rule.times):
                    continue
                rule.seen += 1
                if rule.seen > rule.skip:
                    rule.done += 1
                    return rule
            return None

    def table(self) -> list[Json]:
        """List the rules with how often each was used."""
        with self._lock:
            return [_rule_json(rule) for rule in self._rules]

    def clear(self) -> None:
        """Forget every rule."""
        with self._lock:
            self._rules.clear()


def make_reply(rule: Rule, request: Request, now: float, date: str) -> Reply:
    """Make the answer of a fault that answers by itself."""
    retry_after = rule.options.get("retry_after")
    headers: tuple[tuple[str, str], ...] = ()
    if retry_after is not None:
        headers = (("Retry-After", date if retry_after == "date" else str(retry_after)),)
    match rule.fault:
        case Fault.RATE_LIMIT:
            # One who names a time in seconds means the same by the counter's reset.
            reset_s = 60.0 if retry_after in (None, "date") else float(str(retry_after))
            return rate_limit_reply(request.host, limit=100, reset_at=now + reset_s, headers=headers)
        case Fault.FORBIDDEN:
            return json_reply({"message": "Forbidden"}, 403, headers)
        case Fault.INTERNAL_ERROR | Fault.BAD_GATEWAY | Fault.UNAVAILABLE:
            return json_reply({"message": "Something went wrong"}, int(rule.fault), headers)
        case Fault.HTML:
            page = b"<!DOCTYPE html><html><head><title>Just a moment...</title></head></html>"
            return Reply(headers=(("Content-Type", "text/html; charset=utf-8"),), body=page)
        case Fault.GARBAGE_JSON:
            return Reply(headers=(("Content-Type", "application/json"),), body=b'{"data": [{"id": "12\xff')
        case _:
            return Reply(headers=(("Content-Type", "application/json"),))


def rate_limit_reply(
    host: str, *, limit: int, reset_at: float, headers: tuple[tuple[str, str], ...] = ()
) -> Reply:
    """Answer 429 as each vendor is known to: with numbers (reset in UTC ms), with a reason, or bare."""
    if host == "api.shutterstock.com":
        reset = int(reset_at * 1000)
        numbers = (
            ("RateLimit-Limit", str(limit)),
            ("RateLimit-Remaining", "0"),
            ("RateLimit-Reset", str(reset)),
        )
        body = {"message": "Rate limit exceeded", "limit": limit, "remaining": 0, "reset": reset}
        return json_reply(body, 429, (*numbers, *headers))
    if host == "api.gettyimages.com":  # never says for how long
        detail = ("X-Error-Detail", "Account Over Queries Per Second Limit")
        return json_reply({"message": "Too Many Requests"}, 429, (detail, *headers))
    if host == "stock.adobe.io":
        told = () if any(name == "Retry-After" for name, _ in headers) else (("Retry-After", "1"),)
        body = {"error_code": "429050", "message": "Too many requests"}
        return json_reply(body, 429, (*told, *headers))
    return json_reply({"error": "Too Many Requests"}, 429, headers)


def _read_rule(spec: Any, rule_id: int) -> Rule:
    if not isinstance(spec, dict) or not isinstance(spec.get("match", {}), dict):
        raise ValueError(
            'a fault is an object like {"match": {"path_regex": "..."}, "fault": "429", "times": 1}'
        )
    if unknown := set(spec) - {"match", "fault", "times", "skip"} - _OPTIONS:
        raise ValueError(f"unknown keys in a fault: {', '.join(sorted(unknown))}")
    match = spec.get("match", {})
    if unknown := set(match) - {"host", "method", "path_regex"}:
        raise ValueError(f"unknown keys in match: {', '.join(sorted(unknown))}")
    try:
        return Rule(
            rule_id=rule_id,
            fault=Fault(str(spec.get("fault"))),
            host=str(match.get("host", "")),
            method=str(match.get("method", "")).upper(),
            path=re.compile(str(match.get("path_regex", ""))),
            times=int(spec.get("times", 1)),
            skip=int(spec.get("skip", 0)),
            options={key: value for key, value in spec.items() if key in _OPTIONS},
        )
    except (re.error, TypeError) as error:
        raise ValueError(f"a fault that cannot be read: {error}") from error


def _rule_json(rule: Rule) -> Json:
    match = {"host": rule.host, "method": rule.method, "path_regex": rule.path.pattern}
    return {
        "id": rule.rule_id,
        "fault": rule.fault.value,
        "match": match,
        "times": rule.times,
        "skip": rule.skip,
        "seen": rule.seen,
        "done": rule.done,
        **rule.options,
    }
