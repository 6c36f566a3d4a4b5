"""A taxpayer's PC in the test's own process: speaks the agent's protocol through the hall's addresses."""

from __future__ import annotations

import json
from typing import Any

from django.test import Client

from accounts.models import Membership
from devices import services as device_services
from devices.gateway import pairing
from devices.gateway.pairing import Enrolment, Opening, Poll, Proof, Report
from devices.gateway.wire import CardRequest
from devices.models import Agent, Device
from devices.protocol.profiles import PrivateKey
from tests.harness.cards import CardRack

WELL = 200


class RefusedError(Exception):
    """The hall said no."""

    def __init__(self, status: int, data: dict[str, Any]) -> None:
        super().__init__(f"{status} {data}")
        self.status, self.code, self.data = status, data["code"], data


class Pc:
    """One installation, with everything an attacker may want to bend within reach."""

    def __init__(self) -> None:
        self.client = Client()
        self.key = PrivateKey.generate()
        self.agent = self.digest = self.session = ""
        self.sequence = self.opening = 0
        self.protocol = pairing.PROTOCOL
        self.holds: dict[str, int] = {}
        self.last_post: tuple[str, bytes, dict[str, str]] = ("", b"", {})

    # ---- letting it in ----

    def enrol(self, membership: Membership) -> Agent:
        """Take a code as the company's person would, and use it."""
        code, _row = device_services.create_agent_code(actor=membership.user, taxpayer=membership.taxpayer)
        return self.enrol_with(code)

    def enrol_with(self, code: str, **changes: Any) -> Agent:
        spki = self.key.public_key.spki
        signature = self.key.sign(pairing.enrol_bytes(code, spki)).hex()
        note = Enrolment(code, spki.hex(), signature, "财务室电脑", "Linux", "0.1.0", self.protocol)
        status, data, _ = self.post("enrol", {**note.to_json(), **changes}, {})
        if status != WELL:
            raise RefusedError(status, data)
        self.agent, self.digest = data["agent"], pairing.token_digest(data["token"])
        return Agent.objects.get(pk=self.agent)

    # ---- speaking ----

    def open(self) -> dict[str, Any]:
        self.opening += 1
        self.session = ""
        data = self.say("session", Opening("0.1.0", "Linux", self.protocol), sequence=self.opening)
        self.session, self.sequence = data["session"], 0
        return data

    def poll(self, *claims: dict[str, Any], **more: Any) -> dict[str, Any]:
        data = self.say("poll", Poll(disks=list(claims), protocol=self.protocol, **more))
        self.holds = data["holds"]
        return data

    def report(self, work: dict[str, Any], answer: dict[str, Any], **more: Any) -> str:
        values = {"visit": work["visit"], "fencing": work["fencing"], "request": work["request"], **more}
        return str(self.say("report", Report(answer=answer, protocol=self.protocol, **values))["outcome"])

    def say(self, endpoint: str, note: pairing.Note, *, sequence: int | None = None) -> dict[str, Any]:
        """Send a proved request and believe only a coded answer."""
        if sequence is None:
            self.sequence += 1
            sequence = self.sequence
        body = json.dumps(note.to_json()).encode()
        proof = Proof(self.agent, self.session, sequence, endpoint)
        proof = pairing.sign_request(self.key, self.digest, proof, body)
        headers = {pairing.AGENT_HEADER: self.agent, pairing.PROOF_HEADER: proof.to_header()}
        status, data, answered = self.post(endpoint, body, headers)
        if status != WELL:
            raise RefusedError(status, data)
        raw = json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode()
        pairing.check_answer(self.digest, proof, status, raw, answered)
        return data

    def post(self, endpoint: str, body: Any, headers: dict[str, str]) -> tuple[int, dict[str, Any], str]:
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.last_post = (endpoint, raw, headers)
        response = self.client.post(f"/agent/{endpoint}", data=raw, content_type="application/json", headers=headers)
        return response.status_code, response.json(), response.headers.get(pairing.ANSWER_HEADER, "")

    # ---- having a disk ----

    def claim(self, device: Device, **more: Any) -> dict[str, Any]:
        """Name a disk, with the number of an earlier proof if there is one."""
        return {"serial": device.serial, "reader": "桌上读卡器", "hold": self.holds.get(device.serial, 0), **more}

    def hold(self, device: Device, rack: CardRack, **more: Any) -> dict[str, Any]:
        """Prove that the disk is here: by the disk itself."""
        told = self.poll(self.claim(device, **more))
        (challenge,) = told["challenges"]
        return self.poll(self.claim(device, **more), proofs=[self.prove(device, rack, challenge["nonce"])])

    def prove(self, device: Device, rack: CardRack, nonce: str) -> dict[str, Any]:
        step = {"op": "prove", "nonce": nonce}
        answer = rack.exchange(CardRequest(serial=device.serial, certificate=device.certificate, steps=(step,)))
        assert answer.fault is None, answer.fault
        return {"serial": device.serial, "answer": answer.results[0]}
