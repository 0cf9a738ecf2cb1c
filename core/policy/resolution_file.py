"""Reads and writes resolutions as TOML (``resolutions.toml``). Errors name file and line; no disk here.

pydantic is not needed: a resolution has few fields. The file format is told in ``docs/policy.md``.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from ..errors import UserInputError
from ..model.resolution import Resolution, ResolutionKind
from .resolving import find_kinds, say_whats_missing
from .toml_lines import find_line

SCHEMA = 1
_TEXTS = ("id", "rule", "subject", "reason", "author")
_MORE = ("evidence_sha256", "project", "terms_sha256")
_TIMES = ("decided_at", "ends_at")
_KEYS = (*_TEXTS, "kind", *_MORE, *_TIMES)
_HASH = re.compile(r"[0-9a-f]{64}")


def parse_resolutions(text: str, *, name: str) -> tuple[Resolution, ...]:
    """Read a file; raise UserInputError (``resolutions.invalid``) that names file and line."""
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as problem:
        found = re.search(r"line (\d+)", str(problem))
        where = f"{name}:{found[1]}" if found else name
        raise UserInputError(f"{where}: this is not TOML: {problem}", code="resolutions.invalid") from None
    if data.get("schema") != SCHEMA or isinstance(data["schema"], bool):
        raise _error(text, name, f"write schema = {SCHEMA}", key="schema")
    for key in data:
        if key not in {"schema", "resolution"}:
            raise _error(text, name, "there is no such key", key=key)
    entries = data.get("resolution", [])
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise _error(text, name, "write each one under [[resolution]]", key="resolution")
    found_ids: set[str] = set()
    resolutions: list[Resolution] = []
    for index, entry in enumerate(entries):
        resolution = _read(text, name, index, entry)
        if resolution.id in found_ids:
            raise _error(text, name, f"there are two resolutions {resolution.id!r}", index=index, key="id")
        found_ids.add(resolution.id)
        resolutions.append(resolution)
    return tuple(resolutions)


def encode_resolutions(resolutions: Iterable[Resolution]) -> str:
    """Write resolutions as a file that :func:`parse_resolutions` reads back as the same values."""
    return f"schema = {SCHEMA}\n" + "".join(map(encode_resolution, resolutions))


def encode_resolution(resolution: Resolution) -> str:
    """Write one entry, to be added at the end of a file."""
    lines = ["", "[[resolution]]"]
    lines += [f"{key} = {_quote(getattr(resolution, key))}" for key in _TEXTS]
    lines.append(f"kind = {_quote(resolution.kind.value)}")
    lines += [f"{key} = {_quote(value)}" for key in _MORE if (value := getattr(resolution, key))]
    lines += [f"{key} = {value.isoformat()}" for key in _TIMES if (value := getattr(resolution, key))]
    return "\n".join(lines) + "\n"


def check_resolution(resolution: Resolution) -> None:
    """Refuse what could never count: the wrong kind for the rule, no evidence, no end.

    Raises UserInputError (``resolution.refused``).
    """
    kinds = find_kinds(resolution.rule)
    problem = say_whats_missing(resolution)
    if not resolution.subject.strip():
        problem = "It names no subject: a grant id, or a data-block such as MESH/Chair."
    elif resolution.kind not in kinds:
        words = ", ".join(sorted(kind.value for kind in kinds)) or "nothing: change the scene or the use"
        problem = f"“{resolution.kind.value}” is no answer to {resolution.rule}; what can be: {words}."
    elif resolution.ends_at is not None and resolution.ends_at <= resolution.decided_at:
        problem = "It would end before it was decided."
    if problem:
        raise UserInputError(problem, code="resolution.refused", context={"rule": resolution.rule})


def _find_problem(entry: dict[str, Any]) -> tuple[str, str]:
    """Return the key that is wrong and what is wrong with it; two empty texts when nothing is."""
    for key, value in entry.items():
        if key not in _KEYS:
            return key, "there is no such key"
        if key not in _TIMES and not isinstance(value, str):
            return key, "write it as text"
    for key in (*_TEXTS, "kind", "decided_at"):
        if key not in entry or (isinstance(entry[key], str) and not entry[key].strip()):
            return key, "it is missing"
    kinds = [kind.value for kind in ResolutionKind]
    if entry["kind"] not in kinds:
        return "kind", f"{entry['kind'][:80]!r} is none of {', '.join(kinds)}"
    for key in ("evidence_sha256", "terms_sha256"):
        if (digest := entry.get(key)) and not _HASH.fullmatch(digest):
            return key, "is not a SHA-256 in hexadecimal digits"
    return "", ""


def _read(text: str, name: str, index: int, entry: dict[str, Any]) -> Resolution:
    def error(problem: str, key: str) -> UserInputError:
        return _error(text, name, problem, index=index, key=key)

    wrong, problem = _find_problem(entry)
    if problem:
        raise error(problem, wrong)
    times: dict[str, datetime] = {}
    for key in _TIMES:
        if key in entry:
            moment = _moment(entry[key], end=key == "ends_at")
            if moment is None:
                raise error("write a day or a time with its zone, such as 2026-11-24T12:00:00Z", key)
            times[key] = moment
    resolution = Resolution(
        **{key: entry[key] for key in _TEXTS},
        kind=ResolutionKind(entry["kind"]),
        **{key: entry[key] for key in _MORE if key in entry},
        decided_at=times["decided_at"],
        ends_at=times.get("ends_at"),
    )
    try:
        check_resolution(resolution)
    except UserInputError as refused:
        raise error(refused.message, "kind") from None
    return resolution


def _moment(value: object, *, end: bool) -> datetime | None:
    """Return a time in UTC; a mere day means its beginning, or its end for something that ends then."""
    try:
        match value:
            case datetime():
                return value.astimezone(UTC) if value.tzinfo is not None else None
            case date():
                return datetime.combine(value, time(), UTC) + (timedelta(days=1) if end else timedelta())
    except OverflowError:
        return None
    return None


def _quote(text: str) -> str:
    """Write a TOML basic string; JSON's escapes are TOML's, but for DEL and lone surrogates."""
    quoted = json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
    return quoted.encode("utf-8", "replace").decode("utf-8")


def _error(text: str, name: str, problem: str, *, index: int | None = None, key: str = "") -> UserInputError:
    line = find_line(text, table="" if index is None else "resolution", index=index or 0, key=key)
    where = f"{name}:{line}" if line else name
    return UserInputError(
        f"{where}: {key}: {problem}", code="resolutions.invalid", context={"line": line, "key": key}
    )
