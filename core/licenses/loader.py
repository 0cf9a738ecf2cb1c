"""Reads a marketplace's license file (TOML) into terms, and refuses one whose facts have no source.

The checks happen here, at the edge, with pydantic; errors name the file and the key. Imported lazily.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from datetime import date
from enum import StrEnum
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ..errors import UserInputError
from ..model.intended_use import OutputKind
from ..model.license import Cap, Clause, Confidence, LicenseTerms, Permission
from ..model.listing import MediaKind
from ..model.money import Money
from .canonical import (
    AMOUNTS,
    BOOLEANS,
    CAPS,
    LATER_AMOUNTS,
    LATER_BOOLEANS,
    LATER_CAPS,
    LATER_CHOICES,
    LATER_LISTS,
    LATER_PERMISSIONS,
    PERMISSIONS,
)
from .labels import LabelRule, MarketplaceLicenses, normalize_label

E = TypeVar("E", bound=StrEnum)

UNLIMITED = "unlimited"
NONE = "none"


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class _Source(_Strict):
    url: str = Field(pattern=r"^https://[^\s]+$")
    read_on: date
    confidence: str


class _Clause(_Strict):
    topics: list[str] = Field(min_length=1)
    summary: str = Field(min_length=10)
    source: str
    confidence: str = ""
    quoted: bool = False


class Facts(_Strict):
    """The facts of a license as files write them; what is absent is not said."""

    outputs: dict[str, str] = {}
    commercial: str | None = None
    editorial_only: bool | None = None
    merchandise: str | None = None
    templates: str | None = None
    ai_training: str | None = None
    sensitive_use: str | None = None
    print_run: int | str | None = None
    impressions: int | str | None = None
    audience: int | str | None = None
    production_budget_max: str | None = None
    seats: int | str | None = None
    perpetual: bool | None = None
    worldwide: bool | None = None
    territory: list[str] | None = None
    term_days: int | str | None = None
    must_use_days: int | str | None = None
    projects: int | str | None = None
    clients: int | str | None = None
    sales: int | str | None = None
    licensee_revenue_max: str | None = None
    licensee_kind: str | None = None
    seat_kind: str | None = None
    editorial_edits: str | None = None
    transfer: str | None = None
    extraction_protection: bool | None = None
    substantial_portion_limit: bool | None = None
    engines: list[str] | None = None
    logo_use: str | None = None
    ai_metadata: str | None = None
    credit_template: str | None = None
    credit_required_when: str | None = Field(default=None, pattern="^(always|editorial)$")


class _License(_Strict):
    id: str
    label: str
    version: date
    terms: str
    like: str = ""
    """``id@version`` of an earlier entry whose facts and clauses this one starts from."""
    unknown: list[str] = []
    """Facts of ``like`` that are not known here."""
    notes: str = ""
    facts: Facts = Facts()
    clause: list[_Clause] = []


class _Label(_Strict):
    names: list[str] = Field(min_length=1)
    license: str
    editorial: str = ""
    since: date | None = None
    until: date | None = None
    kinds: list[str] = []
    """Media that this is about; empty: all that no earlier entry with the same name is about."""


class _File(_Strict):
    schema_number: int = Field(alias="schema", ge=1, le=1)
    marketplace: str
    name: str = Field(min_length=1, max_length=40)
    """The marketplace's name for people."""
    sources: dict[str, _Source]
    license: list[_License]
    label: list[_Label]


def parse_licenses(text: str, *, name: str, marketplace: str) -> MarketplaceLicenses:
    """Read a file; raise UserInputError with file and key when anything in it is wrong."""
    try:
        file = _File.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as problem:
        raise _error(name, "", str(problem)) from None
    except ValidationError as problem:
        first = problem.errors(include_url=False)[0]
        raise _error(name, ".".join(str(part) for part in first["loc"]), first["msg"]) from None
    if file.marketplace != marketplace:
        raise _error(name, "marketplace", f"is {file.marketplace!r}, expected {marketplace!r}")
    versions = _build_versions(file, name)
    labels = []
    for index, label in enumerate(file.label):
        for wanted in filter(None, (label.license, label.editorial)):
            if wanted not in versions:
                raise _error(name, f"label.{index}", f"no license has the id {wanted!r}")
        labels.append(
            LabelRule(
                names=frozenset(normalize_label(entry) for entry in label.names),
                license_id=label.license,
                editorial_license_id=label.editorial,
                since=label.since,
                until=label.until,
                kinds=frozenset(
                    _member(MediaKind, kind, name, f"label.{index}.kinds") for kind in label.kinds
                ),
            )
        )
    return MarketplaceLicenses(
        marketplace=marketplace, name=file.name, versions=versions, labels=tuple(labels)
    )


def _build_versions(file: _File, name: str) -> dict[str, tuple[LicenseTerms, ...]]:
    merged: dict[str, tuple[dict[str, Any], dict[str, Clause]]] = {}
    found: dict[str, list[LicenseTerms]] = {}
    for entry in file.license:
        key = f"{entry.id}@{entry.version}"
        where = f"license.{key}"
        if not entry.id.startswith(f"{file.marketplace}.") or entry.id.endswith(".unknown"):
            raise _error(name, where, f"the id must be '{file.marketplace}.<name>', and not '.unknown'")
        if key in merged:
            raise _error(name, where, "is there twice")
        if entry.like and entry.like not in merged:
            raise _error(name, f"{where}.like", f"no earlier entry is {entry.like!r}")
        before_facts, before_clauses = merged.get(entry.like, ({}, {}))
        facts = {
            **before_facts,
            **flatten(entry.facts),
        }
        clauses = {**before_clauses, **_clauses(entry, file, name, where)}
        for fact in entry.unknown:
            if facts.pop(fact, None) is None:
                raise _error(name, f"{where}.unknown", f"{fact!r} is no fact of {entry.like!r}")
        merged[key] = (facts, clauses)
        _check_sources(facts, clauses, name, where)
        found.setdefault(entry.id, []).append(
            _make_terms(entry, file, facts=facts, clauses=clauses, name=name, where=where)
        )
    return {
        license_id: tuple(sorted(versions, key=lambda terms: terms.version))
        for license_id, versions in found.items()
    }


def flatten(facts: Facts) -> dict[str, Any]:
    """Return what is said, with outputs as ``output.<kind>``."""
    flat = {key: value for key, value in facts.model_dump().items() if key != "outputs" and value is not None}
    flat.update({f"output.{kind}": value for kind, value in facts.outputs.items()})
    return flat


def _clauses(entry: _License, file: _File, name: str, where: str) -> dict[str, Clause]:
    clauses: dict[str, Clause] = {}
    for index, clause in enumerate(entry.clause):
        source = file.sources.get(clause.source)
        if source is None:
            raise _error(name, f"{where}.clause.{index}", f"no source is named {clause.source!r}")
        for topic in clause.topics:
            clauses[topic] = Clause(
                topic=topic,
                summary=" ".join(clause.summary.split()),
                url=source.url,
                read_on=source.read_on,
                confidence=_member(Confidence, clause.confidence or source.confidence, name, where),
                quoted=clause.quoted,
            )
    return clauses


def _check_sources(facts: Iterable[str], clauses: dict[str, Clause], name: str, where: str) -> None:
    for fact in facts:
        topic = "credit" if fact.startswith("credit_") else fact
        if topic not in clauses:
            raise _error(name, f"{where}.{fact}", "the fact has no clause that says where it was read")


def _make_terms(
    entry: _License, file: _File, *, facts: dict[str, Any], clauses: dict[str, Clause], name: str, where: str
) -> LicenseTerms:
    values, outputs = convert_facts(facts, name=name, where=where)
    if entry.terms not in file.sources:
        raise _error(name, f"{where}.terms", f"no source is named {entry.terms!r}")
    return LicenseTerms(
        license_id=entry.id,
        marketplace=file.marketplace,
        label=entry.label,
        version=entry.version,
        terms_url=file.sources[entry.terms].url,
        outputs=outputs,
        clauses=tuple(clauses[topic] for topic in sorted(clauses)),
        notes=" ".join(entry.notes.split()),
        marketplace_name=file.name,
        **values,
    )


def convert_facts(
    facts: dict[str, Any], *, name: str, where: str
) -> tuple[dict[str, Any], dict[OutputKind, Permission]]:
    """Turn facts as files write them into fields of the terms, and into outputs (``output.<kind>``).

    Raises UserInputError; its context has ``key`` and ``problem``.
    """
    values: dict[str, Any] = {}
    outputs: dict[OutputKind, Permission] = {}
    for fact, value in facts.items():
        key = f"{where}.{fact}" if where else fact
        if fact.startswith("output."):
            kind = _member(OutputKind, fact.removeprefix("output."), name, key)
            outputs[kind] = _member(Permission, value, name, key)
        elif fact in (*PERMISSIONS, *LATER_PERMISSIONS):
            values[fact] = _member(Permission, value, name, key)
        elif fact in (*CAPS, *LATER_CAPS):
            values[fact] = _cap(value, name, key)
        elif fact in (*AMOUNTS, *LATER_AMOUNTS):
            values[fact] = _budget(value, name, key)
        elif fact in LATER_CHOICES:
            values[fact] = _member(LATER_CHOICES[fact], value, name, key)
        elif fact in LATER_LISTS:
            values[fact] = tuple(value)
        elif fact == "credit_template":
            values[fact] = None if value == NONE else value
        elif fact in (*BOOLEANS, *LATER_BOOLEANS) or fact == "credit_required_when":
            values[fact] = value
    return values, outputs


def _cap(value: int | str, name: str, key: str) -> Cap:
    if value == UNLIMITED:
        return Cap(limit=None)
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return Cap(limit=value)
    raise _error(name, key, f"{value!r} is neither a number nor {UNLIMITED!r}")


def _budget(value: str, name: str, key: str) -> Money | None:
    if value == UNLIMITED:
        return None
    amount, _, currency = value.partition(" ")
    try:
        return Money.parse(amount, currency)
    except ValueError as problem:
        raise _error(name, key, str(problem)) from None


def _member(kind: type[E], value: str, name: str, key: str) -> E:
    try:
        return kind(value)
    except ValueError:
        allowed = ", ".join(member.value for member in kind)
        raise _error(name, key, f"{value!r} is none of {allowed}") from None


def _error(name: str, key: str, problem: str) -> UserInputError:
    return UserInputError(
        f"License file {name}{f', {key}' if key else ''}: {problem}.",
        code="licenses.invalid",
        context={"key": key, "problem": problem},
    )
