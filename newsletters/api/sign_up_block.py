"""A block that invites readers to subscribe to a newsletter."""

from __future__ import annotations

from typing import Literal

from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from pydantic import Field
from wagtail import blocks

from cms.api.context import BuildContext
from cms.api.values import BodyBlock, PageRef
from cms.content.references import stored_key, stored_keys
from cms.plugins import BlockKind, References, StoredBlock
from cms.plugins.contract import StoredValue
from newsletters.models import NewsletterPage, NewsletterText


def some_newsletter() -> StoredValue:
    """Return an example: the first newsletter that has a page."""
    return {"newsletter": NewsletterPage.objects.live().order_by("pk").first(), "title": "", "text": ""}


class SignUpForm(blocks.StructBlock):
    newsletter = blocks.PageChooserBlock(
        label=_("Newsletter"), page_type="hub_newsletters.NewsletterPage", help_text=_("The page of the newsletter.")
    )
    title = blocks.CharBlock(
        label=_("Title"),
        required=False,
        default="",
        max_length=120,
        help_text=_("Without it, the newsletter's name is shown."),
    )
    text = blocks.TextBlock(label=_("Text"), required=False, default="", max_length=400, rows=2)

    class Meta:
        icon = "mail"
        label = _("Newsletter sign-up")
        label_format = "{title}"
        description = _("An invitation to subscribe to a newsletter.")
        group = _("From this site")
        preview_template = "cms/block_preview.html"
        preview_value = staticmethod(some_newsletter)


class NewslettersSignUpBlock(BodyBlock):
    """An invitation to subscribe to a newsletter."""

    type: Literal["sign_up"] = Field(description="Says that this is an invitation to subscribe.")
    title: str = Field(description="The title: the editor's, or else the newsletter's name.", examples=["The Letter"])
    text: str = Field(description="A few words of plain text; may be empty.", examples=["Once a month, by mail."])
    newsletter: str = Field(description="The newsletter's slug, as in `/newsletters/{slug}`.", examples=["newsletter"])
    language: str = Field(description="The language of the newsletter to ask for: the page's.", examples=["en"])
    subscribe_path: str = Field(
        description="The path of this API to which a form sends its request (`requestSubscription`).",
        examples=["/api/v1/newsletters/newsletter/subscriptions"],
    )
    sign_up_path: str = Field(
        description="The path of the hub's own sign-up page, for a website without a form.",
        examples=["/n/s/newsletter/en"],
    )
    page: PageRef = Field(description="The newsletter's page.")


def build(stored: StoredBlock, context: BuildContext) -> NewslettersSignUpBlock | None:
    """Return the invitation; None if the newsletter has no public page or is not written in the page's language."""
    page = context.card_page(stored_key(stored.value.get("newsletter")), locale_id=stored.locale_id)
    if not isinstance(page, NewsletterPage):
        return None
    text = _texts(context).get((page.newsletter_id, stored.locale_id))
    if text is None:
        return None
    slug, language = page.newsletter.slug, text.locale.language_code
    return NewslettersSignUpBlock(
        id=stored.id,
        type="sign_up",
        title=stored.value.get("title") or text.title,
        text=stored.value.get("text") or "",
        newsletter=slug,
        language=language,
        subscribe_path=reverse("api:subscribe", kwargs={"slug": slug}),
        sign_up_path=reverse("newsletters:sign-up", args=[slug, language]),
        page=context.ref(page),
    )


def _texts(context: BuildContext) -> dict[tuple[int, int], NewsletterText]:
    """Return the texts of all newsletters by newsletter and locale."""

    def load() -> dict[tuple[int, int], NewsletterText]:
        texts = NewsletterText.objects.select_related("locale")
        return {(text.newsletter_id, text.locale_id): text for text in texts}

    return context.once("newsletters.texts", load)


def references(value: StoredValue) -> References:
    return References(cards=stored_keys([value.get("newsletter")]))


SIGN_UP = BlockKind(
    name="sign_up",
    form=SignUpForm,
    schema=NewslettersSignUpBlock,
    build=build,
    template="newsletters/sign_up_block.html",
    references=references,
)
