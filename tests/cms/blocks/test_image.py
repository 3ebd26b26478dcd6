"""Images: described or said to decorate, with caption, credit and licence."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import ValidationError
from wagtail.blocks import StructBlockValidationError

from cms.blocks.image import ImageForm
from cms.blocks.picture import OptionalPictureForm, PictureForm
from tests.cms.test_plain_pages import soup_of
from tests.parts import element


def filled(form: Any, **values: Any) -> Any:
    return form.to_python({"image": None, "alt": "", "decorative": False} | values)


@pytest.mark.parametrize("form", [ImageForm, PictureForm, OptionalPictureForm])
def test_an_image_is_described_or_said_to_decorate(form: Any, make_image: Any) -> None:
    image = make_image()
    for alt, decorative in (("A canal", False), ("", True)):
        form().clean(filled(form(), image=image.pk, alt=alt, decorative=decorative))
    for alt, decorative in (("", False), ("A canal", True)):
        with pytest.raises(StructBlockValidationError) as error:
            form().clean(filled(form(), image=image.pk, alt=alt, decorative=decorative))
        assert set(error.value.block_errors) == {"alt"}


def test_an_optional_picture_without_an_image_needs_no_words(db: None) -> None:
    OptionalPictureForm().clean(filled(OptionalPictureForm()))
    with pytest.raises(ValidationError):
        PictureForm().clean(filled(PictureForm()))


def test_a_decorating_image_does_not_take_its_description(body_of: Any, make_shown_image: Any) -> None:
    shown = make_shown_image(description="A canal")
    decorating, described, old = body_of(
        ("image", {"image": shown, "alt": "", "decorative": True}),
        ("image", {"image": shown, "alt": "Water", "decorative": False}),
        ("image", {"image": shown, "alt": "", "caption": ""}),  # stored before there was `decorative`
    )
    assert [block["image"]["alt"] for block in (decorating, described, old)] == ["", "Water", "A canal"]


def test_whose_picture_it_is_stands_with_the_caption(
    client: Any, make_article: Any, make_shown_image: Any, body_of: Any
) -> None:
    value = {"image": make_shown_image(), "alt": "Water", "caption": "A canal", "credit": "Sam", "licence": "CC BY 4.0"}
    (block,) = body_of(("image", value))
    assert [block[name] for name in ("caption", "credit", "licence")] == ["A canal", "Sam", "CC BY 4.0"]
    page = make_article("shown", body=[("image", value)])
    caption = element(soup_of(client, page.url), "figcaption")
    assert list(caption.stripped_strings) == ["A canal", "Picture: Sam, CC BY 4.0"]
    markdown = client.get(f"/api/v1/pages/{page.pk}", headers={"accept": "text/markdown"}).content.decode()
    assert "A canal  \nPicture: Sam, CC BY 4.0" in markdown


def test_an_image_that_is_gone_is_left_out(body_of: Any, make_shown_image: Any) -> None:
    image = make_shown_image()
    body = ("image", {"image": image, "alt": "Water"}), ("heading", {"text": "Why", "level": "2"})
    image.delete()
    assert [block["type"] for block in body_of(*body)] == ["heading"]


def test_words_that_an_old_image_lacks_are_not_found_by_search(make_image: Any) -> None:
    form = ImageForm()
    value = form.to_python({"image": make_image().pk, "alt": "Water", "caption": "A canal"})
    assert [words for words in form.get_searchable_content(value) if words] == ["Water", "A canal"]


def test_an_old_image_without_words_asks_for_them_when_it_is_saved(make_image: Any) -> None:
    old = ImageForm().to_python({"image": make_image().pk, "alt": "", "caption": "A canal"})
    with pytest.raises(ValidationError):
        ImageForm().clean(old)
