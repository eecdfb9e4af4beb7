"""What themes share: the view they lay out, escaping, dates, and the style sheets and scripts that pages carry along."""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from html import escape
from importlib import resources
from typing import Any

from newsroom.records import Copy, Item, Outlet


@dataclass(frozen=True, slots=True)
class Link:
    """A headline somewhere on the page."""

    title: str
    url: str
    published: datetime


@dataclass(frozen=True, slots=True)
class View:
    """One page as a theme sees it. `labels` are the language's; `links` the outlet's other pages; `free` is False for a teaser."""

    outlet: Outlet
    copy: Copy
    url: str
    home: str
    published: datetime
    labels: Mapping[str, tuple[str, ...]]
    months: tuple[str, ...]
    links: tuple[Link, ...]
    free: bool = True

    @property
    def byline(self) -> str:
        return self.labels["byline"][0].format(name=", ".join(self.signed)) if self.signed else ""

    @property
    def signed(self) -> tuple[str, ...]:
        """The names in the byline: people, then the agency."""
        return self.copy.authors + ((self.copy.agency,) if self.copy.agency else ())

    @property
    def iso(self) -> str:
        return self.published.isoformat()

    @property
    def shown_date(self) -> str:
        """The date as people of this language write it."""
        when = self.published
        if self.outlet.locale == "en_US":
            return f"{self.months[when.month - 1]} {when.day}, {when.year}"
        return self.labels["date"][0].format(d=when.day, month=self.months[when.month - 1], y=when.year)

    @property
    def rights(self) -> str:
        """The line at the foot of the page, as markup."""
        return esc(f"© {self.published.year} {self.outlet.name}. {self.labels['rights'][0]}")

    @property
    def image(self) -> str:
        return f"{self.home}/media/{zlib.crc32(self.url.encode()):08x}.jpg"


def esc(text: str) -> str:
    """Return text for an element's content."""
    return escape(text, quote=False)


def attr(text: str) -> str:
    """Return text for a quoted attribute."""
    return escape(text, quote=True)


def as_json(data: Any) -> str:
    """Return JSON that is safe inside a script element."""
    return json.dumps(data, ensure_ascii=False).replace("</", "<\\/")


def inline(text: str, home: str) -> str:
    """Return a paragraph's content, with a link or an emphasis on some words of some paragraphs."""
    mark = zlib.crc32(text.encode())
    words = text.split(" ")
    start = 2 + mark % 7
    if mark % 3 or len(words) < start + 5:
        return esc(text)
    before, middle, after = (" ".join(part) for part in (words[:start], words[start : start + 3], words[start + 3 :]))
    tag = f'<a href="{home}/topic/{mark % 997}">{esc(middle)}</a>' if mark % 2 else f"<em>{esc(middle)}</em>"
    return f"{esc(before)} {tag} {esc(after)}"


def lay_out(items: tuple[Item, ...], shape: Callable[[Item], str], open_list: str = "<ul>", close_list: str = "</ul>") -> str:
    """Return the items' markup in order, with runs of list items inside a list."""
    out: list[str] = []
    inside = False
    for item in items:
        if (item.kind == "list_item") != inside:
            inside = not inside
            out.append(open_list if inside else close_list)
        out.append(shape(item))
    if inside:
        out.append(close_list)
    return "\n".join(out)


def spread(lines: tuple[str, ...], before: str, after: str) -> str:
    """Return each line between the same tags."""
    return "".join(f"{before}{esc(line)}{after}" for line in lines)


def nav_links(view: View, before: str = "<li>", after: str = "</li>") -> str:
    """Return the site's main menu."""
    return "".join(
        f'{before}<a href="{view.home}/section/{index}/">{esc(name)}</a>{after}' for index, name in enumerate(view.labels["nav"])
    )


def teasers(links: tuple[Link, ...], pattern: str) -> str:
    """Return a list of headlines; the pattern has {url}, {title} and {time}."""
    return "\n".join(pattern.format(url=attr(x.url), title=esc(x.title), time=f"{x.published:%H:%M}") for x in links)


def social_meta(view: View) -> str:
    """Return the Open Graph and Twitter tags of a page."""
    copy = view.copy
    tags = {
        "og:type": "article",
        "og:title": copy.title,
        "og:description": copy.standfirst,
        "og:url": view.url,
        "og:site_name": view.outlet.name,
        "og:image": view.image,
        "og:locale": view.outlet.locale or view.outlet.language,
    }
    lines = [f'<meta property="{name}" content="{attr(value)}">' for name, value in tags.items()]
    lines += [
        '<meta name="twitter:card" content="summary_large_image">',
        f'<meta name="twitter:title" content="{attr(copy.title)}">',
    ]
    return "\n".join(lines)


def news_article(view: View, *, with_body: bool = False) -> dict[str, Any]:
    """Return a page's NewsArticle as schema.org has it."""
    data: dict[str, Any] = {
        "@type": "NewsArticle",
        "headline": view.copy.title,
        "description": view.copy.standfirst,
        "datePublished": view.iso,
        "dateModified": view.iso,
        "mainEntityOfPage": {"@type": "WebPage", "@id": view.url},
        "image": [view.image],
        "author": [{"@type": "Person", "name": name} for name in view.copy.authors]
        + [{"@type": "Organization", "name": name} for name in view.signed[len(view.copy.authors) :]],
        "publisher": {"@type": "NewsMediaOrganization", "name": view.outlet.name, "url": view.home},
        "articleSection": view.copy.section,
        "inLanguage": view.outlet.language,
        "isAccessibleForFree": view.free,
    }
    if with_body:
        data["articleBody"] = view.copy.text
    return data


def ld_json(data: dict[str, Any] | list[dict[str, Any]]) -> str:
    """Return schema.org data as a script element."""
    body = (
        {"@context": "https://schema.org", "@graph": data} if isinstance(data, list) else {"@context": "https://schema.org", **data}
    )
    return f'<script type="application/ld+json">{as_json(body)}</script>'


# Themes that start from the same sheet; the others bring everything themselves.
BASED = frozenset({"agency", "blog", "gazette", "linked", "paywall", "plain"})


def style(view: View, theme: str, prefix: str, steps: int) -> str:
    """Return a page's inline style sheet: the house colour, the theme, and the helper classes that come along."""
    return f":root{{--house:{view.outlet.colour}}}\n{_sheet(theme)}{utility_css(prefix, steps)}"


@cache
def _sheet(theme: str) -> str:
    folder = resources.files("newsroom").joinpath("themes", "css")
    names = ["base", theme] if theme in BASED else [theme]
    return "\n".join(folder.joinpath(f"{name}.css").read_text("utf-8") for name in names)


@cache
def utility_css(prefix: str, steps: int) -> str:
    """Return the kind of generated style sheet that most sites carry inline: hundreds of one-line helper classes."""
    rules = []
    for step in range(steps):
        for name, rule in (("m", "margin"), ("p", "padding"), ("g", "gap"), ("w", "min-width")):
            rules.append(f".{prefix}-{name}-{step}{{{rule}:{step * 4}px}}")
            rules.append(f"@media(min-width:{640 + step * 8}px){{.{prefix}-{name}-l{step}{{{rule}:{step * 6}px}}}}")
    return "".join(rules)


@cache
def tracker_js(name: str) -> str:
    """Return the kind of script that sits in every page's head: consent defaults, a beacon queue, lazy images."""
    slots = [
        {"slot": f"{name}-{place}", "sizes": [[300, 250], [728, 90], [970, 250]]}
        for place in ("top", "mid-1", "mid-2", "rail", "foot")
    ]
    return f"""<script>
(function(w,d){{w.siteData=w.siteData||{{}};w.siteData.slots={json.dumps(slots)};w.siteData.consent={{ads:false,stats:false,version:3}};
var q=[];function send(kind,data){{q.push([kind,data,+new Date()]);if(q.length>20){{q=[]}}}}
w.track=send;
d.addEventListener('click',function(e){{var a=e.target.closest&&e.target.closest('a');if(a){{send('click',a.pathname)}}}},true);
d.addEventListener('DOMContentLoaded',function(){{[].forEach.call(d.querySelectorAll('img[data-src]'),function(i){{i.src=i.getAttribute('data-src')}});
var b=d.querySelector('[data-menu]');if(b){{b.addEventListener('click',function(){{d.body.classList.toggle('menu-open')}})}}
send('view',{{path:location.pathname,ref:document.referrer.slice(0,80)}})}});}})(window,document);
</script>"""


def state_json(view: View) -> str:
    """Return the page state that script-driven sites ship with a page: every headline a second time."""
    state = {"site": view.outlet.host, "articles": [{"t": x.title, "u": x.url, "p": x.published.isoformat()} for x in view.links]}
    return f"<script>window.__STATE__={as_json(state)};</script>"
