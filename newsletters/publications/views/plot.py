"""Bars as a picture; a table beside it says the same to those who cannot see them."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

WIDTH, HEIGHT = 600, 120


def plot(bars: Sequence[tuple[str, int]], *, label: str) -> SafeString:
    """Return an SVG of these bars, which have a label and a height each; one of them is higher than 0."""
    most, step = max(count for _label, count in bars), WIDTH / len(bars)
    drawn = format_html_join(
        "",
        '<rect x="{}" y="{}" width="{}" height="{}"><title>{}: {}</title></rect>',
        (
            (
                *(round(index * step, 1), round(HEIGHT * (1 - count / most), 1)),
                *(round(max(step - 1, step * 0.8), 1), round(HEIGHT * count / most, 1), bar_label, count),
            )
            for index, (bar_label, count) in enumerate(bars)
        ),
    )
    return format_html(
        '<svg class="hub-plot" viewBox="0 0 {} {}" preserveAspectRatio="none" role="img" aria-label="{}">{}</svg>',
        WIDTH,
        HEIGHT,
        label,
        drawn,
    )
