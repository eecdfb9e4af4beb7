"""A blog engine's news theme: widgets, body classes, share buttons inside the entry, comments below it."""

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
    inside = tuple(item for item in copy.items if item.kind != "comments")
    comments = "".join(_comments(item) for item in copy.items if item.kind == "comments")
    recent = teasers(view.links[:12], '<li><a href="{url}">{title}</a> <span class="post-date">{time}</span></li>')
    return f"""<!DOCTYPE html>
<html lang="{(outlet.locale or outlet.language).replace("_", "-")}" prefix="og: https://ogp.me/ns#">
<head>
<meta charset="{outlet.charset.upper()}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{esc(copy.title)} – {esc(outlet.name)}</title>
<link rel="canonical" href="{attr(view.url)}">
<link rel="alternate" type="application/rss+xml" title="{attr(outlet.name)} Feed" href="{view.home}/feed/">
<meta name="description" content="{attr(copy.standfirst)}">
{social_meta(view)}
<meta property="article:published_time" content="{view.iso}">
<meta property="article:section" content="{attr(copy.section)}">
{"".join(f'<meta name="author" content="{attr(name)}">' for name in view.signed)}
<style id="theme-style-inline-css">{style(view, "blog", "wp-u", 40)}</style>
{tracker_js("blog")}
</head>
<body class="post-template-default single single-post single-format-standard has-sidebar">
<a class="skip-link screen-reader-text" href="#content">↓</a>
<header id="masthead" class="site-header"><p class="site-title"><a href="{view.home}/" rel="home">{esc(outlet.name)}</a></p>
<p class="site-description">{esc(outlet.tagline)}</p></header>
<nav id="site-navigation" class="main-navigation"><ul id="primary-menu">{nav_links(view, '<li class="menu-item">')}</ul></nav>
<div id="content" class="site-content wrap">
<main id="main" class="site-main">
<article class="post type-post status-publish format-standard hentry">
<header class="entry-header"><span class="cat-links">
<a href="{view.home}/section/1/" rel="category tag">{esc(copy.section)}</a></span>
<h1 class="entry-title">{esc(copy.title)}</h1>
<div class="entry-meta"><span class="byline"><span class="author vcard">{esc(view.byline)}</span></span>
<span class="posted-on"><time class="entry-date published" datetime="{view.iso}">{esc(view.shown_date)}</time></span></div></header>
<div class="entry-content">
{lay_out(inside, lambda item: _shape(view, item), '<ul class="wp-block-list">')}
</div>
</article>
{comments}
</main>
<aside id="secondary" class="widget-area"><section class="widget widget_search">
<form role="search" action="{view.home}/"><label>{esc(view.labels["search"][0])}
<input type="search" name="s"></label></form></section><section class="widget widget_recent_entries">
<h2 class="widget-title">{esc(view.labels["related"][-1])}</h2>
<ul>{recent}</ul></section></aside>
</div>
<footer id="colophon" class="site-footer"><ul>{spread(view.labels["footer"], "<li>", "</li>")}</ul>
<p>{view.rights}</p></footer>
</body></html>"""


def _shape(view: View, item: Item) -> str:
    line = item.lines[0]
    match item.kind:
        case "paragraph":
            return f"<p>{inline(line, view.home)}</p>"
        case "subhead":
            return f'<h2 class="wp-block-heading">{esc(line)}</h2>'
        case "list_item":
            return f"<li>{esc(line)}</li>"
        case "pull_quote":
            return f'<blockquote class="wp-block-quote"><p>{esc(line)}</p></blockquote>'
        case "share":
            return f'<div class="sharedaddy sd-sharing-enabled"><ul>{spread(item.lines, "<li>", "</li>")}</ul></div>'
        case "photo":
            caption = f"<figcaption>{esc(line)}<br><span class='credit'>{esc(item.lines[1])}</span></figcaption>"
            picture = f'<img src="{view.image}" alt="" width="1024" height="620" loading="lazy">'
            return f'<figure class="wp-block-image">{picture}{caption}</figure>'
        case "ad":
            return f'<div class="ad-slot"><span>{esc(line)}</span></div>'
        case "newsletter":
            return f'<div class="newsletter-box">{spread(item.lines, "<p>", "</p>")}</div>'
        case "read_more":
            return f'<p><strong><a href="{view.home}/">{esc(line)}</a></strong></p>'
        case "related":
            links = "".join(f'<li><a href="{view.home}/">{esc(text)}</a></li>' for text in item.lines[1:])
            return f'<div class="jp-relatedposts"><h3>{esc(line)}</h3><ul>{links}</ul></div>'
        case "tags":
            return f'<p class="tags-links"><span>{esc(line)}</span> {spread(item.lines[1:], "<a rel=tag href=#>", "</a> ")}</p>'
        case _:
            return spread(item.lines, "<p>", "</p>")


def _comments(item: Item) -> str:
    rows = spread(item.lines[1:], '<li class="comment"><div class="comment-content"><p>', "</p></div></li>")
    title = f'<h2 class="comments-title">{esc(item.lines[0])}</h2>'
    return f'<div id="comments" class="comments-area">{title}<ol class="comment-list">{rows}</ol></div>'
