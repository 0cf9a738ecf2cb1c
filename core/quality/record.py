"""How a check is written down and read back: bounded JSON, the same text for the same facts."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, replace
from typing import Any

from ..model.delivery import DeliveredFacts, OfferedFacts, SourceFacts
from .finding import QualityFinding, Severity, Subject
from .offer import encode_offer
from .words import plain

FORMAT = 1
KEPT = 50
"""How many models, pictures, names of a kind are written down; how many there were is said beside them."""
MAX_TEXT = 600


def encode_facts(
    files: Iterable[str], offered: OfferedFacts, delivered: DeliveredFacts, source: SourceFacts
) -> str:
    """Write what was compared. ``files`` are the SHA-256 of the grant's files."""
    models = [
        replace(one, textures=one.textures[:KEPT], missing=one.missing[:KEPT])
        for one in delivered.models[:KEPT]
    ]
    short = replace(
        delivered,
        models=tuple(models),
        pictures=delivered.pictures[:KEPT],
        media=delivered.media[:KEPT],
        missing=delivered.missing[:KEPT],
        formats=delivered.formats[:KEPT],
    )
    told = {
        "format": FORMAT,
        "files": sorted(files),
        "offered": json.loads(encode_offer(offered)),
        "delivered": {
            **asdict(short),
            "models_in_all": len(delivered.models),
            "pictures_in_all": len(delivered.pictures),
        },
        "source": asdict(source),
    }
    return json.dumps(told, ensure_ascii=False, sort_keys=True)


def encode_findings(findings: Sequence[QualityFinding]) -> str:
    """Write the findings."""
    return json.dumps([asdict(one) for one in findings], ensure_ascii=False, sort_keys=True)


def decode_findings(text: str) -> tuple[QualityFinding, ...]:
    """Read findings; one of another form, by a newer version, is left out."""
    told = _load(text)
    if not isinstance(told, list):
        return ()
    found: list[QualityFinding] = []
    for one in told:
        if not isinstance(one, dict) or not isinstance(one.get("sentence"), str):
            continue
        if one.get("subject") not in tuple(Subject) or one.get("severity") not in tuple(Severity):
            continue
        found.append(
            QualityFinding(
                subject=Subject(one["subject"]),
                severity=Severity(one["severity"]),
                sentence=one["sentence"],
                offered=str(one.get("offered", "")),
                found=str(one.get("found", "")),
                promised=one.get("promised") is True,
            )
        )
    return tuple(found)


def decode_files(facts: str) -> frozenset[str]:
    """Return the SHA-256 of the files that a check was about."""
    told = _load(facts)
    files = told.get("files") if isinstance(told, dict) else None
    return frozenset(one for one in files if isinstance(one, str)) if isinstance(files, list) else frozenset()


def decode_source(facts: str) -> SourceFacts:
    """Return where the files came from, as a check noted it."""
    told = _load(facts)
    source = told.get("source") if isinstance(told, dict) else None
    if not isinstance(source, dict):
        return SourceFacts()
    secured, promised = source.get("secured"), source.get("checksum_promised")
    return SourceFacts(
        host=str(source.get("host", "")),
        secured=secured if isinstance(secured, bool) else None,
        certificate_sha256=str(source.get("certificate_sha256", "")),
        checksum_promised=promised if isinstance(promised, bool) else None,
    )


def _load(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None


def write_claim(findings: Iterable[QualityFinding], *, checked_on: str, file_names: Sequence[str]) -> str:
    """Make the reason for a refund of what differs: what was offered, what came; empty when nothing does."""
    wrong = [one for one in findings if one.severity is Severity.DIFFERS]
    if not wrong:
        return ""
    lines = ["The files that were delivered are not what the listing offered:"]
    lines += [f"- {one.subject}: {one.sentence}" for one in wrong]
    names = ", ".join(plain(name) for name in file_names[:5])
    more = f" and {len(file_names) - 5} more" if len(file_names) > 5 else ""
    lines.append(f"Checked on {checked_on} in: {names}{more}.")
    return "\n".join(lines)
