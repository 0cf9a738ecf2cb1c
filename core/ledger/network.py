"""Tells whether a folder is on another machine, as far as that can be told cheaply.

SQLite's write-ahead log needs memory shared between the processes, which does not exist across machines;
on such folders the ledger uses the older rollback journal. Nothing is mounted, opened or changed here. On
macOS, and for file systems that hide what they are (FUSE without a telling name), the answer is "no".
"""

from __future__ import annotations

import ctypes
import os
import re
from pathlib import Path
from typing import Any

MOUNTS = Path("/proc/self/mounts")

# GetDriveTypeW: https://learn.microsoft.com/windows/win32/api/fileapi/nf-fileapi-getdrivetypew
_DRIVE_REMOTE = 4
_REMOTE_TYPES = frozenset(
    {
        "9p", "afs", "beegfs", "ceph", "cifs", "coda", "davfs", "fuse.ceph", "fuse.davfs", "fuse.davfs2",
        "fuse.gcsfuse", "fuse.glusterfs", "fuse.gvfsd-fuse", "fuse.rclone", "fuse.s3fs", "fuse.smbnetfs",
        "fuse.sshfs", "glusterfs", "gpfs", "lustre", "ncpfs", "nfs", "nfs4", "ocfs2", "smb3", "smbfs",
    }
)  # fmt: skip


def is_on_network(folder: Path) -> bool:
    """Tell whether a folder is on a network share; False when it cannot be told."""
    resolved = folder.resolve()
    if os.name == "nt":
        return _is_remote_drive(resolved)
    try:
        mounts = MOUNTS.read_text(encoding="utf-8", errors="surrogateescape")
    except OSError:
        return False
    return find_mount_type(resolved, mounts) in _REMOTE_TYPES


def find_mount_type(folder: Path, mounts: str) -> str:
    """Return the file system type that a folder is on, from the text of ``/proc/self/mounts``."""
    best, found = -1, ""
    for line in mounts.splitlines():
        fields = line.split(" ")
        if len(fields) < 3:
            continue
        # Spaces and the like are written in octal (man 5 fstab).
        point = Path(re.sub(r"\\([0-7]{3})", lambda match: chr(int(match[1], 8)), fields[1]))
        depth = len(point.parts)
        if depth >= best and (point == folder or point in folder.parents):
            best, found = depth, fields[2]
    return found


def _is_remote_drive(folder: Path) -> bool:
    if folder.drive.startswith("\\\\"):
        return True
    windows: Any = ctypes
    return bool(windows.windll.kernel32.GetDriveTypeW(f"{folder.drive}\\") == _DRIVE_REMOTE)
