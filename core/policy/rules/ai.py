"""Rules on AI: may a service learn from the content, and may it read its titles and tags. Pure."""

from __future__ import annotations

from ...model.findings import Finding, Severity
from ...model.intended_use import OutputKind
from ...model.license import Permission
from ..facts import Facts
from ..wording import make_finding, name_license
from .uses import check_permission


def check_ai_training(facts: Facts) -> Finding | None:
    """``ai.training``: an AI service may learn from what it is given.

    Nothing is found when the use says that a contract rules training out.
    """
    terms, use = facts.terms, facts.use
    fed = OutputKind.AI_INPUT in use.outputs
    if not terms.known or use.ai_training is False or not (fed or use.ai_training):
        return None
    if use.ai_training:
        return check_permission(
            facts,
            "ai.training",
            "ai_training",
            terms.ai_training,
            doing="training AI",
            instead="Keep the asset, and every picture of it, out of what an AI learns from.",
        )
    if terms.outputs.get(OutputKind.AI_INPUT, Permission.UNKNOWN) is Permission.DENIED:
        return None  # output.ai_input has said it already
    if terms.ai_training is Permission.ALLOWED:
        return None
    says = "forbids" if terms.ai_training is Permission.DENIED else "is not known to allow"
    return make_finding(
        facts,
        rule="ai.training",
        severity=Severity.WARNING,
        message=(
            f"{name_license(terms)} {says} training AI, and many AI services train on what they are given."
        ),
        how_to_fix=(
            "Use only services whose contract rules out training on your files, keep that contract, and "
            "state ai_training = false in the use file; otherwise keep the asset out of them."
        ),
        topic="ai_training",
    )


def check_ai_metadata(facts: Facts) -> Finding | None:
    """``ai.metadata``: titles, tags and descriptions are content too."""
    if not facts.use.ai_metadata or not facts.terms.known:
        return None
    return check_permission(
        facts,
        "ai.metadata",
        "ai_metadata",
        facts.terms.ai_metadata,
        doing="feeding its titles, tags and descriptions to AI",
        instead="Keep the marketplace's titles, tags and descriptions out of AI services.",
    )
