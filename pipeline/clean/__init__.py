"""Cleaning: say of each block of an article which rule takes it out of the clean text, and change nothing of the text.

Line rules (`rules.toml`) see one line, site templates the other pages of the site, edges the article's top and tail.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from functools import cache

from pipeline.clean.boxes import BOX_RULES
from pipeline.clean.credits import credited_agency
from pipeline.clean.edges import EDGE_RULES, HEADLINE
from pipeline.clean.label import label_blocks, reopen_headlines, title_of
from pipeline.clean.rules import RULES_FILE, rule_ids
from pipeline.clean.site import SITE_LINE, learn_site_lines, template_lines
from pipeline.records import Article, SiteLine

__all__ = [
    "clean_site",
    "label",
    "label_with",
    "learn_site_lines",
    "rules_version",
    "template_lines",
]

CODE_VERSION = 24  # raised when the code of this package labels differently with the same rules.toml
# Labels that a second call could not find again by itself stay; all others are decided anew, so that
# label(label(x)) == label(x).
_LASTING = frozenset({SITE_LINE, HEADLINE})


def label(article: Article, site_lines: Collection[SiteLine] = ()) -> Article:
    """Return the article with its blocks labelled. `site_lines` are what was learned about the article's site."""
    return label_with(article, template_lines(site_lines, article.site))


def clean_site(articles: Sequence[Article], known: Iterable[SiteLine], run_date: str) -> tuple[list[Article], list[SiteLine]]:
    """Learn the lines of one site from its pages and what was known before, then label the pages with them."""
    lines = learn_site_lines(articles if len(articles) > 1 else (), known, run_date)  # on one page nothing recurs
    by_site = {site: template_lines(lines, site) for site in sorted({article.site for article in articles})}
    return [label_with(article, by_site[article.site]) for article in articles], lines


@cache
def rules_version() -> str:
    """Return 12 hex digits that change with the rules or the code of cleaning."""
    return hashlib.sha256(RULES_FILE.read_bytes() + str(CODE_VERSION).encode()).hexdigest()[:12]


@cache
def _own_rules() -> frozenset[str]:
    return (rule_ids() | set(BOX_RULES) | set(EDGE_RULES)) - _LASTING


def label_with(article: Article, templates: Collection[str]) -> Article:
    """Return the article with its blocks labelled; `templates` are the hashes of its site's lines."""
    own = _own_rules()
    blocks = [replace(block, dropped_by=None) if block.dropped_by in own else block for block in article.blocks]
    title, blocks = title_of(article, blocks)
    article = replace(article, title=title)
    labelled = label_blocks(article, reopen_headlines(blocks, title), templates)
    kept_out = [new.drop(HEADLINE) if old.dropped_by == HEADLINE else new for old, new in zip(blocks, labelled, strict=True)]
    return replace(article, blocks=tuple(kept_out), wire_credit=article.wire_credit or credited_agency(kept_out))
