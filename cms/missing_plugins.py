"""Pages of a plugin that is not installed: Wagtail lists them, but fails on editing, copying, moving and deleting."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.deprecation import MiddlewareMixin
from django.utils.translation import gettext as _
from wagtail.models import Page


class MissingPluginMiddleware(MiddlewareMixin):
    """Answers in words where Wagtail's admin fails on such a page."""

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Lead back to the list in which the page stands; leave every other exception alone."""
        match = request.resolver_match
        if match is None or match.namespace != "wagtailadmin_pages":
            return None
        key = match.kwargs.get("page_id", match.kwargs.get("page_to_move_id"))
        page = Page.objects.filter(pk=key).first()
        if page is None or page.specific_class is not None:
            return None
        messages.error(
            request,
            _("This page belongs to a plugin that is not installed. Nothing of it is lost; install the plugin again."),
        )
        return redirect("wagtailadmin_explore", page.get_parent().pk)
