"""Decisions about commands, tokens, receipts, orders and stock: pure, so that the simulation runs the same lines."""
