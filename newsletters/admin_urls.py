"""URLs of the newsletter's own pages in the Wagtail admin."""

from django.urls import path, re_path

from newsletters.audience.views import bulk, exporting, importing, people, privacy, reader, readers, subscriptions
from newsletters.issues.views import (
    checking,
    correcting,
    gathering,
    overview,
    previewing,
    reviewing,
    sending,
    testing,
    updating,
)
from newsletters.results.views import deliveries, dispatches
from newsletters.values import path_keys  # noqa: F401  # registers <key:…>

app_name = "newsletters_admin"

urlpatterns = [
    path("", overview.overview, name="overview"),
    path("<key:page_pk>/compose/", overview.compose, name="compose"),
    path("<key:page_pk>/gather/", gathering.gather_new, name="gather-new"),
    path("issues/<key:issue_pk>/updates/", updating.updates, name="updates"),
    path("issues/<key:issue_pk>/gather/", gathering.gather, name="gather"),
    path("issues/<key:issue_pk>/review/", reviewing.review, name="review"),
    path("issues/<key:issue_pk>/preview/", previewing.preview, name="preview"),
    path("issues/<key:issue_pk>/test/", testing.test, name="test"),
    path("issues/<key:issue_pk>/checks/", checking.checks, name="checks"),
    path("issues/<key:issue_pk>/check-links/", checking.check_links, name="check_links"),
    path("issues/<key:issue_pk>/submit/", reviewing.submit, name="submit"),
    path("issues/<key:issue_pk>/take-back/", reviewing.take_back, name="take_back"),
    path("issues/<key:issue_pk>/approve/", reviewing.approve, name="approve"),
    path("issues/<key:issue_pk>/send-back/", reviewing.send_back, name="send_back"),
    path("issues/<key:issue_pk>/confirm/", sending.confirm, name="confirm"),
    path("issues/<key:issue_pk>/send/", sending.send, name="send"),
    path("issues/<key:issue_pk>/schedule/", sending.schedule, name="schedule"),
    path("issues/<key:issue_pk>/unschedule/", sending.unschedule, name="unschedule"),
    path("subscribers/export/", exporting.export, name="export"),
    path("subscribers/imports/", importing.imports, name="imports"),
    path("subscribers/imports/<key:import_pk>/", importing.one_import, name="import"),
    path("subscribers/imports/<key:import_pk>/start/", importing.start, name="start_import"),
    path("subscribers/imports/<key:import_pk>/undo/", importing.undo_import, name="undo_import"),
    path("subscribers/imports/<key:import_pk>/stop/", importing.stop, name="stop_import"),
    path("subscribers/imports/<key:import_pk>/report/", importing.report, name="import_report"),
    path("subscribers/subscriptions/<key:subscription_pk>/end/", subscriptions.end, name="end_subscription"),
    path("subscribers/subscriptions/<key:subscription_pk>/restore/", subscriptions.restore, name="restore"),
    path("subscribers/subscriptions/<key:subscription_pk>/change/", reader.change, name="change"),
    path("subscribers/numbers/", readers.numbers, name="numbers"),
    path("privacy/", privacy.privacy, name="privacy"),
    path("subscribers/suppressed/", people.suppressed, name="suppressed"),
    path("subscribers/bulk/", bulk.bulk, name="bulk"),
    path("subscribers/bulk/<key:change_pk>/", bulk.bulk_change, name="bulk_change"),
    path("subscribers/bulk/<key:change_pk>/undo/", bulk.undo_bulk, name="undo_bulk"),
    path("subscribers/<key:subscriber_pk>/", reader.reader, name="reader"),
    path("subscribers/<key:subscriber_pk>/suppress/", reader.suppress, name="suppress"),
    re_path(r"^subscribers/(?P<subscriber_pk>[0-9]{1,18})/proof\.(?P<form>json|html)$", people.proof, name="proof"),
    path("subscribers/<key:subscriber_pk>/erase/", people.erase, name="erase_subscriber"),
    path("workflow/set-up/", reviewing.set_up, name="set_up"),
    path("dispatches/<key:dispatch_pk>/correct/", correcting.correct, name="correct"),
    path("dispatches/<key:dispatch_pk>/copy/", correcting.copy, name="copy"),
    path("dispatches/<key:dispatch_pk>/", dispatches.dispatch, name="dispatch"),
    path("dispatches/<key:dispatch_pk>/ask-cancel/", dispatches.ask_cancel, name="ask_cancel"),
    path("dispatches/<key:dispatch_pk>/deliveries/", deliveries.deliveries, name="deliveries"),
    path("dispatches/<key:dispatch_pk>/uncertain/", deliveries.uncertain, name="uncertain"),
    path("dispatches/<key:dispatch_pk>/rest/", deliveries.rest, name="rest"),
    re_path(
        r"^dispatches/(?P<dispatch_pk>[0-9]{1,18})/(?P<verb>pause|resume|cancel)/$", dispatches.steer, name="steer"
    ),
]
