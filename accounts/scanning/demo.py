"""A scanner for demonstrations (演示扫描): it looks for the harmless EICAR test text alone and protects nobody."""

from __future__ import annotations

from typing import IO, ClassVar

from accounts.scanning.base import Engine, Verdict

ENGINE = Engine("演示扫描", "1")
# The text that the makers of scanners agreed on for trials, in two parts so that no scanner takes this file for it.
TRIAL = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
FINDING = "Eicar-Test-Signature"


class DemoScanner:
    """Calls every file clean that does not hold the test text."""

    is_demo: ClassVar[bool] = True

    def engine(self, *, patience: float) -> Engine:  # noqa: ARG002  (the Protocol's signature)
        """Return a made-up engine."""
        return ENGINE

    def scan(self, content: IO[bytes], *, patience: float) -> Verdict:  # noqa: ARG002
        """Look for the test text."""
        return Verdict(ENGINE, FINDING if TRIAL in content.read() else "")
