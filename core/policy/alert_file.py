"""Reads ``[alerts]`` of a studio's file (TOML): when alerts are wanted and what they stop. Pure.

Errors name file and line, as those of :mod:`.studio_file` do; the file format is told in ``docs/alerts.md``.
It runs while Blender starts, so it imports nothing heavy.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Any

from ..errors import UserInputError
from ..model.alert import INFORM_ONLY, STOP_AT, STOPPABLE, AlertSettings, Occasion
from ..model.findings import Verdict
from .toml_lines import find_line

TABLE = "alerts"
MAX_DAYS = 3650
_KEYS = ("on", "stop", "stop_at", "expiring_days")


def parse_alerts(text: str, *, name: str) -> AlertSettings:
    """Read the table ``[alerts]``; without one, alerts inform on every occasion and stop nothing.

    ``name`` is what errors call the file. Raises UserInputError (``alerts.invalid``).
    """
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as problem:
        found = re.search(r"line (\d+)", str(problem))
        where = f"{name}:{found[1]}" if found else name
        raise UserInputError(f"{where}: this is not TOML: {problem}", code="alerts.invalid") from None
    table = data.get(TABLE)
    if table is None:
        return INFORM_ONLY
    return _Table(text, name).read(table)


class _Table:
    """The table while it is read: the file's text, its name, and how to complain about it."""

    def __init__(self, text: str, name: str) -> None:
        self._text = text
        self._name = name

    def read(self, table: object) -> AlertSettings:
        if not isinstance(table, Mapping):
            raise self._error("write it as a table, under [alerts]")
        for key in table:
            if key not in _KEYS:
                raise self._error(f"there is no such key{_suggest(str(key), _KEYS)}", str(key))
        on = self._occasions(table, "on", frozenset(Occasion), allowed=frozenset(Occasion))
        stop = self._occasions(table, "stop", frozenset(), allowed=STOPPABLE)
        return AlertSettings(
            on=on | stop, stop=stop, stop_at=self._stop_at(table), expiring_days=self._days(table)
        )

    def _occasions(
        self,
        table: Mapping[str, Any],
        key: str,
        default: frozenset[Occasion],
        *,
        allowed: frozenset[Occasion],
    ) -> frozenset[Occasion]:
        given = table.get(key)
        if given is None:
            return default
        names = [one.value for one in Occasion if one in allowed]
        if not isinstance(given, list) or not all(isinstance(one, str) for one in given):
            raise self._error(f'write a list, such as ["{names[-1]}"]', key)
        for one in given:
            if one in {"load", "save"} and one not in names:
                raise self._error(
                    f"{one!r} cannot be stopped, so that nobody loses work over a license; "
                    f"{' and '.join(names)} can",
                    key,
                )
            if one not in names:
                raise self._error(f"there is no {one!r}; there are {', '.join(names)}", key)
        return frozenset(Occasion(one) for one in given)

    def _stop_at(self, table: Mapping[str, Any]) -> Verdict:
        given = table.get("stop_at")
        if given is None:
            return INFORM_ONLY.stop_at
        names = [verdict.value for verdict in STOP_AT]
        if given not in names:
            raise self._error(f"write one of {', '.join(names)}", "stop_at")
        return Verdict(given)

    def _days(self, table: Mapping[str, Any]) -> int:
        given = table.get("expiring_days", INFORM_ONLY.expiring_days)
        if isinstance(given, bool) or not isinstance(given, int) or not 0 <= given <= MAX_DAYS:
            raise self._error(f"write a number of days from 0 to {MAX_DAYS}", "expiring_days")
        return given

    def _error(self, problem: str, key: str = "") -> UserInputError:
        line = find_line(self._text, table=TABLE, key=key) or find_line(self._text, key=TABLE)
        where = f"{self._name}:{line}" if line else self._name
        what = f"{TABLE}.{key}" if key else TABLE
        return UserInputError(
            f"{where}: {what}: {problem}", code="alerts.invalid", context={"line": line, "key": key}
        )


def _suggest(key: str, known: Iterable[str]) -> str:
    close = get_close_matches(key, list(known), n=1)
    return f"; did you mean {close[0]!r}?" if close else f"; there are {', '.join(known)}"
