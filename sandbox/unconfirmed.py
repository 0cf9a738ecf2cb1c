"""What the vendors' documents leave open, each with the form chosen here and the other plausible ones.

Everything in this file is an assumption. `POST /_control/variant {"name": "value"}` switches one, so that a
client is tested against each form; a fact that gets confirmed moves to the module of its marketplace.
"""

from __future__ import annotations

from dataclasses import dataclass

from .state import Store


@dataclass(frozen=True, slots=True)
class Variant:
    """One open question: the first choice is the default."""

    choices: tuple[str, ...]
    unknown: str


VARIANTS: dict[str, Variant] = {
    "cgtrader_paid_status": Variant(
        ("paid", "completed", "complete", "success"),
        "only the status 'unpaid' is documented; the paid value is not",
    ),
    "cgtrader_model": Variant(
        ("bare", "wrapped"), "GET /v1/models/:id: bare object, or under 'model' (both read)"
    ),
    "cgtrader_images": Variant(
        ("wrapped", "list", "missing"), "/images: under 'images', a list, or 404 (seen)"
    ),
    "cgtrader_files": Variant(("wrapped", "list"), "/files: its envelope is in no copy read"),
    "cgtrader_file_names": Variant(("named", "null"), "files[].name can be null (an old client skips those)"),
    "cgtrader_license": Variant(
        ("bare", "wrapped", "label", "empty"),
        "/license: field names are in no copy read; 'name' and 'description' are one client's guess",
    ),
    "cgtrader_orders": Variant(("wrapped", "list"), "GET /v1/orders: its envelope is in no copy read"),
    "cgtrader_order": Variant(("bare", "wrapped"), "GET /v1/orders/:id: its envelope is in no copy read"),
    "cgtrader_order_uuid": Variant(("present", "absent"), "whether an order shows the client's uuid again"),
    "cgtrader_order_id": Variant(
        ("text", "number"), "the id is a text in the answer to POST; elsewhere not seen"
    ),
    "cgtrader_order_create_status": Variant(("200", "201"), "status of a successful POST /v1/orders/"),
    "cgtrader_same_uuid": Variant(
        ("second_order", "same_order"), "server-side idempotency of uuid; a second order is the worst case"
    ),
    "cgtrader_price": Variant(
        ("mixed", "text", "number"),
        "prices.download is a text in one example, a number in clients; mixed gives both",
    ),
    "cgtrader_category_label": Variant(
        ("title", "name"), "the label's key in categories differs between clients"
    ),
    "cgtrader_license_filter": Variant(
        ("license", "licenses"),
        "name of the parameter that takes 'exclude_editorial' is cut off in every copy",
    ),
    "cgtrader_refresh_token": Variant(("present", "absent"), "refresh tokens are not documented"),
    "cgtrader_expires_in": Variant(("present", "absent"), "the token's lifetime is not documented"),
    "cgtrader_error_key": Variant(
        ("error", "message"), "errors are read from 'error' or 'message' by a client"
    ),
    "cgtrader_download_token": Variant(
        ("query", "ignored"), "how download_token is sent is not documented; here ?download_token="
    ),
    "shutterstock_repeat_charge": Variant(("1", "0"), "whether licensing the same image again costs again"),
    "shutterstock_license_id": Variant(
        ("present", "absent"), "license_id is missing from the older official spec"
    ),
    "shutterstock_item_error": Variant(
        ("text", "object"),
        "an item's error is a text in the spec; a client also guards against error.message",
    ),
    "shutterstock_minimal_view": Variant(
        ("lean", "full"),
        "which fields view=minimal drops; lean drops sizes, keywords, categories and is_editorial",
    ),
    "shutterstock_unknown_parameter": Variant(("reject", "ignore"), "what an unknown query parameter does"),
    "shutterstock_basic_on_scoped_route": Variant(
        ("401", "403"), "the status of Basic where a scope is needed"
    ),
    "getty_bad_key": Variant(
        ("401", "403"), "a wrong key: 401 by the documents, 403 was seen for a dead one"
    ),
    "getty_client": Variant(
        ("either", "public", "confidential"), "a public client must send no secret, a confidential one must"
    ),
    "getty_expires_in": Variant(("number", "text"), "expires_in was a text on the older sign-in address"),
    "getty_refresh": Variant(
        ("reusable", "rotated"), "whether a refresh token can be used again (2018: yes)"
    ),
    "getty_user_required": Variant(
        ("no", "400", "401", "403"), "whether a key licenses without a user, and the status where it may not"
    ),
    "getty_video": Variant(("bare", "list"), "GET /v3/videos/{id} has no schema"),
    "getty_missing": Variant(("404", "list"), "an image that is not there: 404, or images_not_found"),
    "getty_largest_downloads": Variant(
        ("sizes", "downloads", "absent"),
        "what details give; sizes by the newer file, downloads as in a search",
    ),
    "getty_editorial_flag": Variant(
        ("present", "absent"), "allowed_use.editorial_use_only is in the newer file only"
    ),
    "getty_products": Variant(("all", "active"), "whether /v3/products lists inactive products"),
    "getty_project_codes": Variant(
        ("list", "lines"), "several codes as a list, or as lines of one text (seen)"
    ),
    "getty_notes": Variant(("kept", "dropped"), "whether notes of accounts not set up for them are kept"),
    "getty_repeat_charge": Variant(
        ("charged", "free"), "whether a second download of an asset counts again; charged is the worst"
    ),
    "getty_purchased_assets": Variant(
        ("refused", "delivery", "api"), "keys have to be set up for it; and what download_uri points to"
    ),
    "getty_over_limit": Variant(("429", "403"), "too many requests: 429, or the 403 of 2018"),
    "getty_clip_length": Variant(("frames", "clock", "null"), "the form of a video's clip_length"),
    "pond5_page_base": Variant(("1", "0"), "whether pages count from 1 (newer program) or 0 (older one)"),
    "pond5_page_below_first": Variant(
        ("first", "refused", "empty"), "what page 0 gives where pages count from 1"
    ),
    "pond5_per_page_max": Variant(
        ("100", "30", "7"), "the most results a page; 30 and 100 were seen asked for"
    ),
    "pond5_total": Variant(("present", "absent"), "whether totalNumberOfItems is always there"),
    "pond5_limit": Variant(
        ("exclusive", "inclusive"), "whether pricegt, durationlt … take in the number itself"
    ),
    "pond5_price": Variant(("number", "text"), "the type of versions[].price"),
    "pond5_duration": Variant(("seconds", "clock"), "the form of versions[].duration"),
    "pond5_version_id": Variant(("present", "absent"), "programs make up a version's id where none is told"),
    "pond5_missing_item": Variant(("404", "empty"), "how an item that is gone is answered"),
    "pond5_transaction": Variant(("text", "number", "absent"), "the form of a download's transaction"),
    "pond5_repeat_charge": Variant(
        ("charged", "free"),
        "whether downloading the same version again is billed again; charged is the worst",
    ),
    "adobe_error_number": Variant(("padded", "plain"), "020 was seen where the table says 20"),
    "adobe_limit": Variant(("kept", "one_more"), "pages with a row more than asked for were reported"),
    "adobe_license_columns": Variant(
        ("present", "absent"), "the form of the columns licenses and comps: by license, in a client's tests"
    ),
    "adobe_3d_type_id": Variant(("present", "absent"), "a field of answers, but in no list of columns"),
    "adobe_3d_type": Variant(("told", "unknown"), "the media types of 3D files are not documented"),
    "adobe_3d_delivery": Variant(("zip", "glb"), "what a 3D download is, is not documented"),
    "adobe_info_url": Variant(("absent", "present"), "whether Content/Info gives the file's address"),
    "adobe_profile_owned": Variant(
        ("possible", "purchased"), "what Member/Profile says of what is licensed already"
    ),
    "adobe_state_case": Variant(("lower", "title"), "states are said to be compared in any case"),
    "adobe_not_possible_status": Variant(("200", "400"), "the status of a license that is not possible"),
    "adobe_quotas": Variant(("object", "array"), "full_entitlement_quota is an empty array at times"),
    "adobe_member": Variant(("stock_id", "member_id"), "both names of the member's number are in examples"),
    "adobe_content_id": Variant(
        ("text", "number"), "content_id is a number in one example, a text in others"
    ),
    "adobe_date_zone": Variant(("utc", "pacific"), "dates name no time zone"),
    "adobe_download": Variant(("redirect", "direct"), "usually redirected to storage, sometimes not"),
}

# Numbers that no document gives. Rate limits apply only when the sandbox runs with --limits.
SHUTTERSTOCK_REQUESTS_PER_MINUTE = 100
CGTRADER_REQUESTS_PER_HOUR = 1000
POND5_REQUESTS_PER_HOUR = 200
GETTY_REQUESTS_PER_HOUR = 150  # queries per second are set for each account, unpublished
GETTY_CODE_LIFETIME_S = 300
ADOBE_REQUESTS_PER_HOUR = 200
TURBOSQUID_REQUESTS_PER_HOUR = 300  # no vendor number: what the add-on keeps itself to
UNITY_REQUESTS_PER_HOUR = 1000
CGTRADER_LINK_LIFETIME_S = 300  # "typically a few minutes"
CGTRADER_TOKEN_LIFETIME_S = 7200  # the default of the OAuth library that CGTrader runs
CGTRADER_CODE_LIFETIME_S = 600
SHUTTERSTOCK_NO_AGENT_STATUS = 400  # a User-Agent is mandatory; what its absence gives is not documented
SHUTTERSTOCK_EXPIRING_TOKEN_S = 3600  # from an example and a client
CGTRADER_MAX_PER_PAGE = 100  # the maximum is not documented; a client caps itself at 100


class Variants:
    """Hold which form of each open question is spoken now; kept in the state file."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def choice(self, name: str) -> str:
        """Tell the form now spoken."""
        chosen: str = self._store.read_meta("variants", {}).get(name, VARIANTS[name].choices[0])
        return chosen

    def switch(self, changes: dict[str, object]) -> None:
        """Change some forms at once. Raises ValueError for an unknown name or form, and then changes none."""
        for name, value in changes.items():
            if name not in VARIANTS:
                raise ValueError(f"there is no variant {name!r}; known are {', '.join(sorted(VARIANTS))}")
            if value not in VARIANTS[name].choices:
                raise ValueError(f"{name} takes one of {', '.join(VARIANTS[name].choices)}")
        self._store.write_meta("variants", {**self._store.read_meta("variants", {}), **changes})

    def table(self) -> dict[str, dict[str, object]]:
        """List every open question with its forms."""
        return {
            name: {"now": self.choice(name), "choices": list(known.choices), "unknown": known.unknown}
            for name, known in VARIANTS.items()
        }
