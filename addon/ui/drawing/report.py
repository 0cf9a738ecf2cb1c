"""Draw the intended use and the scene's license report. Decides nothing: ``views.report`` does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ... import runtime
from ..views import icons
from ..views.report import ObstacleRow, ReportView, view_report
from ..views.rows import Note, Tone
from . import widgets
from .recognized import draw_recognized

if TYPE_CHECKING:
    from ....core.app import App


def draw_use(layout: Any, context: Any) -> None:
    """Draw what the production will do."""
    use = context.scene.clearance_use
    row = layout.row(align=True)
    row.operator_menu_enum("clearance.use_preset", "preset", text="Preset")
    row.operator("clearance.load_use", text="Load…")
    row.operator("clearance.save_use", text="Save…")
    layout.use_property_split = True
    layout.use_property_decorate = False
    column = layout.column()
    column.prop(use, "name")
    column.prop(use, "client")
    column.prop(use, "purpose")
    layout.label(text="Output:")
    column = layout.column(align=True)
    column.use_property_split = False
    column.prop(use, "outputs")


def draw_use_more(layout: Any, context: Any) -> None:
    """Draw numbers and particulars of the production."""
    use = context.scene.clearance_use
    layout.use_property_split = True
    layout.use_property_decorate = False
    column = layout.column()
    for name in ("media", "territory", "print_run", "impressions", "audience", "budget", "currency", "seats"):
        column.prop(use, name)
    column = layout.column(heading="Also")
    for name in ("merchandise", "templates", "sensitive"):
        column.prop(use, name)


def draw_use_terms(layout: Any, context: Any) -> None:
    """Draw what only some licenses ask for: time, other companies, products, AI."""
    use = context.scene.clearance_use
    layout.use_property_split = True
    layout.use_property_decorate = False
    column = layout.column()
    for name in (
        "term_months", "clients", "projects", "engines", "sales", "licensee_revenue", "revenue_currency",
        "protected", "main_content", "alters_content", "ai_training",
    ):  # fmt: skip
        column.prop(use, name)
    column = layout.column(heading="Also")
    for name in ("affiliates", "logo", "transfer", "ai_metadata"):
        column.prop(use, name)


def draw_report(layout: Any, context: Any, app: App) -> None:
    """Draw the verdict, and what stands against it."""
    shown = view_report(app.session.state)
    column = layout.column()
    column.scale_y = 1.2
    column.operator(
        "clearance.report_scene",
        text="Check Again" if shown.verdict else "Check the Scene",
        icon=icons.REPORT,
    )
    widgets.draw_notes(layout, context, shown.notes)
    if shown.verdict is None:
        return
    box = layout.box()
    row = box.row()
    row.scale_y = 1.6
    row.alert = shown.verdict.tone is Tone.BAD
    row.label(text=shown.verdict.text, icon=icons.TONES[shown.verdict.tone], translate=False)
    widgets.draw_text(box, context, shown.summary, boxes=1)
    quiet = box.column()
    quiet.active = False
    widgets.draw_text(quiet, context, shown.about_use, boxes=1)
    layout.prop(context.window_manager, "clearance_overlay", toggle=True, icon=icons.OVERLAY)
    problem = runtime.overlay().problem
    if problem:
        widgets.draw_note(layout, context, Note(text=problem, tone=Tone.WARN))
    column = layout.column(align=True)
    column.operator("clearance.save_report", text="Web Page", icon=icons.PAGE).format = "html"
    row = column.row(align=True)
    for name, label in (("json", "JSON"), ("csv", "CSV")):
        row.operator("clearance.save_report", text=label, icon="NONE").format = name
    row.operator_menu_enum("clearance.save_report", "format", text="More")
    draw_recognized(layout, context, app)


def draw_obstacles(layout: Any, context: Any, app: App) -> None:
    """Draw what stands against the use."""
    shown = view_report(app.session.state)
    if not shown.obstacles:
        widgets.draw_note(layout, context, Note(text="Nothing stands against it.", tone=Tone.GOOD))
    for obstacle in shown.obstacles:
        _draw_obstacle(layout, context, obstacle)
    if shown.resolved:
        layout.label(text="Decided:")
    for row in shown.resolved:
        box = layout.box()
        box.active = False
        if row.about:
            widgets.draw_text(box, context, row.about, boxes=1, max_lines=2)
        widgets.draw_text(box, context, row.message, icon=icons.TONES[Tone.GOOD], boxes=1)
        widgets.draw_text(box, context, row.decided, icon="BLANK1", boxes=1)
        widgets.draw_text(box, context, row.reason, icon="BLANK1", boxes=1)
    if shown.hints:
        layout.label(text="Good to know:")
    for obstacle in shown.hints:
        _draw_obstacle(layout, context, obstacle)


def _draw_obstacle(layout: Any, context: Any, obstacle: ObstacleRow) -> None:
    box = layout.box()
    if obstacle.about:
        widgets.draw_text(box, context, obstacle.about, boxes=1, max_lines=2)
    widgets.draw_finding(box, context, obstacle.finding, boxes=1)
    if obstacle.way_out:
        quiet = box.column()
        quiet.active = False
        widgets.draw_text(quiet, context, f"Least work: {obstacle.way_out}", icon="BLANK1", boxes=1)
    if obstacle.select:
        row = box.row(align=True)
        row.operator("clearance.select_finding", icon=icons.SELECT).subject = obstacle.select
        if obstacle.rule:
            button = row.operator("clearance.resolve_finding")
            button.subject, button.rule = obstacle.select, obstacle.rule


def draw_answer(layout: Any, context: Any, app: App) -> None:
    """Draw what the scene is good for as it is, and the least work for more."""
    answer = view_report(app.session.state).answer
    quiet = layout.column()
    quiet.active = False
    if answer is None:
        widgets.draw_text(quiet, context, "Check again to see it.")
        return
    if answer.good_for:
        quiet.label(text="As it is, it is cleared for:")
    else:
        widgets.draw_text(quiet, context, "As it is, it is cleared for nothing.")
    for line in answer.good_for:
        widgets.draw_text(quiet, context, line, icon=icons.TONES[Tone.GOOD])
    if answer.ways_out:
        quiet.label(text="Least work to clear each part:")
    for line in answer.ways_out:
        widgets.draw_text(quiet, context, line, icon="RIGHTARROW_THIN")
    if answer.more_ways:
        widgets.draw_text(quiet, context, f"And {answer.more_ways:,} more in the saved report.")


def draw_licenses(layout: Any, context: Any, app: App) -> None:
    """Draw the licenses in the scene."""
    shown = view_report(app.session.state)
    if not shown.licenses:
        widgets.draw_note(layout, context, Note(text="No license was found in this scene."))
    for row in shown.licenses:
        box = layout.box()
        box.active = not row.quiet
        widgets.draw_text(box, context, row.title, icon=icons.TONES[row.tone], boxes=1, max_lines=2)
        widgets.draw_text(box, context, row.detail, icon="BLANK1", boxes=1)
        buttons = box.row(align=True)
        buttons.operator("clearance.select_finding", icon=icons.SELECT).subject = row.grant_id
        if row.withdraw:
            button = buttons.operator("clearance.withdraw_declaration")
            button.declaration_id, button.title = row.grant_id, row.title


def draw_undeclared(layout: Any, context: Any, app: App) -> None:
    """Draw what nobody declared."""
    shown = view_report(app.session.state)
    if not shown.undeclared:
        text = (
            "Everything that goes out is declared." if shown.aside else "Everything in the scene is declared."
        )
        widgets.draw_note(layout, context, Note(text=text, tone=Tone.GOOD))
        _draw_aside(layout, context, shown)
        return
    row = layout.row(align=True)
    row.operator("clearance.declare", text="Declare Selected…").scope = "SELECTED"
    row.operator("clearance.declare", text="Declare All…").scope = "ALL"
    widgets.draw_text(layout, context, "Nobody has said where these come from:")
    column = layout.column(align=True)
    for name in shown.undeclared:
        row = column.row(align=True)
        _draw_undeclared(row, context, name)
    _draw_more(layout, context, shown)
    _draw_aside(layout, context, shown)


def _draw_aside(layout: Any, context: Any, shown: ReportView) -> None:
    if shown.aside:
        quiet = layout.column()
        quiet.active = False
        widgets.draw_text(quiet, context, shown.aside)


def _draw_undeclared(row: Any, context: Any, name: str) -> None:
    id_type, _, plain = name.partition("/")
    widgets.draw_text(
        row,
        context,
        f"{plain} ({id_type.lower()})",
        max_lines=1,
        width=widgets.available(context, icon=True) - 24.0,
    )
    row.operator("clearance.select_finding", text="", icon=icons.SELECT).subject = name
    button = row.operator("clearance.declare", text="", icon=icons.DECLARE)
    button.scope, button.subject = "ONE", name


def _draw_more(layout: Any, context: Any, shown: ReportView) -> None:
    if shown.more_undeclared:
        widgets.draw_text(
            layout, context, f"And {shown.more_undeclared:,} more; the saved report names them all."
        )
