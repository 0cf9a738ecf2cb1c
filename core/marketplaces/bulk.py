"""Puts several purchases into one call, where a marketplace takes that, and reads each one's own outcome.

Pure. Each purchase is built and read as it would be alone; only the lists in the bodies are put together.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace

from ..errors import MarketplaceError, UnexpectedResponse
from ..http.message import Call, Json, encode_json
from .base import BulkRule, PurchaseResult

Outcome = PurchaseResult | MarketplaceError
"""What became of one purchase of several. An error: its part of the answer cannot be read: nobody knows."""


def group(calls: Sequence[Call[PurchaseResult]], rule: BulkRule) -> tuple[tuple[int, ...], ...]:
    """Return which calls go out together, as places in ``calls``: alike but for items, ``most`` a call."""
    alike: dict[object, list[int]] = {}
    for place, call in enumerate(calls):
        asked = call.request
        key = (asked.method, asked.url, asked.query, asked.headers, asked.auth, _list_name(call) or place)
        alike.setdefault(key, []).append(place)
    return tuple(
        tuple(places[start : start + rule.most])
        for places in alike.values()
        for start in range(0, len(places), rule.most)
    )


def merge(calls: Sequence[Call[PurchaseResult]], rule: BulkRule) -> Call[tuple[Outcome, ...]]:
    """Build one spending call for purchases of one group; it reads one outcome each, in their order."""
    first = calls[0]
    name = _list_name(first)
    items = [item for call in calls for item in json.loads(call.request.json_body or "{}")[name]]

    def read(value: Json, headers: Mapping[str, str]) -> tuple[Outcome, ...]:
        return _read_each(calls, rule, value, headers)

    def refused(status: int, value: Json) -> tuple[Outcome, ...] | None:
        if first.read_refusal is None:
            return None
        result = first.read_refusal(status, value)
        return None if result is None else (result,) * len(calls)

    return Call(
        marketplace=first.marketplace,
        operation=first.operation,
        request=replace(first.request, json_body=encode_json({name: items})),
        read_json=read,
        idempotency=first.idempotency,
        statuses=first.statuses,
        may_be_empty=first.may_be_empty,
        marketplace_name=first.marketplace_name,
        read_refusal=refused if first.read_refusal is not None else None,
        error_codes=first.error_codes,
        urgent=first.urgent,
    )


def _read_each(
    calls: Sequence[Call[PurchaseResult]], rule: BulkRule, value: Json, headers: Mapping[str, str]
) -> tuple[Outcome, ...]:
    entries = value.get(rule.results) if isinstance(value, dict) else None
    if not isinstance(entries, list) or not entries:
        return tuple(_read(call, value, headers) for call in calls)
    left = list(enumerate(entries))
    found: list[Outcome] = []
    for place, call in enumerate(calls):
        # The same place first; the reader itself knows whether an entry is about its item.
        outcome: Outcome | None = None
        for entry in sorted(left, key=lambda one: one[0] != place):
            read = _read(call, {**value, rule.results: [entry[1]]}, headers)
            if not isinstance(read, MarketplaceError):
                left.remove(entry)
                outcome = read
                break
            outcome = outcome or read
        found.append(outcome or _read(call, {**value, rule.results: []}, headers))
    return tuple(found)


def _read(call: Call[PurchaseResult], value: Json, headers: Mapping[str, str]) -> Outcome:
    try:
        return call.read_json(value, headers)
    except MarketplaceError as error:
        return error
    except (ValueError, TypeError, KeyError, AttributeError):
        return UnexpectedResponse(
            f"{call.marketplace_name or call.marketplace} answered something else than it documents.",
            marketplace=call.marketplace,
        )


def _list_name(call: Call[PurchaseResult]) -> str:
    """Return the name of the list that the whole body is; empty when it is something else."""
    if call.request.json_body is None:
        return ""
    body = json.loads(call.request.json_body)
    names = list(body) if isinstance(body, dict) else []
    return names[0] if len(names) == 1 and isinstance(body[names[0]], list) else ""
