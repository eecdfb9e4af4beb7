"""The outlets' page templates, by name: each a function from a `View` to HTML."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from newsroom.themes import agency, amp, blog, gazette, linked, paywall, portal, soup, tables
from newsroom.themes.common import Link, View

__all__ = ["THEMES", "Link", "View"]

THEMES: Mapping[str, Callable[[View], str]] = {
    "agency": agency.render,
    "amp": amp.render,
    "blog": blog.render,
    "gazette": gazette.render,
    "linked": linked.render,
    "paywall": paywall.render,
    "portal": portal.render,
    "soup": soup.render,
    "tables": tables.render,
}
