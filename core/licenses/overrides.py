"""What an enterprise agreement says other than the standard terms: read, written in one form, and applied.

The text is a TOML table with the fields of a license file's ``facts`` and nothing else.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from pydantic import ValidationError

from ..errors import UserInputError
from ..model.intended_use import OutputKind
from ..model.license import Clause, LicenseTerms, Permission
from .loader import Facts, convert_facts, flatten

OUTPUT = "output."
MAX_CHARACTERS = 100_000


@dataclass(frozen=True, slots=True)
class Overrides:
    """What an agreement changes. ``facts`` is as it is written in files, outputs as ``output.<kind>``."""

    facts: dict[str, Any]
    values: dict[str, Any]
    outputs: dict[OutputKind, Permission]

    @property
    def topics(self) -> tuple[str, ...]:
        """What it has something to say about, as clauses name it."""
        return tuple(dict.fromkeys(topic_of(fact) for fact in self.facts))


def read_overrides(text: str, *, name: str) -> Overrides:
    """Read the table; raise UserInputError (context: ``key``, ``problem``) for what it may not hold.

    An unknown field is refused: what nobody reads must not look as if it were agreed.
    """
    if len(text) > MAX_CHARACTERS:
        raise _error(name, "", f"it is longer than {MAX_CHARACTERS:,} characters")
    try:
        facts = flatten(Facts.model_validate(tomllib.loads(text)))
    except tomllib.TOMLDecodeError as problem:
        raise _error(name, "", str(problem)) from None
    except RecursionError:
        raise _error(name, "", "it is nested too deeply") from None
    except ValidationError as problem:
        first = problem.errors(include_url=False)[0]
        key = ".".join(str(part) for part in first["loc"])
        why = "is no field of the license terms" if first["type"] == "extra_forbidden" else first["msg"]
        raise _error(name, key, why) from None
    if not facts:
        raise _error(name, "", "it changes nothing; name at least one field of the license terms")
    values, outputs = convert_facts(facts, name=name, where="")
    return Overrides(facts, values, outputs)


def write_overrides(overrides: Overrides) -> str:
    """Write the table in one form: a field a line, sorted, outputs last.

    The studio's database reads the number of seats out of it, so it never spans lines.
    """
    plain = {key: value for key, value in sorted(overrides.facts.items()) if not key.startswith(OUTPUT)}
    lines = [f"{key} = {_write(value)}" for key, value in plain.items()]
    if overrides.outputs:
        lines.append("[outputs]")
        lines += [
            f"{kind.value} = {_write(str(allowed))}" for kind, allowed in sorted(overrides.outputs.items())
        ]
    return "\n".join(lines) + "\n"


def apply_overrides(
    terms: LicenseTerms, overrides: Overrides, *, make_clause: Callable[[str, str], Clause]
) -> LicenseTerms:
    """Return terms with what was agreed. ``make_clause(topic, what)`` says what the new facts rest on."""
    said: dict[str, list[str]] = {}
    for fact, value in overrides.facts.items():
        said.setdefault(topic_of(fact), []).append(f"{fact.removeprefix(OUTPUT)} = {_write(value)}")
    clauses = {clause.topic: clause for clause in terms.clauses}
    clauses |= {topic: make_clause(topic, ", ".join(parts)) for topic, parts in said.items()}
    values = dict(overrides.values)
    if values.get("credit_template", "") is None:
        values["credit_required_when"] = ""
    return replace(
        terms,
        **values,
        outputs={**terms.outputs, **overrides.outputs},
        clauses=tuple(clauses[topic] for topic in sorted(clauses)),
    )


def topic_of(fact: str) -> str:
    """Return the topic of the clause that a fact rests on."""
    return "credit" if fact.startswith("credit_") else fact


def _write(value: Any) -> str:
    # JSON's texts, numbers and lists of texts are TOML's too; DEL is the one character that is not.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _error(name: str, key: str, problem: str) -> UserInputError:
    return UserInputError(
        f"{name}{f', {key}' if key else ''}: {problem}.",
        code="agreement.invalid",
        context={"key": key, "problem": problem},
    )
