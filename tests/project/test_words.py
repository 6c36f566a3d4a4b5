"""One thing has one word on screen, so that a user who learned it on one page finds it on the next."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.project.sources import APPLICATIONS, python_files, templates

# What is never said, and what is said instead. Labels of columns are of the console's records, not of pages.
INSTEAD = {
    "抄税": "抄报",
    "汇总上传": "抄报",
    "报税处理": "抄报",
    "反写": "清卡",
    "清零解锁": "清卡",
    "离线发票": "离线票",
    "离线份数": "离线票份数",
}
# A period's label ends in 月 or 季度: no space before the next character, or 「2026 年 11 月 已清卡」 stands there.
A_PERIOD = r"(?:%\((?:p|period|month|declared)\)s|\{\{ (?:period|month|declared) \}\})"
AFTER_A_PERIOD = re.compile(A_PERIOD + " [\u4e00-\u6707\u6709-\u9fff]")
# What an act did to a disk is known; that nothing else changed the disk is not.
CLAIM_ABOUT_A_DISK = re.compile(r"(?:设备|盘上)[^，。；：、\s]{0,8}(?:没有|没|无|未)(?:任何|发生)?(?:变化|改变|变动)")
MESSAGE = re.compile(r'\b(?:_|_lazy|gettext|gettext_lazy|_now)\(\s*((?:"[^"\n]*"\s*)+)\)')


def modules() -> list[Path]:
    """Return the modules that speak to people."""
    return [file for file in python_files(*APPLICATIONS, "taxhall") if "models" not in file.parts]


@pytest.mark.parametrize("word", INSTEAD)
def test_no_template_uses_another_word(word: str) -> None:
    assert [str(path) for path in templates() if word in path.read_text()] == [], f"say {INSTEAD[word]}"


@pytest.mark.parametrize("word", INSTEAD)
def test_no_message_uses_another_word(word: str) -> None:
    told = [(str(path), text) for path in modules() for text in MESSAGE.findall(path.read_text()) if word in text]
    assert told == [], f"say {INSTEAD[word]}"


def test_no_space_stands_between_a_period_and_what_is_said_of_it() -> None:
    told = [str(path) for path in [*modules(), *templates()] if AFTER_A_PERIOD.search(path.read_text())]
    assert told == []


def test_no_sentence_says_of_a_disk_that_it_is_unchanged() -> None:
    told = [str(path) for path in [*modules(), *templates()] if CLAIM_ABOUT_A_DISK.search(path.read_text())]
    assert told == [], "say what this act did: 没有改动设备"


@pytest.mark.parametrize(
    "words", ["设备没有变化", "设备和税款都没有任何变化", "盘上数据没有变化", "盘上还没有变化", "设备未发生变化"]
)
def test_such_a_sentence_would_be_found(words: str) -> None:
    assert CLAIM_ABOUT_A_DISK.search(f"已撤回，{words}。")
