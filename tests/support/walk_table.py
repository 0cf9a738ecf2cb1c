"""The marketplaces as a newcomer meets them: one entry for each, and nothing else that names one."""

from __future__ import annotations

from typing import Any

from walk_rows import Limited, Trouble, Walk

from core.model.listing import MediaKind


def use_up_plans(walker: Any) -> None:
    """Leave nothing on the plans for pictures."""
    for plan in ("s1000001", "s1000002", "s1000003"):
        walker.sandbox.set_quota(plan, downloads_left=0)


def end_plans(walker: Any) -> None:
    """Let the plans for pictures run out."""
    for plan in ("s1000001", "s1000002", "s1000003"):
        walker.sandbox.set_quota(plan, expires_in_s=-60)


def paste_token_that_may_not_license(walker: Any) -> None:
    """Paste a token that was made without the right to license."""
    scopes = ["user.view", "licenses.view", "purchases.view"]
    walker.enter(user_token=walker.sandbox.make_token("shutterstock", scopes=scopes))


PRODUCTS = (2726, 31, 44, 58, 60, 71, 72, 90)
"""Of the sandbox's account at Getty Images."""


def use_up_products(walker: Any) -> None:
    """Leave nothing on any product."""
    for product in PRODUCTS:
        walker.sandbox.set_product(product, downloads_left=0, downloads_limit=5, overage_left=0)


def leave_only_overage(walker: Any) -> None:
    """Leave one product that goes on and bills."""
    use_up_products(walker)
    walker.sandbox.set_product(2726, overage_left=3, overage_limit=3)


def end_products(walker: Any) -> None:
    """Let the agreement run out."""
    for product in PRODUCTS:
        walker.sandbox.set_product(product, status="inactive")


def leave_only_codes(walker: Any) -> None:
    """Leave the product that wants a project code."""
    for product in set(PRODUCTS) - {58}:
        walker.sandbox.set_product(product, status="inactive")


def forget_the_user(walker: Any) -> None:
    """Sign out, with a key that licenses for signed-in users only."""
    walker.session.forget_keys("getty_images")
    walker.wait()
    walker.enter(**walker.good_keys())


WALKS = {
    walk.marketplace: walk
    for walk in (
        Walk(
            marketplace="shutterstock",
            words="walnut",
            kind=MediaKind.IMAGE,
            good="1120280137",
            editorial="1120281247",
            editorial_words="Rotterdam",
            details="/v2/images/{id}$",
            purchase="POST /v2/images/licenses$",
            files="download.shutterstock.com",
            no_money=(
                Trouble(name="used up", arrange=use_up_plans, says=("used up",)),
                Trouble(name="expired", arrange=end_plans, says=("expired",)),
            ),
            no_rights=(
                Trouble(
                    name="token without scope",
                    arrange=paste_token_that_may_not_license,
                    says=("does not let this account",),
                ),
            ),
            changed=(("editorial", {"is_editorial": True}),),
            limited=(
                Limited(name="numbers", fault={"times": 0}, says="(59|60|61) seconds"),
                Limited(name="seconds", fault={"retry_after": 600, "times": 0}, says="10 minutes"),
            ),
        ),
        Walk(
            marketplace="cgtrader",
            words="chair",
            kind=MediaKind.MODEL,
            good="4401094",
            editorial="4418572",
            editorial_words="lamp",
            details="/v1/models/{id}$",
            purchase="POST /v1/orders/?$",
            files="cgtfiles.s3.amazonaws.com",
            changed=(("price", {"price": "31.50"}), ("license", {"license": "custom"})),
            limited=(
                Limited(name="bare", fault={"times": 0}, says="in a while"),
                Limited(name="seconds", fault={"retry_after": 7200, "times": 0}, says="2 hours"),
            ),
        ),
        Walk(
            marketplace="getty_images",
            words="oak",
            kind=MediaKind.IMAGE,
            good="95744000",
            editorial="95745221",
            editorial_words="poster",
            details="/v3/images/{id}$",
            purchase="POST /v3/downloads/images/",
            files="delivery.gettyimages.com",
            by_hand="/media.gettyimages.com/id/95744000/comp.jpg",
            no_money=(
                Trouble(name="used up", arrange=use_up_products, says=("used up", "counted afresh on")),
                Trouble(name="inactive", arrange=end_products, says=("expired or is inactive", "renewed")),
            ),
            no_rights=tuple(
                Trouble(
                    name=f"user required {status}",
                    arrange=lambda walker, status=status: (
                        walker.sandbox.switch(getty_user_required=status),
                        forget_the_user(walker),
                    ),
                    says=("signed-in user only", "Sign in"),
                )
                for status in ("400", "401", "403")
            ),
            not_licensed=(
                Trouble(name="on request", listing="95744629", words="felt", says=("representative",)),
            ),
            surcharge=(Trouble(name="overage", arrange=leave_only_overage, says=("overage",)),),
            noted=(Trouble(name="project code", arrange=leave_only_codes, says=("Show 12",)),),
            changed=(("editorial", {"is_editorial": True}), ("product", {"collection": "Getty Images News"})),
            limited=(
                Limited(name="reason", fault={"times": 0}, says="in a second"),
                Limited(name="seconds", fault={"retry_after": 900, "times": 0}, says="15 minutes"),
            ),
        ),
        Walk(
            marketplace="adobe_stock",
            words="oak",
            kind=MediaKind.IMAGE,
            good="62305369",
            details="/Rest/Media/1/Files$",
            purchase=" /Rest/Libraries/1/Content/License$",
            files="adobestock-files.s3.amazonaws.com",
            keys=("client_id", "redirect_uri"),
            no_money=(
                Trouble(
                    name="no quota",
                    arrange=lambda walker: walker.sandbox.set_adobe(quota=0),
                    says=("enough credits",),
                ),
                Trouble(
                    name="no entitlement",
                    arrange=lambda walker: walker.sandbox.set_adobe(entitlement="null"),
                    says=("enough credits",),
                ),
            ),
            surcharge=(
                Trouble(
                    name="overage",
                    arrange=lambda walker: walker.sandbox.set_adobe(quota=0, overage=True),
                    says=("$9.99",),
                ),
            ),
            noted=(
                Trouble(
                    name="references",
                    arrange=lambda walker: walker.sandbox.set_adobe(references=True),
                    says=("project reference",),
                ),
            ),
            changed=(("price", {"level": 4}),),
            limited=(
                Limited(name="429050", fault={"times": 0}, says="in a second"),
                Limited(name="seconds", fault={"retry_after": 120, "times": 0}, says="2 minutes"),
            ),
        ),
        Walk(
            marketplace="pond5",
            words="clouds",
            kind=MediaKind.VIDEO,
            good="12345678",
            editorial="12348705",
            editorial_words="brick",
            details="/api/v3/items/{id}$",
            purchase="GET /api/v3/items/download/",
            files="downloads.pond5.com",
            by_hand="/previews.pond5.com/12345678_preview.mov",
            settings={"contract_licenses": {"pond5": "Business"}},
            not_licensed=(
                Trouble(name="no price", listing="12355768", words="steel", says=("names no price",)),
            ),
            changed=(("price", {"price": "99"}),),
            limited=(
                Limited(name="bare", fault={"times": 0}, says="in a while"),
                Limited(
                    name="date",
                    fault={"retry_after": "date", "delay_s": 300, "times": 0},
                    says="[56] minutes",
                ),
            ),
        ),
        Walk(
            marketplace="turbosquid",
            words="oak armchair",
            kind=MediaKind.MODEL,
            good="1189852",
            editorial="1611045",
            editorial_words="desk lamp",
            feed="/www.turbosquid.com/feeds/products.tsv",
            tier="standard",
            other="1502117",
        ),
        Walk(
            marketplace="unity",
            words="oak chair",
            kind=MediaKind.MODEL,
            good="310001",
            feed="/assetstore.unity.com/feeds/products.xml",
            tier="single",
            into_cache=True,
            other="310003",
        ),
    )
}
