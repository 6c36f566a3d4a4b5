"""The command `taxhall-agent`."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import getpass
import json
import logging
import signal
import sys
import urllib.request
import webbrowser
from contextlib import AsyncExitStack
from gettext import gettext as _
from pathlib import Path
from typing import Any

from devices.agent import VERSION, enrolment, page, words
from devices.agent.engine import Ending, Engine
from devices.agent.enrolment import NotEnrolledError
from devices.agent.hall import Hall, HallRefusedError, HallUnreachableError, Identity
from devices.agent.places import AlreadyRunningError, Places, alone, default_home
from devices.agent.readers import Readers, open_readers
from devices.agent.sessions import HallSession
from devices.agent.spool import LIMIT, Spool
from devices.gateway import pairing, reader_names

DESCRIPTION = """taxhall-agent：替大厅把任务交给插在这台电脑上的税控设备，再把回执带回去。

  enrol 大厅地址 连接码   用网页上生成的连接码连接这台电脑
  run [--once]            运行，直到按 Ctrl-C；--once 只办完现在等待的任务
  status [--json]         正在运行的代理程序的状态
  open                    打开本机页面，输入设备口令
  forget                  与大厅解除连接；没有上报的结果会留下

退出代码：0 办完；1 联系不上大厅；2 用法不对或没有连接；3 大厅拒绝或已停用；
4 还有没办完或没上报的；5 已有代理程序在运行。"""
ONCE_SECONDS = 60.0
LOG_FORMAT = "%(asctime)s taxhall-agent %(message)s"


def main(arguments: list[str] | None = None) -> int:
    """Do what the command line asks for and return the exit code."""
    options = _parser().parse_args(arguments)
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format=LOG_FORMAT, datefmt="%Y-%m-%d %H:%M:%S%z")
    places = Places(Path(options.home) if options.home else default_home())
    try:
        return int(options.act(places, options))
    except NotEnrolledError as error:
        return _say(str(error), Ending.NOT_ENROLLED)
    except AlreadyRunningError:
        return _say(_("已有代理程序在运行。"), Ending.ALREADY_RUNNING)
    except HallUnreachableError as error:
        return _say(_("联系不上大厅：%(why)s") % {"why": error}, Ending.UNREACHABLE)
    except HallRefusedError as error:
        return _say(str(error), Ending.REFUSED)
    except OSError as error:
        return _say(_("文件不能读写：%(why)s") % {"why": error}, Ending.NOT_ENROLLED)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="taxhall-agent", description=DESCRIPTION, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--home", default="", help=_("数据文件夹"))
    parser.add_argument("--version", action="version", version=f"taxhall-agent {VERSION}")
    acts = parser.add_subparsers(required=True, metavar="ACT")
    enrol = acts.add_parser("enrol", help=_("连接这台电脑"))
    enrol.add_argument("hall", help=_("大厅地址，https 开头"))
    enrol.add_argument("code", help=_("连接码"))
    enrol.add_argument("--name", default="", help=_("网页上显示的电脑名称"))
    enrol.add_argument("--ca-file", default="", help=_("大厅使用自己的证书机构时，该机构的证书（PEM）"))
    enrol.set_defaults(act=_enrol)
    run = acts.add_parser("run", help=_("运行"))
    run.add_argument("--once", action="store_true", help=_("办完等待的任务就结束"))
    run.add_argument("--ask-pin", action="store_true", help=_("与 --once 同用：从终端或标准输入读一行设备口令"))
    run.add_argument("--seconds", type=float, default=ONCE_SECONDS, help=_("--once 最多用多少秒"))
    run.add_argument("--virtual", default="", metavar="FOLDER", help=_("演示：使用这个文件夹里的虚拟设备"))
    run.add_argument("--spool-limit", type=int, default=LIMIT, help=_("待上报结果最多占用的字节数"))
    run.set_defaults(act=_run)
    status = acts.add_parser("status", help=_("查看状态"))
    status.add_argument("--json", action="store_true", dest="as_json", help=_("给程序读"))
    status.set_defaults(act=_status)
    acts.add_parser("open", help=_("打开本机页面")).set_defaults(act=_open)
    acts.add_parser("forget", help=_("解除连接")).set_defaults(act=_forget)
    return parser


def _enrol(places: Places, options: argparse.Namespace) -> Ending:
    try:
        found = enrolment.enrol(
            places, hall=options.hall, code=options.code, name=options.name, ca_file=options.ca_file
        )
    except ValueError as error:
        return _say(str(error), Ending.NOT_ENROLLED)
    print(_("已连接：%(name)s（%(number)s）") % {"name": found.taxpayer_name, "number": found.taxpayer_number})
    return Ending.DONE


def _run(places: Places, options: argparse.Namespace) -> Ending:
    belonging, key = enrolment.load(places)
    places.prepare()
    pin = _ask_pin() if options.ask_pin and options.once else ""
    with alone(places):
        identity = Identity(belonging.agent, key, pairing.token_digest(belonging.token))
        hall = Hall(belonging.hall, ca_file=belonging.ca_file, identity=identity)
        spool = Spool(places.spool, limit=options.spool_limit)
        spool.load()
        readers = open_readers(places, virtual=options.virtual)
        engine = Engine(belonging, HallSession(hall, places), readers, spool)
        return asyncio.run(_work(places, engine, readers, options, pin))


async def _work(places: Places, engine: Engine, readers: Readers, options: argparse.Namespace, pin: str) -> Ending:
    loop = asyncio.get_running_loop()
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(readers.open())
        stack.enter_context(_stopped_by_signals(engine, loop))
        if readers.problem:
            print(readers.problem, flush=True)
        if options.once:
            return await engine.run_once(seconds=options.seconds, pin=pin)
        desk = page.Desk(engine, loop)
        stack.enter_context(page.serving(places, desk, enrolment.page_secret(places)))
        print(_("代理程序已运行。运行 taxhall-agent open 打开本机页面。"), flush=True)
        return await engine.run()


@contextlib.contextmanager
def _stopped_by_signals(engine: Engine, loop: asyncio.AbstractEventLoop) -> Any:
    """Let Ctrl-C and a request to end finish what is under way; Windows has no handlers in the loop itself."""
    wanted = [number for name in ("SIGINT", "SIGTERM", "SIGBREAK") if (number := getattr(signal, name, None))]
    before = {number: signal.signal(number, lambda *_: loop.call_soon_threadsafe(engine.stop)) for number in wanted}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _status(places: Places, options: argparse.Namespace) -> Ending:
    enrolment.load(places)
    where = page.find(places, enrolment.page_secret(places))
    look = _fetch(f"{where}status.json") if where else None
    if look is None:
        return _say(_("代理程序没有运行。"), Ending.LEFT_OVER)
    if options.as_json:
        print(json.dumps(look, ensure_ascii=False, indent=2))
    else:
        print(_summary(look))
    return Ending.DONE if look["is_connected"] else Ending.UNREACHABLE


def _fetch(address: str) -> dict[str, Any] | None:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(address, timeout=10) as answer:
            found: dict[str, Any] = json.loads(answer.read())
    except (OSError, ValueError):
        return None
    return found


def _pin_words(disk: dict[str, Any]) -> str:
    return _("口令已输入") if disk["is_unlocked"] else _("口令未输入")


def _summary(look: dict[str, Any]) -> str:
    disks = [
        "  ".join(("", disk["serial"], reader_names.spoken(disk["reader"]), _pin_words(disk)))
        for disk in look["disks"]
        if disk["serial"]
    ]
    lines = (
        f"{look['taxpayer_name']}  {look['hall']}",
        _("已连接，最近联系 %(at)s") % {"at": words.moment_of(look["last_contact"])}
        if look["is_connected"]
        else look["problem"],
        _("等待 %(waiting)d，执行中 %(in_work)d，待上报 %(unreported)d") % look,
        *disks,
        _("版本 %(version)s") % look + (_("，有新版本 %(newest_version)s") % look if look["is_outdated"] else ""),
    )
    return "\n".join(lines)


def _open(places: Places, _options: argparse.Namespace) -> Ending:
    enrolment.load(places)
    where = page.find(places, enrolment.page_secret(places))
    if where is None:
        return _say(_("代理程序没有运行，请先运行 taxhall-agent run。"), Ending.LEFT_OVER)
    print(where)
    webbrowser.open(where)
    return Ending.DONE


def _forget(places: Places, _options: argparse.Namespace) -> Ending:
    places.prepare()
    with alone(places):
        spool = Spool(places.spool)
        spool.load()
        if spool.entries():
            return _say(_("还有没上报的结果，没有解除连接。请先恢复联系并运行一次。"), Ending.LEFT_OVER)
        enrolment.forget(places)
    print(_("已解除连接。请在大厅网页上停用这台电脑。"))
    return Ending.DONE


def _ask_pin() -> str:
    if sys.stdin.isatty():
        return getpass.getpass(_("设备口令："))
    return sys.stdin.readline().rstrip("\n")


def _say(text: str, ending: Ending) -> Ending:
    print(text, file=sys.stderr)
    return ending


if __name__ == "__main__":
    sys.exit(main())
