"""Draw the dialogs that declare content and decide about findings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..views.text import count
from . import widgets

_NEEDS_EVIDENCE = frozenset({"license_upgraded", "cleared_in_writing"})
_NEEDS_END = frozenset({"replaced"})


def draw_declare(operator: Any, layout: Any, context: Any, fields: Sequence[str], *, width: float) -> None:
    """Draw what is asked for an origin; ``fields`` are those that only some origins have."""
    are = "is" if operator.found == 1 else "are"
    widgets.draw_text(
        layout, context,
        f"{count(operator.found, 'data-block')} {are} declared under your name, with today's date. "
        "It is your word: say how you know.",
        dialog=width,
    )  # fmt: skip
    layout.use_property_split = True
    layout.use_property_decorate = False
    for name in ("origin", "title", "reason", *fields, "evidence"):
        layout.prop(operator, name)
    if operator.origin == "other":
        widgets.draw_text(layout, context, "A person has to look at it all the same.", dialog=width)


def draw_withdraw(operator: Any, layout: Any, context: Any, *, width: float) -> None:
    """Draw what it means, and ask why."""
    widgets.draw_text(
        layout, context,
        f"“{operator.title}” is undeclared from then on, in every scene that uses it. The stamps stay where "
        "they are, and the audit keeps who declared it. It can be declared again.",
        dialog=width,
    )  # fmt: skip
    layout.use_property_split = True
    layout.use_property_decorate = False
    layout.prop(operator, "reason")


def draw_resolve(operator: Any, layout: Any, context: Any, kinds: Sequence[str], *, width: float) -> None:
    """Draw the kinds that can answer a finding, and what the chosen one needs."""
    widgets.draw_text(
        layout, context,
        "The finding stays in the report, with your name and reason; it decides no more.",
        dialog=width,
    )  # fmt: skip
    column = layout.column(align=True)
    for kind in kinds:
        column.prop_enum(operator, "kind", kind)
    layout.use_property_split = True
    layout.use_property_decorate = False
    layout.prop(operator, "reason")
    layout.prop(
        operator, "evidence", text="Evidence (needed)" if operator.kind in _NEEDS_EVIDENCE else "Evidence"
    )
    layout.prop(operator, "until", text="Until (needed)" if operator.kind in _NEEDS_END else "Until")
    layout.prop(operator, "only_project")
