"""Addresses of the newsletter's own pages in the Wagtail admin."""

from django.urls import path, re_path

from newsletters.views import admin

app_name = "newsletters_admin"

urlpatterns = [
    path("", admin.overview, name="overview"),
    path("<int:page_pk>/compose/", admin.compose, name="compose"),
    path("issues/<int:issue_pk>/gather/", admin.gather, name="gather"),
    path("issues/<int:issue_pk>/review/", admin.review, name="review"),
    re_path(
        r"^issues/(?P<issue_pk>\d+)/editions/(?P<language>[\w-]+)/(?P<kind>html|text)/$",
        admin.edition,
        name="edition",
    ),
    path("issues/<int:issue_pk>/approve/", admin.approve, name="approve"),
    path("issues/<int:issue_pk>/send/", admin.send, name="send"),
    path("dispatches/<int:dispatch_pk>/", admin.dispatch, name="dispatch"),
    re_path(r"^dispatches/(?P<dispatch_pk>\d+)/(?P<verb>pause|resume|cancel)/$", admin.steer, name="steer"),
]
