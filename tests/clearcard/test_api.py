"""The API: prepare, hand in and track a clear; repeats, strangers and bad bodies."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from rest_framework.test import APIClient

from clearcard import services
from clearcard.choices import CaseStatus
from clearcard.models import CaseSubmission, ClearCardCase
from tests.clearcard.scene import Scene
from tests.factories.accounts import MembershipFactory, OfficerFactory

pytestmark = pytest.mark.django_db
_keys = itertools.count()
ROOT = "/api/v1/clear-cases/"


@pytest.fixture
def caller(scene: Scene, api_client: APIClient) -> APIClient:
    """Return a client of the company's finance head."""
    scene.month()
    api_client.force_authenticate(scene.user)
    return api_client


def post(client: APIClient, path: str, body: dict[str, Any], key: str = "") -> Any:
    """Call with a key of its own unless one is given."""
    key = key or f"test-key-{next(_keys):08d}"
    return client.post(f"{ROOT}{path}", body, format="json", headers={"Idempotency-Key": key})


def test_from_start_to_cleared(caller: APIClient, scene: Scene) -> None:
    number = post(caller, "", {"serial": scene.device.serial}).json()["number"]
    asked = caller.get(f"{ROOT}{number}/preparation/").json()
    assert [each["kind"] for each in asked["types"] if each["is_suggested"]] == ["monthly"]
    assert "material:agent_id" in asked["missing"]
    assert post(caller, f"{number}/type/", {"kind": "monthly"}).status_code == 200
    assert post(caller, f"{number}/confirm/", {"digest": asked["table"]["digest"]}).status_code == 200
    assert post(caller, f"{number}/fill/", asked["form"]).status_code == 200
    refused = post(caller, f"{number}/submit/", {"declaration": True})
    assert (refused.status_code, refused.json()["code"]) == (409, "case.not_ready")
    case = ClearCardCase.objects.get(number=number)
    scene.papers(case)
    answer = post(caller, f"{number}/submit/", {"declaration": True}, key="submit-key-1")
    assert answer.json()["words"]["word"] == "待审核"
    assert answer.json()["actions"] == ["withdraw"]
    repeat = post(caller, f"{number}/submit/", {"declaration": True}, key="submit-key-1")
    assert repeat.content == answer.content
    assert CaseSubmission.objects.count() == 1
    services.review_case(case_id=case.pk)
    services.execute_clear(case_id=case.pk)
    tracked = caller.get(f"{ROOT}{number}/").json()
    assert (tracked["status"], tracked["new_cut_off"]) == ("cleared", "2026-12-15")
    assert tracked["certificate"].startswith("QKPZ")
    assert tracked["timeline"][0]["title"] == "清卡完成"


def test_strangers_see_nothing(caller: APIClient, scene: Scene) -> None:
    number = post(caller, "", {"serial": scene.device.serial}).json()["number"]
    caller.force_authenticate(MembershipFactory(finance=True).user)
    absent = caller.get(f"{ROOT}QK00000000000000/")
    other = caller.get(f"{ROOT}{number}/")
    assert (absent.status_code, absent.content) == (other.status_code, other.content) == (404, other.content)
    assert caller.get(ROOT).json()["results"] == []
    assert post(caller, "", {"serial": scene.device.serial}).status_code == 404
    caller.force_authenticate(OfficerFactory())
    assert caller.get(f"{ROOT}{number}/").status_code == 403, "an officer without the second factor"


def test_without_role_key_or_shape(caller: APIClient, scene: Scene) -> None:
    assert caller.post(ROOT, {"serial": scene.device.serial}, format="json").status_code == 400
    assert post(caller, "", {"serial": "x"}).status_code == 422
    assert post(caller, "", {"serial": scene.device.serial, "status": "cleared"}).status_code == 422
    number = post(caller, "", {"serial": scene.device.serial}).json()["number"]
    wrong = post(caller, f"{number}/type/", {"kind": "quarterly"})
    assert (wrong.status_code, wrong.json()["code"]) == (422, "case.kind_not_possible")
    caller.force_authenticate(MembershipFactory(taxpayer=scene.taxpayer, issuer=True).user)
    assert post(caller, f"{number}/type/", {"kind": "monthly"}).status_code == 403
    assert ClearCardCase.objects.get(number=number).status == CaseStatus.DRAFT


def test_list_narrows_by_status_and_withdrawal_is_repeatable(caller: APIClient, scene: Scene) -> None:
    number = post(caller, "", {"serial": scene.device.serial}).json()["number"]
    assert post(caller, f"{number}/withdraw/", {}).json()["status"] == "withdrawn"
    assert post(caller, f"{number}/withdraw/", {}).status_code == 200
    assert [each["number"] for each in caller.get(ROOT, {"status": "withdrawn"}).json()["results"]] == [number]
    assert caller.get(ROOT, {"status": "draft"}).json()["results"] == []
