"""What each rule asks, in a few words: for formats that list the rules themselves (SARIF). Text only.

What a rule found, and how to fix that, stands in its findings.
"""

from __future__ import annotations

from typing import NamedTuple

from ..model.intended_use import OutputKind
from ..policy.wording import OUTPUTS


class RuleText(NamedTuple):
    """A rule for people. ``name`` is one word, as identifiers are; ``asks`` is one sentence."""

    name: str
    asks: str


_OUTPUT_NAMES = {
    OutputKind.RENDER: "PublishRenders",
    OutputKind.VIDEO: "PublishVideo",
    OutputKind.PRINT: "Print",
    OutputKind.INTERACTIVE_PACKED: "ShipPacked",
    OutputKind.INTERACTIVE_OPEN_FORMAT: "ShipInOpenFormat",
    OutputKind.FILE_SHARE_INTERNAL: "ShareInStudio",
    OutputKind.FILE_SHARE_CONTRACTOR: "ShareWithContractor",
    OutputKind.FILE_SHARE_PUBLIC: "ShareWithPublic",
    OutputKind.PRINT_3D: "PrintIn3D",
    OutputKind.AI_INPUT: "FeedToAI",
}

RULE_TEXTS: dict[str, RuleText] = {
    "production.not_covered": RuleText("NotCovered", "What a scene uses has to be covered by a license."),
    "production.needs_review": RuleText("ToLookAt", "A license has to allow what the project plans."),
    "production.skipped_file": RuleText("SkippedFile", "What could not be read is not cleared."),
    "production.use_file": RuleText("UseFile", "A project's use file has to be readable."),
    "license.unknown": RuleText("UnknownLicense", "The license of what is used has to be one that is known."),
    "license.agreement": RuleText("Agreement", "An enterprise agreement stands over the standard terms."),
    "license.note": RuleText("LicenseNote", "What else has to be known about a license."),
    "grant.refunded": RuleText("Refunded", "What was given back may no longer be used."),
    "grant.revoked": RuleText("Revoked", "A license that was revoked allows nothing."),
    "grant.expired": RuleText("Expired", "A license has to be in force."),
    "grant.expiring": RuleText("Expiring", "A license should not end while the work is shown."),
    "grant.unknown": RuleText("UnknownGrant", "A license that is claimed has to be in the ledger."),
    "grant.must_use_by": RuleText("MustUseBy", "Some licenses end unless they are used in time."),
    "stamp.disagrees": RuleText("StampDisagrees", "A stamp has to say what the ledger says."),
    "stamp.lost": RuleText("StampLost", "A stamp that was there must not be taken off."),
    "stamp.damaged": RuleText("StampDamaged", "A stamp has to be readable."),
    "stamp.newer": RuleText("StampNewer", "A stamp of a newer Clearance cannot be read here."),
    "mesh.merged": RuleText("MeshMerged", "A mesh that was merged is judged by all of its parts."),
    "mesh.rebuilt": RuleText("MeshRebuilt", "Rebuilt geometry has to be the licensed shape still."),
    "mesh.unmarked_faces": RuleText("UnmarkedFaces", "Geometry that was added has to come from somewhere."),
    "data.changed": RuleText("ContentChanged", "A declaration holds for what was there when it was made."),
    "data.parts_added": RuleText("PartsAdded", "Parts that were added have to come from somewhere."),
    "object.by_data": RuleText("JudgedByData", "An object without a stamp is judged by its data."),
    "content.undeclared": RuleText("Undeclared", "Everything in a scene has to have a license or an origin."),
    "scene.undeclared": RuleText("UndeclaredContent", "Nothing in a scene should be undeclared."),
    "scene.in_file_only": RuleText("InFileOnly", "What no picture shows does not count for pictures."),
    "scene.lost": RuleText("NoLongerThere", "What was imported and is gone should not live on unstamped."),
    "action.unstamped": RuleText("UnstampedAction", "Licensed animation has to keep its stamp."),
    "library.missing": RuleText("MissingLibrary", "What is linked has to be there to be checked."),
    "library.changed": RuleText("ChangedLibrary", "A library should not lose the licenses that it carried."),
    "use.no_output": RuleText("NoOutput", "An intended use has to name what leaves the house."),
    "use.editorial_only": RuleText("EditorialOnly", "Editorial content is not for commercial use."),
    "use.commercial": RuleText("CommercialUse", "Commercial use has to be allowed."),
    "use.merchandise": RuleText("Merchandise", "Use on goods for sale has to be allowed."),
    "use.templates": RuleText("Templates", "Use in templates for others has to be allowed."),
    "use.sensitive": RuleText("SensitiveUse", "Use in a sensitive context has to be allowed."),
    "use.territory": RuleText("Territory", "The license has to hold where the work is shown."),
    "use.term": RuleText("Term", "The license has to hold for as long as the work is shown."),
    "use.seats_left": RuleText("SeatsLeft", "Seats should not run out before somebody needs one."),
    "use.seats": RuleText("Seats", "Everybody who works with the files has to be covered."),
    "use.affiliates": RuleText("Affiliates", "Parent, child and sister companies have to be covered."),
    "use.transfer": RuleText("Transfer", "A license that the client takes over has to be transferable."),
    "use.extraction": RuleText("Extraction", "Users may have to be kept from taking the content out."),
    "use.substantial_portion": RuleText("SubstantialPortion", "Content may not be the product's main thing."),
    "use.engine": RuleText("Engine", "The license has to hold in the programs that are used."),
    "use.logo": RuleText("Logo", "Use in a logo or trademark has to be allowed."),
    "use.editorial_edits": RuleText("EditorialEdits", "Some content may not be altered but technically."),
    "ai.training": RuleText("AITraining", "That an AI learns from the content has to be allowed."),
    "ai.metadata": RuleText("AIMetadata", "That titles and tags go to an AI has to be allowed."),
    "cap.print_run": RuleText("PrintRun", "No more copies may be printed than the license allows."),
    "cap.impressions": RuleText("Impressions", "No more impressions than the license allows."),
    "cap.audience": RuleText("Audience", "No larger audience than the license allows."),
    "cap.production_budget": RuleText("ProductionBudget", "No larger budget than the license allows."),
    "cap.clients": RuleText("Clients", "No more clients than the license allows."),
    "cap.projects": RuleText("Projects", "No more productions than the license allows."),
    "cap.sales": RuleText("Sales", "No more copies may be sold than the license allows."),
    "cap.licensee_revenue": RuleText("LicenseeRevenue", "The licensee's revenue has to be below the limit."),
    "credit.required": RuleText("CreditRequired", "The license asks for a credit line."),
    "credit.unknown": RuleText("CreditUnknown", "Whether the license asks for a credit is not known."),
    "terms.confidence": RuleText("TermsConfidence", "How sure a reading of the terms is."),
    "terms.read_after_purchase": RuleText(
        "ReadAfterPurchase", "The oldest reading is younger than the purchase."
    ),
    "terms.typed_in": RuleText("TypedIn", "That this license applies is a user's word."),
    "terms.missing": RuleText("TermsMissing", "The terms kept with a purchase have to be in the ledger."),
    "terms.changed": RuleText("TermsChanged", "What today's terms no longer give is good to know."),
    "declaration.made": RuleText("Declared", "Somebody declared where the content comes from."),
    "declaration.withdrawn": RuleText("DeclarationWithdrawn", "A withdrawn declaration declares nothing."),
    "declaration.evidence": RuleText("DeclarationEvidence", "Others' content has to be traceable."),
    "declaration.client": RuleText("ClientContent", "A client's content is for that client's work."),
    "declaration.noncommercial": RuleText("Noncommercial", "An editorial work may be commercial."),
    "declaration.protection": RuleText("NoRestrictions", "Protection must not take away what is allowed."),
    "policy.studio_unreadable": RuleText("StudioRulesUnreadable", "A studio's rules have to be readable."),
    "policy.resolutions_unreadable": RuleText("ResolutionsUnreadable", "Resolutions have to be readable."),
    **{
        f"output.{kind.value}": RuleText(
            _OUTPUT_NAMES[kind], f"This has to be allowed: {OUTPUTS[kind]}."
        )
        for kind in OutputKind
    },
}  # fmt: skip


def describe_rule(rule: str) -> RuleText:
    """Return what a rule asks; a studio's own and one of a later version get words of their name."""
    known = RULE_TEXTS.get(rule)
    if known is not None:
        return known
    words = [word for word in rule.replace(".", "_").replace("-", "_").split("_") if word.isascii()]
    name = "".join(word[:1].upper() + word[1:] for word in words if word.isalnum()) or "Rule"
    if rule.startswith("studio."):
        return RuleText(name, f"The studio's own rule “{rule.removeprefix('studio.')}”.")
    return RuleText(name, f"The rule “{rule}”.")
