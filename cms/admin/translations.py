"""Rules for wagtail-localize's translations: no text is published, or changed in public, before it is translated.

wagtail-localize has a setting that keeps the new translation of a page a draft, but none for pages that exist already,
nor for many pages at once. `HubPage.save` makes sure that a mirrored page stays a draft.
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

WITHOUT_WORDS = ("slug",)  # readers never see these texts

SaveTarget = Callable[..., None]
GetPage = Callable[[SubmitPageTranslationView], Page]


def connect() -> None:
    """Patch wagtail-localize, which offers no hook for these rules; called once, when the app is ready."""
    Translation.save_target = _keeping_what_is_there(Translation.save_target)
    TranslationCreator.create_translations = _without_missing(TranslationCreator.create_translations)
    SubmitPageTranslationView.get_object = _of_their_own(SubmitPageTranslationView.get_object)


def _keeping_what_is_there(save_target: SaveTarget) -> SaveTarget:
    """Return `save_target`, changed so that a draft never overwrites a public page or a page translated by hand.

    wagtail-localize saves the page itself before it saves the draft, and fills untranslated texts from the source: when
    a whole branch is translated, pages that somebody translated by hand would lose their texts.
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
            translation.enabled = False  # keeps Wagtail's own editor, whose menu can start the translation
            translation.save(update_fields=["enabled"])
        elif there is None or not there.live:
            save_target(translation, user=user, publish=False)

    return save


def _without_missing(create: Callable[..., None]) -> Callable[..., None]:
    """Return `create`, changed to skip pages whose plugin is not installed."""

    @functools.wraps(create)
    def create_translations(creator: TranslationCreator, instance: Model, *args: object, **kwargs: object) -> None:
        if not (isinstance(instance, Page) and instance.specific_class is MissingPage):
            create(creator, instance, *args, **kwargs)

    return create_translations


def _of_their_own(get_page: GetPage) -> GetPage:
    """Return `get_page`, changed to refuse users who may neither edit nor publish the page in any language."""

    @functools.wraps(get_page)
    def get_object(view: SubmitPageTranslationView) -> Page:
        page = get_page(view)
        require_page_with(page.translation_key, user=view.request.user)
        return page

    return get_object


class UpdateTranslations(UpdateTranslationsView):
    """Copies a page's changes to its translations, and publishes only the complete ones at once."""

    def get_object(self) -> TranslationSource:
        """Return the source; for a page, only to users who may edit or publish it in some language."""
        source = super().get_object()
        if issubclass(source.specific_content_type.model_class() or Page, Page):
            require_page_with(source.object_id, user=self.request.user)
        return source

    def form_valid(self, form: forms.Form) -> HttpResponse:
        """Update the source as wagtail-localize does, then publish the complete translations and name the others."""
        is_to_publish = form.cleaned_data["publish_translations"]
        form.cleaned_data["publish_translations"] = False
        response: HttpResponse = super().form_valid(form)
        if is_to_publish:
            translations = self.object.translations.filter(enabled=True).select_related("target_locale")
            if waiting := self._publish(list(translations)):
                message = _(
                    "Not published yet, because some texts are not translated: %(languages)s. "
                    "Translate them, then publish the page in that language."
                )
                messages.warning(self.request, message % {"languages": ", ".join(waiting)})
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
class TranslationProgress:
    """The progress of a translation: how many texts it lacks, and when its source and its texts last changed."""

    missing: int
    source_changed_at: datetime
    words_changed_at: datetime | None


def progress_of(keys: Collection[UUID], *, locales: Collection[Locale]) -> dict[tuple[UUID, int], TranslationProgress]:
    """Return the progress of the translations of these pages, by translation key and locale id; two queries."""
    of_pages = {"source__object_id__in": keys}
    translated = StringTranslation.objects.filter(
        translation_of=OuterRef("string"), context=OuterRef("context"), locale=OuterRef("into"), has_error=False
    )
    segments = StringSegment.objects.filter(**of_pages, source__translations__target_locale__in=locales)
    lacking = (
        segments.exclude(context__path__in=WITHOUT_WORDS)
        .annotate(into=F("source__translations__target_locale"))
        .filter(~Exists(translated))
        .values_list("source", "into")
        .annotate(count=Count("pk"))
        .order_by()
    )
    missing = {(source, into): count for source, into, count in lacking}
    translations = Translation.objects.filter(**of_pages, target_locale__in=locales, enabled=True)
    return {
        (translation.source.object_id, translation.target_locale_id): TranslationProgress(
            missing=missing.get((translation.source_id, translation.target_locale_id), 0),
            source_changed_at=translation.source.last_updated_at,
            words_changed_at=translation.translations_last_updated_at,
        )
        for translation in translations.select_related("source")
    }


def keep_mirrors(
    request: HttpRequest, action_type: str, objects: Iterable[Model], action: BulkAction
) -> HttpResponse | None:
    """Refuse, with a reason, to publish pages in a list that only mirror another language: Wagtail would fail."""
    if action_type != "publish":
        return None
    pages = [page for page in objects if isinstance(page, Page)]
    if action.cleaned_form.cleaned_data.get("include_descendants"):
        pages += [below for page in pages for below in page.get_descendants().not_live()]
    mirrors = (page.specific for page in pages if page.alias_of_id and not page.live)
    mirror = next((page for page in mirrors if isinstance(page, HubPage) and page.mirrors_another_language), None)
    if mirror is None:
        return None
    message = _("“%(page)s” is not published: it only mirrors a page in another language. Translate it first.")
    messages.error(request, message % {"page": mirror.get_admin_display_title()})
    return redirect("wagtailadmin_explore", mirror.get_parent().pk)
