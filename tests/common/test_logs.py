"""Logs: one line per request with its number, and no personal numbers in it."""

from __future__ import annotations

import json
import logging

import pytest
from django.test import Client

from taxhall.common import correlation, logs


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("手机 13912345678 已登记", "手机 1391****5678 已登记"),
        ("id 610113199001011234", "id 6101****1234"),
        ("id 61011319900101123X.", "id 6101****123X."),
        ("taxpayer 91610113MA6TEKT0XE", "taxpayer 9161****T0XE"),
        ("account 6222021234567890123", "account 6222****0123"),
    ],
)
def test_personal_numbers_are_masked(text: str, masked: str) -> None:
    assert logs.mask(text) == masked


@pytest.mark.parametrize("text", ["disk 661000000001", "invoice 00012345", "clear 2026-11", "a1b2" * 8])
def test_numbers_that_operators_work_with_stay(text: str) -> None:
    assert logs.mask(text) == text


def test_json_lines_carry_the_request_number(capsys: pytest.CaptureFixture[str]) -> None:
    configuration = logs.configuration(level="INFO", as_json=True)
    formatter = configuration["formatters"]["hall"]
    record = logging.LogRecord("hall", logging.INFO, __file__, 1, "call %s", ("13912345678",), None)
    number = correlation.start()
    line = formatter["()"](foreign_pre_chain=formatter["foreign_pre_chain"], processors=formatter["processors"]).format(
        record
    )
    said = json.loads(line)
    assert said["event"] == "call 1391****5678"
    assert said["request_id"] == number
    assert said["level"] == "info"


def test_each_answer_names_its_request_and_believes_no_caller(client: Client) -> None:
    first = client.get("/healthz", headers={"X-Request-ID": "somebody-elses"})["X-Request-ID"]
    second = client.get("/healthz")["X-Request-ID"]
    assert first != second
    assert "somebody" not in first
