"""The field that holds a page's body: blocks of the kinds that the installed plugins bring."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Field
from django.utils.functional import Promise, cached_property
from django.utils.translation import gettext_lazy as _
from wagtail import blocks
from wagtail.admin.telepath import register
from wagtail.blocks.stream_block import StreamBlockAdapter
from wagtail.fields import StreamField

from cms.plugins import BlockKind, IssueBlockKind
from cms.plugins.fences import fenced
from cms.plugins.registry import block_kinds

MISSING = "missing"

RawBlock = Mapping[str, Any]  # a block as stored: its type, its id, and a value of any shape


class StoredValueBlock(blocks.FieldBlock):
    """Text that a form carries along unchanged; it is not edited, translated or searched."""

    def __init__(self, *, widget: forms.Widget, label: str | Promise | None = None) -> None:
        self.field = forms.CharField(widget=widget)
        super().__init__(label=label)


class MissingBlock(blocks.StructBlock):
    """A placeholder for a block of a kind that no installed plugin brings; it keeps the stored block unchanged."""

    kind = StoredValueBlock(widget=forms.TextInput(attrs={"readonly": True}), label=_("Kind"))
    stored = StoredValueBlock(widget=forms.Textarea(attrs={"readonly": True, "rows": 2}), label=_("Stored content"))

    class Meta:
        icon = "warning"
        label = _("Block of a missing plugin")
        label_format = _("{kind}: the plugin is missing; the block is kept but not shown")


class KeepingBlock(blocks.StreamBlock):
    """A stream that keeps blocks of unknown kinds, which Wagtail would drop on reading.

    Such blocks are wrapped as `missing` when they are read, and unwrapped when they are stored.
    """

    def __init__(self, local_blocks: Iterable[tuple[str, blocks.Block]] = (), **kwargs: object) -> None:
        super().__init__([*local_blocks, (MISSING, MissingBlock())], **kwargs)

    def to_python(self, value: object) -> blocks.StreamValue:
        if isinstance(value, str) and value:
            try:
                value = json.loads(value)
            except ValueError:
                return super().to_python(value)
        if isinstance(value, list):
            value = [self._wrapped(block) if isinstance(block, Mapping) else block for block in value]
        return super().to_python(value)

    def get_prep_value(self, value: blocks.StreamValue) -> list[RawBlock]:
        return [_unwrapped(block) for block in super().get_prep_value(value)]

    def clean(self, value: blocks.StreamValue) -> blocks.StreamValue:
        cleaned = super().clean(value)
        for block in cleaned:
            if block.block_type == MISSING and not self._may_be_kept(block.value):
                raise blocks.StreamBlockValidationError(
                    non_block_errors=[ValidationError(_("You cannot add a block whose plugin is missing."))]
                )
        return cleaned

    def _wrapped(self, stored: RawBlock) -> RawBlock:
        if stored["type"] in self.child_blocks:
            return stored
        value = {"kind": stored["type"], "stored": json.dumps(stored["value"])}
        return {**stored, "type": MISSING, "value": value}

    def _may_be_kept(self, value: Mapping[str, str]) -> bool:
        try:
            json.loads(value["stored"])
        except ValueError:
            return False
        return value["kind"] not in self.child_blocks


class KeepingBlockAdapter(StreamBlockAdapter):
    """Draws the form without an option to add a `missing` block."""

    js_constructor = "cms.KeepingBlock"

    @cached_property
    def media(self) -> forms.Media:
        """The script that removes the option from the menu."""
        return super().media + forms.Media(js=["cms/kept_blocks.js"])


register(KeepingBlockAdapter(), KeepingBlock)


def _unwrapped(stored: RawBlock) -> RawBlock:
    if stored["type"] != MISSING:
        return stored
    return {**stored, "type": stored["value"]["kind"], "value": json.loads(stored["value"]["stored"])}


class KindsField(StreamField):
    """A stream of blocks of the kinds that plugins declare; migrations do not list the kinds."""

    migrates_as: str  # the path of the class, as migrations name it
    find_kinds: Callable[[], Mapping[str, BlockKind | IssueBlockKind]]  # the kinds that it may hold, by name
    block_class: type[KeepingBlock] = KeepingBlock

    def __init__(self, **kwargs: object) -> None:
        super().__init__([], **kwargs)

    @cached_property
    def stream_block(self) -> KeepingBlock:
        """The block of all kinds, made once all apps are loaded."""
        forms_by_name = (
            (name, fenced("form", kind.form, of=kind, about=name, otherwise=None))
            for name, kind in self.find_kinds().items()
        )
        block = self.block_class((name, form) for name, form in forms_by_name if form is not None)
        block.set_meta_options(self.block_opts)
        return block

    def deconstruct(self) -> tuple[str, str, list[object], dict[str, object]]:
        """Return the field without its blocks, so that a new kind needs no migration."""
        name, _path, _args, kwargs = Field.deconstruct(self)
        return name, self.migrates_as, [], kwargs


class BodyField(KindsField):
    """The body of a page."""

    migrates_as = "cms.models.BodyField"
    find_kinds = staticmethod(block_kinds)
