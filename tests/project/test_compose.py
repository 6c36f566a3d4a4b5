"""The production shape: what each container holds, and who can be reached."""

from __future__ import annotations

import re
from dataclasses import fields
from typing import Any

import pytest
import yaml

from taxhall.celery import app
from taxhall.env import HallEnvironment
from tests.project.sources import ROOT

TEXT = (ROOT / "docker-compose.yml").read_text()
FILE: dict[str, Any] = yaml.safe_load(TEXT)
SERVICES: dict[str, dict[str, Any]] = FILE["services"]
KEY_ADDRESSES = ("HALL_SIGNER_KEY_FILE", "HALL_SM_SIGNER_KEY_FILE")
OURS = {name for name, service in SERVICES.items() if service.get("image") == "taxhall"}


def test_every_role_is_there() -> None:
    roles = {SERVICES[name]["environment"]["HALL_ROLE"] for name in OURS}
    assert roles == {"operator", "web", "worker", "device", "hooks", "beat"}
    assert set(SERVICES) - OURS == {"postgres", "redis", "clamd", "proxy"}


def test_the_signing_key_is_in_the_device_worker_alone() -> None:
    assert [name for name, service in SERVICES.items() if "signer_pin" in service.get("secrets", [])] == ["device"]
    for variable in KEY_ADDRESSES:
        assert [name for name in OURS if variable in SERVICES[name]["environment"]] == ["device"]


def test_only_the_proxy_can_be_reached_from_outside() -> None:
    assert [name for name, service in SERVICES.items() if "ports" in service] == ["proxy"]
    assert FILE["networks"]["inside"]["internal"] is True
    assert {name for name, service in SERVICES.items() if "outside" in service["networks"]} == {
        "proxy",
        "worker",
        "hooks",
        "clamd",
    }


def test_every_secret_that_is_used_is_declared_and_the_other_way_round() -> None:
    used = {secret for service in SERVICES.values() for secret in service.get("secrets", [])}
    assert used == set(FILE["secrets"])


@pytest.mark.parametrize("name", sorted(OURS))
def test_a_process_of_ours_can_write_only_where_it_must(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["environment"]["DJANGO_SETTINGS_MODULE"] == "taxhall.settings.production"


@pytest.mark.parametrize("name", sorted(OURS))
def test_no_secret_is_in_the_environment_itself(name: str) -> None:
    for variable, value in SERVICES[name]["environment"].items():
        if variable.endswith("_FILE") and variable not in KEY_ADDRESSES:
            assert value.startswith("/run/secrets/")
            assert value.removeprefix("/run/secrets/") in SERVICES[name]["secrets"]


def test_every_variable_is_one_that_the_hall_reads() -> None:
    source = (ROOT / "taxhall" / "env.py").read_text()
    for name in OURS:
        for variable in SERVICES[name]["environment"]:
            if variable.startswith("HALL_"):
                assert f'"{variable}"' in source or f'"{variable.removesuffix("_FILE")}"' in source, variable
    assert fields(HallEnvironment)


def test_each_queue_has_a_worker() -> None:
    queues = [re.search(r"-Q (\w+)", " ".join(SERVICES[name].get("command", []))) for name in sorted(OURS)]
    assert sorted(found[1] for found in queues if found) == ["celery", "devices", "hooks"]
    routed = {route["queue"] for route in app.conf.task_routes.values()}
    assert routed == {"devices", "hooks"}


def test_the_proxy_writes_down_no_query_of_an_address() -> None:
    told = FILE["configs"]["proxy"]["content"]
    assert "$$uri" in told
    assert "$$request " not in told
    assert "$$request_uri" not in told.partition("log_format")[2].partition(";")[0]
    servers = told.split("server {")[1:]
    assert servers
    assert all("access_log /var/log/nginx/access.log hall;" in server for server in servers)


def test_workers_are_given_time_to_finish() -> None:
    for name in ("worker", "device", "hooks"):
        assert SERVICES[name]["stop_grace_period"] == "100s"
