"""Merkle tree hashes and proofs after RFC 6962 §2.1: pure functions over bytes, without any audit entry.

A leaf is any byte string; every hash is SHA-256, 32 bytes. :class:`Frontier` computes the same root while
the leaves stream by, in memory that grows with the logarithm of their number.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence

EMPTY_ROOT = hashlib.sha256(b"").digest()


def hash_leaf(leaf: bytes) -> bytes:
    """Hash a leaf: SHA-256 of 0x00 and its bytes."""
    return hashlib.sha256(b"\x00" + leaf).digest()


def hash_pair(left: bytes, right: bytes) -> bytes:
    """Hash an inner node: SHA-256 of 0x01 and its two children."""
    return hashlib.sha256(b"\x01" + left + right).digest()


class Frontier:
    """The roots of the perfect subtrees that cover the leaves so far, largest first: an append-only state."""

    __slots__ = ("_roots", "_size")

    def __init__(self, size: int = 0, roots: Sequence[bytes] = ()) -> None:
        if size < 0 or len(roots) != size.bit_count() or any(len(root) != 32 for root in roots):
            raise ValueError("the roots do not fit the number of leaves")
        self._size = size
        self._roots = list(roots)

    @property
    def size(self) -> int:
        """How many leaves there are."""
        return self._size

    @property
    def roots(self) -> tuple[bytes, ...]:
        """The state, to be handed to the constructor again."""
        return tuple(self._roots)

    def append(self, leaf: bytes) -> None:
        """Add a leaf at the end."""
        node, size = hash_leaf(leaf), self._size
        while size & 1:
            node = hash_pair(self._roots.pop(), node)
            size >>= 1
        self._roots.append(node)
        self._size += 1

    def root(self) -> bytes:
        """Return the Merkle tree hash of all leaves."""
        if not self._roots:
            return EMPTY_ROOT
        node = self._roots[-1]
        for left in reversed(self._roots[:-1]):
            node = hash_pair(left, node)
        return node


def compute_root(leaves: Iterable[bytes]) -> bytes:
    """Return the Merkle tree hash of the leaves."""
    frontier = Frontier()
    for leaf in leaves:
        frontier.append(leaf)
    return frontier.root()


def prove_inclusion(leaves: Sequence[bytes], index: int) -> tuple[bytes, ...]:
    """Return the audit path of the leaf at ``index`` (from 0); raise IndexError when there is none."""
    if not 0 <= index < len(leaves):
        raise IndexError(f"no leaf {index} among {len(leaves)}")
    path: list[bytes] = []
    low, high = 0, len(leaves)
    while high - low > 1:
        middle = low + _split(high - low)
        if index < middle:
            path.append(compute_root(leaves[middle:high]))
            high = middle
        else:
            path.append(compute_root(leaves[low:middle]))
            low = middle
    return tuple(reversed(path))


def verify_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> bool:
    """Tell whether the proof shows that ``leaf`` is the one at ``index`` of a tree of ``size`` leaves."""
    if not 0 <= index < size:
        return False
    node, number, last = hash_leaf(leaf), index, size - 1
    for sibling in proof:
        if last == 0:
            return False
        if number & 1 or number == last:
            node = hash_pair(sibling, node)
            while number and not number & 1:
                number, last = number >> 1, last >> 1
        else:
            node = hash_pair(node, sibling)
        number, last = number >> 1, last >> 1
    return last == 0 and node == root


def prove_consistency(leaves: Sequence[bytes], old_size: int) -> tuple[bytes, ...]:
    """Return the proof that the first ``old_size`` leaves are a prefix of all; empty for none or all of them.

    Raises ValueError when there are not that many leaves.
    """
    if not 0 <= old_size <= len(leaves):
        raise ValueError(f"{old_size} is not a size that a tree of {len(leaves)} leaves ever had")
    if old_size in (0, len(leaves)):
        return ()
    path: list[bytes] = []
    low, high, whole = 0, len(leaves), True
    while old_size != high:
        middle = low + _split(high - low)
        if old_size <= middle:
            path.append(compute_root(leaves[middle:high]))
            high = middle
        else:
            path.append(compute_root(leaves[low:middle]))
            low, whole = middle, False
    if not whole:
        path.append(compute_root(leaves[low:high]))
    return tuple(reversed(path))


def verify_consistency(
    old_size: int, old_root: bytes, size: int, root: bytes, proof: Sequence[bytes]
) -> bool:
    """Tell whether the proof shows that the tree of ``size`` leaves begins with the one of ``old_size``."""
    if old_size == 0:
        return not proof and old_root == EMPTY_ROOT and size >= 0
    if old_size == size:
        return not proof and old_root == root
    if not 0 < old_size < size or not proof:
        return False
    number, last = old_size - 1, size - 1
    while number & 1:
        number, last = number >> 1, last >> 1
    nodes = iter(proof if number else (old_root, *proof))
    old_node = new_node = next(nodes)
    for sibling in nodes:
        if last == 0:
            return False
        if number & 1 or number == last:
            old_node, new_node = hash_pair(sibling, old_node), hash_pair(sibling, new_node)
            while number and not number & 1:
                number, last = number >> 1, last >> 1
        else:
            new_node = hash_pair(new_node, sibling)
        number, last = number >> 1, last >> 1
    return last == 0 and old_node == old_root and new_node == root


def _split(size: int) -> int:
    """Return the largest power of two below ``size`` (RFC 6962's k)."""
    return 1 << ((size - 1).bit_length() - 1)
