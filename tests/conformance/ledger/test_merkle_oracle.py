"""Our Merkle tree against an independent implementation of RFC 6962."""

from __future__ import annotations

import pymerkle
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.audit.merkle import (
    compute_root,
    hash_leaf,
    prove_consistency,
    prove_inclusion,
    verify_consistency,
    verify_inclusion,
)


def grow(leaves: list[bytes]) -> pymerkle.InmemoryTree:
    tree = pymerkle.InmemoryTree(algorithm="sha256")
    for leaf in leaves:
        tree.append_entry(leaf)
    return tree


@given(st.lists(st.binary(min_size=1, max_size=40), min_size=1, max_size=70))
def test_same_root_for_every_prefix(leaves: list[bytes]) -> None:
    tree = grow(leaves)
    assert [tree.get_root(size) for size in range(1, len(leaves) + 1)] == [
        compute_root(leaves[:size]) for size in range(1, len(leaves) + 1)
    ]


@pytest.mark.parametrize("size", [1, 2, 3, 7, 8, 9, 31, 32, 33])
def test_the_same_proofs(size: int) -> None:
    leaves = [bytes([number]) * 3 for number in range(size)]
    tree = grow(leaves)
    root = compute_root(leaves)
    for index in range(size):
        theirs = [bytes.fromhex(node) for node in tree.prove_inclusion(index + 1, size).serialize()["path"]]
        # Theirs begins with the leaf itself, which ours leaves out as the RFC does.
        assert theirs[0] == hash_leaf(leaves[index])
        assert tuple(theirs[1:]) == prove_inclusion(leaves, index)
        assert verify_inclusion(leaves[index], index, size, tuple(theirs[1:]), root)


@pytest.mark.parametrize("size", [1, 2, 3, 7, 8, 9, 31, 32, 33])
def test_their_verifier_accepts_what_ours_does(size: int) -> None:
    leaves = [bytes([number]) * 3 for number in range(size)]
    tree = grow(leaves)
    for old_size in range(1, size + 1):
        old_root, root = tree.get_root(old_size), tree.get_root(size)
        pymerkle.verify_consistency(old_root, root, tree.prove_consistency(old_size, size))
        assert verify_consistency(old_size, old_root, size, root, prove_consistency(leaves, old_size))
