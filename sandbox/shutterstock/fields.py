"""The `fields` parameter: a partial response, as in `data(id,assets(preview)),total_count`."""

from __future__ import annotations

import re
from typing import Any

Mask = dict[str, "Mask | None"]

_TOKEN = re.compile(r"[\w.*-]+|[(),/]")
_MAX_DEPTH = 20


def parse_fields(text: str) -> Mask:
    """Read a mask. Raises ValueError for what is none."""
    tokens = _TOKEN.findall(text)
    if "".join(tokens) != re.sub(r"\s+", "", text):
        raise ValueError(f"not a list of fields: {text[:100]}")
    mask, rest = _parse(tokens, 0, 0)
    if rest != len(tokens) or not mask:
        raise ValueError(f"not a list of fields: {text[:100]}")
    return mask


def apply_fields(value: Any, mask: Mask | None) -> Any:
    """Keep what the mask names."""
    if mask is None:
        return value
    if isinstance(value, list):
        return [apply_fields(part, mask) for part in value]
    if isinstance(value, dict):
        if "*" in mask:
            return {key: apply_fields(part, mask["*"]) for key, part in value.items()}
        return {key: apply_fields(part, mask[key]) for key, part in value.items() if key in mask}
    return value


def _parse(tokens: list[str], at: int, depth: int) -> tuple[Mask, int]:
    mask: Mask = {}
    if depth > _MAX_DEPTH:
        raise ValueError("fields are nested too deeply")
    while at < len(tokens):
        name = tokens[at]
        if name in "(),/":
            raise ValueError(f"a field's name is missing before {name!r}")
        at += 1
        inner: Mask | None = None
        if at < len(tokens) and tokens[at] == "(":
            inner, at = _parse(tokens, at + 1, depth + 1)
            if at >= len(tokens) or tokens[at] != ")":
                raise ValueError("a bracket is not closed")
            at += 1
        mask[name] = inner
        if at >= len(tokens) or tokens[at] != ",":
            return mask, at
        at += 1
    return mask, at
