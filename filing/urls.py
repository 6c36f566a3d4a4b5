"""Pages of filing."""

from __future__ import annotations

from django.urls import path

from filing.views import (
    calendar,
    comparisons,
    corrections,
    differences,
    feeds,
    filers,
    inputs,
    payments,
    policies,
    reminders,
    rest,
    returns,
)

app_name = "filing"
urlpatterns = [
    path("", returns.return_list, name="return-list"),
    path("new/", returns.return_create, name="return-create"),
    path("calendar/", calendar.calendar, name="calendar"),
    path("calendar/feed.ics", feeds.feed, name="feed"),
    path("calendar/feed/open/", feeds.feed_open, name="feed-open"),
    path("calendar/feed/close/", feeds.feed_close, name="feed-close"),
    path("reminders/", reminders.reminders, name="reminders"),
    path("reminders/texts/", reminders.texts_choose, name="texts-choose"),
    path("period-kind/", filers.period_kind, name="period-kind"),
    path("rest/", rest.rest, name="rest"),
    path("rest/<int:pk>/end/", rest.rest_end, name="rest-end"),
    path("<int:pk>/zero/", rest.zero_file, name="zero-file"),
    path("policies/", policies.policy_list, name="policy-list"),
    path("comparisons/new/", comparisons.comparison_create, name="comparison-create"),
    path("comparisons/<int:pk>/", comparisons.comparison_detail, name="comparison-detail"),
    path("comparisons/<int:pk>/hand-over/", comparisons.comparison_hand_over, name="comparison-hand-over"),
    path("differences/", differences.difference_list, name="difference-list"),
    path("inputs/", inputs.input_list, name="input-list"),
    path("inputs/new/", inputs.input_create, name="input-create"),
    path("inputs/import/", inputs.input_import, name="input-import"),
    path("inputs/import/template/", inputs.input_template, name="input-template"),
    path("inputs/chosen/", inputs.input_chosen, name="input-chosen"),
    path("inputs/tick/", inputs.input_tick, name="input-tick"),
    path("inputs/transfers/new/", inputs.transfer_create, name="transfer-create"),
    path("inputs/transfers/<int:pk>/cancel/", inputs.transfer_cancel, name="transfer-cancel"),
    path("treasury/callback/", payments.treasury_callback, name="treasury-callback"),
    path("<int:pk>/", returns.return_detail, name="return-detail"),
    path("<int:pk>/edit/", returns.return_edit, name="return-edit"),
    path("<int:pk>/check/", returns.return_check, name="return-check"),
    path("<int:pk>/void/", returns.return_void, name="return-void"),
    path("<int:pk>/correct/", corrections.return_correct, name="return-correct"),
    path("<int:pk>/sheet/", corrections.return_sheet, name="return-sheet"),
    path("<int:pk>/pay/", payments.return_pay, name="return-pay"),
    path("<int:pk>/pay/status/", payments.payment_status, name="payment-status"),
]
