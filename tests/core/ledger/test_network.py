from __future__ import annotations

from pathlib import Path

import pytest

from core.ledger.network import find_mount_type, is_on_network

MOUNTS = r"""proc /proc proc rw 0 0
/dev/vda / ext4 rw,relatime 0 0
server:/home /home nfs4 rw 0 0
/dev/vdb /home/mia/local xfs rw 0 0
//nas/share /mnt/my\040share cifs rw 0 0
tmpfs /home/mia/local/over tmpfs rw 0 0
bind /home/mia/local/over nfs rw 0 0

broken line
"""


@pytest.mark.parametrize(
    ("folder", "kind"),
    [
        ("/var/lib", "ext4"),
        ("/", "ext4"),
        ("/home", "nfs4"),
        ("/home/mia", "nfs4"),
        ("/homestead", "ext4"),
        ("/home/mia/local/data", "xfs"),
        ("/mnt/my share/ledger", "cifs"),
        ("/home/mia/local/over/x", "nfs"),
    ],
)
def test_the_deepest_and_latest_mount_counts(folder: str, kind: str) -> None:
    assert find_mount_type(Path(folder), MOUNTS) == kind


def test_without_mounts_nothing_is_known() -> None:
    assert find_mount_type(Path("/x"), "") == ""


def test_a_temporary_folder_is_on_this_machine(tmp_path: Path) -> None:
    assert is_on_network(tmp_path) is False
    assert is_on_network(tmp_path / "not yet there") is False
