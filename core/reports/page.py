"""Fills the page templates of this package. Imports Jinja2 only while it renders; all text is escaped.

No I/O but reading its own templates from the package.
"""

from __future__ import annotations

from collections.abc import Mapping


def render_page(template: str, context: Mapping[str, object]) -> str:
    """Fill a template of this package; it may include others of them."""
    from importlib.resources import files

    from jinja2 import Environment, FunctionLoader, StrictUndefined

    folder = files(__package__ or __name__.rpartition(".")[0])
    environment = Environment(
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        loader=FunctionLoader(lambda name: folder.joinpath(name).read_text(encoding="utf-8")),
    )
    return environment.get_template(template).render(context)
