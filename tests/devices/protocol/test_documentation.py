"""docs/device-protocol.md says what the code does: tables and vectors are compared with it."""

from __future__ import annotations

import re

from devices.protocol.commands import Ins, class_of
from tests.devices.protocol import documentation


def test_the_generated_parts_are_fresh() -> None:
    text = documentation.DOCUMENT.read_text(encoding="utf-8")
    assert documentation.refreshed(text) == text, "run: python -m tests.devices.protocol.documentation"


def test_every_command_is_in_the_table_with_its_bytes() -> None:
    text = documentation.DOCUMENT.read_text(encoding="utf-8")
    found = {name: code for code, name in re.findall(r"^\| ([0-9A-F]{2} [0-9A-F]{2}) \| ([A-Z_]+) \|", text, re.M)}
    assert found == {ins.name: f"{class_of(ins):02X} {ins:02X}" for ins in Ins}
