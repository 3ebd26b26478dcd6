"""The field that holds a page's body: blocks of whatever kinds the installed plugins bring."""

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

RawBlock = Mapping[str, Any]  # a block as a row holds it: its type, its id, and a value of whatever shape


class StoredValueBlock(blocks.FieldBlock):
    """Text that a form takes along and nobody changes, translates or finds."""

    def __init__(self, *, widget: forms.Widget, label: str | Promise | None = None) -> None:
        self.field = forms.CharField(widget=widget)
        super().__init__(label=label)


class MissingBlock(blocks.StructBlock):
    """A block of a kind that no installed plugin brings: shown as what it is, kept as it was stored."""

    kind = StoredValueBlock(widget=forms.TextInput(attrs={"readonly": True}), label=_("Kind"))
    stored = StoredValueBlock(widget=forms.Textarea(attrs={"readonly": True, "rows": 2}), label=_("What it holds"))

    class Meta:
        icon = "warning"
        label = _("Of a plugin that is missing")
        label_format = _("{kind}: its plugin is missing; kept, and shown to nobody")


class KeepingBlock(blocks.StreamBlock):
    """Keeps blocks of kinds that are not there (any more), which Wagtail would drop when it reads them.

    They are wrapped as `missing` where they are read, and stored as they were.
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
            value = [self._wrapped(each) if isinstance(each, Mapping) else each for each in value]
        return super().to_python(value)

    def get_prep_value(self, value: blocks.StreamValue) -> list[RawBlock]:
        return [_unwrapped(each) for each in super().get_prep_value(value)]

    def clean(self, value: blocks.StreamValue) -> blocks.StreamValue:
        cleaned = super().clean(value)
        for each in cleaned:
            if each.block_type == MISSING and not self._may_be_kept(each.value):
                raise blocks.StreamBlockValidationError(
                    non_block_errors=[ValidationError(_("A block whose plugin is missing cannot be made here."))]
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
    """Draws the form; what stands in for missing kinds is not offered to be added."""

    js_constructor = "cms.KeepingBlock"

    @cached_property
    def media(self) -> forms.Media:
        """The script that leaves it out of the menu."""
        return super().media + forms.Media(js=["cms/kept_blocks.js"])


register(KeepingBlockAdapter(), KeepingBlock)


def _unwrapped(stored: RawBlock) -> RawBlock:
    if stored["type"] != MISSING:
        return stored
    return {**stored, "type": stored["value"]["kind"], "value": json.loads(stored["value"]["stored"])}


class KindsField(StreamField):
    """A stream of blocks of the kinds that plugins declare; which these are is no part of a migration."""

    migrates_as: str  # the path of the class, as migrations name it
    find_kinds: Callable[[], Mapping[str, BlockKind | IssueBlockKind]]  # the kinds that may stand in it, by name
    block_class: type[KeepingBlock] = KeepingBlock

    def __init__(self, **kwargs: object) -> None:
        super().__init__([], **kwargs)

    @cached_property
    def stream_block(self) -> KeepingBlock:
        """The block of all kinds, once all apps are there."""
        made = (
            (name, fenced("form", kind.form, of=kind, about=name, otherwise=None))
            for name, kind in self.find_kinds().items()
        )
        block = self.block_class((name, form) for name, form in made if form is not None)
        block.set_meta_options(self.block_opts)
        return block

    def deconstruct(self) -> tuple[str, str, list[object], dict[str, object]]:
        """Return the field without its blocks, so that no new kind needs a migration."""
        name, _path, _args, kwargs = Field.deconstruct(self)
        return name, self.migrates_as, [], kwargs


class BodyField(KindsField):
    """The body of a page."""

    migrates_as = "cms.models.BodyField"
    find_kinds = staticmethod(block_kinds)
