"""Readers' comments and the next article of an endless page are left out; an article that only looks so is kept whole."""

from __future__ import annotations

import pytest

from pipeline.extract.page import PageInput, extract
from pipeline.records import Article

TITLE = "Harbour bridge reopens after nine months of repairs"
OTHER = "Council votes against a second ferry to the island"
STORY = [
    f"The bridge over the northern harbour carried its first cars again on Monday, number {n} of a long list of repairs, and the "
    "engineers who had worked on it through the winter stood beside the road and watched."
    for n in range(2, 8)
]
NEXT = [
    f"The council voted on Tuesday, for the {n}th time this year, against a second ferry to the island, because the first one is "
    "seldom full and the harbour has no room for another berth on its southern side."
    for n in range(4, 10)
]
REMARKS = [
    f"I drove over it on my way to work and have to say that it took them {n} months too long, but the new lanes are wide and the "
    "view from the middle is as good as it was before."
    for n in range(2, 6)
]


def paragraphs(texts: list[str]) -> str:
    return "".join(f"<p>{text}</p>" for text in texts)


def page(body: str) -> Article:
    html = f"<html><head><title>{TITLE}</title></head><body><main>{body}</main></body></html>"
    return extract(PageInput("https://news.example/harbour/bridge-reopens-again", "s", "news.example", html, kind="html"))


def kept(article: Article) -> list[str]:
    return [block.text for block in article.blocks if block.dropped_by is None]


def test_comments_below_an_article_are_left_out_however_long() -> None:
    remarks = "".join(f'<li class="comment"><div class="comment-body"><p>{text}</p></div></li>' for text in 3 * REMARKS)
    article = page(f'<article><h1>{TITLE}</h1>{paragraphs(STORY)}</article><ol class="comment-list">{remarks}</ol>')
    assert [text for text in kept(article) if text != TITLE] == STORY
    assert not set(REMARKS) & set(kept(article))


def test_an_article_in_an_element_that_is_named_after_comments_is_kept() -> None:
    article = page(f'<div class="comments-open"><article><h1>{TITLE}</h1>{paragraphs(STORY)}</article></div>')
    assert set(STORY) <= set(kept(article))


def test_the_next_article_of_an_endless_page_is_left_out_and_says_so() -> None:
    first = f'<article class="post"><h1>{TITLE}</h1><div class="text">{paragraphs(STORY)}</div></article>'
    second = f'<article class="post"><h1>{OTHER}</h1><div class="text">{paragraphs(NEXT)}</div></article>'
    article = page(first + second)
    assert set(STORY) <= set(kept(article))
    assert not set(NEXT) & set(kept(article))


def test_chapters_with_headings_of_the_first_rank_stay() -> None:
    chapters = "".join(f"<h1>What happens to the old piers, part {n}</h1>{paragraphs(NEXT[n : n + 3])}" for n in (0, 3))
    article = page(f'<article class="post"><h1>{TITLE}</h1>{paragraphs(STORY)}{chapters}</article>')
    assert set(STORY + NEXT) <= set(kept(article))


@pytest.mark.parametrize(
    "heading", ["4 Comments", "Reader comments (4)", "Visitor opinions", "Neueste Kommentare", "Vos réactions"]
)
def test_what_stands_below_a_heading_for_comments_is_left_out_whatever_holds_it(heading: str) -> None:
    remarks = "".join(f"<div><p>{text}</p></div><p class='posted'>Posted by Ann | May 4, 2021</p>" for text in REMARKS)
    article = page(f"<div class='content'><h1>{TITLE}</h1>{paragraphs(STORY)}<h2>{heading}</h2>{remarks}</div>")
    assert [text for text in kept(article) if text != TITLE] == STORY


def test_an_article_goes_on_at_the_next_heading_of_its_own() -> None:
    chapters = f"<h2>Comments</h2>{paragraphs(STORY[3:4])}<h2>The road over it</h2>{paragraphs(STORY[4:])}"
    article = page(f"<div class='content'><h1>{TITLE}</h1>{paragraphs(STORY[:3])}{chapters}</div>")
    assert set(STORY[:3] + STORY[4:]) <= set(kept(article))


def test_captions_of_a_slideshow_are_left_out_and_a_page_of_nothing_else_is_kept() -> None:
    slides = f"<ul class='slideshow'>{''.join(f'<li><img src=x><p>{text}</p></li>' for text in REMARKS)}</ul>"
    assert not set(REMARKS) & set(kept(page(f"<article><h1>{TITLE}</h1>{paragraphs(STORY)}{slides}</article>")))
    assert set(REMARKS) <= set(kept(page(f"<article><h1>{TITLE}</h1>{slides}</article>")))


@pytest.mark.parametrize(
    "post",
    [
        "<blockquote class='twitter-tweet'><p>{}</p>&mdash; Ann (@ann)</blockquote>",
        "<blockquote class='wide twitter-tweet' data-lang=en><p>{}</p></blockquote>",
        "<amp-twitter><blockquote placeholder>{}</blockquote></amp-twitter>",
        "<div class=row><blockquote class=bluesky-embed><p>{}</p></blockquote></div>",
    ],
)
def test_embedded_posts_are_left_out_however_long(post: str) -> None:
    posts = "".join(post.format(text) for text in REMARKS)
    article = page(f"<article><h1>{TITLE}</h1>{paragraphs(STORY[:3])}{posts}{paragraphs(STORY[3:])}</article>")
    assert kept(article) == STORY
    assert [block.dropped_by for block in article.blocks if block.text in REMARKS] == ["social-post"] * len(REMARKS)
    assert set(REMARKS) <= set(kept(page(f"<article><h1>{TITLE}</h1>{posts}</article>")))


def test_a_guest_book_is_comments() -> None:
    entries = "".join(f"<div class=entry><b>Reader {n}</b><p>{text}</p></div>" for n, text in enumerate(REMARKS))
    article = page(f"<div><h1>{TITLE}</h1>{paragraphs(STORY)}</div><div class=guestbook>{entries}</div>")
    assert [text for text in kept(article) if text != TITLE] == STORY


def test_remarks_that_are_signed_with_a_time_are_left_out_whatever_holds_them() -> None:
    above = "".join(
        f"<div class='b'>Posted by: Reader {n}, Oslo on 9:3{n}am</div><div>{text}</div>" for n, text in enumerate(REMARKS)
    )
    below = "".join(f"<p>{text}</p><p class='s'>Posted by Reader {n} on May 4, 9:3{n} AM</p>" for n, text in enumerate(REMARKS))
    for remarks in (above, f"<div>Comments</div>{below}"):
        article = page(f"<h1>{TITLE}</h1>{paragraphs(STORY)}<div>{remarks}</div>")
        assert [text for text in kept(article) if text != TITLE] == STORY


def test_a_story_and_the_parts_of_a_live_blog_may_be_signed() -> None:
    parts = "".join(
        f"<div class='part'><p class='who'>By Jane Doe at 10:1{n}</p><p>{text}</p></div>" for n, text in enumerate(STORY)
    )
    assert set(STORY) <= set(kept(page(f"<h1>{TITLE}</h1>{parts}")))
    assert set(STORY) <= set(kept(page(f"<h1>{TITLE}</h1><p>Posted by Jane Doe at 10:15</p>{paragraphs(STORY)}")))


def story(tag: str, headline: str, byline: str, texts: list[str]) -> str:
    header = f"<header class='head'><{tag}>{headline}</{tag}><p class='by'>{byline}</p></header>"
    return f"<div class='story-wrap'>{header}<div class='text'>{paragraphs(texts)}</div></div>"


def test_a_next_article_with_a_byline_may_have_a_lower_heading_and_one_behind_it_may_be_a_brief() -> None:
    brief = story("h2", "Bakery wins the county prize", "By John Roe", ["The rye loaf has won for the third year in a row."])
    article = page(story("h1", TITLE, "By Jane Doe", STORY) + story("h2", OTHER, "By Jane Doe", NEXT) + brief)
    assert [text for text in kept(article) if text != TITLE] == STORY
    part = page(story("h1", TITLE, "By Jane Doe", STORY) + story("h2", OTHER, "What the council said", NEXT))
    assert set(STORY + NEXT) <= set(kept(part))


def test_parts_of_an_article_with_headings_of_their_own_are_no_next_articles() -> None:
    parts = "".join(
        f"<div class='article-part'><{tag}>{headline}</{tag}>{paragraphs(texts)}</div>"
        for tag, headline, texts in (("h1", TITLE, STORY), ("h2", "What becomes of the old piers", NEXT))
    )
    assert set(STORY + NEXT) <= set(kept(page(parts)))


CONSENT = (
    "We and selected third parties use cookies or similar technologies and, with your consent, for personalised advertising.",
    "You can give, deny or withdraw your consent at any time. Denying consent may make features unavailable.",
)


@pytest.mark.parametrize("names", ["id='cookie-law-info-bar'", "class='iubenda-cs-container'", "class='modal consent-dialog'"])
def test_a_consent_dialogue_below_the_story_is_left_out(names: str) -> None:
    article = page(f"<article><h1>{TITLE}</h1>{paragraphs(STORY)}</article><div {names}>{paragraphs([*CONSENT])}</div>")
    assert [text for text in kept(article) if text != TITLE] == STORY


def test_what_stands_in_an_element_of_such_a_name_and_does_not_speak_of_it_stays() -> None:
    """As the articles of a blog whose topic, or whose theme, has the name."""
    article = page(f"<div class='post category-cookies privacy'><h1>{TITLE}</h1>{paragraphs(STORY)}</div>")
    assert [text for text in kept(article) if text != TITLE] == STORY
