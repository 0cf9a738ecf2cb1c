"""Licenses that ask for no payment, by their SPDX ids: what each gives, and what it asks for. Pure data.

Read in the licensor's own deeds and legal codes (creativecommons.org) on the day that the clauses name. The
deed of a version that is not named there has the same elements in its name; that it asks for the same is not
confirmed. In our own words; nothing here is legal advice.
"""

from __future__ import annotations

import re
from datetime import date
from typing import Any

from ..model.intended_use import OutputKind
from ..model.license import Cap, Clause, Confidence, Edits, LicenseeKind, LicenseTerms, Permission, Transfer

READ_ON = date(2026, 11, 29)
ZERO = "CC0-1.0"
_NAME = re.compile(r"CC-BY(-NC)?(-SA|-ND)?-(2\.0|2\.5|3\.0|4\.0)")
_READ_VERSION = "4.0"

UNLIMITED = Cap(limit=None)
FREE: dict[str, Any] = {
    "commercial": Permission.ALLOWED,
    "editorial_only": False,
    "merchandise": Permission.ALLOWED,
    "templates": Permission.ALLOWED,
    "print_run": UNLIMITED,
    "impressions": UNLIMITED,
    "audience": UNLIMITED,
    "production_budget_max": None,
    "seats": UNLIMITED,
    "perpetual": True,
    "worldwide": True,
    "credit_template": None,
    "projects": UNLIMITED,
    "clients": UNLIMITED,
    "sales": UNLIMITED,
    "licensee_revenue_max": None,
    "licensee_kind": LicenseeKind.MULTI_ENTITY,
    "editorial_edits": Edits.ANY,
    "transfer": Transfer.ONE_CLIENT_PER_LICENSE,
    "extraction_protection": False,
    "substantial_portion_limit": False,
    "engines": (),
}
"""What a license leaves open that sets no limits: nothing here is about outputs, AI, logos or persons."""

PUBLIC = frozenset(
    {
        OutputKind.RENDER, OutputKind.VIDEO, OutputKind.PRINT, OutputKind.INTERACTIVE_PACKED,
        OutputKind.INTERACTIVE_OPEN_FORMAT, OutputKind.FILE_SHARE_PUBLIC, OutputKind.PRINT_3D,
    }
)  # fmt: skip
"""Outputs that reach the public: what the deeds call to share or to distribute."""
OPEN = frozenset({OutputKind.INTERACTIVE_OPEN_FORMAT, OutputKind.FILE_SHARE_PUBLIC})
"""Outputs that others can take apart and use again."""


def find_free_license(name: str) -> str:
    """Return the SPDX id as it is spelled, for a name that differs only in case, spaces or hyphens.

    An empty text for a license that is not known here.
    """
    wanted = "-".join(name.replace("_", " ").replace("-", " ").split()).upper()
    wanted = re.sub(r"^CC-?0(-1\.0)?(-UNIVERSAL)?$", ZERO, wanted)
    return wanted if wanted == ZERO or _NAME.fullmatch(wanted) else ""


def free_terms(license_id: str, spdx_id: str, *, version: date) -> LicenseTerms:
    """Return the terms of a license that :func:`find_free_license` knows.

    ``license_id`` and ``version`` are what the terms shall be called here.
    """
    facts = _zero() if spdx_id == ZERO else _attribution(spdx_id)
    label = name_free_license(spdx_id)
    return LicenseTerms(
        license_id=license_id,
        marketplace=license_id.partition(".")[0],
        label=label,
        marketplace_name=label,
        version=version,
        **facts,
    )


def name_free_license(spdx_id: str) -> str:
    """Return a license's name for people, such as ``CC BY-NC-SA 4.0``; the id itself for another one."""
    found = _NAME.fullmatch(spdx_id)
    if found is None:
        return "CC0 1.0" if spdx_id == ZERO else spdx_id
    return f"CC BY{found[1] or ''}{found[2] or ''} {found[3]}"


def is_attribution(spdx_id: str) -> bool:
    """Say whether a license forbids further legal or technical restrictions, as all of CC BY do."""
    return _NAME.fullmatch(spdx_id) is not None


def deed_url(spdx_id: str) -> str:
    """Return the address of the licensor's deed."""
    if spdx_id == ZERO:
        return "https://creativecommons.org/publicdomain/zero/1.0/"
    parts = spdx_id.lower().removeprefix("cc-").split("-")
    return f"https://creativecommons.org/licenses/{'-'.join(parts[:-1])}/{parts[-1]}/"


def _zero() -> dict[str, Any]:
    url = deed_url(ZERO)
    return {
        **FREE,
        "terms_url": url,
        "outputs": dict.fromkeys(OutputKind, Permission.ALLOWED),
        "ai_training": Permission.ALLOWED,
        "ai_metadata": Permission.ALLOWED,
        "clauses": tuple(
            _clause(topic, summary, url, Confidence.PRIMARY)
            for topic, summary in (
                ("commercial", "Everything may be done with the work, for money too, without asking."),
                ("credit", "No credit is asked for; nobody may imply that the author endorses the use."),
                ("logo_use", "Trademarks and patents stay whose they are."),
                ("sensitive_use", "Publicity and privacy rights of other persons stay what they are."),
            )
        ),
    }


def _attribution(spdx_id: str) -> dict[str, Any]:
    found = _NAME.fullmatch(spdx_id)
    if found is None:
        raise ValueError(f"{spdx_id!r} is no license that is known here")
    noncommercial, other, version = found[1] is not None, found[2] or "", found[3]
    url = deed_url(spdx_id)
    sure = Confidence.PRIMARY if version == _READ_VERSION else Confidence.UNCONFIRMED
    outputs = dict.fromkeys(OutputKind, Permission.ALLOWED)
    # The deeds do not speak of AI, and what is made of others' works there is disputed.
    del outputs[OutputKind.AI_INPUT]
    clauses = [
        _clause("credit", CREDIT, url, sure),
        _clause("extraction_protection", NO_RESTRICTIONS, url, sure),
        _clause("sensitive_use", OTHER_RIGHTS, url, sure),
    ]
    facts: dict[str, Any] = {
        **FREE,
        "terms_url": url,
        "credit_template": "{author}",
        "credit_required_when": "always",
        "notes": CHANGES,
    }
    if noncommercial:
        facts |= {
            "commercial": Permission.DENIED,
            "merchandise": Permission.DENIED,
            "templates": Permission.DENIED,
        }
        topics = ("commercial", "merchandise", "templates")
        clauses += [_clause(topic, NONCOMMERCIAL, url, sure) for topic in topics]
    bound = {"-SA": PUBLIC - OPEN, "-ND": PUBLIC}.get(other, frozenset())
    for kind in OutputKind:
        if kind in bound:
            outputs[kind] = Permission.CONDITIONAL
            clauses.append(
                _clause(f"output.{kind.value}", SHARE_ALIKE if other == "-SA" else NO_CHANGES, url, sure)
            )
    if other == "-SA":
        facts["notes"] = f"{CHANGES} {SAME_LICENSE}"
    return {**facts, "outputs": outputs, "clauses": tuple(clauses)}


CREDIT = (
    "Credit the author as asked, link to the license, and say whether anything was changed; not in a way "
    "that suggests that the author endorses the use."
)
CHANGES = "If the work was changed (lit, posed, textured, cut), the credits have to say so."
NO_RESTRICTIONS = (
    "Nobody may add legal terms or technical measures that keep others from what the license allows."
)
OTHER_RIGHTS = "Publicity, privacy and moral rights are not licensed, and may limit the use."
NONCOMMERCIAL = (
    "Not for commercial purposes: not primarily intended for, or directed towards, commercial advantage or "
    "payment."
)
SHARE_ALIKE = (
    "What is remixed, transformed or built upon the work and reaches the public has to be under the same "
    "license; so is sound that is synchronized with pictures. Whether a picture or product is such a thing, "
    "somebody has to decide."
)
NO_CHANGES = (
    "What is remixed, transformed or built upon the work must not reach the public; so is sound that is "
    "synchronized with pictures. Whether a picture or product is such a thing, somebody has to decide."
)
SAME_LICENSE = "What is handed on in an open form has to be under the same license."


def _clause(topic: str, summary: str, url: str, confidence: Confidence) -> Clause:
    return Clause(topic=topic, summary=summary, url=url, read_on=READ_ON, confidence=confidence)
