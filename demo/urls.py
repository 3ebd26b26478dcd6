"""The demo's URLs: those of the project, the inbox, and uploaded files, which a web server serves elsewhere."""

from django.conf import settings
from django.urls import path
from django.views.static import serve

from cms.urls import urlpatterns as hub_urlpatterns
from demo import views

urlpatterns = [
    path("", views.welcome),
    path("members.csv", views.members, name="demo-members"),
    path("inbox/", views.inbox, name="demo-inbox"),
    path("inbox/<str:key>/", views.mail, name="demo-mail"),
    path("inbox/<str:key>/<str:part>/", views.mail_part, name="demo-mail-part"),
    path("media/<path:path>", serve, {"document_root": settings.MEDIA_ROOT}),
    *hub_urlpatterns,
]
