"""Translations that wagtail-localize makes: nothing goes public, or changes what is public, with untranslated words.

Its setting keeps the translation of one page a draft. What it does to pages that are there already, and to several at
once, knows no setting: hence the rules here. That a mirrored page stays a draft is `HubPage.save`'s to see to.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django import forms
from django.contrib import messages
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import ValidationError
from django.db.models import Count, Exists, F, Model, OuterRef
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from wagtail.admin.views.bulk_action import BulkAction
from wagtail.models import Locale, Page
from wagtail_localize.models import (
    StringSegment,
    StringTranslation,
    Translation,
    TranslationLog,
    TranslationSource,
)
from wagtail_localize.operations import TranslationCreator
from wagtail_localize.views.submit_translations import SubmitPageTranslationView
from wagtail_localize.views.update_translations import UpdateTranslationsView

from cms.admin.translations_report import require_page_with
from cms.models import HubPage, MissingPage

WITHOUT_WORDS = ("slug",)  # texts that nobody reads

SaveTarget = Callable[..., None]
GetPage = Callable[[SubmitPageTranslationView], Page]


def connect() -> None:
    """Keep the rules; called once, when the app is ready. wagtail-localize offers no other place for them."""
    Translation.save_target = _keeping_what_is_there(Translation.save_target)
    TranslationCreator.create_translations = _without_missing(TranslationCreator.create_translations)
    SubmitPageTranslationView.get_object = _of_their_own(SubmitPageTranslationView.get_object)


def _keeping_what_is_there(save_target: SaveTarget) -> SaveTarget:
    """Return `save_target`, but a draft of a translation is never written over a public page, nor over people's own.

    wagtail-localize saves the page itself before it saves the draft, with the other language's words where there are
    none in this one: on translating a whole branch, pages that somebody translated by hand would lose their words.
    """

    @functools.wraps(save_target)
    def save(
        translation: Translation, user: AbstractBaseUser | AnonymousUser | None = None, *, publish: bool = True
    ) -> None:
        if publish:
            save_target(translation, user=user, publish=True)
            return
        key, locale = translation.source.object_id, translation.target_locale
        there = Page.objects.filter(translation_key=key, locale=locale, alias_of=None).first()
        is_by_hand = not TranslationLog.objects.filter(source=translation.source, locale=locale).exists()
        if there and is_by_hand:
            translation.enabled = False  # its own editor stays, with an entry in the menu that starts the translation
            translation.save(update_fields=["enabled"])
        elif there is None or not there.live:
            save_target(translation, user=user, publish=False)

    return save


def _without_missing(create: Callable[..., None]) -> Callable[..., None]:
    """Return what translates a page, but for pages whose plugin is not installed."""

    @functools.wraps(create)
    def create_translations(creator: TranslationCreator, instance: Model, *args: object, **kwargs: object) -> None:
        if not (isinstance(instance, Page) and instance.specific_class is MissingPage):
            create(creator, instance, *args, **kwargs)

    return create_translations


def _of_their_own(get_page: GetPage) -> GetPage:
    """Return what finds the page to translate, but for whoever may neither edit nor publish it in any language."""

    @functools.wraps(get_page)
    def get_object(view: SubmitPageTranslationView) -> Page:
        page = get_page(view)
        require_page_with(page.translation_key, user=view.request.user)
        return page

    return get_object


class UpdateTranslations(UpdateTranslationsView):
    """Takes over changes of a page into its translations; publishes at once only those that are whole."""

    def get_object(self) -> TranslationSource:
        """Return the source, of a page to whoever may edit or publish it in any language."""
        source = super().get_object()
        if issubclass(source.specific_content_type.model_class() or Page, Page):
            require_page_with(source.object_id, user=self.request.user)
        return source

    def form_valid(self, form: forms.Form) -> HttpResponse:
        """Update the source as wagtail-localize does, then publish what has all its words, and name the rest."""
        is_to_publish = form.cleaned_data["publish_translations"]
        form.cleaned_data["publish_translations"] = False
        response: HttpResponse = super().form_valid(form)
        if is_to_publish:
            translations = self.object.translations.filter(enabled=True).select_related("target_locale")
            if waiting := self._publish(list(translations)):
                words = _(
                    "Not published yet, as texts are not translated: %(languages)s. "
                    "Translate them, then publish the page in that language."
                )
                messages.warning(self.request, words % {"languages": ", ".join(waiting)})
        return response

    def _publish(self, translations: Collection[Translation]) -> list[str]:
        key, waiting = self.object.object_id, []
        progress = progress_of([key], locales=[translation.target_locale for translation in translations])
        for translation in translations:
            try:
                if not progress[key, translation.target_locale_id].missing:
                    translation.save_target(user=self.request.user, publish=True)
                    continue
            except ValidationError:
                pass
            waiting.append(translation.target_locale.get_display_name())
        return waiting


@dataclass(frozen=True, kw_only=True)
class Progress:
    """How far a translation is: how many texts it lacks, and when its source and its own texts were changed last."""

    missing: int
    source_changed_at: datetime
    words_changed_at: datetime | None


def progress_of(keys: Collection[UUID], *, locales: Collection[Locale]) -> dict[tuple[UUID, int], Progress]:
    """Return how far the translations of pages with these keys are, by key and the key of their locale; two queries."""
    about = {"source__object_id__in": keys}
    translated = StringTranslation.objects.filter(
        translation_of=OuterRef("string"), context=OuterRef("context"), locale=OuterRef("into"), has_error=False
    )
    segments = StringSegment.objects.filter(**about, source__translations__target_locale__in=locales)
    lacking = (
        segments.exclude(context__path__in=WITHOUT_WORDS)
        .annotate(into=F("source__translations__target_locale"))
        .filter(~Exists(translated))
        .values_list("source", "into")
        .annotate(count=Count("pk"))
        .order_by()
    )
    missing = {(source, into): count for source, into, count in lacking}
    translations = Translation.objects.filter(**about, target_locale__in=locales, enabled=True)
    return {
        (each.source.object_id, each.target_locale_id): Progress(
            missing=missing.get((each.source_id, each.target_locale_id), 0),
            source_changed_at=each.source.last_updated_at,
            words_changed_at=each.translations_last_updated_at,
        )
        for each in translations.select_related("source")
    }


def keep_mirrors(
    request: HttpRequest, action_type: str, objects: Iterable[Model], action: BulkAction
) -> HttpResponse | None:
    """Say why a page that only mirrors another language's is not published in a list: Wagtail fails there."""
    if action_type != "publish":
        return None
    pages = [page for page in objects if isinstance(page, Page)]
    if action.cleaned_form.cleaned_data.get("include_descendants"):
        pages += [below for page in pages for below in page.get_descendants().not_live()]
    mirrors = (page.specific for page in pages if page.alias_of_id and not page.live)
    mirror = next((page for page in mirrors if isinstance(page, HubPage) and page.mirrors_another_language), None)
    if mirror is None:
        return None
    words = _("“%(page)s” is not published: it only mirrors a page in another language. Translate it first.")
    messages.error(request, words % {"page": mirror.get_admin_display_title()})
    return redirect("wagtailadmin_explore", mirror.get_parent().pk)
