"""From a page to an Article: which blocks are the story, in several layouts and languages, and what bad input comes to."""

from __future__ import annotations

import time
import tracemalloc
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from pipeline.clean import label
from pipeline.errors import Reject
from pipeline.extract.page import PageInput, extract
from pipeline.records import Article

STORIES = {
    "en": (
        "Harbour bridge reopens after nine months of repairs",
        "The bridge over the northern harbour carried its first cars again on Monday, number {} of a long "
        "list of repairs, and the engineers who had worked on it through the winter stood beside the road "
        "and watched.",
    ),
    "de": (
        "Hafenbrücke nach neun Monaten wieder offen",
        "Die Brücke über den nördlichen Hafen trug am Montag wieder die ersten Autos, Nummer {} auf einer "
        "langen Liste von Arbeiten, und die Ingenieure, die den Winter über daran gebaut hatten, standen an "
        "der Straße und sahen zu.",
    ),
    "ru": (
        "Мост через гавань открыт после ремонта",
        "В понедельник по мосту через северную гавань снова поехали первые машины, это пункт {} длинного "
        "списка работ, и инженеры, которые трудились здесь всю зиму, стояли у дороги и смотрели на поток "
        "автомобилей.",
    ),
    "ja": (
        "港の橋が九か月ぶりに再開",
        "北の港にかかる橋は月曜日に再び最初の車を通した。長い修理の一覧の{}番目であり、冬のあいだ作業を続けた技術者たちは道路のそばに立って、行き交う車の列を静かに見守っていた。関係者は安堵の表情を浮かべた。",
    ),
}


def story(language: str, count: int = 8) -> tuple[str, list[str]]:
    title, sentence = STORIES[language]
    return title, [sentence.format(n) for n in range(2, count + 2)]


def plain(title: str, paragraphs: list[str]) -> str:
    return f"<h1>{title}</h1>" + "".join(f"<p>{p}</p>" for p in paragraphs)


def theme(title: str, paragraphs: list[str]) -> str:
    menu = "".join(f'<li><a href="/{n}">Menu {n}</a></li>' for n in range(8))
    links = "".join(f'<li><a href="/r{n}">Something else that happened today, number {n}</a></li>' for n in range(6))
    body = "".join(f"<p>{p}</p>" for p in paragraphs)
    return (
        f'<nav><ul>{menu}</ul></nav><main><article class="post"><h1 class="entry-title">{title}</h1>'
        f'<div class="share-bar"><a href="#">f</a> <a href="#">t</a></div><div class="entry-content">{body}</div></article>'
        f'<aside class="related"><ul>{links}</ul></aside></main><footer><p><a href="/c">Contact</a> © 2024</p></footer>'
    )


def breaks(title: str, paragraphs: list[str]) -> str:
    return f"<table><tr><td><a href=/>x</a></td><td><b>{title}</b><br><br>{'<br><br>'.join(paragraphs)}</td></tr></table>"


def read(body: str, title: str = "") -> Article:
    html = f"<html><head><title>{title}</title></head><body>{body}</body></html>"
    return extract(PageInput("https://example.org/2024/05/bridge-story", "source", "example.org", html))


@pytest.mark.parametrize("language", STORIES)
@pytest.mark.parametrize("layout", [plain, theme, breaks])
def test_every_paragraph_of_the_story_is_kept_in_order(layout, language: str) -> None:  # type: ignore[no-untyped-def]
    title, paragraphs = story(language)
    kept = [block.text for block in read(layout(title, paragraphs), title).blocks if block.dropped_by is None]
    assert [text for text in kept if text in paragraphs] == paragraphs
    assert all(text in (*paragraphs, title) for text in kept)


def test_junk_inside_the_article_is_labelled_and_not_lost() -> None:
    title, paragraphs = story("en")
    body = theme(title, [*paragraphs[:4], *paragraphs[4:]]).replace(
        paragraphs[4], '</p><div class="related-links"><a href="/r">What else happened today</a></div><p>' + paragraphs[4]
    )
    blocks = read(body, title).blocks
    (junk,) = [block for block in blocks if block.text == "What else happened today"]
    assert junk.dropped_by == "related-link"
    assert [block.index for block in blocks] == list(range(len(blocks)))


@pytest.mark.parametrize(
    ("markup", "rule"),
    [
        ('<div class="share-bar"><span>Share</span></div>', "share"),
        ('<div class="ad-wrapper"><span>Advertisement</span></div>', "advertisement"),
        ('<div class="ad-wrapper"><a href="/x">Mehr Geld</a></div>', "promotion"),
        ('<nav><a href="/x">Front page</a></nav>', "navigation"),
        ('<blockquote class="twitter-tweet"><p><a href="/x">@ferry</a> so late!</p></blockquote>', "social-post"),
        ('<div class="box"><a href="/x">Another bridge in another town was closed</a></div>', "related-link"),
    ],
)
def test_a_dropped_line_says_why_it_went(markup: str, rule: str) -> None:
    title, paragraphs = story("en")
    page = plain(title, paragraphs[:4]) + markup + "".join(f"<p>{p}</p>" for p in paragraphs[4:])
    labels = {block.text: block.dropped_by for block in label(read(page, title)).blocks}
    (line,) = labels.keys() - {title, *paragraphs}
    assert labels[line] == rule


def test_what_stands_right_below_the_story_is_shown_with_its_label() -> None:
    title, paragraphs = story("en")
    related = '<div class="related"><a href="/x">Another bridge in another town was closed</a></div>'
    blocks = read(f'<div class="page"><div class="story">{plain(title, paragraphs)}</div>{related}</div>', title).blocks
    assert (blocks[-1].text, blocks[-1].dropped_by) == ("Another bridge in another town was closed", "related-link")


@pytest.mark.parametrize(
    ("stated", "published", "basis"),
    [
        ("2062-03-02T08:00:00Z", "2026-03-01", "source"),
        ("2026-03-04T08:00:00Z", "2026-03-01", "source"),
        ("2026-03-02T18:00:00Z", "2026-03-02T18:00:00+00:00", "meta"),  # local time given out as UTC
    ],
)
def test_a_time_that_is_not_yet_is_none_of_publication(stated: str, published: str, basis: str) -> None:
    page = (
        f'<html><head><meta property="article:published_time" content="{stated}"></head><body>{plain(*story("en"))}</body></html>'
    )
    fetched = datetime(2026, 3, 2, 10, tzinfo=UTC)
    given = PageInput("https://example.org/x", "s", "example.org", page, fetched_at=fetched, published_at="2026-03-01")
    found = extract(given)
    assert (found.published_at, found.published_basis) == (published, basis)
    later = extract(replace(given, body="<p>No date.</p>" + plain(*story("en")), published_at=stated))
    assert (later.published_at is None) == (basis == "source")


def test_the_same_page_gives_the_same_article() -> None:
    title, paragraphs = story("de")
    assert read(theme(title, paragraphs), title) == read(theme(title, paragraphs), title)


def test_who_decided_is_recorded() -> None:
    assert read(theme(*story("en"))).extractor.startswith("blocks-")


@pytest.mark.parametrize(
    ("body", "code"), [(b"", "empty"), (b"  \n ", "empty"), (b"%PDF-1.7 x", "not_html"), (b"\xff\xd8\xff\xe0JFIF", "not_html")]
)
def test_what_can_be_no_page_is_rejected(body: bytes, code: str) -> None:
    with pytest.raises(Reject) as caught:
        extract(PageInput("https://example.org/x", "source", "example.org", body))
    assert caught.value.code == code


@pytest.mark.parametrize("kind", ["text/xml", "text/html", "text/plain", None])
@pytest.mark.parametrize(
    "body",
    [
        '<?xml version="1.0"?><!-- feed --><rss version="2.0"><channel><item><description>{}</description></item></channel></rss>',
        '<feed xmlns="http://www.w3.org/2005/Atom"><entry><content>{}</content></entry></feed>',
        "<rdf:RDF><item><description>{}</description></item></rdf:RDF>",
        '<?xml-stylesheet href="/map.xsl"?>\n<urlset><url><loc>{}</loc></url></urlset>',
    ],
)
def test_a_feed_or_sitemap_is_no_article(body: str, kind: str | None) -> None:
    text = body.format("Some words of a story that goes on. " * 50)
    with pytest.raises(Reject, match="a list of pages"):
        extract(PageInput("https://example.org/x", "source", "example.org", text.encode(), kind))


@pytest.mark.parametrize("start", ["<!DOCTYPE html>", "<!-- page -->\n<!doctype html>", '<?xml version="1.0"?>'])
def test_a_page_that_is_sent_as_text_is_read_as_a_page(start: str) -> None:
    title, paragraphs = story("en")
    body = f"{start}<html><body>{plain(title, paragraphs)}</body></html>".encode()
    found = [extract(PageInput("https://example.org/x", "s", "example.org", body, kind)) for kind in ("text/plain", "text/html")]
    assert found[0].blocks == found[1].blocks
    text = extract(PageInput("https://example.org/x", "s", "example.org", b"<p>is how\n\na paragraph begins.", "text/plain"))
    assert [block.text for block in text.blocks] == ["<p>is how", "a paragraph begins."]


@pytest.mark.parametrize(
    "body",
    [
        "a\0b" + plain(*story("en")),
        "\ud800" + plain(*story("en")),
        "<div>" * 3_000 + plain(*story("en")),
        "<p></p>" * 20_000 + plain(*story("en")),
        plain(*story("en")) + "<div>" * 1_500 + "<b class=date>5 May</b><i class=author>By</i>" * 6_000,
        "<svg><text>x</text></svg><math><mi>x</mi></math><template><p>t</p></template>" + plain(*story("en")),
        f'<div class="{"a " * 100_000}">' + plain(*story("en")),
        f'<div style="{"display:x;" * 100_000}">' + plain(*story("en")),
        "<br>" * 50_000 + plain(*story("en")),
        "<script>" + "x" * 1_000_000 + "</script>" + plain(*story("en")),
    ],
)
def test_hostile_markup_costs_neither_the_text_nor_the_page(body: str) -> None:
    text = read(body, STORIES["en"][0]).text
    assert story("en")[1][3] in text
    text.encode()
    assert "\0" not in text


def test_a_page_without_end_is_read_to_a_limit_and_says_so() -> None:
    article = read("<p>A line of a page that never ends, and goes on.</p>" * 30_000)
    assert "first 20001 blocks" in article.extractor
    assert len(article.blocks) <= 20_001


@pytest.mark.parametrize("tag", ["noembed", "noscript", "noframes", "iframe"])
def test_what_is_shown_in_place_of_something_else_is_no_text(tag: str) -> None:
    title, paragraphs = story("en")
    advertisement = f'<{tag}><a href="//ads.example/click?of=42">An advertiser has very much to say here.</a></{tag}>'
    kept = read(plain(title, paragraphs).replace("</p><p>", f"</p>{advertisement}<p>", 4), title)
    assert [block.text for block in kept.blocks] == [title, *paragraphs]


def test_frames_have_no_text() -> None:
    assert read("<frameset><frame src=a></frameset>").text == ""


@pytest.mark.parametrize(("given", "held"), [("en-GB", "en"), ("EN", "en"), ("pt_BR", "pt"), ("xx", None), (None, None)])
@pytest.mark.parametrize(("body", "kind"), [("<p>The bridge opens in May.</p>", "html"), ("The bridge opens in May.", "text")])
def test_the_language_that_a_source_says_is_held_as_its_code(body: str, kind: str, given: str | None, held: str | None) -> None:
    page = PageInput("https://example.org/x", "source", "example.org", body, kind=kind, language=given)
    assert extract(page).language == held


def test_what_a_page_held_is_not_kept_for_the_next_one() -> None:
    """Of large pages; a worker would end for lack of memory at a page that is not to blame."""
    title, paragraphs = story("en")

    def large(n: int) -> PageInput:
        more = f"<div class='{f'c{n} ' * 20_000}' role='{f'r{n}' * 20_000}' id='{f'i{n}' * 20_000}'>{f'word {n} ' * 20_000}</div>"
        page = "".join(f"<p>{text}</p>" for text in paragraphs)
        return PageInput(f"https://example.org/{n}", "s", "example.org", f"<h1>{title}</h1>{page}{more}".encode(), "text/html")

    extract(large(0))
    tracemalloc.start()
    try:
        for n in range(1, 6):
            extract(large(n))
        assert tracemalloc.get_traced_memory()[0] < 2**20
    finally:
        tracemalloc.stop()


LABEL = "a" * 62
BAITS = {
    "comments": "<!---->" * 40 + "x",
    "lines of broken JSON-LD": '<script type="application/ld+json">{"a"' + "\n" * 60_000 + "x</script>",
    "a class": f"<div class='{'-' * 60_000}'><time>4 May 2021</time></div>",
    "a heading of links": f"<h2>{'<a>Blog</a>' * 40_000}</h2>",
    "a title that nearly spells the host": f"<title>A bridge reopens | {f'{LABEL} ' * 6}</title>",
}


@pytest.mark.parametrize("bait", BAITS)
def test_no_bait_makes_a_page_slow(bait: str) -> None:
    title, paragraphs = story("en")
    html = f"<h1>{title}</h1>{''.join(f'<p>{text}</p>' for text in paragraphs)}"
    pages = [
        PageInput(f"https://{LABEL}b.example/story", "s", f"{LABEL}b.example", page.encode(), "text/html")
        for page in (html, BAITS[bait] + html)
    ]
    extract(pages[0])  # the models are loaded once
    begin = time.process_time()
    assert paragraphs[0] in extract(pages[1]).text
    assert time.process_time() - begin < 2
