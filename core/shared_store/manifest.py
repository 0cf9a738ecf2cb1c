"""What the shared store notes of one file: where its bytes are, how they are sealed, and by which key."""

from __future__ import annotations

import base64
import binascii
import json
import re
from dataclasses import dataclass

from ..errors import SharedStoreError
from .objects import CHUNK
from .seal import CIPHER

FORMAT = "clearance shared file 1"
MAX_BYTES = 10_000
NAME = "manifest.json"
_BODY = re.compile(r"[0-9a-f]{16}\.(sealed|plain)")
_KEY = re.compile(r"[0-9a-f]{16}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """One file. ``key_id`` empty: the bytes lie there as they are."""

    sha256: str
    size: int
    body: str
    """The name of the object with the bytes, beside the manifest."""
    key_id: str = ""
    wrapped_key: bytes = b""

    @property
    def about(self) -> bytes:
        """What every chunk and the wrapped key are bound to."""
        return f"{FORMAT}\0{self.sha256}\0{self.size}\0{self.body}\0{CIPHER}\0{CHUNK}".encode()


def folder_of(sha256: str) -> str:
    """Return below which name everything of a file lies."""
    return f"{sha256[:2]}/{sha256[2:]}"


def encode(manifest: Manifest) -> bytes:
    """Return a manifest's bytes."""
    sealed = {
        "cipher": CIPHER,
        "chunk": CHUNK,
        "key_id": manifest.key_id,
        "wrapped_key": base64.b64encode(manifest.wrapped_key).decode("ascii"),
    }
    written = {
        "format": FORMAT,
        "sha256": manifest.sha256,
        "size": manifest.size,
        "body": manifest.body,
        "sealed": sealed if manifest.key_id else None,
    }
    return (json.dumps(written, indent=1, sort_keys=True) + "\n").encode()


def decode(data: bytes, sha256: str) -> Manifest:
    """Read the manifest of a file; raise SharedStoreError for anything that it cannot be."""
    try:
        written = json.loads(data)
        sealed = written["sealed"]
        made = Manifest(
            sha256=written["sha256"],
            size=written["size"],
            body=written["body"],
            key_id=sealed["key_id"] if sealed else "",
            wrapped_key=base64.b64decode(sealed["wrapped_key"], validate=True) if sealed else b"",
        )
        fits = (
            written["format"] == FORMAT
            and made.sha256 == sha256
            and type(made.size) is int
            and made.size >= 0
            and _BODY.fullmatch(made.body) is not None
            and (not sealed or (sealed["cipher"], sealed["chunk"]) == (CIPHER, CHUNK))
            and (not sealed or _KEY.fullmatch(made.key_id) is not None)
        )
    except (ValueError, KeyError, TypeError, binascii.Error):
        fits = False
    if not fits:
        raise SharedStoreError(
            "What the shared store notes of a file cannot be read: it is damaged, or of a newer Clearance. "
            "Put the file there again (`clearance store push`).",
            code="shared_store.bad_manifest",
            context={"sha256": sha256},
        )
    return made
