"""Read what the checks look at: all queries are here, and their number does not depend on the issue's size."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from hashlib import sha256
from urllib.parse import unquote, urlsplit

from bs4 import BeautifulSoup
from django.core.cache import cache
from django.core.files.storage import Storage
from django.utils.text import capfirst
from wagtail.images import get_image_model

from cms.plugins.issue_checks import (
    ColourPair,
    EditionToCheck,
    IssueToCheck,
    LeftOutLanguage,
    LeftOutStory,
    MailToCheck,
    OwnPart,
    PictureFile,
    Place,
    RemarkToCheck,
    SegmentToCheck,
    SenderToCheck,
    StoryToCheck,
)
from newsletters.audience.queries import audience, readers_left_out, variants
from newsletters.conf import conf
from newsletters.editions.compile_edition import CompiledEdition, compile_edition, has_own_words, stories_for
from newsletters.editions.compile_issue import CompiledIssue
from newsletters.editions.content import IssueContent
from newsletters.editions.mjml import find_unknown
from newsletters.editions.notices import PLUGIN_FAILED
from newsletters.editions.template_values import Story
from newsletters.issues.checking.links.states import own_hosts, read_link_states
from newsletters.issues.checking.markup import MANY_BYTES
from newsletters.issues.checking.story_pages import read_left_out, read_poor_translations
from newsletters.issues.queries import last_dispatch
from newsletters.models import IssuePage, Newsletter, Recipients
from newsletters.publications.privacy_statements import privacy_statements
from newsletters.publications.queries import theme_names
from newsletters.values.contrast import GROUNDS
from newsletters.values.look import Picture
from newsletters.values.personal_parts import PREFERENCES_URL, UNSUBSCRIBE_URL

KEPT_SECONDS = 300  # how long a picture's size stays in the cache
LONGEST_PERSONAL_URL = 75  # TRUST: List-Unsubscribe is kept shorter than that


def read_issue(issue: IssuePage, *, compiled: CompiledIssue, now: datetime, anew: bool = False) -> IssueToCheck:
    """Return the issue as its checks see it; with `anew` the sizes of pictures are read again, which is slow."""
    newsletter = issue.newsletter
    mails = mails_of(compiled)
    hosts = own_hosts()
    shown = {locale: set(_block_ids(content)) for locale, content in compiled.contents.items()}
    left_out = tuple(read_left_out(issue, shown=shown, now=now))
    return IssueToCheck(
        now=now,
        sender=SenderToCheck(
            name=newsletter.sender_name,
            email=newsletter.sender_email,
            reply_to=newsletter.reply_to,
            postal_address=newsletter.postal_address,
        ),
        mails=mails,
        editions=tuple(_editions(newsletter, compiled=compiled)),
        left_out=left_out,
        poor_translations=tuple(read_poor_translations(issue, locales=list(compiled.contents))),
        languages_left_out=tuple(
            LeftOutLanguage(language=code, people=people)
            for code, people in readers_left_out(newsletter, compiled.left_out, to=compiled.recipients).items()
        ),
        segments=tuple(_segments(newsletter, recipients=compiled.recipients)),
        remarks=tuple(_remarks(compiled, left_out=left_out)),
        colours=tuple(_colours(next(iter(compiled.contents.values())))),
        files=_files(mails, compiled=compiled, anew=anew),
        links=read_link_states(mails, site=issue.get_site(), hosts=hosts, now=now),
        own_hosts=hosts,
        is_served_by_https=conf.PUBLIC_URL.startswith("https://"),
        without_statement=tuple(_without_statement(issue, newsletter=newsletter, now=now)),
        is_first_sending=last_dispatch(newsletter) is None,
    )


def _without_statement(issue: IssuePage, *, newsletter: Newsletter, now: datetime) -> list[str]:
    texts = newsletter.texts.select_related("locale")
    found = privacy_statements(texts, site=issue.get_site(), now=now)
    return [text.locale.language_code for text in texts if text not in found]


def mails_of(compiled: CompiledIssue) -> tuple[MailToCheck, ...]:
    """Return the mails, one for each language, as the checks see them."""
    return tuple(_mail(content, edition=compiled.editions[locale]) for locale, content in compiled.contents.items())


def _mail(content: IssueContent, *, edition: CompiledEdition) -> MailToCheck:
    return MailToCheck(
        language=content.locale.language_code,
        direction=content.direction,
        newsletter=content.newsletter,
        subject=edition.subject,
        preheader=edition.preheader,
        title=edition.title,
        html=edition.html,
        text=edition.text,
        stories=tuple(_story(story) for story in _stories(content)),
        own_parts=tuple(_own_parts(content)),
        compiler_remarks=tuple(find_unknown(edition.mjml)),
    )


def _stories(content: IssueContent) -> list[Story]:
    lead = [content.lead] if content.lead else []
    return [*lead, *(rendered.story for rendered in content.stories)]


def _block_ids(content: IssueContent) -> Iterator[str]:
    yield from (story.block_id for story in _stories(content))
    yield from (block.block_id for block in content.blocks)


def _story(story: Story) -> StoryToCheck:
    return StoryToCheck(
        type=story.card,
        title=story.title,
        teaser=story.teaser,
        link_text=story.link_text,
        url=story.url,
        block_id=story.block_id,
        pictures=tuple(picture.url for picture in (story.picture, story.thumbnail) if picture),
        facts=story.facts,
    )


def _own_parts(content: IssueContent) -> Iterator[OwnPart]:
    """Yield what the editor wrote, except the subject, the preheader and the title."""
    words, greeting = content.text, content.text.salutation
    yield _own_part(Place(part="greeting"), f"{greeting.with_name} {greeting.without_name}")
    yield _own_part(Place(part="intro"), content.intro_html)
    yield _own_part(Place(part="signed_by"), f"{words.signed_by} {words.signed_function}")
    for block in content.blocks:
        yield _own_part(Place(block_id=block.block_id), block.mjml)


def _own_part(place: Place, markup: str) -> OwnPart:
    parsed = BeautifulSoup(markup, "html.parser")
    return OwnPart(
        place=place,
        words=parsed.get_text(" ", strip=True),
        urls=tuple(str(tag["href"]) for tag in parsed.find_all(href=True)),
        pictures=tuple(str(tag["src"]) for tag in parsed.find_all(src=True)),
    )


def _remarks(compiled: CompiledIssue, *, left_out: tuple[LeftOutStory, ...]) -> Iterator[RemarkToCheck]:
    """Yield the other notices of the compiler; those about stories in `left_out` are known in more detail."""
    known = {(story.language, story.block_id) for story in left_out}
    for locale, content in compiled.contents.items():
        code = locale.language_code
        for remark in content.notices:
            if (code, remark.block_id) not in known or remark.code == PLUGIN_FAILED:
                yield RemarkToCheck(
                    block_id=remark.block_id,
                    message=str(remark.message),
                    language=code,
                    mend=str(remark.mend),
                    part=remark.part,
                    code=remark.code,
                    level=remark.level,
                )


def _editions(newsletter: Newsletter, *, compiled: CompiledIssue) -> Iterator[EditionToCheck]:
    """Yield what each part of the audience gets.

    An edition by theme only leaves out stories, so its size is measured only if the full edition is too large.
    """
    names = theme_names()
    for variant in variants(newsletter, to=compiled.recipients):
        if variant.locale not in compiled.contents:
            continue
        content, full = compiled.contents[variant.locale], compiled.editions[variant.locale]
        size = _personal_bytes(full.html)
        if size > MANY_BYTES:
            size = _personal_bytes(compile_edition(content, followed=variant.followed).html)
        yield EditionToCheck(
            language=variant.locale.language_code,
            themes=" + ".join(name for slug, name in names.items() if slug in variant.followed),
            people=variant.people,
            story_count=len(stories_for(content, followed=variant.followed)),
            has_lead=content.lead is not None,
            html_bytes=size,
            has_own_words=has_own_words(content),
        )


def _segments(newsletter: Newsletter, *, recipients: Recipients) -> Iterator[SegmentToCheck]:
    for segment in recipients.segments:
        people = audience(newsletter, to=Recipients(send_to=segment)).count()
        yield SegmentToCheck(name=segment.name, people=people, is_left_out=segment is recipients.not_to)


def _personal_bytes(html: str) -> int:
    """Return the size of one reader's copy, whose links are longer than their tokens in the HTML."""
    links = html.count(PREFERENCES_URL) + html.count(UNSUBSCRIBE_URL)
    return len(html.encode()) + links * (LONGEST_PERSONAL_URL - len(UNSUBSCRIBE_URL))


def _colours(content: IssueContent) -> Iterator[ColourPair]:
    """Yield each text colour of the look with each background that it is used on."""
    for text, grounds in GROUNDS.items():
        field = getattr(Newsletter, f"colour_{text}").field
        for ground in grounds:
            yield ColourPair(
                name=capfirst(field.verbose_name),
                text=getattr(content.look, text),
                ground=getattr(content.look, ground),
            )


def _files(mails: tuple[MailToCheck, ...], *, compiled: CompiledIssue, anew: bool) -> dict[str, PictureFile]:
    """Return the files of our own pictures, by address; makes no query."""
    storage = get_image_model().get_rendition_model().file.field.storage
    base = storage.url("probe").partition("probe")[0]
    bases = (base, f"{conf.PUBLIC_URL}{base}")
    shown = _pictures(compiled)
    logos = {logo.url for content in compiled.contents.values() for logo in _logos(content)}
    names = {
        picture.url: unquote(urlsplit(picture.url.removeprefix(own)).path)
        for mail in mails
        for picture in mail.pictures
        if (own := next((base for base in bases if picture.url.startswith(base)), None))
    }
    sizes = _sizes(storage, set(names.values()), anew=anew)
    return {url: _picture_file(shown.get(url), size=sizes[name], is_logo=url in logos) for url, name in names.items()}


def _picture_file(picture: Picture | None, *, size: int | None, is_logo: bool) -> PictureFile:
    if picture is None:
        return PictureFile(bytes=size, is_logo=is_logo)
    return PictureFile(bytes=size, is_logo=is_logo, width=picture.width, room=picture.room, tallness=picture.tallness)


def _sizes(storage: Storage, names: set[str], *, anew: bool) -> dict[str, int | None]:
    """Return the sizes of files, None for a missing file.

    No table has a rendition's size, and remote storage is slow to ask; so sizes are cached.
    """
    keys = {name: f"newsletters:picture:{sha256(name.encode()).hexdigest()}" for name in names}
    kept = {} if anew else cache.get_many(keys.values())
    sizes = {name: kept.get(key) or _size(storage, name) for name, key in keys.items()}
    cache.set_many({keys[name]: size or 0 for name, size in sizes.items() if not kept.get(keys[name])}, KEPT_SECONDS)
    return sizes


def _size(storage: Storage, name: str) -> int | None:
    try:
        return int(storage.size(name))
    except Exception:  # each storage raises its own error for a missing file
        return None


def _pictures(compiled: CompiledIssue) -> dict[str, Picture]:
    """Return our pictures by address; of one that is used in several places, the one with the most room."""
    found: dict[str, Picture] = {}
    for content in compiled.contents.values():
        in_stories = (picture for story in _stories(content) for picture in (story.picture, story.thumbnail))
        in_blocks = (picture for block in content.blocks for picture in block.pictures)
        for picture in filter(None, (*in_stories, *in_blocks, *_logos(content))):
            if picture.url not in found or picture.room > found[picture.url].room:
                found[picture.url] = picture
    return found


def _logos(content: IssueContent) -> list[Picture]:
    return [logo for logo in (content.look.logo, content.look.dark_logo) if logo]
