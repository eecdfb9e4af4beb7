"""A mobile page in AMP HTML: custom elements, one inline style sheet, no scripts of its own."""

from __future__ import annotations

from newsroom.records import Item
from newsroom.themes.common import View, attr, esc, inline, lay_out, ld_json, nav_links, news_article, spread, style, teasers

BOILERPLATE = (
    "body{-webkit-animation:-amp-start 8s steps(1,end) 0s 1 normal both;animation:-amp-start 8s steps(1,end) 0s 1 normal both}"
)
# The icons of a mobile page come inline.
MENU_ICON = '<svg viewBox="0 0 24 24" width="22" height="22" fill="#fff"><path d="M3 5h18v2H3zM3 11h18v2H3zM3 17h18v2H3z"/></svg>'


def render(view: View) -> str:
    """Return the page."""
    outlet, copy = view.outlet, view.copy
    more = teasers(view.links[:16], '<a class="card" href="{url}">{title}</a>')
    return f"""<!doctype html>
<html ⚡ lang="{outlet.language}">
<head>
<meta charset="utf-8">
<script async src="https://cdn.example.org/v0.js"></script>
<title>{esc(copy.title)}</title>
<link rel="canonical" href="{attr(view.url)}">
<meta name="viewport" content="width=device-width,minimum-scale=1,initial-scale=1">
{ld_json(news_article(view))}
<style amp-boilerplate>{BOILERPLATE}</style>
<style amp-custom>{style(view, "amp", "a", 44)}</style>
</head>
<body>
<amp-sidebar id="menu" layout="nodisplay"><ul>{nav_links(view)}</ul></amp-sidebar>
<header class="bar"><span class="menu">{MENU_ICON}</span> {esc(outlet.name)}</header>
<main class="wrap"><article>
<h1>{esc(copy.title)}</h1>
<p class="meta">{esc(view.byline)} · {esc(view.shown_date)}</p>
<section class="body">
{lay_out(copy.items, lambda item: _shape(view, item))}
</section></article>
<nav class="more">{more}</nav></main>
<footer class="foot"><p>{esc(outlet.name)} – {esc(outlet.tagline)}</p>{spread(view.labels["footer"], "<span>", "</span> · ")}
<p>{view.rights}</p></footer>
<amp-analytics type="site"><script type="application/json">{{"vars":{{"section":"{esc(copy.section)}"}}}}</script></amp-analytics>
</body></html>"""


def _shape(view: View, item: Item) -> str:
    line = item.lines[0]
    match item.kind:
        case "paragraph":
            return f"<p>{inline(line, view.home)}</p>"
        case "subhead":
            return f"<h3>{esc(line)}</h3>"
        case "list_item":
            return f"<li>{esc(line)}</li>"
        case "pull_quote":
            return f"<blockquote>{esc(line)}</blockquote>"
        case "photo":
            picture = f'<amp-img src="{view.image}" width="680" height="400" layout="responsive"></amp-img>'
            caption = f"<span>{esc(line)}</span><br><span>{esc(item.lines[1])}</span>"
            return f'<figure>{picture}<figcaption class="cap">{caption}</figcaption></figure>'
        case "ad":
            return f'<div class="ad"><p>{esc(line)}</p><amp-ad width="300" height="250" type="network"></amp-ad></div>'
        case "share":
            return f'<div class="social">{spread(item.lines, "<span>", "</span>")}</div>'
        case "related":
            return f"<h3>{esc(line)}</h3>" + "".join(f'<p><a href="{view.home}/">{esc(text)}</a></p>' for text in item.lines[1:])
        case "newsletter":
            return f'<aside class="box">{spread(item.lines, "<p>", "</p>")}</aside>'
        case _:
            return spread(item.lines, "<p>", "</p>")
