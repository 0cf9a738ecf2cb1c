"""Reads a studio's own rules (TOML) and refuses what would loosen an answer. Errors name file and line.

pydantic is imported only while a file is read. The file format is told in ``docs/policy.md``.
"""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Collection, Iterable
from difflib import get_close_matches
from typing import Any

from ..errors import UserInputError
from ..model.intended_use import OutputKind, Purpose
from .media import MEDIA
from .rules.registry import RULE_NAMES
from .studio import Effect, StudioPolicy, StudioRule
from .toml_lines import find_line

_CONDITIONS = (
    "marketplaces", "licenses", "outputs", "purpose", "media", "territory", "clients", "findings",
    "editorial", "ai_generated",
)  # fmt: skip
_KEYS = ("id", "effect", "message", "how_to_fix", *_CONDITIONS, "when_unknown", "exceptions")
_TOP = ("schema", "name", "rule", "alerts")  # [alerts] is read by :mod:`.alert_file`
# What people write who want a rule to permit something.
_LOOSENING = frozenset(
    {"allow", "allowed", "permit", "permitted", "clear", "cleared", "ignore", "ignored", "disable",
     "disabled", "override", "overrides", "skip", "except", "unless", "hint", "accept", "waive", "severity",
     "downgrade"}
)  # fmt: skip
_ID = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
_LICENSE = re.compile(r"[a-z0-9_]+\.[a-z0-9_]+")
SCHEMA = 1


class _File:
    """One file while it is read: its text, its name, and how to complain about it."""

    def __init__(self, text: str, name: str) -> None:
        self.text = text
        self.name = name

    def error(
        self, problem: str, *, rule: int | None = None, key: str = "", code: str = "studio.invalid"
    ) -> UserInputError:
        """Return an error that names file and line."""
        line = find_line(self.text, table="" if rule is None else "rule", index=rule or 0, key=key)
        if not line and rule is not None:
            line = find_line(self.text, table="rule", index=rule)
        where = f"{self.name}:{line}" if line else self.name
        what = f"{key}: " if key else ""
        return UserInputError(f"{where}: {what}{problem}", code=code, context={"line": line, "key": key})


def parse_studio(
    text: str, *, name: str, marketplaces: Collection[str] = (), licenses: Collection[str] = ()
) -> StudioPolicy:
    """Read a studio's rules; ``name`` is what errors call the file.

    ``marketplaces`` and ``licenses`` are the ids that exist; empty: any that looks like one is taken. Raises
    UserInputError: ``studio.invalid``, and ``studio.loosens`` for a rule that would loosen an answer.
    """
    file = _File(text, name)
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as problem:
        found = re.search(r"line (\d+)", str(problem))
        where = f"{name}:{found[1]}" if found else name
        raise UserInputError(f"{where}: this is not TOML: {problem}", code="studio.invalid") from None
    for key in data:
        _check_key(file, key, _TOP)
    if data.get("schema") != SCHEMA or isinstance(data["schema"], bool):
        raise file.error(f"write schema = {SCHEMA}", key="schema")
    if not isinstance(data.get("name", ""), str):
        raise file.error("write it as text", key="name")
    entries = data.get("rule", [])
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise file.error("write each rule under [[rule]]", key="rule")
    rules: list[StudioRule] = []
    for index, entry in enumerate(entries):
        rule = _read_rule(file, index, entry, marketplaces=marketplaces, licenses=licenses)
        if any(rule.id == other.id for other in rules):
            raise file.error(f"there are two rules {rule.id!r}", rule=index, key="id")
        rules.append(rule)
    return StudioPolicy(
        name=data.get("name", ""), rules=tuple(rules), sha256=hashlib.sha256(text.encode("utf-8")).hexdigest()
    )


def _check_key(file: _File, key: str, allowed: Collection[str], *, rule: int | None = None) -> None:
    if key in allowed:
        return
    if key.casefold() in _LOOSENING:
        raise _loosens(file, rule=rule, key=key)
    raise file.error(f"there is no such key{_suggest(key, allowed)}", rule=rule, key=key)


def _loosens(file: _File, *, rule: int | None, key: str) -> UserInputError:
    return file.error(
        "a studio's rules can only be stricter than the licenses, never looser. Where somebody agreed to a "
        "use, record a resolution for the finding instead",
        rule=rule,
        key=key,
        code="studio.loosens",
    )


def _read_rule(
    file: _File,
    index: int,
    entry: dict[str, Any],
    *,
    marketplaces: Collection[str],
    licenses: Collection[str],
) -> StudioRule:
    for key in entry:
        _check_key(file, key, _KEYS, rule=index)
    _check_types(file, index, entry)
    effect = str(entry["effect"])
    if effect.casefold() in _LOOSENING:
        raise _loosens(file, rule=index, key="effect")
    if not _ID.fullmatch(entry["id"]):
        raise file.error(
            f"{entry['id'][:80]!r} is no id: use small letters, digits, - and _", rule=index, key="id"
        )
    if not any(key in entry for key in _CONDITIONS):
        raise file.error(
            f"the rule {entry['id']!r} has no condition and would stand against everything; name one of "
            f"{', '.join(_CONDITIONS)}",
            rule=index,
        )

    def members(key: str, allowed: Collection[str]) -> frozenset[str]:
        return frozenset(_member(file, index, key, word, allowed) for word in entry.get(key, ()))

    for word in entry.get("territory", ()):
        if not re.fullmatch(r"[A-Z]{2}", word):
            raise file.error(
                f"{word[:80]!r} is not a country code of two capital letters, such as DE or US",
                rule=index,
                key="territory",
            )
    for word in entry.get("licenses", ()):
        if not _LICENSE.fullmatch(word):
            raise file.error(
                f"{word[:80]!r} is no license id, such as cgtrader.editorial", rule=index, key="licenses"
            )
    unread = frozenset(word for word in entry.get("licenses", ()) if word.endswith(".unknown"))
    purpose = entry.get("purpose")
    return StudioRule(
        id=entry["id"],
        effect=Effect(_member(file, index, "effect", effect, [item.value for item in Effect])),
        message=entry["message"].strip(),
        how_to_fix=entry.get("how_to_fix", "").strip(),
        marketplaces=members("marketplaces", marketplaces or entry.get("marketplaces", ())),
        licenses=members("licenses", {*licenses, *unread} if licenses else entry.get("licenses", ())),
        outputs=frozenset(map(OutputKind, members("outputs", [item.value for item in OutputKind]))),
        purpose=(
            None
            if purpose is None
            else Purpose(_member(file, index, "purpose", purpose, [item.value for item in Purpose]))
        ),
        media=members("media", sorted(MEDIA)),
        territory=frozenset(entry.get("territory", ())),
        clients=frozenset(entry.get("clients", ())),
        findings=members("findings", RULE_NAMES),
        editorial=entry.get("editorial"),
        ai_generated=entry.get("ai_generated"),
        pass_unknown=_member(file, index, "when_unknown", entry.get("when_unknown", "review"), _WHEN)
        == "pass",
        final=not entry.get("exceptions", True),
    )


_WHEN = ("review", "pass")


def _check_types(file: _File, index: int, entry: dict[str, Any]) -> None:
    """Hold the types of all values against the file's model."""
    from typing import Annotated

    from pydantic import BaseModel, ConfigDict, Field, ValidationError

    words = Annotated[list[str], Field(min_length=1, max_length=1000)]

    class Rule(BaseModel):
        model_config = ConfigDict(extra="forbid", strict=True)

        id: str
        effect: str
        message: str = Field(min_length=1, max_length=1000, pattern=r"\S")
        how_to_fix: str | None = Field(default=None, max_length=1000)
        marketplaces: words | None = None
        licenses: words | None = None
        outputs: words | None = None
        purpose: str | None = None
        media: words | None = None
        territory: words | None = None
        clients: words | None = None
        findings: words | None = None
        editorial: bool | None = None
        ai_generated: bool | None = None
        when_unknown: str | None = None
        exceptions: bool | None = None

    try:
        Rule.model_validate(entry)
    except ValidationError as problem:
        first = problem.errors(include_url=False)[0]
        said = str(first["msg"])
        raise file.error(said[:1].lower() + said[1:], rule=index, key=str(first["loc"][0])) from None


def _member(file: _File, index: int, key: str, word: str, allowed: Collection[str]) -> str:
    if word in allowed:
        return word
    hint = _suggest(word, allowed) or f"; use one of {', '.join(sorted(allowed)[:40])}"
    raise file.error(f"{word[:80]!r} is not known here{hint}", rule=index, key=key)


def _suggest(word: str, allowed: Iterable[str]) -> str:
    close = get_close_matches(word.casefold(), list(allowed), n=1, cutoff=0.6)
    return f"; did you mean {close[0]!r}?" if close else ""
