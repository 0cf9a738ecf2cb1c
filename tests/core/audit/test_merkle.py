from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.audit.merkle import (
    EMPTY_ROOT,
    Frontier,
    compute_root,
    hash_leaf,
    hash_pair,
    prove_consistency,
    prove_inclusion,
    verify_consistency,
    verify_inclusion,
)

# The eight leaves and the roots that implementations of RFC 6962 are commonly checked with.
LEAVES = [
    bytes.fromhex(text)
    for text in (
        "", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f",
    )
]  # fmt: skip
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]

leaf_lists = st.lists(st.binary(max_size=8), min_size=1, max_size=40)


@pytest.mark.parametrize("size", range(9))
def test_roots_of_the_known_vectors(size: int) -> None:
    assert compute_root(LEAVES[:size]).hex() == ROOTS[size]


def test_inclusion_path_of_a_known_vector() -> None:
    assert [node.hex() for node in prove_inclusion(LEAVES, 0)] == [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ]


def test_consistency_path_of_a_known_vector() -> None:
    assert [node.hex() for node in prove_consistency(LEAVES, 6)] == [
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ]


def test_leaves_and_nodes_cannot_be_taken_for_each_other() -> None:
    left, right = hash_leaf(b"a"), hash_leaf(b"b")
    assert hash_leaf(left + right) != hash_pair(left, right)
    assert hash_leaf(b"a") == hashlib.sha256(b"\x00a").digest()


def test_no_leaves() -> None:
    assert compute_root([]) == EMPTY_ROOT
    assert Frontier().root() == EMPTY_ROOT
    assert prove_consistency([], 0) == ()
    assert verify_consistency(0, EMPTY_ROOT, 0, EMPTY_ROOT, ())
    with pytest.raises(IndexError):
        prove_inclusion([], 0)


@given(leaf_lists, st.data())
def test_every_leaf_is_proved_to_be_in_and_nothing_else(leaves: list[bytes], data: st.DataObject) -> None:
    root, size = compute_root(leaves), len(leaves)
    index = data.draw(st.integers(0, size - 1))
    proof = prove_inclusion(leaves, index)
    assert verify_inclusion(leaves[index], index, size, proof, root)
    assert not verify_inclusion(leaves[index] + b"!", index, size, proof, root)
    assert not verify_inclusion(leaves[index], index, size, (*proof, root), root)
    assert not verify_inclusion(leaves[index], size, size, proof, root)
    assert not verify_inclusion(leaves[index], -1, size, proof, root)
    if proof:
        assert not verify_inclusion(leaves[index], index, size, proof[:-1], root)
        assert not verify_inclusion(leaves[index], index, size, (b"\x00" * 32, *proof[1:]), root)


@given(leaf_lists, st.data())
def test_growth_is_proved_and_change_is_not(leaves: list[bytes], data: st.DataObject) -> None:
    size = len(leaves)
    old_size = data.draw(st.integers(0, size))
    old_root, root = compute_root(leaves[:old_size]), compute_root(leaves)
    proof = prove_consistency(leaves, old_size)
    assert verify_consistency(old_size, old_root, size, root, proof)
    assert not verify_consistency(old_size, old_root[::-1], size, root, proof)
    assert not verify_consistency(old_size, old_root, size, root, (*proof, root))
    if 0 < old_size < size:
        assert not verify_consistency(old_size, old_root, size, root[::-1], proof)
        assert not verify_consistency(old_size, old_root, size, root, ())
        assert not verify_consistency(old_size, old_root, size, root, proof[:-1])
        changed = [leaves[0] + b"!", *leaves[1:]]
        assert not verify_consistency(
            old_size, old_root, size, compute_root(changed), prove_consistency(changed, old_size)
        )


def test_a_tree_never_shrinks() -> None:
    assert not verify_consistency(4, compute_root(LEAVES[:4]), 3, compute_root(LEAVES[:3]), (b"\x00" * 32,))
    with pytest.raises(ValueError, match="9"):
        prove_consistency(LEAVES, 9)


@given(leaf_lists, st.data())
def test_a_frontier_goes_on_from_its_state(leaves: list[bytes], data: st.DataObject) -> None:
    middle = data.draw(st.integers(0, len(leaves)))
    first = Frontier()
    for leaf in leaves[:middle]:
        first.append(leaf)
    second = Frontier(first.size, first.roots)
    for leaf in leaves[middle:]:
        second.append(leaf)
    assert second.size == len(leaves)
    assert second.root() == compute_root(leaves)
    assert first.root() == compute_root(leaves[:middle]), "the first one was not touched by the second"


@pytest.mark.parametrize(
    ("size", "roots"), [(-1, []), (0, [b"x" * 32]), (1, []), (3, [b"x" * 32]), (1, [b"short"])]
)
def test_a_frontier_refuses_a_state_that_is_none(size: int, roots: list[bytes]) -> None:
    with pytest.raises(ValueError, match="roots"):
        Frontier(size, roots)
