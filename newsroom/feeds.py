"""How pages are announced: RSS and Atom feeds, news sitemaps and their index, robots.txt, and the sources.toml of it all."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from email.utils import format_datetime
from xml.sax.saxutils import escape

from newsroom.records import DEFAULT_PORT, Outlet, Page
from newsroom.room import Newsroom

RSS, ATOM, SITEMAP, INDEX = "/feed/", "/atom.xml", "/sitemap-news.xml", "/sitemap_index.xml"
FIRST_PART, SECOND_PART, SECOND_PART_GZ = "/sitemap-part-1.xml", "/sitemap-part-2.xml", "/sitemap-part-2.xml.gz"
CAMPAIGN = "utm_source=rss&utm_medium=feed"
DEMO_DELAY = 0.02  # seconds; it is our own loopback server

Answer = tuple[bytes, str]  # body and Content-Type


def announced(newsroom: Newsroom, outlet: Outlet, day: date) -> list[Page]:
    """Return the pages of a day that an outlet's feed and sitemap name, newest first."""
    pages = [page for page in newsroom.edition(day).pages[outlet.host].values() if not page.hidden]
    return sorted(pages, key=lambda page: (page.published, page.path), reverse=True)


def _link(newsroom: Newsroom, page: Page, port: int) -> str:
    url = newsroom.home(page.outlet, port) + page.listed_path
    if page.outlet.trackers:
        url += ("&" if "?" in url else "?") + CAMPAIGN
    return escape(url)


def rss(newsroom: Newsroom, outlet: Outlet, day: date, port: int) -> Answer:
    """Return an outlet's RSS 2.0 feed of a day."""
    home = newsroom.home(outlet, port)
    items = "\n".join(
        f"<item><title>{escape(page.title)}</title><link>{_link(newsroom, page, port)}</link>"
        f'<guid isPermaLink="false">{outlet.host}-{page.published:%Y%m%d}-{page.number}</guid>'
        f"<pubDate>{format_datetime(page.published)}</pubDate><description>{escape(page.title)}</description></item>"
        for page in announced(newsroom, outlet, day)
    )
    text = f"""<?xml version="1.0" encoding="{outlet.charset}"?>
<rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom"><channel><title>{escape(outlet.name)}</title><link>{home}/</link>
<description>{escape(outlet.tagline)}</description><language>{outlet.language}</language>
<atom:link href="{home}{RSS}" rel="self" type="application/rss+xml"/>
{items}
</channel></rss>"""
    return text.encode(outlet.charset, "xmlcharrefreplace"), "application/rss+xml"


def atom(newsroom: Newsroom, outlet: Outlet, day: date, port: int) -> Answer:
    """Return an outlet's Atom feed of a day."""
    home = newsroom.home(outlet, port)
    pages = announced(newsroom, outlet, day)
    entries = "\n".join(
        f'<entry><title>{escape(page.title)}</title><link rel="alternate" type="text/html" href="{_link(newsroom, page, port)}"/>'
        f"<id>tag:{outlet.host},{page.published:%Y-%m-%d}:{page.number}</id><published>{page.published.isoformat()}</published>"
        f"<updated>{page.published.isoformat()}</updated></entry>"
        for page in pages
    )
    text = f"""<?xml version="1.0" encoding="utf-8"?>
<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="{outlet.language}"><title>{escape(outlet.name)}</title>
<subtitle>{escape(outlet.tagline)}</subtitle>
<link rel="self" href="{home}{ATOM}"/><link rel="alternate" href="{home}/"/>
<id>{home}/</id><updated>{pages[0].published.isoformat()}</updated>
<author><name>{escape(outlet.name)}</name></author>
{entries}
</feed>"""
    return text.encode(), "application/atom+xml; charset=utf-8"


def _news_sitemap(newsroom: Newsroom, outlet: Outlet, pages: Sequence[Page], port: int) -> bytes:
    home = newsroom.home(outlet, port)
    rows = "\n".join(
        f"<url><loc>{escape(home + page.listed_path)}</loc><lastmod>{page.published.isoformat()}</lastmod>"
        "<news:news><news:publication>"
        f"<news:name>{escape(outlet.name)}</news:name><news:language>{outlet.language}</news:language></news:publication>"
        f"<news:publication_date>{page.published.isoformat()}</news:publication_date><news:title>{escape(page.title)}</news:title></news:news></url>"
        for page in pages
    )
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:news="http://www.google.com/schemas/sitemap-news/0.9">
{rows}
</urlset>""".encode()


def _sitemap(newsroom: Newsroom, outlet: Outlet, day: date, port: int) -> Answer:
    return _news_sitemap(newsroom, outlet, announced(newsroom, outlet, day), port), "application/xml"


def _sitemap_part(newsroom: Newsroom, outlet: Outlet, day: date, port: int, *, part: int, zipped: bool = False) -> Answer:
    body = _news_sitemap(newsroom, outlet, announced(newsroom, outlet, day)[part::2], port)
    return (gzip.compress(body, mtime=0), "application/gzip") if zipped else (body, "application/xml")


def _sitemap_index(newsroom: Newsroom, outlet: Outlet, day: date, port: int) -> Answer:
    home = newsroom.home(outlet, port)
    parts = (FIRST_PART, SECOND_PART_GZ if outlet.sitemap == "index_gz" else SECOND_PART)
    query = "" if day == newsroom.day else f"?day={day}"
    rows = "".join(f"<sitemap><loc>{home}{part}{query}</loc><lastmod>{day}</lastmod></sitemap>" for part in parts)
    text = f'<?xml version="1.0" encoding="UTF-8"?>\n<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{rows}</sitemapindex>'
    return text.encode(), "application/xml"


def robots(newsroom: Newsroom, outlet: Outlet, day: date, port: int) -> Answer:
    """Return an outlet's robots.txt."""
    lines = ["User-agent: *", f"Disallow: {outlet.forbidden}"]
    if outlet.crawl_delay is not None:
        lines.append(f"Crawl-delay: {outlet.crawl_delay}")
    if outlet.sitemap:
        lines += ["", f"Sitemap: {newsroom.home(outlet, port)}{SITEMAP if outlet.sitemap == 'news' else INDEX}"]
    return ("\n".join(lines) + "\n").encode(), "text/plain; charset=utf-8"


FILES: Mapping[str, Callable[[Newsroom, Outlet, date, int], Answer]] = {
    "/robots.txt": robots,
    RSS: rss,
    ATOM: atom,
    SITEMAP: _sitemap,
    INDEX: _sitemap_index,
    FIRST_PART: lambda newsroom, outlet, day, port: _sitemap_part(newsroom, outlet, day, port, part=0),
    SECOND_PART: lambda newsroom, outlet, day, port: _sitemap_part(newsroom, outlet, day, port, part=1),
    SECOND_PART_GZ: lambda newsroom, outlet, day, port: _sitemap_part(newsroom, outlet, day, port, part=1, zipped=True),
}


def sources_toml(newsroom: Newsroom, port: int = DEFAULT_PORT, day: date | None = None) -> str:
    """Return the sources.toml that reads the newsroom; of a day that is named, whatever the server takes for its own."""
    query = "" if day is None else f"?day={day}"
    return "\n".join(_source(newsroom, outlet, port, day or newsroom.day, query) for outlet in newsroom.outlets)


def _source(newsroom: Newsroom, outlet: Outlet, port: int, day: date, query: str) -> str:
    home = newsroom.home(outlet, port)
    hidden = [home + page.listed_path for page in newsroom.edition(day).pages[outlet.host].values() if page.hidden]
    lines = ["[[source]]", f"id = {_quoted(outlet.host.removesuffix(f'.{newsroom.domain}'))}", f"name = {_quoted(outlet.name)}"]
    if outlet.feed:
        lines.append(f"feeds = [{_quoted(home + (RSS if outlet.feed == 'rss' else ATOM) + query)}]")
    if outlet.sitemap:
        lines.append(f"sitemaps = [{_quoted(home + (SITEMAP if outlet.sitemap == 'news' else INDEX) + query)}]")
    if hidden:
        lines.append(f"urls = [{', '.join(map(_quoted, hidden))}]")
    lines += [f"language = {_quoted(outlet.language)}", f"delay = {DEMO_DELAY}"]
    if outlet.is_agency:
        lines.append("priority = 10")
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    """Return text as a TOML string: JSON's escapes are TOML's."""
    return json.dumps(text, ensure_ascii=False)
