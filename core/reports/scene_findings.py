"""The sentences about witnesses: merged, rebuilt, stripped, damaged, unknown, undeclared, lost.

Text only; which of them applies is decided by :mod:`core.reports.build`.
"""

from __future__ import annotations

from ..model.findings import Finding, Severity
from ..model.scene import IdType
from ..stamp_format import FILED_TYPES
from .losses import Lost
from .witnesses import Sighting, Witness

_ABOUT: dict[Witness, tuple[str, Severity, str, str]] = {
    Witness.FACES: (
        "mesh.merged",
        Severity.WARNING,
        (
            "Parts of licensed assets were merged into a mesh that carries no stamp; what the rest of it "
            "is, nobody declared."
        ),
        "Check what the rest of the mesh is. If it is your own work, keep the parts as separate objects.",
    ),
    Witness.MERGED: (
        "mesh.merged",
        Severity.HINT,
        "Parts of several licensed assets were merged here; each of their licenses is judged.",
        "Nothing to do if that was intended; otherwise separate the parts again.",
    ),
    Witness.FACES_LOST: (
        "mesh.rebuilt",
        Severity.WARNING,
        "The geometry was rebuilt: the mesh carries a stamp, but its faces no longer do.",
        (
            "Check that this is still the licensed shape (a remesh keeps it); if not, replace the mesh "
            "and its stamp."
        ),
    ),
    Witness.STAMP_LOST: (
        "stamp.lost",
        Severity.ERROR,
        "The license stamp was taken off this mesh; its faces still show which assets it was made of.",
        "Undo the step that removed it, or import the asset again so that it is stamped.",
    ),
    Witness.DAMAGED: (
        "stamp.damaged",
        Severity.ERROR,
        "The license stamp here cannot be read.",
        "Import the asset again from your downloads so that it is stamped afresh, or remove it.",
    ),
    Witness.NEWER: (
        "stamp.newer",
        Severity.WARNING,
        "The license stamp here was written by a newer Clearance.",
        "Update the extension and make the report again.",
    ),
    Witness.UNKNOWN_GRANT: (
        "grant.unknown",
        Severity.WARNING,
        "The faces of this mesh are marked with a license that the ledger here does not know.",
        "Connect to the ledger of the studio that bought it, or ask where the mesh comes from.",
    ),
    Witness.DATA: (
        "object.by_data",
        Severity.HINT,
        "This object carries no stamp of its own; it is judged by its data.",
        "Nothing to do.",
    ),
}


def about_sighting(sighting: Sighting, subject: str) -> tuple[Finding, ...]:
    """Return what has to be said of one data-block's witnesses."""
    found: list[Finding] = []
    about = _ABOUT.get(sighting.witness)
    if about is not None:
        rule, severity, message, how_to_fix = about
        found.append(
            Finding(rule=rule, severity=severity, message=message, how_to_fix=how_to_fix, subject=subject)
        )
    if sighting.unknown_faces and sighting.witness is not Witness.UNKNOWN_GRANT:
        rule, severity, message, how_to_fix = _ABOUT[Witness.UNKNOWN_GRANT]
        found.append(
            Finding(rule=rule, severity=severity, message=message, how_to_fix=how_to_fix, subject=subject)
        )
    if sighting.block.parts_added and sighting.block.id_type == IdType.IMAGE:
        found.append(
            Finding(
                rule="data.changed",
                severity=Severity.WARNING,
                message=(
                    "This picture was declared when it showed something else: since then it was painted on, "
                    "baked into or replaced."
                ),
                how_to_fix="Check where what it shows now comes from.",
                subject=subject,
            )
        )
    elif sighting.block.parts_added and sighting.block.id_type in FILED_TYPES:
        found.append(
            Finding(
                rule="data.changed",
                severity=Severity.WARNING,
                message="This was declared when its file was another one.",
                how_to_fix="Check where the file comes from that it shows or plays now.",
                subject=subject,
            )
        )
    elif sighting.block.parts_added:
        found.append(
            Finding(
                rule="data.parts_added",
                severity=Severity.WARNING,
                message=(
                    "This has more parts (splines, bones, layers, loose edges or points) than when its "
                    "license was written on it: they were made here, or joined in from something else."
                ),
                how_to_fix="Check where the added parts come from.",
                subject=subject,
            )
        )
    partly = sighting.witness in {Witness.STAMP_AND_FACES, Witness.MERGED}
    if partly and sighting.block.unmarked_faces:
        found.append(
            Finding(
                rule="mesh.unmarked_faces",
                severity=Severity.WARNING,
                message=(
                    "Some faces of this licensed mesh carry no license: they were modeled here, or come "
                    "from something that nobody declared."
                ),
                how_to_fix="Check where the added geometry comes from.",
                subject=subject,
            )
        )
    return tuple(found)


def stripped(subject: str, title: str) -> Finding:
    """Say that something which every scene makes by itself carried a license, and carries none now."""
    return Finding(
        rule="stamp.lost",
        severity=Severity.WARNING,
        message=f"This carried the license of “{title}” under this name, and carries none now.",
        how_to_fix=(
            "Undo the step that removed it, or import the asset again. If it is another one that took the "
            "name of a deleted one, give it a name of its own."
        ),
        subject=subject,
    )


def unknown_grant(grant_id: str) -> Finding:
    """Say that a stamp names a grant that the ledger does not know."""
    return Finding(
        rule="grant.unknown",
        severity=Severity.WARNING,
        message="The stamp names a license that the ledger here does not know, so it cannot be proven here.",
        how_to_fix=(
            "Connect to the ledger of the studio that bought the asset, or ask for the invoice; if nobody "
            "has one, license the asset or remove it."
        ),
        subject=grant_id,
    )


def unknown_declaration(declaration_id: str) -> Finding:
    """Say that a stamp names a declaration that the ledger does not know."""
    return Finding(
        rule="grant.unknown",
        severity=Severity.WARNING,
        message="The stamp names a declaration that the ledger here does not know, so nobody answers for it.",
        how_to_fix=(
            "Connect to the ledger of the studio that declared it, or find out where it comes from and "
            "declare it here."
        ),
        subject=declaration_id,
    )


def missing_terms(grant_id: str, terms_sha256: str) -> Finding:
    """Say that the terms kept with a purchase are not at hand."""
    return Finding(
        rule="terms.missing",
        severity=Severity.WARNING,
        message="The license terms that were kept with this purchase are not in the ledger.",
        how_to_fix="Restore the ledger from a backup, or have somebody read the license and decide.",
        subject=grant_id,
        terms_sha256=terms_sha256,
    )


def undeclared(count: int) -> Finding:
    """Say how much in the scene nobody declared."""
    things = "data-block has" if count == 1 else "data-blocks have"
    return Finding(
        rule="scene.undeclared",
        severity=Severity.WARNING,
        message=f"{count:,} {things} no license at all: own work, or something that nobody declared.",
        how_to_fix=(
            "Have it compared with what you own (“Find What You Own”, clearance recognize), and declare what "
            "is left: own work, the client's, under a free license."
        ),
    )


def unstamped_actions(grant_id: str, title: str, bare: int) -> Finding:
    """Say that the animation of an asset carries no stamp any more, while other actions carry none."""
    things = "an action here carries" if bare == 1 else f"{bare:,} actions here carry"
    return Finding(
        rule="action.unstamped",
        severity=Severity.WARNING,
        message=f"The animation that came with “{title}” carries its license no more, and {things} none.",
        how_to_fix="Check that it was not baked, copied key by key, or stripped of its stamp.",
        subject=grant_id,
    )


def lost(found: Lost, title: str) -> Finding:
    """Say that nothing is left of an asset; suspicious where something here could be what is left."""
    left = "Nothing but empty containers is left" if found.hollow else "Nothing is left"
    return Finding(
        rule="scene.lost",
        severity=Severity.WARNING if found.suspicious else Severity.HINT,
        message=f"{left} in the scene of “{title}”, which was once imported into it.",
        how_to_fix=(
            "Check that what is undeclared, rebuilt or merged here is not what is left of it."
            if found.suspicious
            else "Nothing to do if it was deleted."
        ),
        subject=found.grant_id,
    )
