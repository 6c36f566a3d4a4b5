"""Decisions about commands, tokens and receipts: pure, so that the simulation runs the same lines."""
