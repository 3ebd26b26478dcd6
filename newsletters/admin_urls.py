"""Addresses of the newsletter's own pages in the Wagtail admin."""

from django.urls import path, re_path

from newsletters.views import (
    checking,
    composing,
    correcting,
    deliveries,
    dispatches,
    gathering,
    previewing,
    reviewing,
    sending,
    subscriptions,
    testing,
    updating,
)

app_name = "newsletters_admin"

urlpatterns = [
    path("", composing.overview, name="overview"),
    path("<int:page_pk>/compose/", composing.compose, name="compose"),
    path("<int:page_pk>/gather/", gathering.gather_new, name="gather-new"),
    path("issues/<int:issue_pk>/updates/", updating.updates, name="updates"),
    path("issues/<int:issue_pk>/gather/", gathering.gather, name="gather"),
    path("issues/<int:issue_pk>/review/", reviewing.review, name="review"),
    path("issues/<int:issue_pk>/preview/", previewing.preview, name="preview"),
    path("issues/<int:issue_pk>/test/", testing.test, name="test"),
    path("issues/<int:issue_pk>/checks/", checking.checks, name="checks"),
    path("issues/<int:issue_pk>/check-links/", checking.check_links, name="check_links"),
    path("issues/<int:issue_pk>/submit/", reviewing.submit, name="submit"),
    path("issues/<int:issue_pk>/approve/", reviewing.approve, name="approve"),
    path("issues/<int:issue_pk>/send-back/", reviewing.send_back, name="send_back"),
    path("issues/<int:issue_pk>/confirm/", sending.confirm, name="confirm"),
    path("issues/<int:issue_pk>/send/", sending.send, name="send"),
    path("issues/<int:issue_pk>/schedule/", sending.schedule, name="schedule"),
    path("issues/<int:issue_pk>/unschedule/", sending.unschedule, name="unschedule"),
    path("subscriptions/<int:subscription_pk>/end/", subscriptions.end, name="end_subscription"),
    path("workflow/set-up/", reviewing.set_up, name="set_up"),
    path("dispatches/<int:dispatch_pk>/correct/", correcting.correct, name="correct"),
    path("dispatches/<int:dispatch_pk>/copy/", correcting.copy, name="copy"),
    path("dispatches/<int:dispatch_pk>/", dispatches.dispatch, name="dispatch"),
    path("dispatches/<int:dispatch_pk>/ask-cancel/", dispatches.ask_cancel, name="ask_cancel"),
    path("dispatches/<int:dispatch_pk>/deliveries/", deliveries.deliveries, name="deliveries"),
    path("dispatches/<int:dispatch_pk>/uncertain/", deliveries.uncertain, name="uncertain"),
    path("dispatches/<int:dispatch_pk>/rest/", deliveries.rest, name="rest"),
    re_path(r"^dispatches/(?P<dispatch_pk>\d+)/(?P<verb>pause|resume|cancel)/$", dispatches.steer, name="steer"),
]
