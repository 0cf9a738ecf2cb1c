"""The ways to license a listing where an account has several products: who pays, for which size, how much.

Pure. Nothing here knows one particular marketplace.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from ..model.listing import Listing
from ..model.money import Balance, Cost
from .answers import Plan, why_no_plan
from .base import QuoteBasis, QuoteOption, ReferenceField, Wanted

CHOICE_GONE = "What was chosen can no longer be had here. Choose again from what is offered now."


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """A size of a listing, and the names of the products that pay for it, as the marketplace writes them.

    ``width`` and ``height`` in pixels, 0 when not told; ``format`` is a file ending.
    """

    variant: str
    products: frozenset[str]
    label: str = ""
    width: int = 0
    height: int = 0
    format: str = ""

    @property
    def pixels(self) -> int:
        """How large it is."""
        return self.width * self.height


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """A plan with an allowance. ``names`` are those under which a size names it.

    ``overage``: the agreement lets it go on when nothing is left, and bills that. ``starts_again`` is the
    day on which its allowance is counted afresh, as the marketplace writes it. ``drafts``: what it gives is
    for layouts, not for what goes out.
    """

    plan: Plan
    kind: str
    names: frozenset[str]
    overage: bool = False
    references: tuple[ReferenceField, ...] = ()
    starts_again: str = ""
    drafts: bool = False

    @property
    def can_pay(self) -> bool:
        """Whether it pays out of what is left, or beyond that."""
        return self.plan.pays or (self.plan.current and self.overage)

    def covers(self, size: Size) -> bool:
        """Say whether the marketplace names this product for a size."""
        return bool(self.names & size.products)


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """One way to license a listing: the account that pays, what it gives, and what that costs.

    ``balance.license_label`` is the license; ``label`` is for people.
    """

    balance: Balance
    cost: Cost
    label: str
    variant: str = ""
    references: tuple[ReferenceField, ...] = ()
    surcharge: str = ""

    @property
    def wanted(self) -> Wanted:
        """What chooses exactly this way."""
        balance = self.balance
        return Wanted(
            license_label=balance.license_label, variant=self.variant, account_id=balance.account_id
        )

    def suits(self, wanted: Wanted) -> bool:
        """Say whether this is what is wanted; an empty field wants anything."""
        return (
            wanted.license_label in ("", self.balance.license_label)
            and wanted.variant in ("", self.variant)
            and wanted.account_id in ("", self.balance.account_id)
        )


def pair(
    products: Sequence[Product],
    sizes: Sequence[Size],
    *,
    license_label: Callable[[Product], str],
    cost: Callable[[Product], Cost | None],
    every_size: bool,
) -> tuple[Way, ...]:
    """Pair products with the sizes that they pay for.

    What is paid already comes first, then what may go out, the best size, what wants nothing noted, and what
    tells how much is left.

    ``sizes`` come best first; without ``every_size`` only a product's best one counts. A product whose cost
    is not told (None) is left out: a price that nobody named cannot be agreed to.
    """
    found: list[tuple[tuple[bool, bool, int, bool, bool], Way]] = []
    for product in products:
        price = cost(product)
        if price is None or not product.can_pay:
            continue
        plan = product.plan
        covered = [(rank, size) for rank, size in enumerate(sizes) if product.covers(size)]
        for rank, size in covered if every_size else covered[:1]:
            way = Way(
                balance=replace(plan.balance, license_label=license_label(product)),
                cost=price,
                # The size first: names of plans are long and alike, and what is cut off is their end.
                label=" · ".join(filter(None, (size.label, plan.balance.label))),
                variant=size.variant,
                references=product.references,
                surcharge="" if plan.pays else _overage(plan.balance),
            )
            wants = any(reference.required for reference in product.references)
            found.append(((not plan.pays, product.drafts, rank, wants, plan.balance.left is None), way))
    return tuple(way for _, way in sorted(found, key=lambda entry: entry[0]))


def why_not(products: Sequence[Product], sizes: Sequence[Size], *, name: str) -> str:
    """Say in one sentence why no product pays for any of the sizes. ``name`` is the marketplace's."""
    if not any(product.plan.fits for product in products):
        return no_product(name)
    current = [product for product in products if product.plan.current]
    if not current:
        return f"Your agreement with {name} has expired or is inactive. Have it renewed there."
    covering = [product for product in current if any(map(product.covers, sizes))]
    if not covering:
        return (
            f"None of your products at {name} covers this. Ask {name} for a license, or for another product."
        )
    if all(product.can_pay for product in covering):
        return f"{name} names no price for this. Ask there what it costs."
    days = sorted(filter(None, (product.starts_again for product in covering)))
    when = (
        f"They are counted afresh on {days[0]}: wait until then, or add some."
        if days
        else "Wait until they are counted afresh, or add some."
    )
    return f"All downloads of the products that cover this are used up. {when}"


def no_product(name: str) -> str:
    """Say that the account cannot license anything here."""
    return f"This account has no product of {name} that downloads over the API. Ask {name} for one."


def _overage(balance: Balance) -> str:
    return (
        f"All downloads of “{balance.label}” are used: this one counts as overage, which the agreement bills."
    )


def quote_on_ways(
    listing: Listing, found: Sequence[Way], wanted: Wanted, *, reason: str, note: str = ""
) -> QuoteBasis:
    """Quote the first way that is wanted, and offer the others. ``found`` comes best first.

    ``reason`` is said when there is no way at all.
    """
    chosen = next((way for way in found if way.suits(wanted)), None)
    if chosen is None:
        said = CHOICE_GONE if found else reason
        return QuoteBasis(
            listing=listing, license_label="", cost=None, why_not=said, note=note, page_url=listing.page_url
        )
    same = [way.balance for way in found if way is not chosen and _alike(way, chosen)]
    options = tuple(QuoteOption(wanted=way.wanted, label=way.label, cost=way.cost) for way in found)
    return QuoteBasis(
        listing=listing,
        license_label=chosen.balance.license_label,
        cost=chosen.cost,
        accounts=(chosen.balance, *same),
        variant=chosen.variant,
        options=options if len(options) > 1 else (),
        references=chosen.references,
        surcharge=chosen.surcharge,
        note=note,
        page_url=listing.page_url,
    )


def quote_on_plans(
    listing: Listing,
    plans: Sequence[Plan],
    sizes: Mapping[str, str],
    wanted: Wanted,
    *,
    cost: Cost,
    no_plan: str,
) -> QuoteBasis:
    """Quote the best size that a plan pays for, and offer every other pair of plan and size.

    ``sizes`` are the variants that the listing has, best first, with what people call them. Of plans, those
    that tell what is left come first. ``no_plan`` is said when there is none for this kind of media at all.
    """
    paying = sorted((plan for plan in plans if plan.pays), key=lambda plan: plan.balance.left is None)
    found = [
        Way(
            balance=plan.balance,
            cost=cost,
            label=" · ".join(filter(None, (name, plan.balance.label))),  # as in ``pair``
            variant=variant,
        )
        for variant, name in sizes.items()
        for plan in paying
        if plan.variants is None or variant in plan.variants
    ]
    return quote_on_ways(listing, found, wanted, reason=why_no_plan(plans, sizes, no_plan=no_plan))


def _alike(one: Way, other: Way) -> bool:
    """Say whether two ways differ in nothing but the account: then either can pay for the same quote."""
    return replace(one, label="", balance=other.balance) == replace(other, label="") and (
        one.balance.license_label == other.balance.license_label
    )
