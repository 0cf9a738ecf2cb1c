# SPDX-License-Identifier: GPL-3.0-or-later
"""What the demo wants of each marketplace: how it gets in, what it looks for, what the asset becomes."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Shop:
    """One marketplace's part of the job.

    ``use`` is what the asset becomes, as ``clearance.import_asset`` calls it. ``sign_in``: the buyer allows
    it in the browser. ``on_website``: bought and downloaded there, with proof kept here.
    """

    marketplace: str
    words: str
    kind: str
    use: str = "AUTO"
    sign_in: bool = False
    on_website: bool = False
    feed: str = ""
    """Where the sandbox has the marketplace's product feed, below its own address."""
    contract_license: str = ""


SHOPS = (
    Shop(marketplace="cgtrader", words="oak chair", kind="model", sign_in=True),
    Shop(marketplace="shutterstock", words="walnut", kind="image"),
    Shop(marketplace="getty_images", words="brick", kind="image", use="REFERENCE"),
    Shop(marketplace="adobe_stock", words="light", kind="model"),
    Shop(marketplace="pond5", words="clouds", kind="video", contract_license="Business"),
    Shop(
        marketplace="turbosquid",
        words="armchair",
        kind="model",
        on_website=True,
        feed="www.turbosquid.com/feeds/products.tsv",
    ),
    Shop(
        marketplace="unity",
        words="oak chair",
        kind="model",
        on_website=True,
        feed="assetstore.unity.com/feeds/products.xml",
    ),
)
