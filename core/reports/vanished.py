"""Finds stamps that vanished between two looks at the same file. Pure.

The scene's register tells that nothing is left of an asset; this tells more exactly what happened while the
file was open: which data-blocks are still there and lost their stamp, and which assets were merely deleted.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ..errors import ClearanceError
from ..model.scene import SceneScan
from ..stamp_format import decode

Key = tuple[str, int]
"""``(id_type, session_uid)``: true while the file is open, through renaming and undo."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What was seen of a file so far: which data-blocks there are, and which grant each was stamped with."""

    keys: frozenset[Key] = frozenset()
    stamped: Mapping[Key, str] = field(default_factory=dict)
    """Also those whose stamp is gone: they stay until they are stamped again or are deleted."""


NOTHING_SEEN = Seen()


@dataclass(frozen=True, slots=True, kw_only=True)
class Vanished:
    """A data-block that is still there and carries no stamp any more."""

    id_type: str
    name: str
    grant_id: str
    library: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What happened since the last look."""

    seen: Seen
    """To be kept for the next look."""
    vanished: tuple[Vanished, ...] = ()
    deleted: frozenset[str] = frozenset()
    """Grants whose data-blocks were all deleted, and nothing came that could be what is left of them."""


def look(before: Seen, scan: SceneScan) -> Change:
    """Compare a scan with what was seen before; data-blocks without a session uid are passed over."""
    decoded: dict[str, str] = {}
    stamped: dict[Key, str] = {}
    keys: set[Key] = set()
    vanished: list[Vanished] = []
    bare_came = False
    for block in scan.data_blocks:
        if not block.session_uid:
            continue
        key = (block.id_type, block.session_uid)
        keys.add(key)
        grant_id = ""
        if block.stamp is not None:
            found = decoded.get(block.stamp)
            if found is None:
                found = decoded[block.stamp] = _grant_of(block.stamp)
            grant_id = found
        if grant_id:
            stamped[key] = grant_id
            continue
        earlier = before.stamped.get(key)
        if earlier is not None:
            stamped[key] = earlier
            vanished.append(
                Vanished(id_type=block.id_type, name=block.name, grant_id=earlier, library=block.library)
            )
        elif block.users and key not in before.keys:
            bare_came = True
    gone = set(before.stamped.values()) - set(stamped.values())
    return Change(
        seen=Seen(keys=frozenset(keys), stamped=stamped),
        vanished=tuple(vanished),
        deleted=frozenset() if bare_came else frozenset(gone),
    )


def _grant_of(text: str) -> str:
    """Return the grant that a stamp names; empty where it cannot be read."""
    try:
        return decode(text).grant_id
    except ClearanceError:
        return ""
