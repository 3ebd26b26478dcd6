"""The project's addresses, and Wagtail's own APIs."""

from django.urls import path
from wagtail.api.v2.router import WagtailAPIRouter
from wagtail.api.v2.views import PagesAPIViewSet
from wagtail.api.v3.urls import api as v3

from cms.urls import urlpatterns as ours

v2 = WagtailAPIRouter("wagtailapi_v2")
v2.register_endpoint("pages", PagesAPIViewSet)

urlpatterns = [path("peers/v2/", v2.urls), path("peers/v3/", v3.urls), *ours]
