"""A refund as the panel shows it: the policy, what it would mean, the text to send. Pure: no bpy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ....core.marketplaces.base import MarketplaceInfo
from ....core.model.evidence import RefundState
from ....core.services.studio.refund import RefundAdvice
from ....core.session.state import Phase, SessionState
from ...messages import tell
from .rows import Fact, Note, Tone, names_of
from .text import clean, count, shorten

MAX_SCENES = 8
_STATES = {
    RefundState.REQUESTED: "Asked for. Send the text, then enter how it ended.",
    RefundState.REFUNDED: "Refunded: the license has ended. Take it out of your scenes.",
    RefundState.REFUSED: "Refused: the license stays as it is.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundView:
    """The refund that the user looks at."""

    title: str = ""
    facts: tuple[Fact, ...] = ()
    notes: tuple[Note, ...] = ()
    scenes: tuple[str, ...] = ()
    """Scene files that use it, as they were when they were last saved."""
    policy_url: str = ""
    order_id: str = ""
    refund_id: str = ""
    """Of a refund that was asked for and has not ended."""
    can_ask: bool = False
    has_text: bool = False


def view_refund(state: SessionState, infos: Sequence[MarketplaceInfo]) -> RefundView | None:
    """Build the panel; None when the user looks at no refund."""
    step = state.refund
    if step is None:
        return None
    notes: list[Note] = []
    if step.phase is Phase.BUSY:
        notes.append(Note(text="Looking it up.", tone=Tone.BUSY))
    if step.problem is not None:
        notes.append(Note(text=tell(step.problem), tone=Tone.BAD))
    advice = step.advice
    if advice is None:
        return RefundView(notes=tuple(notes), order_id=step.order_id)
    where = names_of(infos).get(advice.order.ref.marketplace, advice.order.ref.marketplace)
    notes += _policy_notes(advice, where)
    refund = step.refund
    if refund is not None:
        tone = {
            RefundState.REQUESTED: Tone.BUSY,
            RefundState.REFUNDED: Tone.WARN,
            RefundState.REFUSED: Tone.INFO,
        }
        notes.append(Note(text=_STATES[refund.state], tone=tone[refund.state]))
    scenes = [clean(one.scene)[-90:] or "an unsaved scene" for one in advice.scenes]
    if len(scenes) > MAX_SCENES:
        scenes = [*scenes[:MAX_SCENES], f"and {count(len(scenes) - MAX_SCENES, 'more scene')}"]
    is_open = refund is not None and refund.state is RefundState.REQUESTED
    return RefundView(
        title=shorten(advice.order.title, 80) or "Untitled",
        facts=tuple(_facts(advice, where)),
        notes=tuple(notes),
        scenes=tuple(scenes),
        policy_url=advice.policy.url if advice.policy is not None else "",
        order_id=step.order_id,
        refund_id=refund.id if refund is not None and is_open else "",
        can_ask=not is_open and (refund is None or refund.state is RefundState.REFUSED),
        has_text=bool(step.message),
    )


def _policy_notes(advice: RefundAdvice, where: str) -> list[Note]:
    policy = advice.policy
    if policy is None:
        return [
            Note(text=f"How {where} takes a purchase back is not known. Ask its support.", tone=Tone.WARN)
        ]
    notes = [Note(text=shorten(policy.summary, 400)), Note(text=shorten(policy.how, 400))]
    if not policy.confirmed:
        notes.append(Note(text="This was read second hand: check it on their page.", tone=Tone.WARN))
    if advice.days_left is not None and advice.days_left < 0:
        notes.append(
            Note(text="Their time for refunds is over; they may still decide for you.", tone=Tone.WARN)
        )
    return notes


def _facts(advice: RefundAdvice, where: str) -> list[Fact]:
    order, policy = advice.order, advice.policy
    facts = [
        Fact(label="From", value=where),
        Fact(label="Bought", value=advice.grant.granted_at.date().isoformat()),
        Fact(label="Order", value=shorten(order.marketplace_order_id, 60) or "number not told"),
    ]
    if advice.days_left is not None and advice.days_left >= 0:
        facts.append(Fact(label="Time left", value=count(advice.days_left, "day")))
    if policy is not None:
        facts.append(Fact(label="Policy read", value=policy.read_on.isoformat()))
    if advice.refund is not None and advice.refund.amount is not None:
        facts.append(Fact(label="Refunded", value=str(advice.refund.amount)))
    return facts
