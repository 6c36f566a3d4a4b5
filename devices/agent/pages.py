"""What the page on this PC shows; plain HTML without script, everything escaped."""

from __future__ import annotations

from dataclasses import dataclass
from gettext import gettext as _
from html import escape
from string import Template
from typing import Any

from devices.agent import words
from devices.agent.state import Snapshot
from devices.gateway import reader_names

FRAME = Template("""<!doctype html>
<html lang="zh-CN"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>$title</title><link rel="stylesheet" href="page.css">$refresh</head>
<body><main><h1>$title</h1>$message$body</main></body></html>
""")
STYLE = """
body { font: 16px/1.7 "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", system-ui, sans-serif; margin: 0;
  color: #1a1f27; background: #f4f6f9; }
main { max-width: 46rem; margin: 0 auto; padding: 1rem; }
section { background: #fff; border-radius: 6px; padding: 1rem; margin: 0 0 1rem; }
h1 { font-size: 1.6rem; } h2 { font-size: 1.25rem; margin: 0 0 .5rem; }
dl { display: grid; grid-template-columns: 10rem 1fr; gap: .25rem 1rem; margin: 0; }
dt { color: #55606e; } dd { margin: 0; overflow-wrap: anywhere; }
label { display: block; } input { font: inherit; padding: .5rem; border: 1px solid #6b7685; border-radius: 6px; }
button { font: inherit; padding: .5rem 1rem; border: 0; border-radius: 6px; color: #fff; background: #0b57a8; }
button:focus, input:focus { outline: 3px solid #ffb020; box-shadow: 0 0 0 5px #1a1f27; }
.note { padding: .75rem 1rem; border-radius: 6px; background: #fff2dd; color: #8a4b00; }
.bad { background: #fde8e6; color: #b42318; } .good { background: #e6f4ec; color: #0f6b3d; }
"""
REFRESH = '<meta http-equiv="refresh" content="10">'


@dataclass(frozen=True)
class Message:
    """What came of what was just done on the page."""

    text: str
    is_good: bool = False


def render(look: Snapshot, tries: dict[str, int | None], message: Message | None = None) -> bytes:
    """Return the page; `tries` are the PIN tries left of each disk that waits for its PIN."""
    asks = any(needs_pin(disk) for disk in look.disks)
    return FRAME.substitute(
        title=escape(_("税控设备代理程序")),
        # A page that refreshes itself would throw away a PIN that is half typed.
        refresh="" if asks else REFRESH,
        message=_message(message),
        body="".join((_notices(look), _hall(look), *(_disk(disk, tries) for disk in look.disks), _none(look))),
    ).encode()


def render_plain(title: str, text: str) -> bytes:
    """Return a page of one sentence."""
    return FRAME.substitute(title=escape(title), refresh="", message="", body=f"<p>{escape(text)}</p>").encode()


def _message(message: Message | None) -> str:
    if message is None:
        return ""
    return f'<p class="note {"good" if message.is_good else "bad"}" role="alert">{escape(message.text)}</p>'


def _notices(look: Snapshot) -> str:
    found = []
    if look.is_revoked:
        found.append(_("这台电脑已被停用，不再取得任务；已完成的结果仍会上报。"))
    if look.unreported:
        found.append(
            _("已在设备完成，待上报：%(count)d 条。恢复联系后会自动上报，请不要删除程序的数据。")
            % {"count": look.unreported}
        )
    if look.damaged:
        found.append(_("有 %(count)d 条记录损坏，大厅会读设备核实。") % {"count": look.damaged})
    if look.is_outdated:
        found.append(_("有新版本 %(version)s。程序不会自行更新，请安装新版本。") % {"version": look.newest_version})
    if abs(look.clock_drift) > 300:
        found.append(_("本机时钟与大厅相差 %(seconds)d 秒；办理以大厅时间为准。") % {"seconds": look.clock_drift})
    return "".join(f'<p class="note" role="status">{escape(text)}</p>' for text in found)


def _hall(look: Snapshot) -> str:
    state = _("已连接") if look.is_connected else _("联系不上：%(why)s") % {"why": look.problem or _("还没有联系过")}
    rows = (
        (_("大厅"), look.hall),
        (_("企业"), f"{look.taxpayer_name} {look.taxpayer_number}"),
        (_("状态"), state),
        (_("最近联系"), words.moment_of(look.last_contact)),
        (_("等待设备的任务"), str(look.waiting)),
        (_("正在执行"), str(look.in_work)),
        (_("待上报"), str(look.unreported)),
        (_("读卡服务"), look.readers_problem or _("运行中")),
        (_("程序版本"), look.version),
    )
    return f"<section><h2>{escape(_('与大厅的联系'))}</h2>{_list(rows)}</section>"


def _disk(disk: dict[str, Any], tries: dict[str, int | None]) -> str:
    serial, reader = str(disk["serial"]), str(disk["reader"])
    if not serial and not disk["is_present"] and not disk["is_broken"]:
        return ""
    rows = (
        (_("读卡器"), reader_names.spoken(reader)),
        (_("身份"), _("已向大厅证明") if disk["is_held"] else _("还没有向大厅证明，或不是本企业的设备")),
        (_("口令"), _pin_words(disk)),
    )
    title = serial or (_("不能识别的卡") if disk["is_present"] else reader_names.spoken(reader))
    forms = _pin_form(serial, tries.get(serial)) if needs_pin(disk) else ""
    if disk["is_broken"]:
        forms += _broken(reader)
    return f"<section><h2>{escape(title)}</h2>{_list(rows)}{forms}</section>"


def _pin_words(disk: dict[str, Any]) -> str:
    if not disk["is_unlocked"]:
        return _("未输入")
    return _("已输入，从 %(at)s 起") % {"at": words.moment_of(disk["unlocked_since"])}


def needs_pin(disk: dict[str, Any]) -> bool:
    """Say whether a disk waits for its PIN."""
    return bool(disk["serial"] and disk["is_held"] and not disk["is_unlocked"] and not disk["is_broken"])


def _pin_form(serial: str, left: int | None) -> str:
    if left == 0:
        return f'<p class="note bad">{escape(_("口令已锁定，请到办税服务厅重置。"))}</p>'
    told = _("剩余 %(tries)d 次") % {"tries": left} if left is not None else _("剩余次数未知")
    safe, kept = escape(serial), 'type="password" autocomplete="off" required minlength="6" maxlength="16"'
    return (
        f'<form method="post" action="pin" autocomplete="off"><input type="hidden" name="serial" value="{safe}">'
        f'<label for="pin-{safe}">{escape(_("设备口令"))}（{escape(told)}）</label>'
        f'<input id="pin-{safe}" name="pin" {kept}> '
        f"<button>{escape(_('打开设备'))}</button></form>"
    )


def _broken(reader: str) -> str:
    return (
        f'<p class="note bad">{escape(_("这台读卡器连续出错，已停用。请检查连接后自检。"))}</p>'
        f'<form method="post" action="selftest"><input type="hidden" name="reader" value="{escape(reader)}">'
        f"<button>{escape(_('自检'))}</button></form>"
    )


def _none(look: Snapshot) -> str:
    if any(disk["is_present"] or disk["is_broken"] for disk in look.disks):
        return ""
    return f"<section><p>{escape(_('没有读到设备。请把设备插入读卡器。'))}</p></section>"


def _list(rows: tuple[tuple[str, str], ...]) -> str:
    return f"<dl>{''.join(f'<dt>{escape(key)}</dt><dd>{escape(value)}</dd>' for key, value in rows)}</dl>"
