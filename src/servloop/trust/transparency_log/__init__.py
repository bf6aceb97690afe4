"""A tamper-evident log: RFC 6962 tree, canonical leaves, signed checkpoints, receipts.

Sources: RFC 6962 and RFC 9162 (tree and proofs), RFC 8785 (canonical JSON), C2SP signed-note,
tlog-checkpoint and tlog-proof (texts).
"""

from servloop.trust.transparency_log.leaf import (
    LogCheck,
    StoredLeaf,
    TrustedRoot,
    canonical_json,
    check_log,
    encode_leaf,
    payload_mac,
    payload_matches,
)
from servloop.trust.transparency_log.merkle import (
    EMPTY_ROOT,
    CompactRange,
    Node,
    NodeReader,
    complete_subtrees,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    node_hash,
    verify_consistency,
    verify_inclusion,
)
from servloop.trust.transparency_log.notes import (
    Checkpoint,
    Receipt,
    SigningKey,
    VerifierKey,
    open_checkpoint,
    open_note,
    sign_checkpoint,
    sign_note,
)

__all__ = [
    "EMPTY_ROOT",
    "Checkpoint",
    "CompactRange",
    "LogCheck",
    "Node",
    "NodeReader",
    "Receipt",
    "SigningKey",
    "StoredLeaf",
    "TrustedRoot",
    "VerifierKey",
    "canonical_json",
    "check_log",
    "complete_subtrees",
    "consistency_proof",
    "encode_leaf",
    "inclusion_proof",
    "leaf_hash",
    "node_hash",
    "open_checkpoint",
    "open_note",
    "payload_mac",
    "payload_matches",
    "sign_checkpoint",
    "sign_note",
    "verify_consistency",
    "verify_inclusion",
]
