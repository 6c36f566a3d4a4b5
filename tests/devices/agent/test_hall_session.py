"""The PC's side of a session: opened once, opened anew when it ended, in the newest version both speak."""

from __future__ import annotations

import pytest

from devices.agent.hall import HallRefusedError
from devices.agent.places import Places
from devices.agent.sessions import HallSession
from devices.gateway import pairing
from devices.gateway.pairing import Opened, Poll, Refusal, Told
from tests.harness.loops import run


class FakeHall:
    """Answers as it is told; `script` maps an endpoint to what happens next, in order."""

    def __init__(self, **script) -> None:
        self.script = script
        self.said: list[tuple[str, int, int | None]] = []
        self.session = ""

    @property
    def has_session(self) -> bool:
        return bool(self.session)

    def begin(self, session: str) -> None:
        self.session = session

    def say(self, endpoint, note, expected, *, number=None):
        self.said.append((endpoint, note.protocol, number))
        planned = self.script.get(endpoint) or [None]
        outcome = planned.pop(0) if len(planned) > 1 else planned[0]
        if isinstance(outcome, HallRefusedError):
            raise outcome
        return outcome or (Opened("s", "") if expected is Opened else Told("", 1.0))


def refused(code: str, *, is_proved: bool = True, **more) -> HallRefusedError:
    return HallRefusedError(409, Refusal(code, **more), is_proved=is_proved)


@pytest.fixture
def places(tmp_path) -> Places:
    found = Places(tmp_path)
    found.prepare()
    return found


def say(hall: FakeHall, places: Places, times: int = 1) -> HallSession:
    session = HallSession(hall, places)
    for _ in range(times):
        run(session.say("poll", Poll(), Told))
    return session


def test_a_session_is_opened_once(places):
    hall = FakeHall()
    say(hall, places, times=2)
    assert [each[0] for each in hall.said] == ["session", "poll", "poll"]


def test_a_session_that_ended_is_opened_anew_and_the_message_said_again(places):
    hall = FakeHall(poll=[refused("agent.session"), None])
    say(hall, places)
    assert [(name, number) for name, _, number in hall.said] == [
        ("session", 1),
        ("poll", None),
        ("session", 2),
        ("poll", None),
    ]


def test_a_hall_that_remembers_a_higher_number_is_followed(places):
    hall = FakeHall(session=[refused("agent.session", last=41), None])
    say(hall, places)
    assert [number for name, _, number in hall.said if name == "session"] == [1, 42]


def test_with_an_older_hall_the_older_version_is_spoken(places, monkeypatch):
    monkeypatch.setattr(pairing, "PROTOCOL", 2)
    monkeypatch.setattr(pairing.accepted_protocols, "__defaults__", (2,))
    hall = FakeHall(session=[refused("agent.protocol", protocols=[1]), None])
    say(hall, places)
    assert [(name, version) for name, version, _ in hall.said] == [("session", 2), ("session", 1), ("poll", 1)]


@pytest.mark.parametrize(
    "error",
    [
        refused("agent.protocol", protocols=[9, 8]),
        refused("agent.refused", is_proved=False),
        refused("agent.session", is_proved=False, last=99),
        refused("agent.protocol", is_proved=False, protocols=[0]),
    ],
    ids=["no common version", "unknown here", "a stranger's number", "a stranger's version"],
)
def test_any_other_refusal_is_told_and_nothing_is_learnt_from_who_is_not_the_hall(places, error):
    hall = FakeHall(session=[error])
    with pytest.raises(HallRefusedError):
        say(hall, places)
    assert len(hall.said) == 1


def test_a_hall_that_never_agrees_is_not_asked_for_ever(places):
    hall = FakeHall(session=[refused("agent.session", last=1)])
    with pytest.raises(HallRefusedError):
        say(hall, places)
    assert len(hall.said) == 3


def test_only_the_halls_own_word_takes_a_right_away(places):
    for is_proved in (False, True):
        hall = FakeHall(poll=[refused("agent.revoked", is_proved=is_proved)])
        session = HallSession(hall, places)
        with pytest.raises(HallRefusedError):
            run(session.say("poll", Poll(), Told))
        assert session.is_revoked is is_proved
