"""The artist's sentence for an error, by its code. Pure: no bpy, and never a traceback or a status code.

Where the core's own message knows more than a fixed sentence could (what a file was refused for, which
limit was reached), that message is the sentence: codes which are not here fall back to it.
"""

from __future__ import annotations

from typing import Protocol

from .ui.text import shorten

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


def tell(problem: Told, *, where: str = "") -> str:
    """Return the sentence for an error or problem; ``where`` is the marketplace's name when there is one."""
    sentence = _SENTENCES.get(problem.code)
    if sentence is None:
        return shorten(problem.message, LONGEST) or "Something went wrong, and Clearance cannot say what."
    filled = sentence.format(where=where or "the marketplace")
    return filled[:1].upper() + filled[1:]


def missing_package(name: str) -> str:
    """Say that a part of the extension is not installed."""
    return (
        f"Clearance cannot work: a part of it is missing ({shorten(name, 60)}). Remove the extension and "
        "install it again from its .zip file."
    )
