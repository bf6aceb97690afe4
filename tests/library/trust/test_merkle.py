"""The tree of RFC 6962: published vectors (negative ones included) and its laws."""

from __future__ import annotations

import base64
import hashlib
import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from servloop.errors import InputError
from servloop.trust.transparency_log import (
    EMPTY_ROOT,
    CompactRange,
    complete_subtrees,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    node_hash,
    verify_consistency,
    verify_inclusion,
)


def hashes(count: int) -> list[bytes]:
    return [leaf_hash(str(number).encode()) for number in range(count)]


def recursive_root(leaves: list[bytes]) -> bytes:
    """MTH of RFC 6962, 2.1, word for word."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return node_hash(recursive_root(leaves[:split]), recursive_root(leaves[split:]))


def decoded(text: str) -> bytes:
    return base64.b64decode(text)


def test_certificate_transparency_vectors(reference: Path) -> None:
    vectors = json.loads((reference / "golden/audit/rfc6962_ct_vectors.json").read_text())
    tree = CompactRange()
    assert tree.root().hex() == vectors["roots_hex_by_size"][0] == vectors["hasher"]["empty"]
    for leaf, root in zip(vectors["leaves_hex"], vectors["roots_hex_by_size"][1:], strict=True):
        tree, _ = tree.append(leaf_hash(bytes.fromhex(leaf)))
        assert tree.root().hex() == root
    assert leaf_hash(b"").hex() == vectors["hasher"]["leaf_of_empty"]
    assert leaf_hash(b"L123456").hex() == vectors["hasher"]["leaf_of_L123456"]
    assert node_hash(b"N123", b"N456").hex() == vectors["hasher"]["node_of_N123_N456"]


def test_inclusion_vectors(reference: Path) -> None:
    files = sorted((reference / "golden/audit/merkle_testdata/testdata/inclusion").rglob("*.json"))
    assert len(files) == 98
    for file in files:
        case = json.loads(file.read_text())
        holds = verify_inclusion(
            case["leafIdx"],
            case["treeSize"],
            decoded(case["leafHash"]),
            [decoded(item) for item in case["proof"] or []],
            decoded(case["root"]),
        )
        assert holds is not case["wantErr"], file


def test_consistency_vectors(reference: Path) -> None:
    files = sorted((reference / "golden/audit/merkle_testdata/testdata/consistency").rglob("*.json"))
    assert len(files) == 98
    for file in files:
        case = json.loads(file.read_text())
        holds = verify_consistency(
            case["size1"],
            case["size2"],
            decoded(case["root1"]),
            decoded(case["root2"]),
            [decoded(item) for item in case["proof"] or []],
        )
        assert holds is not case["wantErr"], file


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 200))
def test_compact_range_is_the_recursive_definition(size: int) -> None:
    tree = CompactRange().extend(hashes(size))
    assert tree.root() == recursive_root(hashes(size))
    assert len(tree.hashes) == size.bit_count()


def test_appending_reports_every_complete_subtree_once() -> None:
    store: dict[tuple[int, int], bytes] = {}
    tree = CompactRange()
    for leaf in hashes(37):
        tree, nodes = tree.append(leaf)
        for node in nodes:
            assert (node.level, node.index) not in store
            store[node.level, node.index] = node.hash
    reader = complete_subtrees(hashes(37))
    assert len(store) == 37 + 18 + 9 + 4 + 2 + 1
    assert all(reader(level, index) == value for (level, index), value in store.items())


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_proofs_hold_and_any_change_breaks_them(data: st.DataObject) -> None:
    size = data.draw(st.integers(1, 130))
    index = data.draw(st.integers(0, size - 1))
    leaves = hashes(size)
    node, root = complete_subtrees(leaves), recursive_root(leaves)
    proof = inclusion_proof(index, size, node)
    assert verify_inclusion(index, size, leaves[index], proof, root)
    assert not verify_inclusion(index, size, leaf_hash(b"other"), proof, root)
    assert not verify_inclusion((index + 1) % (size + 1), size, leaves[index], proof, root)
    assert not verify_inclusion(index, size, leaves[index], (*proof, root), root)
    if proof:
        place = data.draw(st.integers(0, len(proof) - 1))
        bad = [bytes([item[0] ^ 1]) + item[1:] if i == place else item for i, item in enumerate(proof)]
        assert not verify_inclusion(index, size, leaves[index], bad, root)

    old = data.draw(st.integers(1, size))
    old_root = recursive_root(leaves[:old])
    path = consistency_proof(old, size, node)
    assert verify_consistency(old, size, old_root, root, path)
    assert not verify_consistency(old, size, leaf_hash(b"other"), root, path)
    assert not verify_consistency(old, size, old_root, leaf_hash(b"other"), path)
    assert not verify_consistency(old, size, old_root, root, (*path, root))
    if old < size:
        assert not verify_consistency(old, size, old_root, root, path[:-1])


def test_requests_outside_the_tree_are_refused() -> None:
    node = complete_subtrees(hashes(4))
    for call in (
        lambda: inclusion_proof(4, 4, node),
        lambda: inclusion_proof(-1, 4, node),
        lambda: consistency_proof(0, 4, node),
        lambda: consistency_proof(5, 4, node),
        lambda: CompactRange(3, (EMPTY_ROOT,)),
        lambda: CompactRange(1, (b"short",)),
    ):
        with pytest.raises(InputError):
            call()
