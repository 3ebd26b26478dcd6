"""URLs that subscribers get: short, without a language prefix, and valid as long as people keep their mails."""

from django.urls import path

from newsletters.audience.views import address, person, public, question
from newsletters.results.provider_events import provider_webhooks
from newsletters.values import path_keys  # noqa: F401  # registers <key:…>

app_name = "newsletters"

urlpatterns = [
    path("n/s/<slug:slug>/<str:language>", public.sign_up, name="sign-up"),
    path("n/c/<str:token>", public.confirm, name="confirm"),
    path("n/u/<str:token>", public.unsubscribe, name="unsubscribe"),
    path("n/p/<str:token>", public.preferences, name="preferences"),
    path("n/l/<slug:slug>/<str:language>", person.ask_for_link, name="ask-for-link"),
    path("n/a/<str:token>", address.confirm_address, name="confirm-address"),
    path("n/r/<str:token>", address.undo_address, name="undo-address"),
    path("n/q/<str:token>", question.still, name="still-wanted"),
    path("n/m/<str:token>", person.person, name="person"),
    path("n/t/<slug:language>", public.test_link, name="test-link"),
    path("n/i/<key:issue_pk>/<slug:language>", public.online, name="online"),
    *provider_webhooks(),
]
