"""The marketplaces as a newcomer meets them: one entry for each, and nothing else that names one."""

from __future__ import annotations

from walks import Walk

from core.model.listing import MediaKind

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
        ),
        Walk(
            marketplace="adobe_stock",
            words="oak",
            kind=MediaKind.IMAGE,
            good="62305369",
            editorial="320999999",
            details="/Rest/Media/1/Files$",
            purchase=" /Rest/Libraries/1/Content/License$",
            files="adobestock-files.s3.amazonaws.com",
            keys=("client_id", "redirect_uri"),
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
            settings={"contract_licenses": {"pond5": "Business"}},
        ),
    )
}
