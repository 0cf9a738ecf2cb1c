"""Hold a delivery against its offer. Pure; what was not looked at is never called good."""

from __future__ import annotations

from ..model.delivery import DeliveredFacts, OfferedFacts, OfferSource, SourceFacts
from ..model.listing import MediaKind
from .finding import QualityFinding, Severity, Subject, sort_findings
from .media_checks import check_duration, check_resolution
from .model_checks import check_models
from .offer import says_anything
from .words import listed

KNOWN_FORMATS = frozenset(
    {
        "blend", "glb", "gltf", "fbx", "obj", "stl", "ply", "dae", "usd", "usda", "usdc", "usdz", "abc",
        "3ds", "max", "ma", "mb", "c4d", "lwo", "skp", "dwg", "dxf", "ztl", "3dm", "step", "stp", "iges",
        "igs", "x3d", "unitypackage", "uasset", "spp", "png", "jpg", "jpeg", "tif", "tiff", "exr", "hdr",
        "psd", "tga", "svg", "eps", "ai", "webp", "mp4", "mov", "avi", "mkv", "wav", "mp3", "aif", "aiff",
        "flac", "ogg", "m4a", "pdf",
    }
)  # fmt: skip
"""Endings that mean a file of just that ending; other words of a listing may mean anything."""
_SAME = {
    "jpeg": "jpg", "tif": "tiff", "aif": "aiff", "step": "stp", "iges": "igs", "m4v": "mp4", "qt": "mov",
    "usda": "usd", "usdc": "usd", "gltf": "glb", "mb": "ma", "htm": "html",
}  # fmt: skip
"""Two endings of one format, by which one it is compared."""


def compare(
    offered: OfferedFacts, delivered: DeliveredFacts, source: SourceFacts
) -> tuple[QualityFinding, ...]:
    """Return a finding for everything that was looked at, the worst first."""
    # Websites hand out each format by itself: what was picked up may be one of several downloads.
    is_part = not source.host and 0 < len(_missing(offered, delivered)) < len(offered.formats)
    findings = [_check_offer(offered), *_check_formats(offered, delivered, is_part=is_part)]
    findings += check_models(offered, delivered, is_part=is_part)
    findings += check_resolution(offered, delivered)
    findings += check_duration(offered, delivered)
    findings += _check_whole(delivered)
    findings += _check_source(source)
    return sort_findings(findings)


def _check_offer(offered: OfferedFacts) -> QualityFinding:
    if offered.source is OfferSource.NOBODY:
        sentence = "It is not known what was offered, so that nothing could be held against it."
        severity = Severity.NOT_CHECKED
    elif not says_anything(offered):
        sentence = "The listing says nothing that could be held against the files."
        severity = Severity.NOTE
    elif offered.source is OfferSource.FEED:
        sentence = (
            f"What was offered is what the product feed said on {offered.as_of}; the marketplace's own page "
            "may have said something else."
        )
        severity = Severity.NOTE
    else:
        sentence = f"What was offered was noted with the quote on {offered.as_of}."
        severity = Severity.NOTE
    return QualityFinding(subject=Subject.OFFER, severity=severity, sentence=sentence)


def _same(ending: str) -> str:
    return _SAME.get(ending, ending)


def _missing(offered: OfferedFacts, delivered: DeliveredFacts) -> list[str]:
    here = {_same(one) for one in delivered.formats}
    return [one for one in offered.formats if _same(one) not in here]


def _check_formats(
    offered: OfferedFacts, delivered: DeliveredFacts, *, is_part: bool
) -> list[QualityFinding]:
    here = {_same(one) for one in delivered.formats}
    found = listed(delivered.formats)
    if not offered.formats:
        if not delivered.formats:
            return []
        return [
            QualityFinding(
                subject=Subject.FORMATS, severity=Severity.NOTE, sentence=f"Came: {found}.", found=found
            )
        ]
    wanted = listed(offered.formats)
    missing = _missing(offered, delivered)
    known = [one for one in missing if one in KNOWN_FORMATS]
    severity = Severity.AS_OFFERED
    sentence = f"All formats that were offered came: {wanted}."
    if missing and delivered.closed_archives:
        severity = Severity.NOT_CHECKED
        sentence = (
            f"{listed(missing)} may be in {listed(delivered.closed_archives)}, which cannot be unpacked here."
        )
    elif missing and offered.kind not in (None, MediaKind.MODEL):
        # Of a picture or a film, one file is bought out of those that the listing names.
        one_came = any(_same(one) in here for one in offered.formats)
        severity = Severity.AS_OFFERED if one_came else Severity.DIFFERS
        sentence = (
            f"One of the formats that were offered came: {found}."
            if one_came
            else f"Offered as {wanted}; came: {found or 'nothing'}."
        )
    elif is_part:
        severity = Severity.NOT_CHECKED
        sentence = f"Also offered, and not picked up here: {listed(missing)}. Came: {found}."
    elif known:
        severity = Severity.DIFFERS
        sentence = f"Offered, but not delivered: {listed(known)}. Came: {found or 'nothing'}."
    elif missing:
        severity = Severity.NOT_CHECKED
        sentence = (
            f"Whether {listed(missing)} came cannot be told by file endings. Came: {found or 'nothing'}."
        )
    return [
        QualityFinding(
            subject=Subject.FORMATS,
            severity=severity,
            sentence=sentence,
            offered=wanted,
            found=found,
            promised=True,
        )
    ]


def _check_whole(delivered: DeliveredFacts) -> list[QualityFinding]:
    findings: list[QualityFinding] = []
    damaged = [one for one in delivered.models if one.problem]
    if damaged:
        findings.append(
            QualityFinding(
                subject=Subject.READABLE,
                severity=Severity.NOT_CHECKED,
                sentence=f"{damaged[0].name} could not be looked into: {damaged[0].problem}"
                + (f" So it is with {len(damaged) - 1} more." if len(damaged) > 1 else ""),
            )
        )
    if delivered.unread_models:
        findings.append(
            QualityFinding(
                subject=Subject.READABLE,
                severity=Severity.NOT_CHECKED,
                sentence=f"Files of these kinds are not looked into here: {listed(delivered.unread_models)}.",
            )
        )
    if delivered.closed_archives:
        findings.append(
            QualityFinding(
                subject=Subject.READABLE,
                severity=Severity.NOT_CHECKED,
                sentence=f"{listed(delivered.closed_archives)} cannot be unpacked here: a tool is needed "
                "for it (7-Zip or bsdtar).",
            )
        )
    if delivered.left_out:
        findings.append(
            QualityFinding(
                subject=Subject.READABLE,
                severity=Severity.NOT_CHECKED,
                sentence=f"{delivered.left_out:,} files were not looked at: there are too many.",
            )
        )
    return findings


def _check_source(source: SourceFacts) -> list[QualityFinding]:
    findings: list[QualityFinding] = []
    if source.checksum_promised is True:
        findings.append(
            QualityFinding(
                subject=Subject.CHECKSUM,
                severity=Severity.AS_OFFERED,
                sentence="The checksum is the one that the marketplace named.",
                promised=True,
            )
        )
    elif source.checksum_promised is False:
        findings.append(
            QualityFinding(
                subject=Subject.CHECKSUM,
                severity=Severity.NOTE,
                sentence="The marketplace names no checksum; what came is kept under its own.",
            )
        )
    if not source.host:
        severity, sentence = (
            Severity.NOT_CHECKED,
            "Where the files came from is not known: they were picked up, or came before this was noted.",
        )
    elif source.secured:
        severity = Severity.NOTE
        sentence = f"Came from {source.host} over an encrypted connection whose certificate was verified."
    elif source.secured is False:
        severity = Severity.WARNING
        sentence = (
            f"Came from {source.host} over a connection that was not secured by a verified certificate."
        )
    else:
        severity = Severity.NOT_CHECKED
        sentence = f"Came from {source.host}; whether its certificate was verified is not known."
    findings.append(
        QualityFinding(subject=Subject.SOURCE, severity=severity, sentence=sentence, found=source.host)
    )
    return findings
