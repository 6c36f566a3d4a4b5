"""Adapters as a site brings them, for checking production settings."""

from __future__ import annotations


class SiteTreasury:
    """Stands for the treasury of a site."""


class SiteSigner:
    """Stands for a signer that keeps its key in a module."""
