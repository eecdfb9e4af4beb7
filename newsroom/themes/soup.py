"""A home-grown content system: divs in divs, class names that a machine made up, body and clutter in the same boxes."""

from __future__ import annotations

from newsroom.records import Item
from newsroom.themes.common import View, attr, esc, inline, lay_out, nav_links, state_json, style, teasers, tracker_js


def render(view: View) -> str:
    """Return the page."""
    outlet, copy = view.outlet, view.copy
    rail = teasers(
        view.links[:14], '<div class="c5e"><div class="t4"><a href="{url}">{title}</a></div><div class="c2a">{time}</div></div>'
    )
    top = teasers(view.links[14:18], '<div class="c5e"><a href="{url}">{title}</a></div>')
    return f"""<!DOCTYPE html>
<html lang="{outlet.language}">
<head>
<meta http-equiv="Content-Type" content="text/html; charset={outlet.charset}">
<title>{esc(outlet.name)} :: {esc(copy.title)}</title>
<meta name="keywords" content="{attr(copy.section)}, news">
<meta name="date" content="{view.iso}">
<link rel="canonical" href="{attr(view.url)}">
<style>{style(view, "soup", "z", 34)}</style>
{tracker_js("soup")}
{state_json(view)}
</head>
<body>
<div class="r0"><div class="x1q"><div>{esc(outlet.name)}</div><span>{esc(outlet.tagline)}</span></div>
<div class="x7b">{nav_links(view, '<div class="x7c">', "</div>")}</div>
<div class="k0"><div class="k1"><div class="k1a"><div class="k1b">
<div class="c9f">{esc(copy.title)}</div>
<div class="c2a">{esc(view.byline + " | " if view.byline else "")}
{esc(view.labels["published"][0])}: {esc(view.shown_date)} {view.published:%H:%M}</div>
<div class="k1c"><div class="k1d">
{lay_out(copy.items, lambda item: _shape(view, item), '<div class="c21">', "</div>")}
</div></div>
</div></div></div>
<div class="k2">{rail}</div></div>
<div class="k0">{top}</div>
<div class="zz">{" | ".join(esc(text) for text in view.labels["footer"])}<br>{view.rights}</div>
</div></body></html>"""


def _shape(view: View, item: Item) -> str:
    """Every line gets the box that paragraphs get: only the words tell an ad label from a sentence."""
    if item.kind == "paragraph":
        return f'<div class="c17">{inline(item.lines[0], view.home)}</div>'
    if item.kind == "subhead":
        return f'<div class="c18">{esc(item.lines[0])}</div>'
    if item.kind == "related":
        head, *rest = item.lines
        links = "".join(
            f'<div class="c17"><a href="{view.home}/page.do?id={index}">{esc(text)}</a></div>' for index, text in enumerate(rest)
        )
        return f'<div class="c17">{esc(head)}</div>{links}'
    if item.kind == "read_more":
        return f'<div class="c17"><a href="{view.home}/">{esc(item.lines[0])}</a></div>'
    return "\n".join(f'<div class="c17">{esc(line)}</div>' for line in item.lines)
