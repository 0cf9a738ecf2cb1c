"""Reads and writes an intended use as a small TOML file. Checks at the edge; judges nothing.

pydantic is imported only while a file is read.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Callable, Iterable, Mapping
from difflib import get_close_matches
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from ..errors import UserInputError
from ..model.intended_use import IntendedUse, OutputKind, Purpose
from ..model.money import UNSTATED_CURRENCY, Money
from .media import MEDIA
from .presets import PRESETS

if TYPE_CHECKING:
    from pydantic import ValidationError

_FLAGS = ("merchandise", "templates", "sensitive", "logo", "affiliates", "transfer", "ai_metadata")
_ANSWERS = ("protected", "main_content", "alters_content", "ai_training")
"""Yes, no, or not stated."""
_COUNTS = ("print_run", "impressions", "audience", "term_months", "sales")
_AMOUNTS = ("production_budget", "licensee_revenue")
_KEYS = (
    "preset", "name", "purpose", "outputs", "media", "territory", *_COUNTS, *_AMOUNTS, *_FLAGS, *_ANSWERS,
    "client", "clients", "seats", "projects", "engines",
)  # fmt: skip
_MONEY = re.compile(r"([0-9][0-9_]*(?:\.[0-9]+)?) ([A-Z]{3})")


def parse_use(text: str, *, name: str) -> IntendedUse:
    """Read a use file; ``name`` is what errors call it, such as the file's name.

    Raise UserInputError (``use.invalid``) that names the key and, for a typo, what was probably meant.
    """
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as problem:
        raise _error(name, "", f"this is not TOML: {problem}") from None
    for key in data:
        if key not in _KEYS:
            raise _error(name, key, f"there is no such key{_suggest(key, _KEYS)}")
    _check_types(data, name)
    base = IntendedUse()
    if (preset := data.pop("preset", None)) is not None:
        if preset not in PRESETS:
            raise _error(name, "preset", f"{preset!r} is no preset{_suggest(preset, PRESETS)}")
        base = PRESETS[preset]
    elif "outputs" not in data:
        raise _error(
            name, "outputs", 'say in what form the scene leaves the house, such as outputs = ["render"]'
        )
    values: dict[str, Any] = {field: getattr(base, field) for field in IntendedUse.__slots__}
    values["name"] = base.name if preset is not None else name.removesuffix(".toml") or base.name
    values.update(data)
    values.update({key: read(name, data[key]) for key, read in _READERS.items() if key in data})
    return IntendedUse(**values)


def encode_use(use: IntendedUse) -> str:
    """Write a use as a file that :func:`parse_use` reads back as the same value."""
    lines = [f"name = {_quote(use.name)}", f"purpose = {_quote(use.purpose.value)}"]
    lines.append(f"outputs = {_quote_all(kind.value for kind in OutputKind if kind in use.outputs)}")
    if use.media:
        lines.append(f"media = {_quote_all(use.media)}")
    if use.territory:
        lines.append(f"territory = {_quote_all(use.territory)}")
    lines += [f"{key} = {count}" for key in _COUNTS if (count := getattr(use, key)) is not None]
    for key in _AMOUNTS:
        amount: Money | None = getattr(use, key)
        if amount is not None:
            lines.append(f"{key} = {_quote(f'{amount.decimal:f} {amount.currency}')}")
    lines += [f"{key} = true" for key in _FLAGS if getattr(use, key)]
    lines += [
        f"{key} = {str(answer).lower()}" for key in _ANSWERS if (answer := getattr(use, key)) is not None
    ]
    if use.client:
        lines.append(f"client = {_quote(use.client)}")
    lines += [
        f"{key} = {_quote_all(names)}" for key in ("clients", "engines") if (names := getattr(use, key))
    ]
    lines.append(f"seats = {use.seats}")
    if use.projects != 1:
        lines.append(f"projects = {use.projects}")
    return "\n".join(lines) + "\n"


def _check_types(data: dict[str, Any], name: str) -> None:
    """Hold the types of all values against the file's model."""
    from pydantic import BaseModel, ConfigDict, Field, ValidationError

    class UseFile(BaseModel):
        model_config = ConfigDict(extra="forbid", strict=True)

        preset: str | None = None
        name: str | None = Field(default=None, min_length=1, max_length=200)
        purpose: str | None = None
        outputs: list[str] | None = None
        media: list[str] | None = None
        territory: list[str] | None = None
        print_run: int | None = Field(default=None, ge=0)
        impressions: int | None = Field(default=None, ge=0)
        audience: int | None = Field(default=None, ge=0)
        term_months: int | None = Field(default=None, ge=1, le=1200)
        sales: int | None = Field(default=None, ge=0)
        production_budget: str | None = None
        licensee_revenue: str | None = None
        merchandise: bool | None = None
        templates: bool | None = None
        sensitive: bool | None = None
        logo: bool | None = None
        affiliates: bool | None = None
        transfer: bool | None = None
        ai_metadata: bool | None = None
        protected: bool | None = None
        main_content: bool | None = None
        alters_content: bool | None = None
        ai_training: bool | None = None
        client: str | None = Field(default=None, max_length=200)
        clients: list[str] | None = None
        engines: list[str] | None = None
        seats: int | None = Field(default=None, ge=1)
        projects: int | None = Field(default=None, ge=1)

    try:
        UseFile.model_validate(data)
    except ValidationError as problem:
        raise _error(name, *_explain(problem)) from None


def _explain(problem: ValidationError) -> tuple[str, str]:
    """Return key and plain words of the first thing that is wrong."""
    first = problem.errors(include_url=False)[0]
    key = ".".join(str(part) for part in first["loc"])
    if key in _AMOUNTS:
        return key, 'write it as text with its currency, such as "10000 USD"'
    words = str(first["msg"])
    return key, words[:1].lower() + words[1:]


def _member(name: str, key: str, word: str, allowed: list[str]) -> str:
    if word in allowed:
        return word
    hint = _suggest(word, allowed) or f"; use one of {', '.join(allowed)}"
    raise _error(name, key, f"{word[:80]!r} is not known here{hint}")


def _country(name: str, word: str) -> str:
    if re.fullmatch(r"[A-Z]{2}", word):
        return word
    hint = "leave territory out for worldwide" if word.casefold() == "worldwide" else "such as DE or US"
    raise _error(name, "territory", f"{word[:80]!r} is not a country code of two capital letters; {hint}")


def _purpose(name: str, word: str) -> Purpose:
    return Purpose(_member(name, "purpose", word, [item.value for item in Purpose]))


def _outputs(name: str, words: list[str]) -> frozenset[OutputKind]:
    if not words:
        raise _error(name, "outputs", "name at least one output kind")
    kinds = [item.value for item in OutputKind]
    return frozenset(OutputKind(_member(name, "outputs", word, kinds)) for word in words)


def _media(name: str, words: list[str]) -> tuple[str, ...]:
    return tuple(_member(name, "media", word, sorted(MEDIA)) for word in words)


def _territory(name: str, words: list[str]) -> tuple[str, ...]:
    return tuple(_country(name, word) for word in words)


def _names(key: str) -> Callable[[str, list[str]], tuple[str, ...]]:
    def read(name: str, words: list[str]) -> tuple[str, ...]:
        for word in words:
            if not word.strip() or len(word) > 200:
                raise _error(name, key, f"{word[:80]!r} is not a name")
        return tuple(words)

    return read


def _engines(name: str, words: list[str]) -> tuple[str, ...]:
    return tuple(word.casefold() for word in _names("engines")(name, words))


def _money(key: str) -> Callable[[str, str], Money]:
    return lambda name, text: _read_money(name, key, text)


def _read_money(name: str, key: str, text: str) -> Money:
    found = _MONEY.fullmatch(" ".join(text.split()))
    if found is None or found[2] == UNSTATED_CURRENCY:
        problem = f'{text[:80]!r} is not an amount with its currency, such as "10000 USD"'
        raise _error(name, key, problem)
    try:
        return Money.parse(found[1].replace("_", ""), found[2])
    except ValueError as wrong:
        raise _error(name, key, str(wrong)) from None


def _suggest(word: str, allowed: Iterable[str]) -> str:
    parts = {part: full for full in allowed for part in (*full.split("_"), full)}
    close = get_close_matches(word.casefold(), list(parts), n=1, cutoff=0.6)
    return f"; did you mean {parts[close[0]]!r}?" if close else ""


def _error(name: str, key: str, problem: str) -> UserInputError:
    where = f"{name}: {key}" if key else name
    return UserInputError(f"{where}: {problem}", code="use.invalid", context={"key": key})


def _quote(text: str) -> str:
    """Write a TOML basic string; JSON's escapes are TOML's, but for DEL and lone surrogates."""
    quoted = json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
    return quoted.encode("utf-8", "replace").decode("utf-8")


def _quote_all(words: Iterable[str]) -> str:
    return f"[{', '.join(_quote(word) for word in words)}]"


_READERS: Mapping[str, Callable[[str, Any], Any]] = MappingProxyType(
    {
        "purpose": _purpose,
        "outputs": _outputs,
        "media": _media,
        "territory": _territory,
        "production_budget": _money("production_budget"),
        "licensee_revenue": _money("licensee_revenue"),
        "clients": _names("clients"),
        "engines": _engines,
    }
)
