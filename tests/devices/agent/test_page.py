"""The page on the PC: for this PC's user and for no web site, whatever it tries."""

from __future__ import annotations

import asyncio
import threading
from http.client import HTTPConnection
from pathlib import Path

import pytest

from devices.agent import page as agent_page
from devices.agent import pages
from devices.agent.page import Desk, serving
from devices.agent.places import Places
from devices.agent.state import Snapshot, State
from devices.gateway.wire import CardAnswer, Fault, FaultKind

SECRET = "only-this-user-knows"  # pragma: allowlist secret
SERIAL = "661000000001"
DISK = {
    "serial": SERIAL,
    "reader": "<b>桌上</b>读卡器",
    "is_present": True,
    "is_held": True,
    "is_unlocked": False,
    "is_broken": False,
}


class Engine:
    """Stands in for the agent; notes what reaches it."""

    def __init__(self) -> None:
        self.state = State(Snapshot(taxpayer_name="<script>", disks=[DISK]))
        self.reached: list[tuple[str, ...]] = []
        self.answer = CardAnswer(results=(8,))

    async def unlock(self, serial, pin):
        self.reached.append(("unlock", serial, pin))
        return self.answer

    async def pin_tries(self, _serial):
        return 7

    async def selftest(self, reader):
        self.reached.append(("selftest", reader))
        return self.answer


@pytest.fixture
def engine():
    return Engine()


@pytest.fixture
def port(engine, tmp_path):
    """Serve the page as the agent does, with a loop of its own."""
    places, loop = Places(tmp_path), asyncio.new_event_loop()
    places.prepare()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        with serving(places, Desk(engine, loop), SECRET):
            yield int(agent_page.find(places, SECRET).split(":")[2].split("/")[0])
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()
    assert agent_page.find(places, SECRET) is None


def ask(port, method="GET", path=f"/{SECRET}/", body="", **headers):
    """Send one request with exactly these headers; None leaves one out."""
    given = {"Host": f"127.0.0.1:{port}", "Content-Type": "application/x-www-form-urlencoded"}
    given |= {name.replace("_", "-"): value for name, value in headers.items()}
    connection = HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
        for name, value in {**given, "Content-Length": str(len(body))}.items():
            if value is not None:
                connection.putheader(name, value)
        connection.endheaders(body.encode())
        answer = connection.getresponse()
        return answer.status, answer.read().decode(), answer.headers
    finally:
        connection.close()


def post(port, name="pin", body=f"serial={SERIAL}&pin=24681357", **headers):
    headers.setdefault("Origin", f"http://127.0.0.1:{port}")
    return ask(port, "POST", f"/{SECRET}/{name}", body, **headers)


def test_its_user_sees_disks_and_gives_the_pin(port, engine):
    status, text, _ = ask(port)
    assert status == 200
    assert "剩余 7 次" in text
    status, _text, headers = post(port)
    assert (status, headers["Location"]) == (303, "./")
    assert engine.reached == [("unlock", SERIAL, "24681357")]
    assert "设备已打开" in ask(port)[1]
    assert "设备已打开" not in ask(port)[1], "told once"


def test_what_comes_from_disks_and_halls_is_shown_as_text(port):
    text = ask(port)[1]
    assert "<script>" not in text
    assert "<b>桌上" not in text


def test_moments_are_beijing_time_and_say_so(port, engine):
    held = {**DISK, "is_unlocked": True, "unlocked_since": "2026-11-26T03:04:05+00:00"}
    engine.state.change(disks=[held], last_contact="2026-11-26T11:30:05+00:00")
    text = ask(port)[1]
    assert "2026-11-26 19:30:05（北京时间）" in text
    assert "已输入，从 2026-11-26 11:04:05（北京时间） 起" in text


def test_a_wrong_pin_says_how_many_tries_are_left_and_is_not_repeated(port, engine):
    engine.answer = CardAnswer(fault=Fault(FaultKind.REFUSED, code="disk.pin_wrong", tries_left=6))
    post(port)
    assert "剩余 6 次" in ask(port)[1]
    assert len(engine.reached) == 1


def test_a_reader_out_of_use_is_tested_by_a_person(port, engine):
    assert post(port, "selftest", "reader=X")[0] == 303
    assert engine.reached == [("selftest", "X")]
    assert "自检通过" in ask(port)[1]


HOSTILE = {
    "another site's form": {"Origin": "http://evil.example"},
    "a page on another port": {"Origin": "http://127.0.0.1:1"},
    "a sandboxed frame": {"Origin": "null"},
    "no origin at all": {"Origin": None},
    "a rebound name": {"Host": "evil.example"},
    "a rebound name with our port": {"Host": "evil.example:{port}"},
    "the name localhost": {"Host": "localhost:{port}"},
    "no host": {"Host": None},
    "a browser that says cross-site": {"Sec_Fetch_Site": "cross-site"},
    "a browser that says same-site": {"Sec_Fetch_Site": "same-site"},
}


@pytest.mark.parametrize("how", HOSTILE)
def test_nothing_sent_from_elsewhere_reaches_a_reader(port, engine, how):
    headers = {name: value and value.format(port=port) for name, value in HOSTILE[how].items()}
    status, text, _ = post(port, **headers)
    assert status == 403
    assert SERIAL not in text
    assert engine.reached == []


@pytest.mark.parametrize("path", ["/", "/guess/", "//", f"/{SECRET[:-1]}/", f"/x/../{SECRET}/", "/status.json"])
def test_without_the_secret_nothing_is_told(port, path):
    status, text, _ = ask(port, path=path)
    assert status == 403
    assert SERIAL not in text


@pytest.mark.parametrize("name", ["apdu", "transmit", "exchange", "card/apdu"])
def test_there_is_no_way_for_raw_commands(port, engine, name):
    assert post(port, name, "apdu=00A40400")[0] == 404
    assert ask(port, "POST", f"/{name}", "apdu=00A40400", Origin="http://evil.example")[0] == 403
    assert engine.reached == []


@pytest.mark.parametrize(
    "more", [{"Content_Type": "text/plain"}, {"Content_Type": "application/json"}, {"body": "x" * 5000}]
)
def test_what_no_form_sends_is_refused(port, engine, more):
    assert post(port, **more)[0] == 400
    assert engine.reached == []


def test_a_disk_that_is_not_held_gets_no_pin(port, engine):
    post(port, body="serial=661000000009&pin=24681357")
    assert engine.reached == []
    assert "没有发送口令" in ask(port)[1]


def test_every_answer_closes_the_doors(port):
    for answer in (ask(port), ask(port, path="/"), post(port, Origin="http://evil.example")):
        headers = answer[2]
        assert "default-src 'none'" in headers["Content-Security-Policy"]
        assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
        assert headers["Cache-Control"] == "no-store"
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert "Access-Control-Allow-Origin" not in headers
        assert "Set-Cookie" not in headers
    assert ask(port, "OPTIONS", Origin="http://evil.example")[0] == 501, "a preflight gets no leave"


def test_it_listens_on_this_machine_alone(port):
    sockets = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    listening = "0A"
    assert [each[1] for each in sockets if each[3] == listening and each[1].endswith(f":{port:04X}")] == [
        f"0100007F:{port:04X}"
    ]


@pytest.mark.browser
def test_in_a_browser_its_user_can_and_a_hostile_site_cannot(port, engine, page):
    own = f"http://127.0.0.1:{port}/{SECRET}/"
    attack = (
        f"<iframe src='{own}'></iframe><form id='f' method='post' action='{own}pin' target='t'>"
        f"<input name='serial' value='{SERIAL}'><input name='pin' value='00000000'></form><iframe name='t'></iframe>"
        f"<script>fetch('{own}pin', {{method: 'POST', mode: 'no-cors', credentials: 'include',"
        f" headers: {{'Content-Type': 'application/x-www-form-urlencoded'}}, body: 'serial={SERIAL}&pin=00000000'}})"
        ".catch(() => 0).finally(() => { document.title = 'tried'; });"
        "document.getElementById('f').submit();</script>"
    )
    page.route("http://evil.example/", lambda route: route.fulfill(body=attack, content_type="text/html"))
    # Even a site that has somehow learnt the secret address gets nothing through.
    page.goto("http://evil.example/")
    page.wait_for_function("document.title === 'tried'")
    assert engine.reached == []
    page.goto(own)
    page.get_by_label("设备口令").fill("24681357")
    page.get_by_role("button", name="打开设备").click()
    page.get_by_text("设备已打开").wait_for()
    assert engine.reached == [("unlock", SERIAL, "24681357")]


def test_notices_say_what_waits_and_what_is_newer():
    look = Snapshot(
        version="0.1.0", newest_version="0.10.0", unreported=2, damaged=1, is_revoked=True, clock_drift=-4000
    )
    text = pages.render(look, {}).decode()
    for words in ("待上报：2 条", "有 1 条记录损坏", "已被停用", "有新版本 0.10.0", "相差 -4000 秒", "没有读到设备"):
        assert words in text


@pytest.mark.parametrize(
    ("newest", "expected"), [("0.1.0", False), ("0.2.0", True), ("0.1.0.1", True), ("", False), ("soon", False)]
)
def test_only_a_higher_version_is_newer(newest, expected):
    assert Snapshot(version="0.1.0", newest_version=newest).is_outdated is expected
