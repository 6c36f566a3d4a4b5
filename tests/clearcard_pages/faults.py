"""Every fault that the clear must survive, the tests that prove it, and what the user reads on screen.

`test_faults.py` holds this table to the tests: each named test exists, and the words stand in one of them.
"""

from __future__ import annotations

from dataclasses import dataclass

PAGES = "tests/clearcard_pages"
CONSOLE = "tests/console_pages"
DISK = "tests/clearcard/test_execute_clear.py"


@dataclass(frozen=True)
class Fault:
    """One fault: what happens, which tests do it to the hall, and the sentence that is true then.

    `beside` is the file of shared fixtures or assertions in which those tests keep the sentence, if not their own.
    """

    name: str
    sentence: str
    tests: tuple[str, ...]
    beside: str = ""


FAULTS = (
    Fault(
        "wrong PIN: the tries left are told, nobody tries again",
        "设备口令错误，剩余 7 次；设备没有打开，这次没有改动盘上数据",
        (
            f"{PAGES}/test_track.py::test_a_locked_disk_asks_for_the_pin_and_goes_on_when_it_is_given",
            "tests/devices/test_pages.py::test_wrong_pin_says_how_many_tries_are_left_and_is_not_tried_again",
            "tests/devices/test_pages.py::test_blocked_disk_says_what_to_do",
            "tests/devices/test_card_host.py::test_a_wrong_pin_is_tried_once_and_not_kept",
        ),
    ),
    Fault(
        "disk pulled before the clear",
        "没有读到这块税控设备，什么也没有发送",
        (
            f"{PAGES}/test_prepare.py::test_a_disk_that_was_pulled_is_told_and_nothing_was_sent",
            f"{PAGES}/test_track.py::test_a_pulled_disk_is_waited_for_and_goes_on_when_it_is_read_again",
            f"{DISK}::test_an_absent_disk_waits_and_goes_on_by_itself",
        ),
    ),
    Fault(
        "disk pulled while it is cleared: before acting, while writing, after acting",
        "指令发出后与设备的联系中断，盘上是否已清卡还不知道，系统会读卡核实",
        (
            f"{PAGES}/test_killed.py::test_a_disk_pulled_while_it_is_cleared",
            f"{PAGES}/test_track.py::test_doubt_says_what_is_known_and_offers_no_button",
            f"{DISK}::test_torn_before_the_commit_is_sent_again",
            f"{DISK}::test_lost_after_the_commit_is_cleared_without_a_second_sending",
            f"{DISK}::test_a_doubt_stays_a_doubt_while_the_disk_is_away",
            "tests/clearcard/test_state_machine.py::test_any_order_of_faults",
        ),
    ),
    Fault(
        "disk of another company in the reader",
        "读卡器里的设备不能证明自己就是登记的那一块，已停止操作，什么也没有写入",
        (
            f"{PAGES}/test_prepare.py::test_the_disk_of_another_company_is_told_and_not_touched",
            f"{PAGES}/test_track.py::test_the_disk_of_another_company_in_the_reader_is_told",
            "tests/devices/test_card_host.py::test_a_disk_swapped_faster_than_the_reader_sees_is_not_written",
        ),
    ),
    Fault(
        "worker killed before sending",
        "审核已通过，系统正在排队联系设备，还没有改动设备",
        (
            f"{PAGES}/test_killed.py::test_a_killed_worker",
            f"{DISK}::test_killed_before_sending_is_taken_up_again",
        ),
    ),
    Fault(
        "worker killed after sending began",
        "清卡指令已发给设备，正在等设备的回执",
        (
            f"{PAGES}/test_killed.py::test_a_killed_worker",
            f"{DISK}::test_killed_after_sending_began_is_read_first",
        ),
    ),
    Fault(
        "card owner killed",
        "正在等设备：读卡服务没有响应，什么也没有发送，这次没有改动盘上数据",
        (
            f"{PAGES}/test_killed.py::test_a_killed_card_owner",
            "tests/devices/test_card_host.py::test_an_owner_killed_in_mid_command_leaves_it_in_doubt",
            "tests/devices/test_card_host.py::test_a_host_that_dies_after_taking_the_request_may_have_sent_it",
        ),
    ),
    Fault(
        "Valkey dead or emptied",
        "系统正在自动核对；没有改动设备",
        (
            f"{PAGES}/test_killed.py::test_a_dead_or_emptied_broker_only_delays",
            f"{DISK}::test_a_dead_broker_only_delays",
            "tests/common/test_doorbell.py::test_a_dead_broker_is_logged_and_left_to_the_sweeper",
        ),
    ),
    Fault(
        "double click, two tabs, back and resend",
        "申请现在是“待审核”，不能再修改；刚才填写的内容没有保存",
        (
            f"{PAGES}/test_check.py::test_double_click_two_tabs_and_back_and_resend_get_the_same_receipt",
            f"{PAGES}/test_check.py::test_another_key_after_the_hand_in_changes_nothing_and_says_so",
            f"{PAGES}/test_fill.py::test_a_save_that_comes_after_the_hand_in_says_that_it_was_not_kept",
            f"{PAGES}/test_returned.py::test_the_old_receipt_key_does_not_hand_in_the_new_round",
            f"{PAGES}/test_prepare.py::test_pressing_twice_or_in_two_tabs_opens_one_application",
            f"{PAGES}/test_type.py::test_choosing_twice_or_in_two_tabs_keeps_one_choice",
            f"{PAGES}/test_verify.py::test_confirming_twice_is_the_same_as_once",
            f"{PAGES}/test_withdraw.py::test_pressing_twice_takes_back_once_and_another_application_can_follow",
            f"{PAGES}/test_retry.py::test_pressing_twice_runs_once",
            "tests/clearcard/test_concurrency.py::test_double_click_submits_once",
            "tests/clearcard/test_concurrency.py::test_two_tabs_start_one_case",
            "tests/clearcard/test_concurrency.py::test_two_workers_clear_once",
        ),
    ),
    Fault(
        "session expired in the middle of a form",
        "您填写的内容已保留两小时",
        (
            f"{PAGES}/test_fill.py::test_a_session_that_ended_meanwhile_keeps_what_was_typed",
            f"{PAGES}/test_check.py::test_a_session_that_ended_before_the_last_press_loses_nothing",
            "tests/accounts/test_session_end.py::test_after_signing_in_the_owner_finds_what_was_entered",
        ),
    ),
    Fault(
        "a PDF that is not a PDF",
        "文件名以“.pdf”结尾，内容却是网页，没有保存",
        (
            f"{PAGES}/test_fill.py::test_a_paper_that_is_not_what_it_says_is_refused_by_its_real_cause",
            "tests/clearcard/test_materials.py::test_a_pdf_that_is_not_one",
            "tests/clearcard/test_materials.py::test_a_pdf_that_does_things_is_refused_by_its_real_cause",
        ),
    ),
    Fault(
        "an upload of 20 MB",
        "文件有 20.0 MB，超过 10 MB 的上限，没有保存。请压缩或降低扫描分辨率后再传",
        (f"{PAGES}/test_fill.py::test_twenty_megabytes_are_refused_with_their_size_and_leave_nothing",),
    ),
    Fault(
        "period already cleared",
        "2026 年 10 月已于 2026-11-05 清卡，不需要再办",
        (
            f"{PAGES}/test_prepare.py::test_a_page_from_before_the_clear_starts_nothing",
            "tests/clearcard/test_submit_case.py::test_a_cleared_period_says_so",
            f"{DISK}::test_repeating_a_finished_clear_changes_nothing",
        ),
    ),
    Fault(
        "return differing from the invoices",
        "数字确实有误时请先更正；能够说明的，可在下一步写明情况，由税务人员审核",
        (
            f"{PAGES}/test_verify.py::test_a_return_that_differs_from_the_invoices_names_the_difference_and_its_invoices",
            f"{PAGES}/test_verify.py::test_figures_that_moved_meanwhile_are_shown_again_and_not_confirmed",
            f"{PAGES}/test_check.py::test_figures_that_moved_after_the_confirmation_stop_the_hand_in",
            "tests/clearcard/test_review_case.py::test_a_differing_return_goes_to_an_officer_with_the_reason",
        ),
    ),
    Fault(
        "another taxpayer's ids in the address: as if absent",
        "您访问的页面不存在，或者不属于当前企业",
        (
            f"{PAGES}/test_faults.py::test_another_companys_number_reads_as_absent",
            *(
                f"{PAGES}/test_{name}.py::test_an_outsider_learns_nothing"
                for name in (
                    "prepare", "type", "verify", "fill", "check", "submitted", "track", "withdraw", "retry",
                    "returned", "certificate",
                )
            ),
            f"{PAGES}/test_fill.py::test_a_paper_is_given_back_to_its_company_only",
            f"{PAGES}/test_check.py::test_a_key_of_another_companys_hand_in_is_of_no_use",
        ),
    ),
    Fault(
        "an officer of another district: as if absent",
        "不在您的管辖范围",
        (
            f"{CONSOLE}/test_page_approve.py::test_another_district_finds_nothing",
            f"{CONSOLE}/test_page_claim.py::test_another_district_finds_nothing",
            f"{CONSOLE}/test_page_return.py::test_another_district_finds_nothing",
            f"{CONSOLE}/test_page_reject.py::test_another_district_finds_nothing",
            f"{CONSOLE}/test_page_papers.py::test_another_district_and_another_case_find_nothing",
            f"{CONSOLE}/test_page_queue.py::test_another_district_sees_nothing",
            "tests/clearcard/test_decisions.py::test_another_district_is_as_absent",
        ),
        beside=f"{CONSOLE}/people.py",
    ),
    Fault(
        "an officer's own company, under whatever account",
        "按回避规定不能审核",
        (
            f"{CONSOLE}/test_page_approve.py::test_who_may_not_decide_reads_why",
            f"{CONSOLE}/test_page_return.py::test_who_may_not_decide_reads_why",
            f"{CONSOLE}/test_page_reject.py::test_who_may_not_decide_reads_why",
            "tests/clearcard/test_decisions.py::test_own_company_sees_a_reason_and_no_form",
        ),
        beside=f"{CONSOLE}/conftest.py",
    ),
)  # fmt: skip
