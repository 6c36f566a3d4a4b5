"""taxhall-agent: the small program on a taxpayer's PC that carries the hall's requests to the disks it has."""

from __future__ import annotations

VERSION = "0.1.0"
