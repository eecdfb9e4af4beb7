"""A business paper with a meter: free articles complete, subscribers' articles cut after the first paragraphs."""

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
    style,
    teasers,
    tracker_js,
)


def render(view: View) -> str:
    """Return the page, or of a teaser the beginning and the barrier."""
    outlet, copy = view.outlet, view.copy
    data = news_article(view)
    data["hasPart"] = {"@type": "WebPageElement", "isAccessibleForFree": view.free, "cssSelector": ".article__content-body"}
    rail = teasers(view.links[:13], '<li class="o-teaser"><a href="{url}" data-trackable="heading-link">{title}</a></li>')
    return f"""<!DOCTYPE html>
<html lang="{outlet.language}-GB" class="no-js core">
<head>
<meta charset="utf-8">
<title>{esc(copy.title)}</title>
<link rel="canonical" href="{attr(view.url)}">
<meta name="description" content="{attr(copy.standfirst)}">
{social_meta(view)}
<meta property="article:published_time" content="{view.iso}">
<meta property="article:content_tier" content="{"free" if view.free else "locked"}">
{ld_json(data)}
<style>{style(view, "paywall", "o", 38)}</style>
{tracker_js("record")}
</head>
<body>
<header class="o-header"><a href="{view.home}/">{esc(outlet.name)}</a></header>
<ul class="o-nav">{nav_links(view)}</ul>
<div class="n-layout"><main role="main">
<article class="article" data-content-id="{view.url.rsplit("/", 1)[-1]}">
<header class="topper"><h1 class="topper__headline">{esc(copy.title)}</h1></header>
<div class="article-info"><span class="article-info__author">{esc(view.byline)}</span>
<time class="article-info__timestamp" datetime="{view.iso}">{esc(view.shown_date)}</time></div>
<div class="article__content"><div class="article__content-body n-content-body">
{lay_out(copy.items, lambda item: _shape(view, item))}
</div></div>
{"" if view.free else _barrier(view)}
</article></main>
<aside><h2>{esc(view.labels["related"][-1])}</h2><ul>{rail}</ul></aside></div>
<footer class="o-footer">{spread(view.labels["footer"], "<a href=#>", "</a> ")}<p>{view.rights}</p></footer>
</body></html>"""


def _barrier(view: View) -> str:
    first, *rest = view.labels["teaser_wall"]
    offer = spread(tuple(rest[:-1]), "<p>", "</p>")
    return f'<section class="barrier" id="barrier-page"><h2>{esc(first)}</h2>{offer}<button>{esc(rest[-1])}</button></section>'


def _shape(view: View, item: Item) -> str:
    line = item.lines[0]
    match item.kind:
        case "paragraph":
            return f"<p>{inline(line, view.home)}</p>"
        case "subhead":
            return f'<h2 class="n-content-heading">{esc(line)}</h2>'
        case "list_item":
            return f"<li>{esc(line)}</li>"
        case "pull_quote":
            return f'<blockquote class="n-content-blockquote"><p>{esc(line)}</p></blockquote>'
        case "photo":
            caption = f"<figcaption>{esc(line)} <span>{esc(item.lines[1])}</span></figcaption>"
            return f'<figure class="n-content-image"><img src="{view.image}" alt="">{caption}</figure>'
        case "ad":
            return f'<div class="advert" data-ad-slot="mid"><span>{esc(line)}</span></div>'
        case "share":
            return (
                f'<div class="share" data-o-component="o-share"><ul>{spread(item.lines, "<li><a href=#>", "</a></li>")}</ul></div>'
            )
        case "related":
            links = spread(item.lines[1:], "<li><a href=#>", "</a></li>")
            return f'<aside class="n-content-related"><h3>{esc(line)}</h3><ul>{links}</ul></aside>'
        case _:
            return spread(item.lines, "<p>", "</p>")
