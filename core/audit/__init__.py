"""The hash-linked audit chain, its Merkle root, its checkpoints and its verifier. No database, no network."""
