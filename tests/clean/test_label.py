"""Cleaning labels blocks and does nothing else."""

from __future__ import annotations

import tracemalloc
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.clean import label, learn_site_lines, rules_version
from pipeline.records import Article, Block
from tests.clean.articles import PROSE, article, block, dropped

KNOWN = (
    *PROSE,
    *(
        "Share",
        "Advertisement",
        "Read more",
        "Related articles",
        "Facebook",
        "Comments (12)",
        "Live",
        "4 May 2021",
        "© 2023 Example",
    ),
    *("By Jane Doe", "Jane Doe", "Reporting by Jane Doe", "Harbour wall to be raised"),
    "Island council wants second ferry before the summer",
)
LINES = st.one_of(st.sampled_from(KNOWN), st.text(max_size=60))
BLOCKS = st.builds(
    Block,
    index=st.just(0),
    kind=st.sampled_from(["paragraph", "heading", "list_item", "quote", "caption", "table", "code"]),
    text=LINES,
    dropped_by=st.sampled_from([None, None, None, "not-content", "caption", "comments", "byline"]),
    link_density=st.sampled_from([0.0, 0.0, 1.0]),
)
ARTICLES = st.builds(
    lambda blocks, title, authors: article(*blocks, title=title, authors=authors),
    st.lists(BLOCKS, max_size=14),
    st.sampled_from(["Harbour wall to be raised", None, "x"]),
    st.sampled_from([(), ("Jane Doe",)]),
)


def _bare(cleaned: Article) -> Article:
    return replace(cleaned, title=None, blocks=tuple(replace(b, dropped_by=None) for b in cleaned.blocks))


@given(ARTICLES)
@settings(max_examples=300)
def test_labelling_changes_labels_only_and_twice_is_once(dirty: Article) -> None:
    cleaned = label(dirty)
    assert _bare(cleaned) == _bare(dirty)
    assert label(cleaned) == cleaned


@given(ARTICLES)
@settings(max_examples=150)
def test_what_the_extractor_dropped_stays_dropped(dirty: Article) -> None:
    before = [b.dropped_by for b in dirty.blocks]
    after = [b.dropped_by for b in label(dirty).blocks]
    assert all(b in (None, a) for b, a in zip(before, after, strict=True))


@given(st.lists(ARTICLES, min_size=2, max_size=5))
@settings(max_examples=60)
def test_labelling_with_the_lines_of_the_site_twice_is_once(pages: list[Article]) -> None:
    pages = [replace(page, article_id=str(n)) for n, page in enumerate(pages)]
    lines = learn_site_lines(pages, (), "2024-05-01")
    for page in pages:
        assert label(label(page, lines), lines) == label(page, lines)


def test_a_page_of_nothing_but_matching_lines_is_not_emptied_by_patterns() -> None:
    lines = [f"Read more about the {thing} of the harbour" for thing in ("wall", "boats", "fish", "market")]
    cleaned = label(article(*lines, "Advertisement"))
    assert cleaned.text.split("\n\n") == lines
    assert dropped(cleaned) == {"Advertisement": "advertisement"}


@pytest.mark.parametrize(
    ("language", "line"), [("en", "MORE: Four storms that took the old pier"), ("de", "Mehr: Vier Stürme, die den Steg mitnahmen")]
)
def test_a_label_of_one_word_leads_to_another_story_where_the_line_is_a_link(language: str, line: str) -> None:
    linked = label(article(*PROSE[:2], block(line, links=0.95), *PROSE[2:], language=language))
    assert dropped(linked) == {line: "read-more"}
    assert dropped(label(article(*PROSE[:2], line, *PROSE[2:], language=language))) == {}
    assert dropped(label(article(*PROSE[:2], block("Storm: the pier is gone", links=1.0), *PROSE[2:]))) == {}


def test_tables_and_code_are_not_read_as_lines() -> None:
    cleaned = label(article(*PROSE[:2], block("Share", "table"), block("print", "code"), *PROSE[2:]))
    assert dropped(cleaned) == {}


def test_a_network_is_a_share_bar_beside_another_and_a_name_alone() -> None:
    assert dropped(label(article(*PROSE[:2], "Facebook", *PROSE[2:]))) == {}
    assert set(dropped(label(article(*PROSE[:2], "Share", "Facebook", *PROSE[2:])))) == {"Share", "Facebook"}


def test_a_label_that_may_be_a_subhead_is_one_above_a_short_sentence_at_the_end() -> None:
    cleaned = label(article(*PROSE, block("UP NEXT", "heading"), "Alverton: Hosts Borton on Tuesday.", "Borton: Off on Friday."))
    assert dropped(cleaned) == {}
    assert "UP NEXT" in dropped(label(article(*PROSE, block("UP NEXT", "heading"), block("Ferry sails again", links=1.0))))


def test_a_label_that_may_be_a_subhead_is_one_above_prose() -> None:
    cleaned = label(article(*PROSE[:2], block("Privacy", "heading"), *PROSE[2:]))
    assert dropped(cleaned) == {}


def test_an_agency_credit_goes_at_the_tail_only() -> None:
    line = "Reporting by Jane Doe; editing by John Roe"
    assert dropped(label(article(*PROSE, line))) == {line: "agency-credit"}
    middle = article(*PROSE, line, *[f"{text} {n}." for n, text in enumerate(PROSE * 3)])
    assert dropped(label(middle)) == {}


def test_the_title_is_found_in_the_text_when_none_is_declared_or_it_fits_nothing() -> None:
    headline = "Council raises the harbour wall by a metre"
    for declared in (None, "Untitled document"):
        cleaned = label(article("Share", headline, *PROSE, title=declared))
        assert cleaned.title == headline
        assert cleaned.text == "\n\n".join(PROSE)


@pytest.mark.parametrize(
    ("title", "body"),
    [
        ("市议会批准新渡轮码头计划", "市议会周二晚间批准了兴建新渡轮码头的计划，结束了数月来的争论。"),
        ("市議会、新ターミナルの建設を承認", "市議会は火曜日の夜、新ターミナルの計画を承認し、議論に終止符を打った。"),
        ("시의회, 새 여객선터미널 건설안 승인", "시의회는 화요일 밤 여객선터미널을 짓는 계획을 승인해 논쟁을 끝냈다."),
    ],
)
def test_a_title_in_a_script_that_writes_words_together_is_not_foreign_to_its_text(title: str, body: str) -> None:
    cleaned = label(article("作者：张三", "字体大小", body, title=title))
    assert cleaned.title == title


def test_a_subhead_of_breaking_news_stays_in_the_text() -> None:
    assert dropped(label(article(*PROSE[:2], "What we know so far", *PROSE[2:]))) == {}


def test_an_interviewers_question_is_no_credit() -> None:
    question = "记者：后来发生了什么？"
    cleaned = label(article("港口东侧的居民抱怨说，车流量将会翻倍，噪音也会增加。", question, "“我们报了警，等了两个小时。”"))
    assert question in cleaned.text


def test_the_version_of_the_rules_is_twelve_hex_digits() -> None:
    assert len(rules_version()) == 12
    int(rules_version(), 16)


def test_long_texts_are_not_held_in_memory_when_their_article_is_done() -> None:
    label(article(*PROSE))  # the rules are compiled once
    tracemalloc.start()
    try:
        for n in range(10):
            label(article(*PROSE, f"paragraph {n} " * 20_000))
        assert tracemalloc.get_traced_memory()[0] < 2**20
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    ("label_text", "headline"),
    [
        ("Read also", "Island council wants second ferry before the summer"),
        (">> Related", "Island council wants second ferry"),
        ("関連記事", "港湾局長が辞任、後任は未定"),
        ("اقرأ أيضا", "مجلس الجزيرة يطالب بعبارة ثانية"),
    ],
)
def test_a_label_before_a_link_needs_no_colon(label_text: str, headline: str) -> None:
    line = f"{label_text} {headline}"
    linked = replace(block(line), link_density=round(len(headline) / len(line), 3))
    assert dropped(label(article(PROSE[0], linked, PROSE[1], PROSE[2])))[line] in ("read-more", "related")
    assert line not in dropped(label(article(PROSE[0], line, PROSE[1], PROSE[2])))


def test_a_label_that_is_linked_itself_or_stands_before_a_word_or_two_is_text() -> None:
    linked = replace(block("Related harbours want a second ferry, too"), link_density=1.0)
    short = replace(block("Read more here today"), link_density=0.25)
    assert dropped(label(article(PROSE[0], linked, PROSE[1], short, PROSE[2]))) == {}
