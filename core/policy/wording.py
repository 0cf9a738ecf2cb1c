"""The words that findings are made of: names of licenses, of output kinds, and what to do about each.

Text only; no rule lives here.
"""

from __future__ import annotations

from ..model.findings import Finding, Severity
from ..model.intended_use import OutputKind
from ..model.license import LicenseTerms
from .facts import Facts

OUTPUTS: dict[OutputKind, str] = {
    OutputKind.RENDER: "publishing still renders",
    OutputKind.VIDEO: "publishing moving pictures",
    OutputKind.PRINT: "printing pictures",
    OutputKind.INTERACTIVE_PACKED: "shipping it packed inside a game or an app",
    OutputKind.INTERACTIVE_OPEN_FORMAT: (
        "shipping it in an open format such as glTF, from which anybody can take it out"
    ),
    OutputKind.FILE_SHARE_INTERNAL: "sharing the file inside the studio",
    OutputKind.FILE_SHARE_CONTRACTOR: "handing the file to a contractor or client",
    OutputKind.FILE_SHARE_PUBLIC: "giving the file to the public",
    OutputKind.PRINT_3D: "making 3D prints of it",
    OutputKind.AI_INPUT: "feeding it, or renders of it, into an AI service",
}

INSTEAD: dict[OutputKind, str] = {
    OutputKind.RENDER: "Hide or replace the asset, or license it under terms that allow published pictures.",
    OutputKind.VIDEO: "Leave the asset out of the film, or license it under terms that allow video.",
    OutputKind.PRINT: "Leave the asset out of what is printed, or license it under terms that allow print.",
    OutputKind.INTERACTIVE_PACKED: (
        "Replace the asset in the build, or license it under terms that allow games and apps."
    ),
    OutputKind.INTERACTIVE_OPEN_FORMAT: (
        "Show it as rendered pictures or video, ship it inside a protected package instead of an open "
        "format, or replace it with your own or freely licensed work."
    ),
    OutputKind.FILE_SHARE_INTERNAL: (
        "Keep the file with the people whom the license covers, or buy more seats."
    ),
    OutputKind.FILE_SHARE_CONTRACTOR: (
        "Hand over renders instead of the file, take the asset out of the file first, or have the other "
        "side buy its own license of this listing."
    ),
    OutputKind.FILE_SHARE_PUBLIC: (
        "Publish renders instead of the file, or replace the asset with your own or freely licensed work."
    ),
    OutputKind.PRINT_3D: (
        "Leave the asset out of what is printed in 3D, or ask the seller for that right in writing."
    ),
    OutputKind.AI_INPUT: (
        "Keep the asset and every picture of it out of AI services, or take it out of what is sent there."
    ),
}


def name_license(terms: LicenseTerms) -> str:
    """Return such as ``CGTrader's Editorial License``."""
    name, label = name_marketplace(terms), shorten(terms.label) or "license"
    if name.casefold() in label.casefold():
        return label
    genitive = "'" if name.endswith("s") else "'s"
    return f"{name}{genitive} {label}"


def name_marketplace(terms: LicenseTerms) -> str:
    """Return the marketplace's name for people, else its id."""
    return terms.marketplace_name or terms.marketplace


def shorten(text: str, limit: int = 80) -> str:
    """Return the text on one line, no longer than ``limit`` characters, without control characters."""
    if len(text) <= limit and text.isprintable() and "  " not in text:
        return text.strip()
    line = " ".join("".join(char if char.isprintable() else " " for char in text[: limit * 4]).split())
    return line if len(line) <= limit else line[: limit - 1] + "…"


def make_finding(
    facts: Facts, *, rule: str, severity: Severity, message: str, how_to_fix: str, topic: str = ""
) -> Finding:
    """Build a finding that carries the clause on ``topic`` (when there is one) and the terms' hash."""
    return Finding(
        rule=rule,
        severity=severity,
        message=message,
        how_to_fix=how_to_fix,
        subject=facts.subject,
        clause=facts.terms.clause(topic) if topic else None,
        terms_sha256=facts.terms_sha256,
    )
