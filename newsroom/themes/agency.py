"""The wire agency's own site: lean HTML5, schema.org data, the copy and nothing else inside the article."""

from __future__ import annotations

from newsroom.records import Item
from newsroom.themes.common import (
    View,
    attr,
    esc,
    inline,
    lay_out,
    ld_json,
    nav_links,
    news_article,
    social_meta,
    spread,
    state_json,
    style,
    teasers,
)


def render(view: View) -> str:
    """Return the page."""
    outlet, copy = view.outlet, view.copy
    data = news_article(view) | {"sourceOrganization": {"@type": "Organization", "name": outlet.name}}
    latest = teasers(view.links[:20], '<li><time>{time}</time> <a href="{url}">{title}</a></li>')
    return f"""<!DOCTYPE html>
<html lang="{outlet.language}">
<head>
<meta charset="utf-8">
<title>{esc(copy.title)} — {esc(outlet.name)}</title>
<link rel="canonical" href="{attr(view.url)}">
<meta name="description" content="{attr(copy.standfirst)}">
{social_meta(view)}
<meta property="article:published_time" content="{view.iso}">
{ld_json(data)}
<style>{style(view, "agency", "mp", 44)}</style>
{state_json(view)}
</head>
<body>
<header class="mp-top"><strong>{esc(outlet.name)}</strong><ul>{nav_links(view)}</ul></header>
<main class="mp-main"><article>
<header><p class="mp-slug">{esc(copy.section)}</p><h1>{esc(copy.title)}</h1>
<p class="mp-by">{esc(view.byline)} <time datetime="{view.iso}">{esc(view.shown_date)}</time></p></header>
{lay_out(copy.items, lambda item: _shape(view, item))}
</article></main>
<section class="mp-latest"><h2>{esc(view.labels["related"][-1])}</h2><ul>{latest}</ul></section>
<footer class="mp-foot">{spread(view.labels["footer"], "<span>", "</span> ")}<p>{view.rights}</p></footer>
</body></html>"""


def _shape(view: View, item: Item) -> str:
    line = item.lines[0]
    match item.kind:
        case "paragraph":
            return f"<p>{inline(line, view.home)}</p>"
        case "subhead":
            return f"<h2>{esc(line)}</h2>"
        case "list_item":
            return f"<li>{esc(line)}</li>"
        case "pull_quote":
            return f"<blockquote>{esc(line)}</blockquote>"
        case "tags":
            return f'<p class="mp-tags">{esc(line)}: {", ".join(esc(text) for text in item.lines[1:])}</p>'
        case _:
            return spread(item.lines, '<p class="mp-note">', "</p>")
