"""Access tokens, refresh tokens and authorization codes. Only their hashes are kept; none is ever logged."""

from __future__ import annotations

import hashlib
import secrets
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass

from .state import Store

ALL_SCOPES = (
    "user.view",
    "licenses.view",
    "licenses.create",
    "purchases.view",
    "collections.view",
    "collections.edit",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """What a token stands for; `user` is None for client credentials."""

    marketplace: str
    user: str | None
    scopes: tuple[str, ...]
    expires_at: float | None


def new_token(prefix: str) -> str:
    """Make a token's text; it says that it is of the sandbox."""
    return f"{prefix}sandbox-{secrets.token_urlsafe(24)}"


def store_token(
    db: sqlite3.Connection,
    text: str,
    *,
    marketplace: str,
    user: str | None,
    scopes: Iterable[str],
    expires_at: float | None,
    kind: str = "access",
    refreshable: bool = False,
) -> None:
    """Keep a token by its hash."""
    db.execute(
        "INSERT INTO tokens VALUES (?, ?, ?, ?, ?, ?, ?)",
        (_sha256(text), kind, marketplace, user, " ".join(scopes), expires_at, int(refreshable)),
    )


def find_token(
    store: Store, text: str, *, marketplace: str, now: float, kind: str = "access"
) -> Token | None:
    """Find a token that is known and has not expired."""
    row = store.row(
        "SELECT * FROM tokens WHERE token_sha256 = ? AND kind = ? AND marketplace = ?",
        _sha256(text),
        kind,
        marketplace,
    )
    if row is None or (row["expires_at"] is not None and row["expires_at"] <= now):
        return None
    return Token(
        marketplace=marketplace,
        user=row["user"],
        scopes=tuple(row["scopes"].split()),
        expires_at=row["expires_at"],
    )


def drop_token(db: sqlite3.Connection, text: str) -> bool:
    """Forget a token; tell whether it was there."""
    return db.execute("DELETE FROM tokens WHERE token_sha256 = ?", (_sha256(text),)).rowcount == 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Code:
    """An authorization code's promise."""

    marketplace: str
    client_id: str
    redirect_uri: str
    scopes: tuple[str, ...]
    challenge: str | None
    challenge_method: str | None
    expires_at: float


def issue_code(store: Store, code: Code) -> str:
    """Keep a promise and give its single-use code."""
    text = f"sandbox-code-{secrets.token_urlsafe(16)}"
    with store.transaction() as db:
        db.execute(
            "INSERT INTO codes (code_sha256, marketplace, client_id, redirect_uri, scopes, challenge,"
            " challenge_method, expires_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (
                _sha256(text),
                code.marketplace,
                code.client_id,
                code.redirect_uri,
                " ".join(code.scopes),
                code.challenge,
                code.challenge_method,
                code.expires_at,
            ),
        )
    return text


def redeem_code(store: Store, text: str, *, marketplace: str, now: float) -> Code | None:
    """Use a code up: a second use, a late one or a wrong one gives None."""
    with store.transaction() as db:
        row = db.execute(
            "SELECT * FROM codes WHERE code_sha256 = ? AND marketplace = ? AND used = 0",
            (_sha256(text), marketplace),
        ).fetchone()
        if row is None:
            return None
        db.execute("UPDATE codes SET used = 1 WHERE code_sha256 = ?", (row["code_sha256"],))
    if row["expires_at"] <= now:
        return None
    return Code(
        marketplace=marketplace,
        client_id=row["client_id"],
        redirect_uri=row["redirect_uri"],
        scopes=tuple(row["scopes"].split()),
        challenge=row["challenge"],
        challenge_method=row["challenge_method"],
        expires_at=row["expires_at"],
    )


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
