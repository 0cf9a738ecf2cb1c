"""The marketplaces' own truth: what was licensed, ordered and charged.

Written with the deed, in its transaction; read by tests, never by the marketplaces themselves.
"""

from __future__ import annotations

import json
import sqlite3
from decimal import Decimal
from typing import Any

from .clock import utc_text
from .message import Json
from .state import Store

CHARGES = ("license", "order_paid")


def write_event(
    db: sqlite3.Connection,
    *,
    at: float,
    marketplace: str,
    kind: str,
    account: str,
    item_id: str,
    amount: str,
    unit: str,
    reference: str,
    uuid: str | None = None,
    metadata: Json | None = None,
) -> None:
    """Enter one event; call it inside the transaction of the deed itself."""
    db.execute(
        "INSERT INTO events (at, marketplace, kind, account, item_id, amount, unit, reference, uuid,"
        " metadata) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (at, marketplace, kind, account, item_id, amount, unit, reference, uuid, json.dumps(metadata or {})),
    )


def read_books(store: Store) -> Json:
    """Lay open the books: every event, the charges among them, totals per marketplace, what is left."""
    events = [_event(row) for row in store.rows("SELECT * FROM events ORDER BY seq")]
    charges = [event for event in events if event["kind"] in CHARGES]
    totals: dict[str, dict[str, Any]] = {}
    for event in charges:
        of = totals.setdefault(
            event["marketplace"], {"charges": 0, "amount": Decimal(0), "unit": event["unit"]}
        )
        of["charges"] += 1
        of["amount"] += Decimal(event["amount"])
    for of in totals.values():
        of["amount"] = str(of["amount"])
    subscriptions = [
        {"id": row["id"], "license": row["license"], "downloads_left": row["downloads_left"]}
        for row in store.rows("SELECT * FROM subscriptions ORDER BY id")
    ]
    orders = [
        {
            "id": str(row["id"]),
            "uuid": row["uuid"],
            "model_id": row["model_id"],
            "buyer": row["buyer"],
            "price": row["price"],
            "paid": row["paid_at"] is not None,
        }
        for row in store.rows("SELECT * FROM orders ORDER BY id")
    ]
    products = [
        {
            "id": row["id"],
            "type": row["type"],
            "downloads_left": row["downloads_left"],
            "overage_left": row["overage_left"],
        }
        for row in store.rows("SELECT * FROM products ORDER BY id")
    ]
    return {
        "events": events,
        "charges": charges,
        "totals": totals,
        "subscriptions": subscriptions,
        "orders": orders,
        "products": products,
    }


def _event(row: sqlite3.Row) -> Json:
    return {
        "seq": row["seq"],
        "at": utc_text(row["at"]),
        "marketplace": row["marketplace"],
        "kind": row["kind"],
        "account": row["account"],
        "item_id": row["item_id"],
        "amount": row["amount"],
        "unit": row["unit"],
        "reference": row["reference"],
        "uuid": row["uuid"],
        "metadata": json.loads(row["metadata"]),
    }
