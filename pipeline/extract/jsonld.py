"""JSON-LD as publishers write it: broken JSON mended, the one object found that describes the page's article."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from pipeline.extract.likeness import agreement, pieces
from pipeline.extract.strings import fold, one_line

Node = dict[str, Any]

MAX_SCRIPT = 4 * 2**20  # characters; the largest honest one seen was a live blog of 1.1 MB
MAX_NODES = 20_000
OPENING = re.compile(r"^[\s;]*(?:<!--|(?://|/\*)?\s*<!\[CDATA\[(?:\s*\*/)?)+\s*")
CLOSING = re.compile(r"\s*(?:(?://\s*)?-->|(?://|/\*)?\s*\]\]>(?:\s*\*/)?|;|\s)*$")
WRAPPING_LENGTH = 60  # characters at either end in which the marks stand
TRAILING_COMMA = re.compile(r",(?=\s*[}\]])")
MISSING_COMMA = re.compile(r'((?<=["}\]])[^\S\n]*\n\s*+|(?<=[}\]])[^\S\n]*+)(?="[\w@]+"\s*:)')
BAD_ESCAPE = re.compile(r"\\(?![\"\\/bfnrt]|u[0-9a-fA-F]{4})")
LINE_COMMENT = re.compile(r"(?m)^[^\S\n]*//.*$")
# What can still be read of an object that no mending makes JSON.
SALVAGED = re.compile(
    r'"(@type|headline|datePublished|dateModified|articleSection|inLanguage|author|isAccessibleForFree)"\s*:\s*(?=["{\[tf])'
)
MAX_SALVAGED = 500
VALUE_END = re.compile(r"\s*(?:[,}\]]|$)")  # behind a string that holds quotation marks stands something else

SOME_LIKENESS = 0.3  # of a headline with any that the page shows: one of several stories elsewhere with less is a teaser

# Under these keys stands the page itself; under all others (hasPart, mentions, review, itemListElement) stand other things.
WRAPPER_KEYS = ("@graph", "mainEntity", "mainEntityOfPage", "mainContentOfPage", "article", "item", "subjectOf")
NEWS_TYPES = frozenset({"newsarticle", "reportagenewsarticle", "analysisnewsarticle", "opinionnewsarticle", "backgroundnewsarticle",
                        "reviewnewsarticle", "askpublicnewsarticle", "liveblogposting", "report"})  # fmt: skip
PAGE_TYPES = frozenset(
    {"webpage", "itempage", "aboutpage", "faqpage", "medicalwebpage", "checkoutpage", "contactpage", "profilepage", "qapage"}
)
LIST_TYPES = frozenset({"collectionpage", "searchresultspage", "itemlist", "website"})
CREATIVE_TYPES = frozenset({"creativework", "review", "recipe", "howto", "criticreview", "claimreview", "podcastepisode"})
# Videos, events, galleries are what a page shows beside its story as often as what it is: they never stand for the article.


@dataclass(frozen=True, slots=True)
class JsonLd:
    """The objects of a page.

    `article` describes its article, `site_names` are WebSite and publisher names, `organisations` the folded names of
    whatever is typed as one.
    """

    article: Node = field(default_factory=dict)
    types: frozenset[str] = frozenset()
    site_names: tuple[str, ...] = ()
    organisations: frozenset[str] = frozenset()
    by_id: dict[str, Node] = field(default_factory=dict)

    def get(self, *keys: str) -> Any:
        """Return the first value under one of the keys that says something."""
        return next((value for key in keys if (value := self.article.get(key)) not in (None, "", [], {})), None)

    def resolve(self, value: object) -> object:
        """Return the object that a bare {"@id": …} points to, or the value itself."""
        if isinstance(value, dict) and isinstance(value.get("@id"), str) and not value.get("name"):
            return self.by_id.get(value["@id"], value)
        return value


def read_jsonld(scripts: Iterable[str], url: str | None, headings: Iterable[str]) -> JsonLd:
    """Return what the page's JSON-LD scripts say; `headings` (h1, og:title, title) tell the page's article from others."""
    roots = [root for script in scripts for root in parse_script(script)]
    nodes = list(_walk(roots))
    if not nodes:
        return JsonLd()
    by_id: dict[str, Node] = {}
    for node in nodes:
        identity = node.get("@id")
        if isinstance(identity, str) and len(node) > 1 and len(node) > len(by_id.get(identity, {})):
            by_id[identity] = node
    own = _own_nodes(roots)
    article = _best_article(own, url, [pieces(heading) for heading in headings if heading])
    return JsonLd(
        article=article or {},
        types=frozenset(kind.lower() for node in own for kind in _types(node)),
        site_names=tuple(dict.fromkeys(_site_names(own, article, by_id))),
        organisations=frozenset(fold(one_line(node.get("name"))) for node in nodes if is_organisation(node)),
        by_id=by_id,
    )


def is_organisation(node: Node) -> bool:
    """Say whether an object is typed as an organisation alone: a person who publishes is typed as both."""
    kinds = str(node.get("@type")).lower()
    return "organization" in kinds and "person" not in kinds


def parse_script(script: str) -> list[Any]:
    """Return the JSON values of one script element; what cannot be mended is read key by key."""
    text = script.strip().lstrip("\ufeff")[:MAX_SCRIPT]
    if not text:
        return []
    for mend in (_as_it_is, _unwrapped, _mended, _unescaped):
        try:
            return _values(mend(text))
        except (ValueError, RecursionError):
            continue
    salvaged: Node = {}
    for found in islice(SALVAGED.finditer(text), MAX_SALVAGED):
        try:
            value, end = _decoder.raw_decode(text, found.end())
        except (ValueError, RecursionError):
            continue
        if VALUE_END.match(text, end):
            salvaged.setdefault(found[1], value)
    return [salvaged] if salvaged else []


def _as_it_is(text: str) -> str:
    return text


def _unwrapped(text: str) -> str:
    """Return the script without the comment or CDATA marks around it."""
    head, tail = text[:WRAPPING_LENGTH], text[WRAPPING_LENGTH:]
    if not tail:
        return CLOSING.sub("", OPENING.sub("", head))
    return OPENING.sub("", head) + tail[:-WRAPPING_LENGTH] + CLOSING.sub("", tail[-WRAPPING_LENGTH:])


def _mended(text: str) -> str:
    text = LINE_COMMENT.sub("", _unwrapped(text))
    text = BAD_ESCAPE.sub("", text)
    return TRAILING_COMMA.sub("", MISSING_COMMA.sub(r",\1", text))


def _unescaped(text: str) -> str:
    if "&quot;" not in text and "&#34;" not in text:
        raise ValueError("not escaped")
    return _mended(text.replace("&quot;", '"').replace("&#34;", '"').replace("&amp;", "&"))


def _plain(node: Node) -> Any:
    """Return an object as most write it: without what JSON-LD and PHP put around a value or a list, or before a key."""
    wrapped = next((key for key in ("@value", "@list", "@set") if key in node), None)
    if wrapped:
        return node[wrapped]
    if node and all(map(str.isdecimal, node)):
        return list(node.values())
    return {key.removeprefix("schema:"): value for key, value in node.items()} if any(":" in key for key in node) else node


_decoder = json.JSONDecoder(strict=False, object_hook=_plain)  # not strict: line breaks inside strings


def _values(text: str) -> list[Any]:
    """Return one or several values written one after the other."""
    values, position = [], 0
    while position < len(text):
        value, end = _decoder.raw_decode(text, position)
        values.append(value)
        position = end
        while position < len(text) and text[position] in " \t\r\n,;":
            position += 1
    return values


def _walk(roots: list[Any]) -> Iterator[Node]:
    """Yield every object at any depth, level by level, in document order."""
    queue = list(roots)
    for value in queue:  # grows while it is read
        if isinstance(value, dict):
            yield value
        children = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
        if len(queue) < MAX_NODES:
            queue.extend(child for child in children if isinstance(child, (dict, list)))


def _own_nodes(roots: list[Any]) -> list[Node]:
    """Return the objects that can stand for the page itself."""
    queue, own = list(roots), []
    for value in queue:  # grows while it is read
        if isinstance(value, dict) and (value.get("@type") or value.get("headline")):
            own.append(value)
        if len(queue) > MAX_NODES:
            continue
        if isinstance(value, list):
            queue.extend(value)
        elif isinstance(value, dict):
            queue.extend(value[key] for key in WRAPPER_KEYS if isinstance(value.get(key), (dict, list)))
    return own


def _types(node: Node) -> tuple[str, ...]:
    kinds = node.get("@type")
    kinds = kinds if isinstance(kinds, list) else [kinds]
    return tuple(one_line(kind).rsplit("/", 1)[-1].rsplit(":", 1)[-1] for kind in kinds if isinstance(kind, str) and kind)


def _type_rank(node: Node) -> int:
    """Return how well an object's type fits an article: 4 news, 3 article or posting, 2 other work, 1 page, 0 none."""
    ranks = [0]
    for kind in (kind.lower() for kind in _types(node)):
        if kind in NEWS_TYPES:
            ranks.append(4)
        elif kind.endswith(("article", "posting")):
            ranks.append(3)
        elif kind in CREATIVE_TYPES:
            ranks.append(2)
        elif kind in PAGE_TYPES or kind in LIST_TYPES:
            ranks.append(1)
    if node.get("headline") and not _types(node):
        ranks.append(3)
    return max(ranks)


def _best_article(nodes: list[Node], url: str | None, headings: list[frozenset[str]]) -> Node | None:
    """Return the object of the page's article: by type, by address, by its headline standing on the page, else the first."""
    ranked = [(_type_rank(node), node) for node in nodes]
    ranked = [(rank, node) for rank, node in ranked if rank]
    if not ranked:
        return None
    path = _address(url)

    def fitness(item: tuple[int, Node]) -> tuple[int, int, float, int]:
        rank, node = item
        at_home = int(path is not None and path in [_address(node.get(key)) for key in ("url", "@id", "mainEntityOfPage")])
        own = pieces(one_line(node.get("headline") or node.get("name")))
        likeness = max((agreement(own, heading) for heading in headings), default=0)
        return int(rank >= 2) + int(rank >= 3), at_home, round(likeness, 1), rank

    best = max(ranked, key=fitness)  # of equals the first
    at, is_like = fitness(best)[1:3]
    others = {place for rank, node in ranked if rank > 2 and (place := _address(node.get("url") or node.get("mainEntityOfPage")))}
    is_of_list = path is not None and headings and not at and len(others) > 1 and is_like < SOME_LIKENESS
    return None if is_of_list else best[1]


def _address(value: object) -> str | None:
    """Return host and path of a URL, without what varies between spellings."""
    if isinstance(value, dict):
        value = value.get("@id") or value.get("url")
    if not isinstance(value, str) or "//" not in value:
        return None
    return value.split("//", 1)[1].split("#", 1)[0].split("?", 1)[0].removeprefix("www.").rstrip("/").lower()


def _site_names(own: list[Node], article: Node | None, by_id: dict[str, Node]) -> Iterator[str]:
    publishers = [article.get("publisher"), article.get("sourceOrganization")] if article else []
    for value in [*publishers, *(node for node in own if {"WebSite", "NewsMediaOrganization", "Organization"} & set(_types(node)))]:
        for node in value if isinstance(value, list) else [value]:
            if isinstance(node, dict) and not node.get("name") and isinstance(node.get("@id"), str):
                node = by_id.get(node["@id"], node)
            names = [node.get("name"), node.get("alternateName")] if isinstance(node, dict) else [node]
            yield from (name for name in map(one_line, names) if name and fold(name))
