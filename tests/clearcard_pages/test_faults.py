"""The table of faults is true: its tests exist, and each sentence is asserted by one of them."""

from __future__ import annotations

import ast
from functools import cache

import pytest

from tests.clearcard_pages.faults import FAULTS, Fault
from tests.clearcard_pages.pages import ABSENT, address, main_of
from tests.factories.clearcard import ClearCardCaseFactory
from tests.harness.clients import HallClient
from tests.project.sources import ROOT


@cache
def sources_in(path: str) -> dict[str, str]:
    """Return the source of every test of a file, with the constants and helpers that stand beside them."""
    text = (ROOT / path).read_text()
    found = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.FunctionDef)]
    return {node.name: text for node in found if node.name.startswith("test_")}


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_each_fault_is_proved_and_told(fault: Fault) -> None:
    sources = [(ROOT / fault.beside).read_text()] if fault.beside else []
    for test in fault.tests:
        path, _, name = test.partition("::")
        assert name in sources_in(path), f"{test} does not exist"
        sources.append(sources_in(path)[name])
    assert any(fault.sentence in source for source in sources), f"nobody reads: {fault.sentence}"


@pytest.mark.django_db
def test_another_companys_number_reads_as_absent(taxpayer_client: HallClient) -> None:
    case = ClearCardCaseFactory(status="reviewing")
    words = "您访问的页面不存在，或者不属于当前企业"
    for number in (case, ABSENT):
        answer = taxpayer_client.get(address("detail", number))
        assert answer.status_code == 404
        assert words in main_of(answer)
