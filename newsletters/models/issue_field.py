"""The field that holds what an issue says: blocks of the kinds that the installed plugins bring."""

from __future__ import annotations

from collections.abc import Iterator

from django.utils.translation import gettext_lazy as _
from wagtail import blocks
from wagtail.blocks import StreamValue, StructValue

from cms.models.body import KeepingBlock, KindsField
from cms.plugins.registry import issue_block_kinds


class IssueBlock(KeepingBlock):
    """The stories of an issue and the editor's own blocks between them, in order."""

    class Meta:
        collapsed = True  # with a dozen stories in two languages, editors see the order and open what they change

    def clean(self, value: StreamValue) -> StreamValue:
        cleaned = super().clean(value)
        if sum(1 for story in stories_of(cleaned) if story["is_lead"]) > 1:
            raise blocks.StreamBlockValidationError(
                non_block_errors=[_("An issue has one lead story. Untick the others.")]
            )
        return cleaned


class IssueField(KindsField):
    """What an issue says."""

    migrates_as = "newsletters.models.IssueField"
    find_kinds = staticmethod(issue_block_kinds)
    block_class = IssueBlock


def stories_of(body: StreamValue) -> Iterator[StructValue]:
    """Yield the values of an issue's story blocks, in order."""
    return (block.value for block in body if block.block_type == "story")


def telling_blocks(body: StreamValue) -> list[StreamValue.StreamChild]:
    """Return the blocks that tell what a page says about itself, in order."""
    kinds = issue_block_kinds()
    return [block for block in body if block.block_type in kinds and kinds[block.block_type].tells_page]
