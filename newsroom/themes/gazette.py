"""A European daily's front end: semantic HTML5, microdata, teaser boxes within the text."""

from __future__ import annotations

from newsroom.records import Item
from newsroom.themes.common import (
    View,
    attr,
    esc,
    inline,
    lay_out,
    nav_links,
    social_meta,
    spread,
    style,
    teasers,
    tracker_js,
)


def render(view: View) -> str:
    """Return the page."""
    outlet, copy = view.outlet, view.copy
    newest = teasers(view.links[:14], '<li><article><h3><a href="{url}">{title}</a></h3><time>{time}</time></article></li>')
    return f"""<!doctype html>
<html lang="{outlet.language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<title>{esc(copy.title)} – {esc(outlet.name)}</title>
<link rel="canonical" href="{attr(view.url)}">
<meta name="description" content="{attr(copy.standfirst)}">
{social_meta(view)}
<style>{style(view, "gazette", "g", 36)}</style>
{tracker_js("gazette")}
</head>
<body>
<header class="page__head"><div class="page__brand">{esc(outlet.name)}</div><div>{esc(outlet.tagline)}</div></header>
<nav class="page__nav"><ul>{nav_links(view)}</ul></nav>
<div class="page__grid"><main>
<article class="article" itemscope itemtype="https://schema.org/NewsArticle">
<span class="article__kicker" itemprop="articleSection">{esc(copy.section)}</span>
<h1 itemprop="headline">{esc(copy.title)}</h1>
<div class="article__meta">{_authors(view)}
<time itemprop="datePublished" datetime="{view.iso}">{esc(view.shown_date)}, {view.published:%H:%M}</time></div>
<div class="article__body" itemprop="articleBody">
{lay_out(copy.items, lambda item: _shape(view, item))}
</div></article></main>
<aside class="page__aside"><h2>{esc(view.labels["related"][-1])}</h2><ul class="aside-list">{newest}</ul></aside></div>
<footer class="page__foot">{spread(view.labels["footer"], "<a href=#>", "</a> · ")}<p>{view.rights}</p></footer>
</body></html>"""


def _authors(view: View) -> str:
    names = ", ".join(f'<span itemprop="author">{esc(name)}</span>' for name in view.signed)
    return esc(view.labels["byline"][0]).format(name=names) if names else ""


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
            return f'<blockquote class="pullquote">{esc(line)}</blockquote>'
        case "standfirst":
            return f'<p class="article__intro">{esc(line)}</p>'
        case "photo":
            caption = f"<figcaption>{esc(line)} <small>{esc(item.lines[1])}</small></figcaption>"
            return f'<figure><img src="{view.image}" alt="">{caption}</figure>'
        case "ad":
            return f'<div class="ad-label">{esc(line)}</div>'
        case "read_more":
            return f'<p class="teaser-inline"><a href="{view.home}/">{esc(line)}</a></p>'
        case "newsletter":
            return f'<form class="newsletter">{spread(item.lines, "<p>", "</p>")}</form>'
        case "related":
            links = "".join(f'<li><a href="{view.home}/">{esc(text)}</a></li>' for text in item.lines[1:])
            return f"<h4>{esc(line)}</h4><ul>{links}</ul>"
        case "comments":
            return f'<section class="comments"><h2>{esc(line)}</h2>{spread(item.lines[1:], "<p>", "</p>")}</section>'
        case _:
            return f'<div class="{item.kind}">{spread(item.lines, "<span>", "</span> ")}</div>'
