"""Records survive their way through Arrow, and derive what they promise."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import CopydeskError
from pipeline.records import Article, Block, StageReport, from_batches, to_batch

text = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), max_size=40)
blocks = st.builds(
    Block,
    index=st.integers(0, 99),
    kind=st.sampled_from(["paragraph", "heading"]),
    text=text,
    dropped_by=st.none() | st.just("ad-label"),
    link_density=st.floats(0, 1),
    path=text,
)


def article(*parts: Block, page_kind: str = "article", title: str | None = "Title") -> Article:
    return Article(
        article_id="a1", source_id="s", site="x.example", url="https://x.example/1", canonical_url=None, title=title,
        authors=("A. Writer",), published_at="2026-11-20", published_basis="meta", modified_at=None, language="en",
        page_kind=page_kind, kind_reason=None, section=None, image=None, paywalled=False, wire_credit=None, source_link=None,
        blocks=parts, extractor="test", raw_ref=None, fetched_at=datetime(2026, 11, 20, 2, tzinfo=UTC),
    )  # type: ignore[arg-type]  # fmt: skip


@given(st.lists(st.lists(blocks, max_size=4), max_size=5))
def test_articles_come_back_from_arrow_as_they_went(parts: list[list[Block]]) -> None:
    articles = [article(*p) for p in parts]
    assert list(from_batches([to_batch(articles, Article)], Article)) == articles


def test_the_text_is_what_no_rule_has_dropped() -> None:
    kept, dropped = Block(0, "paragraph", "One."), Block(1, "paragraph", "Advertisement").drop("ad-label")
    assert article(kept, dropped, Block(2, "paragraph", "Two.")).text == "One.\n\nTwo."
    assert article(kept, page_kind="index").text == ""


def test_a_label_once_given_stays() -> None:
    assert Block(0, "paragraph", "Share").drop("share").drop("site-line").dropped_by == "share"


def test_the_hash_changes_with_title_and_text_and_with_nothing_else() -> None:
    base = article(Block(0, "paragraph", "One."))
    assert base.content_hash == article(Block(5, "heading", "One."), Block(6, "paragraph", "x", "ad")).content_hash
    assert base.content_hash != article(Block(0, "paragraph", "One.")  , title="Other").content_hash  # fmt: skip
    assert base.content_hash != article(Block(0, "paragraph", "One!")).content_hash


def test_a_report_that_loses_an_item_cannot_be_made() -> None:
    with pytest.raises(CopydeskError, match="saw 3, accounts for"):
        StageReport("fetch", "2026-11-20", "000", 3, {"fetched": 2})
