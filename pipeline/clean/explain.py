"""Every decision of one article for people: as text for a terminal, or as one HTML page that stands alone."""

from __future__ import annotations

import html
import textwrap

from pipeline.clean.boxes import BOX_RULES
from pipeline.clean.edges import EDGE_RULES
from pipeline.clean.rules import load_rules
from pipeline.clean.site import SITE_LINE
from pipeline.records import Article, Block

WIDTH = 100
RULE_WIDTH = 20  # two more than the longest rule with its sign
STYLE = """
:root { color-scheme: light dark; }
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 48rem; margin: 2rem auto; padding: 0 1rem; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 0 1rem; }
dt, .rule { opacity: .7; }
dd { margin: 0; overflow-wrap: anywhere; }
p { margin: .6rem 0; padding-left: .6rem; border-left: 3px solid transparent; overflow-wrap: anywhere; }
p.dropped { border-color: light-dark(#b00020, #ff7b88); color: light-dark(#b00020, #ff7b88); }
.rule { font: .8rem ui-monospace, monospace; margin-left: .5rem; text-decoration: none; display: inline-block; }
"""


def explain_text(article: Article) -> str:
    """Return the article's metadata with their basis, then each block, kept or dropped, with the rule that dropped it."""
    head = [f"{name:<{RULE_WIDTH}}{value}" for name, value in _facts(article)]
    return "\n".join([*head, "", *(_line(block) for block in article.blocks), "", _count(article)]) + "\n"


def explain_html(article: Article) -> str:
    """Return a page that shows the article's metadata and blocks, the dropped ones struck, each with its rule."""
    facts = "".join(f"<dt>{html.escape(name)}</dt><dd>{html.escape(value)}</dd>" for name, value in _facts(article))
    blocks = "\n".join(_html_block(block) for block in article.blocks)
    title = html.escape(article.title or "(no title)")
    language = html.escape(article.language or "", quote=True)
    return (
        f'<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<title>{title}</title>\n<style>{STYLE}</style>\n'
        f'</head>\n<body>\n<h1>{title}</h1>\n<dl>{facts}</dl>\n<main lang="{language}" dir="auto">\n{blocks}\n</main>\n'
        f"<p>{html.escape(_count(article))}</p>\n</body>\n</html>\n"
    )


# Given by the extractor, from the page's markup, before any rule sees a line.
EXTRACTOR_LABELS = {
    "not-content": "Outside of the article, as far as the page's markup and words tell",
    "byline": "Who wrote the article and when, marked as such by the page",
    "caption": "Caption or credit of a picture, marked as such by the page",
    "comments": "Readers' comments: where the page keeps them, or below their heading",
    "gallery": "Caption of a slide of a slideshow",
    "navigation": "Menu, footer or login of the page",
    "next-article": "The next article of a page that never ends",
    "promotion": "Advertising or a sign-up, marked as such by the page",
    "related-link": "Link to another story, alone or in a box of such links",
    "share-bar": "Buttons to share the article, marked as such by the page",
    "social-post": "Post of a social network that the page embeds",
}


def described_rules() -> dict[str, str]:
    """Return what each label means, in words."""
    rules = {rule.id: rule.about for rule in load_rules()}
    return rules | BOX_RULES | EDGE_RULES | EXTRACTOR_LABELS | {SITE_LINE: "Line that recurs on other stories of the site"}


def describe_rule(rule: str) -> str:
    """Return what a label means, in words; one that is stored may be of a rule that there is no more."""
    return described_rules().get(rule, "A rule of another version of Copydesk, which this one does not have")


def _facts(article: Article) -> list[tuple[str, str]]:
    kind = f"{article.page_kind} ({article.kind_reason})" if article.kind_reason else article.page_kind
    published = f"{article.published_at} (from {article.published_basis})" if article.published_at else "-"
    facts = [
        ("title", article.title or "-"),
        ("url", article.url or "-"),
        ("canonical", article.canonical_url or "-"),
        ("article id", article.article_id),
        ("page kind", kind),
        ("authors", ", ".join(article.authors) or "-"),
        ("published", published),
        ("modified", article.modified_at or "-"),
        ("language", article.language or "-"),
        ("section", article.section or "-"),
        ("wire credit", article.wire_credit or "-"),
        ("paywalled", "yes" if article.paywalled else "no"),
        ("extractor", article.extractor),
    ]
    return [(name, _one_line(value)) for name, value in facts]


def _line(block: Block) -> str:
    mark = f"- {block.dropped_by}" if block.dropped_by else "+"
    text = textwrap.shorten(_one_line(block.text), WIDTH - RULE_WIDTH, placeholder=" …")
    return f"{mark:<{RULE_WIDTH}}{text}"


def _html_block(block: Block) -> str:
    text = html.escape(block.text)
    if block.dropped_by is None:
        return f'<p dir="auto">{text}</p>'
    rule, about = html.escape(block.dropped_by), html.escape(describe_rule(block.dropped_by), quote=True)
    return f'<p class="dropped" dir="auto"><s>{text}</s> <span class="rule" title="{about}">{rule}</span></p>'


def _count(article: Article) -> str:
    dropped = sum(block.dropped_by is not None for block in article.blocks)
    return f"{len(article.blocks) - dropped} blocks kept, {dropped} dropped, {len(article.text):,} characters of clean text"


def _one_line(text: str) -> str:
    """Return the text without line ends and control characters: a hostile page must not write to the terminal."""
    return "".join(c if c.isprintable() else " " for c in text)
