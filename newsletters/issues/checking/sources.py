"""The pages behind stories: those that readers of a language cannot see are left out of its mail."""

from __future__ import annotations

from collections.abc import Iterator

from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from wagtail.coreutils import get_content_languages

from cms.plugins.issue_checks import Finding, IssueToCheck, LeftOutStory, Level, Place, PoorTranslation


def check_sources(issue: IssueToCheck) -> Iterator[Finding]:
    """Find stories and people in the issue that are missing from the mail of some language."""
    for story in issue.left_out:
        level, message, mend = (_untranslated if story.why in {"mirror", "draft"} else _words)(story)
        yield Finding(
            code=f"source-{story.why}",
            level=level,
            message=message,
            mend=mend,
            place=Place(block_id=story.block_id),
            language=story.language,
        )
    yield from (_poor(translation) for translation in issue.poor_translations)
    for remark in issue.remarks:
        yield Finding(
            code=remark.code,
            level=remark.level,
            message=remark.message,
            mend=remark.mend or _("Check in the preview whether the mail is good as it is."),
            place=Place(block_id=remark.block_id, part=remark.part),
            language=remark.language,
        )


def _poor(translation: PoorTranslation) -> Finding:
    names = get_content_languages()
    words = {
        "page": translation.page,
        "language": names.get(translation.language, translation.language),
        "original": names.get(translation.original, translation.original),
        "count": translation.missing,
    }
    if translation.why == "partial":
        message = ngettext(
            "The page “%(page)s” is not translated into %(language)s: it lacks %(count)s text.",
            "The page “%(page)s” is not translated into %(language)s: it lacks %(count)s texts.",
            translation.missing,
        )
    elif translation.original:
        message = _("The page in %(original)s was published after its translation into %(language)s, “%(page)s”.")
    else:
        message = _("The translation “%(page)s” into %(language)s was changed, but not published since.")
    mend = {
        "partial": _("Translate them and publish the page, or remove the block."),
        "outdated": _("Bring the translation up to date and publish it, or check whether the change matters here."),
    }
    return Finding(
        code=f"translation-{translation.why}",
        level="error" if translation.why == "partial" else "warning",
        message=message % words,
        mend=mend[translation.why],
        place=Place(block_id=translation.block_id),
        language=translation.language,
    )


def _words(story: LeftOutStory) -> tuple[Level, str, str]:
    remove = _("Remove the block, or choose another page.")
    if story.why == "deleted":
        return "error", _("Its page was deleted, so nobody gets this."), remove
    if story.why == "unpublished":
        return (
            "error",
            _("Its page is not published, so this is left out."),
            _("Publish the page, or remove the block."),
        )
    if story.why == "expired":
        return "error", _("Its page has expired, so this is left out."), remove
    if story.why == "restricted":
        return "error", _("Its page is not for everyone, so this is left out."), remove
    if story.why == "wordless":
        return (
            "warning",
            _("It has no words in this language, so it is left out."),
            _("If it should have some, add them under “Words”, or take over what its page says now."),
        )
    return (
        "warning",
        _("Its page does not exist in this language, so this is left out."),
        _("Translate the page, or leave it: readers of the other language get it."),
    )


def _untranslated(story: LeftOutStory) -> tuple[Level, str, str]:
    language = get_content_languages().get(story.language, story.language)
    message = (
        _("The page “%(page)s” is not translated into %(language)s: it only mirrors another language’s.")
        if story.why == "mirror"
        else _("The translation of the page into %(language)s, “%(page)s”, is a draft that was never published.")
    )
    mend = _("Translate the page and publish it, or remove the block.")
    return "error", message % {"page": story.page, "language": language}, mend
