"""Grants in a real ledger, without a marketplace. Works on any copy of the package: `load` says which."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from session_states import States

Load = Callable[[str], Any]


def buy(load: Load, label: str, **values: Any) -> Any:
    """Put a grant under `marketplace:label` into the ledger of this process's app, and return it."""
    app = load("addon.runtime").app()
    marketplace, _, name = label.partition(":")
    licenses = load("core.licenses")
    now = app.clock.now()
    terms = licenses.LicenseCatalogue.load().resolve(marketplace, name, editorial=None, at=now.date())
    assert terms.known, label
    digest = licenses.terms_sha256(terms)
    number = len(app.ledger.grants()) + 1
    grant = States(load).grant(
        number,
        **{
            "id": f"grant_{number:026d}",
            "ref": load("core.model.listing").ListingRef(marketplace=marketplace, id=str(number)),
            "license_id": terms.license_id,
            "license_label": name,
            "terms_sha256": digest,
            "granted_at": now,
            **values,
        },
    )
    orders = load("core.model.order")
    order = orders.Order(
        id=grant.order_id,
        key=str(uuid.UUID(int=number)),
        quote_id="",
        approval_id="",
        ref=grant.ref,
        title=grant.title,
        variant="",
        license_label=name,
        license_id=terms.license_id,
        terms_sha256=digest,
        account_id="",
        cost=load("core.model.money").Money.parse("19.00", "USD"),
        project="",
        buyer="ann",
        state=orders.OrderState.APPROVED,
        created_at=now,
        updated_at=now,
    )
    with app.ledger.transaction() as work:
        work.add_order(order)
        work.keep_terms(digest, licenses.canonical_text(terms))
        work.add_grant(grant)
    return grant


def put_in_scene(load: Load, bpy: Any, grant: Any, name: str) -> Any:
    """Make a stamped cube-like object of a grant (of nobody, where that is None) and return it."""
    mesh = bpy.data.meshes.new(name)
    corners = [(x, y, z) for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)]
    faces = [(0, 1, 3, 2), (4, 6, 7, 5), (0, 4, 5, 1), (2, 3, 7, 6), (0, 2, 6, 4), (1, 5, 7, 3)]
    mesh.from_pydata(corners, [], faces)
    thing = bpy.data.objects.new(name, mesh)
    bpy.context.scene.collection.objects.link(thing)
    if grant is not None:
        handle = load("core.model.scene").Handle
        handles = tuple(handle(id_type=b.id_type, session_uid=b.session_uid) for b in (mesh, thing))
        load("addon.runtime").host().stamp(handles, load("core.stamp_format").make_stamp(grant))
    return thing
