"""Snapshots of members: sealed on the host, checked when they arrive, kept by rule, restored and proved."""
