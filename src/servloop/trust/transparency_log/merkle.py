"""The Merkle tree of RFC 6962 section 2: hashes, appending in O(log n), proofs and their verification.

A tree of ``size`` leaves is addressed by complete subtrees: node ``(level, index)`` covers the leaves
``index << level`` up to ``(index + 1) << level``. A store that keeps every node which `CompactRange.append`
reports can answer any proof in O(log n) reads.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from servloop.errors import InputError

HASH_SIZE = 32
EMPTY_ROOT = hashlib.sha256().digest()

NodeReader = Callable[[int, int], bytes]
"""Gives the hash of the complete subtree ``(level, index)``."""


def leaf_hash(leaf: bytes) -> bytes:
    """SHA-256 of a leaf under the prefix 0x00, which keeps leaves and nodes apart (RFC 6962, 2.1)."""
    return hashlib.sha256(b"\x00" + leaf).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """SHA-256 of two subtrees under the prefix 0x01 (RFC 6962, 2.1)."""
    return hashlib.sha256(b"\x01" + left + right).digest()


@dataclass(frozen=True)
class Node:
    """The hash of a complete subtree and its place."""

    level: int
    index: int
    hash: bytes


@dataclass(frozen=True)
class CompactRange:
    """All that is needed to append to a tree and know its root: one hash for each 1-bit of ``size``.

    Attributes:
        size: leaves in the tree.
        hashes: roots of the complete subtrees from left (largest) to right (smallest).
    """

    size: int = 0
    hashes: tuple[bytes, ...] = ()

    def __post_init__(self) -> None:
        if (
            self.size < 0
            or len(self.hashes) != self.size.bit_count()
            or any(len(item) != HASH_SIZE for item in self.hashes)
        ):
            raise InputError("trust.compact_range_invalid", size=self.size, hashes=len(self.hashes))

    def append(self, leaf: bytes) -> tuple[CompactRange, tuple[Node, ...]]:
        """The range with one more leaf hash, and the nodes that this leaf completed (the leaf first)."""
        level, index, current = 0, self.size, leaf
        kept = list(self.hashes)
        completed = [Node(level, index, current)]
        while index & 1:
            current = node_hash(kept.pop(), current)
            level, index = level + 1, index >> 1
            completed.append(Node(level, index, current))
        return CompactRange(self.size + 1, (*kept, current)), tuple(completed)

    def extend(self, leaves: Iterable[bytes]) -> CompactRange:
        """The range after several leaf hashes."""
        grown = self
        for leaf in leaves:
            grown, _ = grown.append(leaf)
        return grown

    def root(self) -> bytes:
        """The Merkle tree hash; that of no leaf is SHA-256 of nothing."""
        if not self.hashes:
            return EMPTY_ROOT
        *rest, current = self.hashes
        for left in reversed(rest):
            current = node_hash(left, current)
        return current


def complete_subtrees(leaves: Sequence[bytes]) -> NodeReader:
    """A node reader over leaf hashes held in memory: O(n) once, then a look-up for each node."""
    levels = [list(leaves)]
    while len(levels[-1]) > 1:
        below = levels[-1]
        levels.append([node_hash(below[i], below[i + 1]) for i in range(0, len(below) - 1, 2)])
    return lambda level, index: levels[level][index]


def _range_hash(node: NodeReader, start: int, end: int) -> bytes:
    """The hash of leaves [start, end), where the range is a subtree of some tree: its left part is complete."""
    size = end - start
    if size & (size - 1) == 0:
        level = size.bit_length() - 1
        return node(level, start >> level)
    split = start + _left_size(size)
    return node_hash(_range_hash(node, start, split), _range_hash(node, split, end))


def _left_size(size: int) -> int:
    """The largest power of two smaller than ``size`` (k of RFC 6962, 2.1)."""
    return int(1 << (size - 1).bit_length() - 1)


def inclusion_proof(index: int, size: int, node: NodeReader) -> tuple[bytes, ...]:
    """PATH(index, D[size]) of RFC 6962, 2.1.1: the sibling hashes from the leaf up to the root.

    Raises:
        InputError: the leaf is not in a tree of that size.
    """
    if not 0 <= index < size:
        raise InputError("trust.leaf_outside_tree", index=index, size=size)
    path: list[bytes] = []
    start, end = 0, size
    while end - start > 1:
        split = start + _left_size(end - start)
        if index < split:
            path.append(_range_hash(node, split, end))
            end = split
        else:
            path.append(_range_hash(node, start, split))
            start = split
    return tuple(reversed(path))


def consistency_proof(old_size: int, size: int, node: NodeReader) -> tuple[bytes, ...]:
    """PROOF(old_size, D[size]) of RFC 6962, 2.1.2: that the smaller tree is a prefix of the larger one.

    Raises:
        InputError: ``old_size`` is not between 1 and ``size``.
    """
    if not 0 < old_size <= size:
        raise InputError("trust.sizes_not_ordered", old_size=old_size, size=size)
    path: list[bytes] = []
    start, end = 0, size
    while old_size != end:
        split = start + _left_size(end - start)
        if old_size <= split:
            path.append(_range_hash(node, split, end))
            end = split
        else:
            path.append(_range_hash(node, start, split))
            start = split
    if start:  # the old root is known to the verifier only when the whole left edge is the old tree
        path.append(_range_hash(node, start, end))
    return tuple(reversed(path))


def verify_inclusion(index: int, size: int, leaf: bytes, proof: Sequence[bytes], root: bytes) -> bool:
    """Whether ``leaf`` (its hash) is leaf ``index`` of the tree of ``size`` leaves under ``root``.

    The algorithm is that of RFC 9162, 2.1.3.2. Hashes of a wrong length and superfluous or missing elements
    make the proof fail.
    """
    if not 0 <= index < size or not _all_hashes(leaf, root, *proof):
        return False
    position, last, current = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            return False
        if position & 1 or position == last:
            current = node_hash(sibling, current)
            while position and not position & 1:
                position, last = position >> 1, last >> 1
        else:
            current = node_hash(current, sibling)
        position, last = position >> 1, last >> 1
    return last == 0 and current == root


def verify_consistency(
    old_size: int, size: int, old_root: bytes, root: bytes, proof: Sequence[bytes]
) -> bool:
    """Whether the tree under ``root`` only appended to the tree under ``old_root``.

    The algorithm is that of RFC 9162, 2.1.4.2. An empty old tree is refused: it is consistent with everything
    and so proves nothing.
    """
    if not 0 < old_size <= size:
        return False
    if old_size == size:
        return not proof and old_root == root
    if not _all_hashes(old_root, root, *proof):
        return False
    path = list(proof)
    if old_size & (old_size - 1) == 0:
        path.insert(0, old_root)
    if not path:
        return False
    position, last = old_size - 1, size - 1
    while position & 1:
        position, last = position >> 1, last >> 1
    old = new = path[0]
    for sibling in path[1:]:
        if last == 0:
            return False
        if position & 1 or position == last:
            old, new = node_hash(sibling, old), node_hash(sibling, new)
            while position and not position & 1:
                position, last = position >> 1, last >> 1
        else:
            new = node_hash(new, sibling)
        position, last = position >> 1, last >> 1
    return last == 0 and old == old_root and new == root


def _all_hashes(*values: bytes) -> bool:
    return all(len(value) == HASH_SIZE for value in values)
