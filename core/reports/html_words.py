"""Words, dates and addresses as the pages show them. Pure."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from datetime import date, datetime

from ..model.declaration import Origin
from ..model.evidence import EvidenceKind
from ..model.findings import Severity, Verdict
from ..model.intended_use import OutputKind
from ..model.license import Clause, Confidence, TermsSource
from ..model.picture import Picture
from ..model.resolution import ResolutionKind
from .text import clean, web_address

TITLE_LENGTH = 120

VERDICTS = {
    Verdict.CLEARED: "Cleared",
    Verdict.IN_FILE_ONLY: "In the file only",
    Verdict.NEEDS_REVIEW: "Needs review",
    Verdict.UNDECLARED: "Undeclared",
    Verdict.NOT_CLEARED: "Not cleared",
}
SEVERITIES = {
    Severity.ERROR: "Stands against the use",
    Severity.WARNING: "Somebody has to look",
    Severity.HINT: "Good to know",
}
CONFIDENCE = {
    Confidence.PRIMARY: "read in the licensor’s own text",
    Confidence.SECONDARY: "read in somebody else’s dated account",
    Confidence.UNCONFIRMED: "not confirmed",
}
SHORT_CONFIDENCE = {
    Confidence.PRIMARY: "own text",
    Confidence.SECONDARY: "another’s account",
    Confidence.UNCONFIRMED: "not confirmed",
}
# As the panel in the host calls them.
OUTPUT_NAMES = {
    OutputKind.RENDER: "Still images",
    OutputKind.VIDEO: "Video",
    OutputKind.PRINT: "Print",
    OutputKind.INTERACTIVE_PACKED: "Game or app (packed)",
    OutputKind.INTERACTIVE_OPEN_FORMAT: "Web 3D (open format)",
    OutputKind.FILE_SHARE_INTERNAL: "Files within the team",
    OutputKind.FILE_SHARE_CONTRACTOR: "Files to a contractor",
    OutputKind.FILE_SHARE_PUBLIC: "Files to the public",
    OutputKind.PRINT_3D: "3D print",
    OutputKind.AI_INPUT: "AI input",
}
WITNESSES = {
    "stamp": "stamp",
    "faces": "marked faces, partly",
    "stamp+faces": "stamp and marked faces",
    "data": "by its data",
    "merged": "merged from several assets",
    "faces_lost": "stamp; geometry rebuilt",
    "stamp_lost": "marked faces; stamp taken off",
    "unknown_grant": "not in this ledger",
    "damaged": "damaged stamp",
    "newer": "stamp of a newer version",
    "missing": "linked, and not there",
    "remembered": "as it was when last saved",
    "": "no license",
}
ORIGINS = {
    Origin.OWN_WORK: "Own work",
    Origin.CLIENT: "The client’s",
    Origin.FREE_LICENSE: "Freely licensed",
    Origin.PUBLIC_DOMAIN: "Public domain",
    Origin.OTHER: "Other origin",
}
EVIDENCE = {
    EvidenceKind.INVOICE: "Invoice",
    EvidenceKind.ORDER_PAGE: "Order page",
    EvidenceKind.LICENSE_TEXT: "License text",
    EvidenceKind.CORRESPONDENCE: "Letter",
    EvidenceKind.OTHER: "Document",
    EvidenceKind.RECEIPT: "Receipt",
    EvidenceKind.TERMS: "Terms as kept",
    EvidenceKind.DECLARATION: "Declaration",
    EvidenceKind.RESOLUTION: "Decision",
}
RESOLUTIONS = {
    ResolutionKind.LICENSE_UPGRADED: "Wider license bought",
    ResolutionKind.CLEARED_IN_WRITING: "Cleared in writing",
    ResolutionKind.OWN_WORK: "Own work",
    ResolutionKind.NOT_VISIBLE: "Not visible",
    ResolutionKind.REPLACED: "To be replaced",
}
SOURCES = {
    TermsSource.MARKETPLACE: "as the marketplace says",
    TermsSource.USER: "as a user typed in",
    TermsSource.INVOICE: "as the invoice says",
    TermsSource.CONTRACT: "by contract, as the settings say",
}
_TOPICS = {"output": "", "ai": "AI", "ip": "IP"}


@dataclass(frozen=True, slots=True, kw_only=True)
class ClauseView:
    """A clause as it is shown."""

    topic: str
    summary: str
    url: str
    host: str
    read_on: str
    confidence: str
    short: str
    level: str
    quoted: bool


def view_clause(clause: Clause | None) -> ClauseView | None:
    """Return a clause as it is shown; None for none."""
    if clause is None:
        return None
    url = web_address(clause.url)
    return ClauseView(
        topic=name_topic(clause.topic),
        summary=clean(clause.summary, 700),
        url=url,
        host=url.partition("://")[2].partition("/")[0].removeprefix("www."),
        read_on=day(clause.read_on),
        confidence=CONFIDENCE[clause.confidence],
        short=SHORT_CONFIDENCE[clause.confidence],
        level=clause.confidence.value,
        quoted=clause.quoted,
    )


def name_topic(topic: str) -> str:
    """Write ``output.render`` as "Still images", and ``print_run`` as "Print run"."""
    kind = topic.removeprefix("output.")
    if kind != topic and kind in OUTPUT_NAMES:
        return OUTPUT_NAMES[OutputKind(kind)]
    words = clean(topic, 60).replace("_", " ").replace(".", " ").split()
    shown = " ".join(_TOPICS.get(word, word) for word in words).strip()
    return shown[:1].upper() + shown[1:]


def embed(picture: Picture) -> str:
    """Return a picture as an address that holds it."""
    return f"data:{picture.media_type};base64,{base64.b64encode(picture.data).decode('ascii')}"


def file_name(path: str) -> str:
    """Return the last part of a path of any system."""
    return path.replace("\\", "/").rpartition("/")[2]


def number(value: int | None) -> str:
    """Write a number; nothing for none."""
    return "" if value is None else f"{value:,}"


def count(value: int, thing: str) -> str:
    """Return such as ``1 asset``, ``3 assets``."""
    return f"{value:,} {thing}{'' if value == 1 else 's'}"


def moment(at: datetime) -> str:
    """Write a time with its zone."""
    return f"{day(at.date())}, {at:%H:%M} {at.tzname() or ''}".strip()


def day(at: date) -> str:
    """Write a day without asking the machine's language."""
    months = (
        "January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
        "November", "December",
    )  # fmt: skip
    return f"{at.day} {months[at.month - 1]} {at.year}"


def size(bytes_: int) -> str:
    """Write a file's size."""
    amount = float(bytes_)
    for unit in ("bytes", "KB", "MB"):
        if amount < 1000 or unit == "MB":
            break
        amount /= 1000
    return f"{amount:,.0f} {unit}" if unit == "bytes" else f"{amount:,.1f} {unit}"
