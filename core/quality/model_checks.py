"""Hold models against their offer: counts, textures, UVs, size, rig and animation. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from ..model.delivery import DeliveredFacts, ModelFacts, OfferedFacts
from ..model.listing import MediaKind
from .finding import QualityFinding, Severity, Subject
from .words import listed, meters

TOLERANCE = 0.10
"""Counts may differ by this share: sellers round, and helper objects are counted or not."""
TRIANGLES_A_FACE = 2.0
"""A face with four corners is two triangles where a format knows nothing else."""
SMALLEST_M, LARGEST_M = 0.001, 10_000.0
"""Models outside of this are taken for one in the wrong unit: a grain of sand, a town."""


def check_models(
    offered: OfferedFacts, delivered: DeliveredFacts, *, is_part: bool = False
) -> list[QualityFinding]:
    """Return findings about models; nothing when neither was one promised nor did one come.

    ``is_part``: other files of the delivery may not be here, so that what is missing may be in them.
    """
    if offered.kind not in (None, MediaKind.MODEL) or (offered.kind is None and not delivered.models):
        return []
    read = [one for one in delivered.models if not one.problem]
    whole = not (
        is_part
        or delivered.unread_models
        or delivered.closed_archives
        or delivered.left_out
        or len(read) < len(delivered.models)
    )
    findings = [*_check_polygons(offered, read, whole=whole), *_note_vertices(read)]
    findings += _check_textures(offered, delivered, read, whole=whole)
    findings += _check_uvs(offered, read)
    findings += _check_scale(read)
    findings += _check_flag(
        Subject.RIG,
        "rigged",
        "a rig",
        promised=offered.rigged,
        found=[one.rigged for one in read],
        whole=whole,
    )
    findings += _check_flag(
        Subject.ANIMATION,
        "animated",
        "animation",
        promised=offered.animated,
        found=[one.animated for one in read],
        whole=whole,
    )
    return findings


def _check_polygons(
    offered: OfferedFacts, read: Sequence[ModelFacts], *, whole: bool
) -> list[QualityFinding]:
    counts = [(one.polygons, one.only_triangles) for one in read if one.polygons]
    # Parts of one model, each in a file of its own, are offered as a sum.
    for form in dict.fromkeys(one.format for one in read):
        same = [one for one in read if one.format == form and one.polygons]
        if len(same) > 1:
            counts.append((sum(one.polygons or 0 for one in same), same[0].only_triangles))
    if offered.polygons is None or offered.polygons <= 0:
        most = max((count for count, _ in counts), default=None)
        if most is None:
            return []
        return [
            QualityFinding(
                subject=Subject.POLYGONS,
                severity=Severity.NOTE,
                sentence=f"{most:,} polygons; the listing names no number.",
                found=f"{most:,}",
            )
        ]
    wanted = offered.polygons
    told = f"{wanted:,}"
    if not counts:
        return [
            _not_checked(Subject.POLYGONS, f"{told} polygons were offered; they could not be counted.", told)
        ]
    fitting = next((one for one in counts if _fits(one[0], wanted, only_triangles=one[1])), None)
    if fitting is not None:
        count, only_triangles = fitting
        as_triangles = only_triangles and count > wanted * (1 + TOLERANCE)
        how = ", written as triangles" if as_triangles else ""
        return [
            QualityFinding(
                subject=Subject.POLYGONS,
                severity=Severity.AS_OFFERED,
                sentence=f"{count:,} polygons{how}; {told} were offered (up to 10 % off is the same).",
                offered=told,
                found=f"{count:,}",
                promised=True,
            )
        ]
    nearest = min((count for count, _ in counts), key=lambda count: abs(count - wanted))
    severity = Severity.DIFFERS if whole else Severity.NOT_CHECKED
    sentence = f"{told} polygons were offered; the nearest file has {nearest:,}."
    if not whole:
        sentence += " Other files of the delivery, which were not looked into, may have them."
    return [
        QualityFinding(
            subject=Subject.POLYGONS,
            severity=severity,
            sentence=sentence,
            offered=told,
            found=f"{nearest:,}",
            promised=True,
        )
    ]


def _fits(count: int, wanted: int, *, only_triangles: bool) -> bool:
    most = wanted * (TRIANGLES_A_FACE if only_triangles else 1.0)
    return wanted * (1 - TOLERANCE) <= count <= most * (1 + TOLERANCE)


def _note_vertices(read: Sequence[ModelFacts]) -> list[QualityFinding]:
    most = max((one.vertices for one in read if one.vertices is not None), default=None)
    if most is None:
        return []
    if most == 0:
        return [
            QualityFinding(
                subject=Subject.VERTICES,
                severity=Severity.WARNING,
                sentence="No model has any geometry in it.",
            )
        ]
    return [
        QualityFinding(
            subject=Subject.VERTICES,
            severity=Severity.NOTE,
            sentence=f"{most:,} vertices; marketplaces name none that could be compared.",
            found=f"{most:,}",
        )
    ]


def _check_textures(
    offered: OfferedFacts, delivered: DeliveredFacts, read: Sequence[ModelFacts], *, whole: bool
) -> list[QualityFinding]:
    missing = list(dict.fromkeys((*(name for one in read for name in one.missing), *delivered.missing)))
    referenced = {name for one in read for name in one.textures}
    inside = max((one.embedded for one in read), default=0)
    promised = offered.pbr is True
    if missing:
        severity = Severity.NOT_CHECKED if delivered.closed_archives else Severity.DIFFERS
        return [
            QualityFinding(
                subject=Subject.TEXTURES,
                severity=severity,
                sentence=f"Textures that models refer to did not come: {listed(map(_last, missing))}.",
                offered="PBR materials" if promised else "",
                found=f"{len(missing):,} missing",
                promised=promised,
            )
        ]
    have = len(referenced) + inside or len(delivered.pictures)
    if have:
        return [
            QualityFinding(
                subject=Subject.TEXTURES,
                severity=Severity.AS_OFFERED if promised else Severity.NOTE,
                sentence="All textures that the models refer to came."
                if referenced or inside
                else f"{have:,} pictures came; no model that was looked into refers to them.",
                offered="PBR materials" if promised else "",
                found=f"{have:,}",
                promised=promised,
            )
        ]
    if promised and whole:
        return [
            QualityFinding(
                subject=Subject.TEXTURES,
                severity=Severity.DIFFERS,
                sentence="It was offered with PBR materials, and no texture came.",
                offered="PBR materials",
                found="none",
                promised=True,
            )
        ]
    if promised:
        return [
            _not_checked(
                Subject.TEXTURES,
                "It was offered with PBR materials; textures may be in files that were not looked into.",
                "PBR materials",
            )
        ]
    return (
        [
            QualityFinding(
                subject=Subject.TEXTURES,
                severity=Severity.NOTE,
                sentence="No textures came; none were promised.",
            )
        ]
        if read
        else []
    )


def _last(name: str) -> str:
    return name.replace("\\", "/").rpartition("/")[2] or name


def _check_uvs(offered: OfferedFacts, read: Sequence[ModelFacts]) -> list[QualityFinding]:
    told = [one for one in read if one.has_uvs is not None]
    if not told:
        return []
    if any(one.has_uvs for one in told):
        without = [one.name for one in told if not one.has_uvs and (one.textures or one.embedded)]
        if without:
            return [
                QualityFinding(
                    subject=Subject.UVS,
                    severity=Severity.WARNING,
                    sentence=f"These models have textures and no UV map: {listed(without)}.",
                )
            ]
        return [QualityFinding(subject=Subject.UVS, severity=Severity.NOTE, sentence="There are UV maps.")]
    textured = any(one.textures or one.embedded for one in told) or offered.pbr is True
    return [
        QualityFinding(
            subject=Subject.UVS,
            severity=Severity.WARNING if textured else Severity.NOTE,
            sentence="There are no UV maps, so that textures cannot be placed."
            if textured
            else "There are no UV maps.",
        )
    ]


def _check_scale(read: Sequence[ModelFacts]) -> list[QualityFinding]:
    in_meters = [(one.size_m, one.name) for one in read if one.size_m is not None]
    odd = [(size, name) for size, name in in_meters if not SMALLEST_M <= size <= LARGEST_M]
    if odd:
        size, name = odd[0]
        return [
            QualityFinding(
                subject=Subject.SCALE,
                severity=Severity.WARNING,
                sentence=f"{name} is {meters(size)} large: the unit or the scale is probably wrong.",
                found=meters(size),
            )
        ]
    if in_meters:
        low, high = min(in_meters)[0], max(in_meters)[0]
        if high > low * 5:
            return [
                QualityFinding(
                    subject=Subject.SCALE,
                    severity=Severity.NOTE,
                    sentence=f"The models are between {meters(low)} and {meters(high)} large; look at the "
                    "scale of the one that you use.",
                    found=f"{meters(low)} to {meters(high)}",
                )
            ]
        return [
            QualityFinding(
                subject=Subject.SCALE,
                severity=Severity.NOTE,
                sentence=f"{meters(high)} along its largest side.",
                found=meters(high),
            )
        ]
    units = [one.size_units for one in read if one.size_units is not None]
    if units:
        return [
            QualityFinding(
                subject=Subject.SCALE,
                severity=Severity.NOT_CHECKED,
                sentence=f"{max(units):.4g} units along its largest side; the format names no unit.",
                found=f"{max(units):.4g} units",
            )
        ]
    return [_not_checked(Subject.SCALE, "The size could not be read.", promised=False)] if read else []


def _check_flag(
    subject: Subject,
    word: str,
    thing: str,
    *,
    promised: bool | None,
    found: Sequence[bool | None],
    whole: bool,
) -> list[QualityFinding]:
    """Hold a yes of the listing against what the files have; no promise, no finding but a note."""
    there = any(found)
    if promised is not True:
        if not there:
            return []
        return [
            QualityFinding(
                subject=subject, severity=Severity.NOTE, sentence=f"There is {thing}; none was promised."
            )
        ]
    if there:
        return [
            QualityFinding(
                subject=subject,
                severity=Severity.AS_OFFERED,
                sentence=f"It was offered as {word}, and there is {thing}.",
                offered=word,
                found="yes",
                promised=True,
            )
        ]
    if found and whole and None not in found:
        return [
            QualityFinding(
                subject=subject,
                severity=Severity.DIFFERS,
                sentence=f"It was offered as {word}, and no file has {thing}.",
                offered=word,
                found="no",
                promised=True,
            )
        ]
    return [
        _not_checked(
            subject, f"It was offered as {word}; files that may have {thing} were not looked into.", word
        )
    ]


def _not_checked(
    subject: Subject, sentence: str, offered: str = "", *, promised: bool = True
) -> QualityFinding:
    return QualityFinding(
        subject=subject, severity=Severity.NOT_CHECKED, sentence=sentence, offered=offered, promised=promised
    )
