"""Hold pictures, films and sounds against their offer: pixels and seconds. Pure."""

from __future__ import annotations

from ..model.delivery import DeliveredFacts, OfferedFacts
from ..model.listing import MediaKind
from .finding import QualityFinding, Severity, Subject
from .words import seconds

PIXEL_TOLERANCE = 0.01
"""Share by which a side may be shorter: marketplaces round when they name sizes."""
DURATION_TOLERANCE_S, DURATION_TOLERANCE = 1.0, 0.02
"""A duration may differ by one second or by this share, whichever is more."""


def check_resolution(offered: OfferedFacts, delivered: DeliveredFacts) -> list[QualityFinding]:
    """Compare pixels, of pictures and films; for models, textures are only told."""
    if offered.kind is MediaKind.VIDEO:
        sizes = [(one.width, one.height) for one in delivered.media if one.kind is MediaKind.VIDEO]
    else:
        sizes = [(one.width, one.height) for one in delivered.pictures]
    known = [(width, height) for width, height in sizes if width and height]
    largest = max(known, key=lambda one: one[0] * one[1], default=None)
    found = f"{largest[0]:,} × {largest[1]:,}" if largest else ""
    if offered.kind not in (MediaKind.IMAGE, MediaKind.VIDEO) or not (offered.width and offered.height):
        if largest is None or offered.kind is MediaKind.AUDIO:
            return []
        what = "texture" if offered.kind is MediaKind.MODEL else "picture"
        return [_note(f"The largest {what} has {found} pixels.", found)]
    told = f"{offered.width:,} × {offered.height:,}"
    if largest is None:
        return [
            _finding(
                Severity.NOT_CHECKED,
                f"{told} pixels were offered; they could not be read from the file.",
                told,
                "",
            )
        ]
    wanted, came = sorted((offered.width, offered.height)), sorted(largest)
    if all(c >= w * (1 - PIXEL_TOLERANCE) for c, w in zip(came, wanted, strict=True)):
        return [_finding(Severity.AS_OFFERED, f"{found} pixels; {told} were offered.", told, found)]
    if offered.variant:
        return [
            _finding(
                Severity.NOT_CHECKED,
                f"{found} pixels; {told} is the listing's largest size, and “{offered.variant}” was bought.",
                told,
                found,
            )
        ]
    return [_finding(Severity.DIFFERS, f"{told} pixels were offered; {found} came.", told, found)]


def check_duration(offered: OfferedFacts, delivered: DeliveredFacts) -> list[QualityFinding]:
    """Compare seconds, of films and sounds."""
    longest = max((one.duration_s for one in delivered.media if one.duration_s is not None), default=None)
    found = seconds(longest) if longest is not None else ""
    if offered.duration_s is None or offered.duration_s <= 0:
        if not delivered.media:
            return []
        if longest is None:
            sentence = "How long it is cannot be read without a decoder; the listing names no duration."
        else:
            sentence = f"{found} long; the listing names no duration."
        severity = Severity.NOT_CHECKED if longest is None else Severity.NOTE
        return [QualityFinding(subject=Subject.DURATION, severity=severity, sentence=sentence, found=found)]
    told = seconds(offered.duration_s)
    if longest is None:
        severity, sentence = (
            Severity.NOT_CHECKED,
            f"{told} were offered; how long the file is cannot be read without a decoder.",
        )
    elif abs(longest - offered.duration_s) <= max(
        DURATION_TOLERANCE_S, DURATION_TOLERANCE * offered.duration_s
    ):
        severity, sentence = Severity.AS_OFFERED, f"{found} long; {told} were offered."
    elif longest > offered.duration_s:
        severity, sentence = Severity.WARNING, f"{found} long, more than the {told} that were offered."
    else:
        severity, sentence = Severity.DIFFERS, f"{told} were offered; it is {found} long."
    return [
        QualityFinding(
            subject=Subject.DURATION,
            severity=severity,
            sentence=sentence,
            offered=told,
            found=found,
            promised=True,
        )
    ]


def _note(sentence: str, found: str) -> QualityFinding:
    return QualityFinding(subject=Subject.RESOLUTION, severity=Severity.NOTE, sentence=sentence, found=found)


def _finding(severity: Severity, sentence: str, offered: str, found: str) -> QualityFinding:
    return QualityFinding(
        subject=Subject.RESOLUTION,
        severity=severity,
        sentence=sentence,
        offered=offered,
        found=found,
        promised=True,
    )
