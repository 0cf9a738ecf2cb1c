"""The artist's sentence for an error, by its code. Pure: no bpy, and never a traceback or a status code.

Where the core's own message knows more than a fixed sentence could (what a file was refused for, which
limit was reached), that message is the sentence: codes which are not here fall back to it.
"""

from __future__ import annotations

from typing import Protocol

from ..core.errors import ClearanceError
from .ui.views.text import shorten

LONGEST = 600


class Told(Protocol):
    """What an error and a stored problem have in common."""

    @property
    def code(self) -> str:
        """The stable, dotted code."""
        ...

    @property
    def message(self) -> str:
        """The core's own words."""
        ...


# {where} is the marketplace's name, or "The marketplace".
_SENTENCES = {
    "offline": (
        "Blender is offline, so nothing was sent. Switch on Preferences › System › Allow Online Access."
    ),
    "cancelled": "Stopped. Nothing is half done.",
    "marketplace.sign_in_ended": (
        "Your sign-in at {where} has ended. Sign in again in the preferences of Clearance."
    ),
    "marketplace.access_denied": (
        "{where} does not let this account do that. Ask whoever manages the account."
    ),
    "marketplace.not_found": (
        "{where} no longer has this. It may have been taken off sale: search for something else."
    ),
    "marketplace.unavailable": "{where} cannot be reached right now. Try again in a moment.",
    "marketplace.unexpected_response": (
        "{where} answered in a way that Clearance does not understand. Try again later; "
        "if it stays, report it."
    ),
    "marketplace.outcome_unknown": (
        "{where} did not answer in time. Clearance checks with {where} before anything else is bought."
    ),
    "marketplace.price_changed": (
        "The price or the license changed meanwhile, so nothing was bought. Look at the new offer."
    ),
    "payment.in_doubt": (
        "It is not certain whether this was bought. Do not buy it again: Clearance looks it up at {where} "
        "and tells you here."
    ),
    "approve.quote_expired": (
        "The price was only good for a while. Select it again for a new one; nothing was bought."
    ),
    "buy.no_quote": ("The price is not known yet or no longer good. Select it again; nothing was bought."),
    "download.link_expired": (
        "The download link ran out. Download again: a fresh one is asked for, free of charge."
    ),
    "pictures.no_pillow": "Pictures cannot be shown: a part of the extension is missing. Install it again.",
}

_BAD_FILE = "Download it again; if it comes the same once more, write to the support of {where}."
_DO_NOT_OPEN = "Nothing of it was used. Do not open it; tell the support of {where} what came."
# What to do about it, after the core's own words.
_ADVICE = {
    "download.refused": _BAD_FILE,
    "download.wrong_content": _BAD_FILE,
    "download.wrong_type": _BAD_FILE,
    "download.web_page": _BAD_FILE,
    "download.empty": _BAD_FILE,
    "download.damaged": _BAD_FILE,
    "download.size_mismatch": _BAD_FILE,
    "download.hash_mismatch": _BAD_FILE,
    "download.archive_damaged": _BAD_FILE,
    "download.not_an_archive": _BAD_FILE,
    "download.disk": "Check the disk and the data folder of Clearance, and try again.",
    "download.archive_refused": _DO_NOT_OPEN,
    "download.archive_bomb": _DO_NOT_OPEN,
    "download.archive_link": _DO_NOT_OPEN,
    "download.image_too_large": _DO_NOT_OPEN,
    "download.gltf_refused": _DO_NOT_OPEN,
}


def tell(problem: Told, *, where: str = "") -> str:
    """Return the sentence for an error or problem; ``where`` is the marketplace's name when there is one."""
    sentence = _SENTENCES.get(problem.code)
    if sentence is None:
        advice = _ADVICE.get(problem.code, "").format(where=where or "the marketplace")
        own = shorten(problem.message, LONGEST - len(advice) - 1)
        return f"{own} {advice}".strip() or "Something went wrong, and Clearance cannot say what."
    filled = sentence.format(where=where or "the marketplace")
    return filled[:1].upper() + filled[1:]


def missing_package(name: str) -> str:
    """Say that a part of the extension is not installed."""
    return (
        f"Clearance cannot work: a part of it is missing ({shorten(name, 60)}). Remove the extension and "
        "install it again from its .zip file."
    )


def explain_start(error: BaseException | None) -> str:
    """Say why the app could not be built."""
    match error:
        case ClearanceError():
            return tell(error)
        case ImportError(name=str(name)):
            return missing_package(name)
        case None:
            return "Clearance could not be started."
        case _:
            return f"Clearance could not be started ({type(error).__name__}). Please report it."
