"""A newspaper that describes its pages in JSON-LD, article body and all, and ships a script-driven front end."""

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
    crumbs = {
        "@type": "BreadcrumbList",
        "itemListElement": [
            {"@type": "ListItem", "position": 1, "name": outlet.name, "item": view.home},
            {"@type": "ListItem", "position": 2, "name": copy.section, "item": f"{view.home}/section/1/"},
        ],
    }
    graph = [news_article(view, with_body=True), crumbs, {"@type": "WebSite", "name": outlet.name, "url": view.home}]
    rail = teasers(view.links[:15], '<a class="ds-teaser" href="{url}"><span>{title}</span></a>')
    return f"""<!DOCTYPE html>
<html lang="{outlet.language}">
<head>
<meta charset="utf-8">
<title>{esc(copy.title)} | {esc(outlet.name)}</title>
<meta name="description" content="{attr(copy.standfirst)}">
<link rel="canonical" href="{attr(view.url)}">
{social_meta(view)}
{ld_json(graph)}
<style>{style(view, "linked", "ds", 44)}</style>
{state_json(view)}
</head>
<body>
<div id="root"><header class="ds-masthead">{esc(outlet.name)}</header>
<nav class="ds-nav"><ol>{nav_links(view)}</ol></nav>
<div class="ds-grid"><main>
<article itemscope>
<h1 data-testid="headline">{esc(copy.title)}</h1>
<div class="ds-meta"><address>{esc(view.byline)}</address>
<time datetime="{view.iso}">{esc(view.shown_date)}, {view.published:%H:%M}</time></div>
<div class="ds-body" data-component="text-block">
{lay_out(copy.items, lambda item: _shape(view, item))}
</div>
</article></main>
<aside class="ds-rail"><h2>{esc(view.labels["related"][-1])}</h2>{rail}</aside></div>
<footer class="ds-foot">{spread(view.labels["footer"], "<span>", "</span> ")}<p>{view.rights}</p></footer>
</div></body></html>"""


def _shape(view: View, item: Item) -> str:
    line = item.lines[0]
    match item.kind:
        case "paragraph":
            return f'<div data-component="paragraph"><p>{inline(line, view.home)}</p></div>'
        case "subhead":
            return f'<div data-component="subhead"><h2>{esc(line)}</h2></div>'
        case "list_item":
            return f"<li>{esc(line)}</li>"
        case "pull_quote":
            return f"<blockquote><p>{esc(line)}</p></blockquote>"
        case "standfirst":
            return f'<p class="ds-standfirst">{esc(line)}</p>'
        case "photo":
            caption = f"<figcaption>{esc(line)} <cite>{esc(item.lines[1])}</cite></figcaption>"
            return f'<figure><img src="{view.image}" alt="{attr(line)}">{caption}</figure>'
        case "newsletter":
            return f'<div class="ds-promo" data-component="promo">{spread(item.lines, "<p>", "</p>")}</div>'
        case "read_more":
            return f'<div data-component="paragraph"><p><a href="{view.home}/">{esc(line)}</a></p></div>'
        case "share":
            return f'<div data-component="share-tools">{spread(item.lines, "<button>", "</button>")}</div>'
        case "comments":
            posts = spread(item.lines[1:], "<div class=post><p>", "</p></div>")
            return f'<section id="discussion"><h2>{esc(line)}</h2>{posts}</section>'
        case _:
            return spread(item.lines, '<div data-component="paragraph"><p>', "</p></div>")
