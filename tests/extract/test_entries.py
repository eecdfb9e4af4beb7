"""A page of several stories, each below a headline that leads to it, is a list of them; a page with one story of its own is not."""

from __future__ import annotations

import pytest

from pipeline.extract.page import PageInput, extract

SITE = "https://blog.example"
WORDS = {
    "en": "The {} harbour board said on Monday that its old timetable of the ferry is kept until the new boat has been tested",
    "de": "Die {} Hafenbehörde teilte am Montag mit, dass der alte Fahrplan gilt, bis das neue Schiff im Frühjahr erprobt ist",
    "zh": "第{}港务局周一表示，在新船春季完成试航之前，渡轮将继续按照旧的时刻表运行，乘客可以照常购票，票价不变",
}
DAYS = ("first", "second", "third", "fourth", "fifth", "sixth")


def summary(day: str, lang: str = "en", times: int = 3) -> str:
    return ". ".join([WORDS[lang].format(day)] * times) + "."


def linked(day: str, text: str) -> str:
    return f"<article class=post><h2><a href=/{day}-story/>The {day} ferry of the week</a></h2><p>{text}</p></article>"


def overlaid(day: str, text: str) -> str:
    headline = f"The {day} ferry of the week"
    link = f"<a class=entry-link aria-label='post link to {headline}' href={SITE}/{day}-story/></a>"
    return f"<article class=post-entry><header><h2>{headline}</h2></header><div><p>{text}</p></div>{link}</article>"


def card(day: str, text: str) -> str:
    return f"<a href=/{day}-story/><div><h3>The {day} ferry of the week</h3><p>{text}</p></div></a>"


def dated(day: str, text: str) -> str:
    return f"<div><h2><a href=/{day}-story/>The {day} ferry</a></h2><p class=meta>written on 2024-03-12</p><p>{text}</p></div>"


def kind(body: str, path: str = "/blog/", title: str = "Blog", lang: str = "en") -> str:
    html = f"<html lang={lang}><head><title>{title} — Harbour notes</title></head><body><main>{body}</main></body></html>"
    return extract(PageInput(SITE + path, "s", "blog.example", html)).page_kind


@pytest.mark.parametrize("entry", [linked, overlaid, card, dated])
@pytest.mark.parametrize("lang", WORDS)
def test_the_beginnings_of_stories_are_an_index_at_any_address(entry, lang: str) -> None:  # type: ignore[no-untyped-def]
    assert kind("".join(entry(day, summary(day, lang)) for day in DAYS), lang=lang) == "index"


def test_whole_stories_are_an_index_when_each_is_dated_or_the_address_says_so() -> None:
    long = {day: "</p><p>".join(summary(f"{day} {n}") for n in ("old", "new", "big", "red")) for day in DAYS}
    assert kind("".join(dated(day, long[day]) for day in DAYS)) == "index"
    assert kind("".join(linked(day, long[day]) for day in DAYS), "/tag/ferries/") == "index"
    assert kind("".join(linked(day, long[day]) for day in DAYS), "/best-ferries/") == "article"  # a guide to its own reviews


STORY = "".join(f"<p>{summary(day)}</p>" for day in DAYS)


@pytest.mark.parametrize(
    "body",
    [
        f"<h1>Ferry sails again</h1>{STORY}" + "".join(linked(day, summary(day, times=1)) for day in DAYS),
        # Its own headline is a link too: to itself, or spelt in another way.
        f"<article class=post><h2><a href=/ferry/>Ferry sails again</a></h2>{STORY}</article>" + "".join(map(linked, DAYS, DAYS)),
        # The headline of another story stands in the text, those of others in the sidebar.
        f"<div><h1>Ferry sails again</h1>{STORY}<h3><a href=/other/>Another story of the harbour</a></h3></div><aside>"
        + "".join(f"<div><h3><a href=/{day}/>The {day} ferry of the week</a></h3></div>" for day in DAYS)
        + "</aside>",
        # Parts of one text, with links to themselves and to other sites.
        "<h1>Ferry sails again</h1>"
        + "".join(f"<section><h2><a href=#{day}>The {day} ferry</a></h2><p>{summary(day)}</p></section>" for day in DAYS),
        "<h1>Ferry sails again</h1>"
        + "".join(f"<div><h2><a href='/ferry?post={day}#{day}'>Of the {day}</a></h2><p>{summary(day)}</p></div>" for day in DAYS),
        "<h1>Ferry sails again</h1>"
        + "".join(f"<div><h2><a href=https://{day}.example/x>Of the {day}</a></h2><p>{summary(day)}</p></div>" for day in DAYS),
    ],
)
def test_a_story_among_links_to_others_is_an_article(body: str) -> None:
    assert kind(body, "/ferry", "Ferry sails again") == "article"


def test_a_list_of_one_story_is_an_index_by_its_address_however_much_it_shows() -> None:
    one = linked("first", summary("first", times=4))
    assert kind(one, "/tag/ferries/", "Ferries") == "index"
    assert kind(one, "/ferries-again/", "Ferries") == "article"
    assert kind(one, "/tag/ferries/", "The first ferry of the week") == "article"  # its own headline, which leads elsewhere
    own = one.replace("<h2>", "<h2>In short: ").replace("/first-story/", "/tag/ferries")
    assert kind(f"<h1>Ferries</h1>{own}", "/tag/ferries/", "Ferries") == "article"


def test_a_round_up_under_a_headline_of_its_own_is_an_article() -> None:
    entries = "".join(linked(day, summary(day)) for day in DAYS)
    assert kind(f"<h1>Our best stories of the week</h1>{entries}", "/2024/03/our-best-stories-of-the-week/") == "article"


def test_a_query_names_a_story_where_one_program_shows_all() -> None:
    entries = "".join(linked(day, summary(day)).replace(f"/{day}-story/", f"/blog.php?id={n}") for n, day in enumerate(DAYS))
    assert kind(entries, "/blog.php") == "index"


def test_a_page_of_menus_and_a_search_field_is_no_article() -> None:
    menu = "".join(f"<li><a href=/{name}/>{name}</a></li>" for name in ("Posts", "Tags", "Search"))
    body = f"<header><nav><a href=/>Harbour notes</a><ul>{menu}</ul></nav></header><main><h1>Search</h1><input></main>"
    head = "<head><title>Search | Harbour notes</title></head>"
    html = f"<html lang=en>{head}<body>{body}<footer>© Harbour notes</footer></body></html>"
    page = extract(PageInput(SITE + "/search/", "s", "blog.example", html))
    assert (page.page_kind, page.text) == ("other", "")
    assert extract(PageInput(SITE + "/tags/", "s", "blog.example", html)).page_kind == "index"
