"""Embeds: what other sites said about videos and posts when an editor inserted them; no request asks them again."""

from __future__ import annotations

from collections.abc import Collection
from typing import Literal

from bs4 import BeautifulSoup
from wagtail.embeds.embeds import get_embed_hash
from wagtail.embeds.models import Embed as StoredEmbed

from cms.api.values import Embed

Kind = Literal["video", "photo", "link", "rich"]
KINDS: dict[str, Kind] = {"video": "video", "photo": "photo", "rich": "rich"}


def load_embeds(urls: Collection[str]) -> dict[str, Embed | None]:
    """Return what is known about these addresses, in one query; None for what is not a web address.

    An address about which nothing is known becomes a link.
    """
    hashes = {url: get_embed_hash(url) for url in urls if url.startswith(("http://", "https://"))}
    stored = {embed.hash: embed for embed in StoredEmbed.objects.filter(hash__in=hashes.values())} if hashes else {}
    return {url: _build(url, stored.get(hashes[url])) if url in hashes else None for url in urls}


def _build(url: str, stored: StoredEmbed | None) -> Embed:
    return Embed(
        url=url,
        title=(stored.title if stored else "") or url,
        provider=stored.provider_name if stored else "",
        kind=KINDS.get(stored.type, "link") if stored else "link",
        player_url=_player_url(stored.html) if stored else None,
        thumbnail_url=_secure(stored.thumbnail_url) if stored else None,
        width=stored.width if stored else None,
        height=stored.height if stored else None,
    )


def _player_url(html: str) -> str | None:
    """Return the address of the provider's frame; the rest of its HTML may contain scripts and is dropped."""
    frame = BeautifulSoup(html, "html.parser").find("iframe")
    return _secure(str(frame.get("src", ""))) if frame else None


def _secure(url: str) -> str | None:
    return url if url.startswith("https://") else None
