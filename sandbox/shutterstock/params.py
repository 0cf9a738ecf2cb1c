"""Query parameters and bodies checked as the specification types them; what is wrong becomes a 400."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from ..clock import parse_time
from ..message import Json, Request, refuse
from ..world import World
from .access import error_reply


@dataclass(frozen=True, slots=True)
class Param:
    """One parameter: how its text is read, whether it may repeat, its default."""

    read: Callable[[str], Any]
    default: Any = None
    many: bool = False
    required: bool = False


def text(value: str) -> str:
    """Read any text."""
    return value


def integer(low: int, high: int | None = None) -> Callable[[str], int]:
    """Read a whole number within bounds."""

    def read(value: str) -> int:
        if not re.fullmatch(r"-?\d{1,18}", value):
            raise TypeError("string should be integer")
        number = int(value)
        if number < low:
            raise ValueError(f"Value {number} is less than minimum {low}")
        if high is not None and number > high:
            raise ValueError(f"Value {number} is greater than maximum {high}")
        return number

    return read


def number(value: str) -> float:
    """Read a number above zero."""
    if not re.fullmatch(r"\d{1,12}(\.\d{1,12})?", value):
        raise TypeError("string should be number")
    if float(value) <= 0:
        raise ValueError(f"Value {value} is less than or equal to minimum 0")
    return float(value)


def boolean(value: str) -> bool:
    """Read true or false."""
    if value not in ("true", "false"):
        raise TypeError("string should be boolean")
    return value == "true"


def one_of(*choices: str) -> Callable[[str], str]:
    """Read one of some words."""

    def read(value: str) -> str:
        if value not in choices:
            raise ValueError(f"No enum match for: {value}")
        return value

    return read


def day(value: str) -> str:
    """Read a date as YYYY-MM-DD."""
    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", value):
        raise ValueError(f"Object didn't pass validation for format date: {value}")
    date.fromisoformat(value)
    return value


def moment(value: str) -> float:
    """Read an ISO 8601 date-time."""
    return parse_time(value)


def read_query(world: World, request: Request, params: dict[str, Param]) -> dict[str, Any]:
    """Read all query parameters; refuse with 400 and every fault found."""
    faults: list[Json] = []
    found: dict[str, Any] = {}
    if world.variants.choice("shutterstock_unknown_parameter") == "reject":
        faults += [
            fault("VALIDATION_UNKNOWN_PARAMETER", f"Unknown parameter: {name}", f"$.query.{name}")
            for name in dict.fromkeys(name for name, _ in request.query)
            if name not in params
        ]
    for name, param in params.items():
        raw = request.values(name)
        if len(raw) > 1 and not param.many:
            faults.append(
                fault("VALIDATION_INVALID_TYPE", "Invalid type: array should be string", f"$.query.{name}")
            )
            continue
        values = []
        for value in raw:
            try:
                values.append(param.read(value))
            except TypeError as error:
                faults.append(
                    fault("VALIDATION_INVALID_TYPE", f"Invalid type: {error}", f"$.query.{name}", value)
                )
            except ValueError as error:
                faults.append(fault("VALIDATION_INVALID_VALUE", str(error), f"$.query.{name}", value))
        if param.required and not raw:
            faults.append(
                fault("VALIDATION_REQUIRED", f"Missing required property: {name}", f"$.query.{name}")
            )
        found[name] = values if param.many else (values[0] if values else param.default)
    if faults:
        refuse(error_reply("Validation failed", 400, faults))
    return found


def read_body(request: Request) -> Json:
    """Read a JSON object from the body; refuse with 400 what is none."""
    try:
        body = request.json()
    except ValueError:
        refuse(error_reply("The request body is not valid JSON", 400))
    if not isinstance(body, dict):
        item = fault("VALIDATION_INVALID_TYPE", "Invalid type: body should be object", "$.body")
        refuse(error_reply("Validation failed", 400, [item]))
    return body


def fault(code: str, message: str, path: str, data: str | None = None) -> Json:
    """Describe one fault of a request."""
    entry: Json = {"code": code, "message": message, "path": path, "items": [], "status_code": 400}
    return {**entry, "data": repr(data)[:200]} if data is not None else entry
