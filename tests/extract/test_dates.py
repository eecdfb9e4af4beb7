"""Dates are read as precisely as they are written; what is not stated, or may mean two days, is null."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.extract.dates import parse_date, with_century
from pipeline.extract.metadata import Metadata, read_metadata
from pipeline.extract.parse import parse_html

URL = "https://courier.example/news/ferry-17"


def iso(value: str, locale: str | None = None) -> str | None:
    stated = parse_date(value, locale)
    return stated.iso() if stated else None


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2024-03-01", "2024-03-01"),
        ("2024-03-01T10:05:00Z", "2024-03-01T10:05:00+00:00"),
        ("2024-03-01T10:05:00.123+0530", "2024-03-01T10:05:00+05:30"),
        ("2024-03-01T10:05-08", "2024-03-01T10:05:00-08:00"),
        ("2024-03-01 10:05", "2024-03-01T10:05:00"),
        ("2024-03-01T00:00:00Z", "2024-03-01"),  # how software writes a day
        ("Fri, 01 Mar 2024 10:05:00 GMT", "2024-03-01T10:05:00+00:00"),
        ("20240301", "2024-03-01"),
        ("1709287500", "2024-03-01T10:05:00+00:00"),
        ("1709287500000", "2024-03-01T10:05:00+00:00"),
        ("2024/03/01", "2024-03-01"),
        ("March 1, 2024", "2024-03-01"),
        ("Mar. 1st, 2024 at 3:05 p.m.", "2024-03-01T15:05:00"),
        ("1 March 2024", "2024-03-01"),
        ("Published: Fri 1 Mar 2024 | 5 min read", "2024-03-01"),
        ("1. März 2024, 14.05 Uhr", "2024-03-01T14:05:00"),
        ("1er mars 2024 à 14h05", "2024-03-01T14:05:00"),
        ("1 de marzo de 2024", "2024-03-01"),
        ("1 marzo 2024", "2024-03-01"),
        ("1 marca 2024", "2024-03-01"),
        ("1 марта 2024, 10:05", "2024-03-01T10:05:00"),
        ("1 березня 2024", "2024-03-01"),
        ("2024. március 1.", "2024-03-01"),
        ("1 Mart 2024", "2024-03-01"),
        ("1 مارس 2024", "2024-03-01"),
        ("2024年3月1日 10:05", "2024-03-01T10:05:00"),
        ("2024년 3월 1일", "2024-03-01"),
        ("2024年3月1日 午後8時5分", "2024-03-01T20:05:00"),
        ("2024年3月1日 下午8:05", "2024-03-01T20:05:00"),
        ("2024年3月1日 凌晨12:05", "2024-03-01T00:05:00"),
        ("2024년 3월 1일 오후 8시", "2024-03-01T20:00:00"),
        ("2024年3月1日 08:05 3時間前", "2024-03-01T08:05:00"),
        ("2024年3月1日 08:05 更新 9時", "2024-03-01T08:05:00"),
        ("2024년 3월 1일 3시간 전", "2024-03-01"),
        ("2024年3月1日 8点05分", "2024-03-01T08:05:00"),
        ("2024年3月1日 3点建议", "2024-03-01"),
        ("1 มีนาคม 2567 เวลา 08:05 น.", "2024-03-01T08:05:00"),
        ("1 มี.ค. 2567", "2024-03-01"),
        ("วันที่ 1 มีนาคม พ.ศ. 2567", "2024-03-01"),
        ("Marzo 01 de 2024", "2024-03-01"),
        ("1 Tháng Ba, 2024", "2024-03-01"),
        ("Tháng Mười Một 1, 2024", "2024-11-01"),
        ("tháng 3 01, 2024", "2024-03-01"),
        ("1 مارس، 2024", "2024-03-01"),
        ("01 ΜΑΡΤΙΟΥ 2024", "2024-03-01"),
        ("1 MAYIS 2024", "2024-05-01"),
        ("1 NİSAN 2024", "2024-04-01"),
        ("1 Ebrill 2024", "2024-04-01"),
        ("1 Meán Fómhair 2024", "2024-09-01"),
        ("1 මාර්තු 2024", "2024-03-01"),
        ("۱۱ اسفند ۱۴۰۲، ساعت ۰۸:۰۵", "2024-03-01T08:05:00"),
        ("جمعه 11 اسفند ماه 1402", "2024-03-01"),
        ("۳۰ اسفند ۱۴۰۳", "2025-03-20"),
        ("۱ فروردین ۱۴۰۰", "2021-03-21"),
        ("۳۱ شهریور ۱۴۰۲", "2023-09-22"),
        ("1 मार्च 2024", "2024-03-01"),
        ("7 فروری 2024", "2024-02-07"),
        ("۷ فوریه ۲۰۲۴", "2024-02-07"),
        ("07 பிப்ரவரி 2024, 08:05 AM", "2024-02-07T08:05:00"),
        ("7 ఫిబ్రవరి 2024", "2024-02-07"),
        ("7 თებერვალი, 2024 08:05", "2024-02-07T08:05:00"),
        ("Փետրվարի 7, 2024", "2024-02-07"),
        ("7 ፌብሩወሪ 2024", "2024-02-07"),
        ("ថ្ងៃពុធ ទី៧ ខែកុម្ភៈ ឆ្នាំ២០២៤", "2024-02-07"),
        ("7 ກຸມພາ 2024", "2024-02-07"),
        ("၂၀၂၄ ခုနှစ် ဖေဖော်ဝါရီလ ၇ ရက်", "2024-02-07"),
        ("Ngày 7 tháng 2 năm 2024", "2024-02-07"),
        ("7 fevral 2024", "2024-02-07"),
        ("١ مارس ٢٠٢٤", "2024-03-01"),
        ("01.03.2024", "2024-03-01"),
        ("13/03/2024", "2024-03-13"),
        ("03/13/2024", "2024-03-13"),
        ("الثلاثاء 12 كانون الثاني 2021", "2021-01-12"),
        ("٣ تشرين الأول/أكتوبر ٢٠٢١", "2021-10-03"),
        ("4 مايو/أيار 2021 - 9:30", "2021-05-04T09:30:00"),
        ("2024-03-01 10:05 PM", "2024-03-01T22:05:00"),
        ("2024-03-01T12:05:00 a.m.", "2024-03-01T00:05:00"),
        ("Fri Mar 01 10:05:00 CET 2024", "2024-03-01T10:05:00+01:00"),  # as Java writes a time
        ("Fri Mar 01 10:05:00 CST 2024", "2024-03-01T10:05:00"),  # in China, Cuba or Chicago
        ("Fri, 1 Mar 2024 10:05:07 CET", "2024-03-01T10:05:07+01:00"),
        ("2024-07-01 10:05 EDT", "2024-07-01T10:05:00-04:00"),
        ("March 1, 2024, 3:05 p.m. ET", "2024-03-01T15:05:00-05:00"),
        ("Updated 3:05 PM ET, Mon July 1, 2024", "2024-07-01T15:05:00-04:00"),
        ("1. Juli 2024, 14:05 Uhr (MESZ)", "2024-07-01T14:05:00+02:00"),
        ("Jumat, 1 Mar 2024 10:05 WIB", "2024-03-01T10:05:00+07:00"),
        ("1 March 2024 10:05 GMT", "2024-03-01T10:05:00+00:00"),
        ("Le 1 mars 2024, 10:05 et 12:05", "2024-03-01T10:05:00"),
        ("1 March 2024 10:05 EATING out", "2024-03-01T10:05:00"),
        ("March 1, 2024 10:05 AM EST", "2024-03-01T10:05:00"),  # that of New York or of Brisbane
        ("Fri Mar 01 10:05:00 GMT+01:00 2024", "2024-03-01T10:05:00+01:00"),
        ("Fri Mar  1 10:05:00 2024", "2024-03-01T10:05:00"),
        ("1 mars 2024 à 10 h 05", "2024-03-01T10:05:00"),
        ("2024. gada 1. martā, 10:05", "2024-03-01T10:05:00"),
        ("2024 m. kovo 1 d.", "2024-03-01"),
        ("2024-yil 1-mart", "2024-03-01"),
        ("2024 жылғы 1 наурыз", "2024-03-01"),
        ("۱۱ حوت ۱۴۰۲", "2024-03-01"),
        ("3 พ.ค. 67 10:05 น.", "2024-05-03T10:05:00"),
        ("令和6年3月1日", "2024-03-01"),
        ("令和元年12月1日", "2019-12-01"),
        ("2024年（令和6年）3月1日(金) 10時05分", "2024-03-01T10:05:00"),
        ("平成31年（2019年）4月30日", "2019-04-30"),
        ("中華民國113年3月1日", "2024-03-01"),
        ("113年12月31日", "2024-12-31"),
        ("二〇二四年十二月三十一日", "2024-12-31"),
        ("二零二四年三月廿一日", "2024-03-21"),
        ("መስከረም 1 ቀን 2016 ዓ.ም.", "2023-09-12"),
        ("ጳጉሜን 6፣ 2015", "2023-09-11"),
    ],
)
def test_dates_as_they_are_written(value: str, expected: str) -> None:
    assert iso(value) == expected


@pytest.mark.parametrize(
    "value",
    [
        "",
        "March 2024",
        "2024-03",
        "2024",
        "yesterday",
        "30 February 2024",
        "2024-13-01",
        "1970-01-01T00:00:00Z",
        "0001-01-01",
        "3/4/2024",
        "99999999",
        "10:05",
        "12/2024",
        "1 Mar 2567",
        "۳۰ اسفند ۱۴۰۲",
        "۳۱ مهر ۱۴۰۲",
        "ጳጉሜን 6፣ 2016",
        "1402/12/11",
        "113-03-01",
        "2081-01-21",  # of the calendar of Nepal
        "2024 was 3 March",
    ],
)
def test_what_is_no_complete_day_is_null(value: str) -> None:
    assert iso(value) is None


@pytest.mark.parametrize(
    ("locale", "expected"),
    [("en-US", "2024-03-04"), ("en-GB", "2024-04-03"), ("de", "2024-04-03"), ("fr_FR", "2024-04-03"), ("en", None), (None, None)],
)
def test_the_country_decides_which_number_is_the_month(locale: str | None, expected: str | None) -> None:
    assert iso("3/4/2024", locale) == expected


@pytest.mark.parametrize(
    ("value", "locale", "expected"),
    [
        ("۱۴۰۲/۱۲/۱۱ - ۱۰:۲۵", "fa-IR", "2024-03-01T10:25:00"),
        ("1402-12-11", "fa", "2024-03-01"),
        ("1402/12/30", "fa", None),
        ("1445/08/20", "ar", None),
        ("113-03-01", "zh-TW", "2024-03-01"),
        ("113.03.01", "zh-CN", None),
        ("ሚያዝያ 1 2016", "ti", None),
    ],
)
def test_figures_are_of_another_calendar_where_the_language_says_so(value: str, locale: str, expected: str | None) -> None:
    assert iso(value, locale) == expected


def test_a_month_that_two_languages_share_needs_the_language() -> None:
    assert iso("1 listopada 2024", "pl") == "2024-11-01"
    assert iso("1 listopada 2024", "hr") == "2024-10-01"
    assert iso("1 listopada 2024") is None


def read(body: str = "", head: str = "", url: str = URL, not_after: datetime | None = None, lang: str = "en") -> Metadata:
    html = f"<html lang={lang}><head>{head}</head><body><h1>Ferry sails again</h1>{body}<p>Story.</p></body></html>"
    return read_metadata(parse_html(html), url, html, not_after=not_after)


def jsonld(**fields: str) -> str:
    node = {"@type": "NewsArticle", "headline": "Ferry sails again", **fields}
    return f'<script type="application/ld+json">{json.dumps(node)}</script>'


META = '<meta property="article:published_time" content="2024-03-02T08:00:00Z">'
TIME = '<time datetime="2024-03-03">3 March</time>'
DATED_URL = "https://courier.example/2024/03/04/ferry"


def test_sources_are_trusted_in_order_and_named() -> None:
    script = jsonld(datePublished="2024-03-01")
    cases = [
        (read(TIME, script + META, DATED_URL), "2024-03-01", "jsonld"),
        (read(TIME, META, DATED_URL), "2024-03-02T08:00:00+00:00", "meta"),
        (read(TIME, '<meta name="published" content="March 2, 2024">', DATED_URL), "2024-03-02", "meta"),
        (read(TIME, "", DATED_URL), "2024-03-03", "time"),
        (read("", "", DATED_URL), "2024-03-04", "url"),
        (read('<div class="post-date">March 5, 2024</div>'), "2024-03-05", "text"),
        (read("<div><span>Published</span> <span>March 6, 2024</span></div>"), "2024-03-06", "text"),
        (read("<div>no date at all</div>"), None, None),
    ]
    assert [(m.published_at, m.published_basis) for m, _, _ in cases] == [(day, basis) for _, day, basis in cases]


@pytest.mark.parametrize(
    "path", ["/2024/0304/c1-17.html", "/2024-03/04/content_17.htm", "/202403/04/t17.html", "/t20240304_17.html", "/2024/3/4/ferry"]
)
def test_an_address_with_a_day_in_its_folders_gives_it(path: str) -> None:
    page = read(url="https://courier.example/news" + path)
    assert (page.published_at, page.published_basis) == ("2024-03-04", "url")


@pytest.mark.parametrize("path", ["/2024/03/", "/2024/news/17", "/news/20241399", "/p/2024031"])
def test_an_address_without_a_whole_day_gives_none(path: str) -> None:
    assert read(url="https://courier.example" + path).published_at is None


def test_the_modification_is_never_taken_for_the_publication() -> None:
    both = read(head=jsonld(dateModified="2024-03-09", datePublished="2024-03-01"))
    assert (both.published_at, both.modified_at) == ("2024-03-01", "2024-03-09")
    only = read("<div class='date'>Updated March 9, 2024</div>", jsonld(dateModified="2024-03-09"))
    assert (only.published_at, only.modified_at) == (None, "2024-03-09")
    for line in (
        "<div class='date'>Updated March 9, 2024</div>",
        "<p>Last updated: March 9, 2024</p>",
        "<b>Updated</b> <i>9 March 2024</i>",
    ):
        text = read(line)
        assert (text.published_at, text.modified_at) == (None, "2024-03-09")
        assert read(line, META).modified_at is None  # what its head says of the page is enough
    times = read(
        '<p>Last updated: <time datetime="2024-03-09">9 '
        'March</time></p><p>Published: <time datetime="2024-03-01">1 March</time></p>'
    )
    assert (times.published_at, times.modified_at) == ("2024-03-01", "2024-03-09")


@pytest.mark.parametrize(
    "line",
    [
        "Updated: 9 March 2024 | Published: 1 March 2024",
        "Published 1 March 2024, updated 9 March 2024",
        "更新日：2024年3月9日 公開日：2024年3月1日",
        "2024年3月9日更新 2024年3月1日公開",
        "2024年3月1日公開 2024年3月9日更新",
        "입력 2024.03.01 수정 2024.03.09",
        "1 March 2024 - updated 9 March 2024",
        "1 de março de 2024 10h05 - Atualizado há 2 anos",
        "By Jane Doe | March 1, 2024 (Updated: 11:20)",
        "2024/3/1 10:05 (2024/3/9 11:00 更新)",
        "2024/03/01 10:05 更新：2024/03/09",
        "Publish Date: Fri, 01 Mar 2024 10:05 AM (IST) Updated Date: Sat, 09 Mar 2024 11:00 AM (IST)",
    ],
)
def test_of_a_line_with_both_the_publication_is_taken(line: str) -> None:
    for page in (read(f"<p>{line}</p>"), read(f"<p class='date'>{line}</p>")):
        assert (page.published_at or "")[:10] == "2024-03-01"


@pytest.mark.parametrize(
    ("lang", "locale", "expected"),
    [
        ("de", "en_US", "2024-04-03"),
        ("en", "es_ES", "2024-04-03"),
        ("en", "en_US", "2024-03-04"),
        ("en-GB", "en_US", "2024-04-03"),
        ("en", "en", None),
    ],
)
def test_a_locale_that_plug_ins_give_by_themselves_does_not_decide_against_another(
    lang: str, locale: str, expected: str | None
) -> None:
    head = f'<meta property="og:locale" content="{locale}">'
    assert read("<div class='post-date'>3/4/2024</div>", head, lang=lang).published_at == expected


PUBLISHED, CHANGED = "2024-03-01T10:00:00+01:00", "2024-03-09T10:00:00+01:00"


def time(name: str, moment: str) -> str:
    return f'<time property="{name}" datetime="{moment}">the day</time>'


@pytest.mark.parametrize(
    "stated",
    [
        f"{time('schema:dateModified', CHANGED)} {time('schema:datePublished', PUBLISHED)}",
        f"{time('dateModified', CHANGED)} {time('datePublished', PUBLISHED)}",
        f'<span itemprop="dateModified" content="{CHANGED}">9</span> <span itemprop="datePublished" content="{PUBLISHED}">1</span>',
        f'<meta property="schema:dateModified" content="{CHANGED}"><meta property="schema:datePublished" content="{PUBLISHED}">',
        f'<meta property="dcterms:modified" content="{CHANGED}"><meta property="dcterms:created" content="{PUBLISHED}">',
    ],
)
def test_rdfa_and_microdata_tell_the_publication_from_the_change(stated: str) -> None:
    metadata = read(f'<div typeof="schema:NewsArticle">{stated}</div>')
    assert (metadata.published_at, metadata.modified_at) == (PUBLISHED, CHANGED)


@pytest.mark.parametrize("names", ["dc:date dc:created", "schema:dateCreated"])
def test_the_rdfa_of_drupal_tells_when_a_page_was_made(names: str) -> None:
    stated = f'<span property="{names}" content="{PUBLISHED}">Submitted by Jane Doe on Fri, 03/01/2024 - 10:00</span>'
    assert read(stated).published_at == PUBLISHED


def test_rdfa_of_a_comment_says_nothing_of_the_page() -> None:
    comment = f'<div property="comment" typeof="Comment"><meta property="datePublished" content="{PUBLISHED}"></div>'
    assert read(f'<div typeof="NewsArticle">{comment}</div>').published_at is None


def test_of_two_dates_side_by_side_the_one_that_is_named_after_a_change_is_none_of_publication() -> None:
    updated = '<span class="updated">9 March 2024</span>'
    assert read(f'<div>{updated} <span class="published" title="{PUBLISHED}">a week ago</span></div>').published_at == PUBLISHED
    assert read(f"<div>{updated}</div>").published_at == "2024-03-09"  # as some themes call the only one


def test_microdata_of_a_sidebar_says_nothing_where_the_article_has_its_own() -> None:
    def story(day: str, inside: str) -> str:
        return f'<div itemscope itemtype="http://schema.org/Article"><meta itemprop="datePublished" content="{day}">{inside}</div>'

    other, own = story("2023-01-01", "<h3>Pool closes</h3>"), story("2024-03-01", "<h1>Ferry sails again</h1>")
    html = f"<html><body>{other}{own}</body></html>"
    assert read_metadata(parse_html(html), URL, html).published_at == "2024-03-01"
    alone = f"<html><body><h1>Ferry sails again</h1>{story('2024-03-01', '')}</body></html>"
    assert read_metadata(parse_html(alone), URL, alone).published_at == "2024-03-01"


def test_a_time_that_states_its_change_is_of_the_day_that_it_shows_as_that_of_publication() -> None:
    text = "Posted: Mar 04, 2024 10:05 AM | Last Updated: March 5, 2024"
    assert read(f"<time datetime='2024-03-05T11:00:00Z'>{text}</time>").published_at == "2024-03-04T10:05:00"
    same = "Posted: Mar 04, 2024 10:05 PM | Last Updated: March 4, 2024"
    assert read(f"<time datetime='2024-03-04T22:05:00Z'>{same}</time>").published_at == "2024-03-04T22:05:00+00:00"


@pytest.mark.parametrize("tag", ["time", "span class=date"])
@pytest.mark.parametrize(
    "box",
    [
        "<p class=meta><a>Health</a><{0}>DECEMBER 22, 2022</{1}><{0}>Updated: JANUARY 02, 2026</{1}></p>",
        "<p><b>Updated</b> <{0}>January 2, 2026</{1}></p><p><b>Published</b> <{0}>December 22, 2022</{1}></p>",
        "<dl><dt>Reviewed</dt><dd><{0}>2 January 2026</{1}></dd><dt>Published</dt><dd><{0}>22 December 2022</{1}></dd></dl>",
    ],
)
def test_what_stands_beside_a_date_or_before_it_says_what_day_it_is(box: str, tag: str) -> None:
    assert read(box.format(tag, tag.split()[0])).published_at == "2022-12-22"


@pytest.mark.parametrize(
    "date",
    [
        "<span>Mar</span><span>4</span><span>2024</span>",
        "March 4<sup>th</sup>, 2024",
        "4<sup>th</sup> March 2024",
        "<b>4</b> <i>March</i> <b>2024</b>",
    ],
)
def test_the_parts_of_a_date_stand_apart(date: str) -> None:
    assert read(f"<div class=date>{date}</div>").published_at == "2024-03-04"


@pytest.mark.parametrize(
    "name",
    [
        "w-published-date",
        "govuk:first-published-at",
        "article_publication_time",
        "post-date",
        "release_date",
        "date-of-publication",
    ],
)
def test_the_name_of_a_field_says_that_it_is_the_day_of_publication(name: str) -> None:
    assert read(head=f'<meta name="{name}" content="2024-03-04T10:05:00Z">').published_at == "2024-03-04T10:05:00+00:00"


@pytest.mark.parametrize("name", ["publish-end-date", "publisher", "expiry-date", "published-by"])
def test_other_fields_say_nothing_of_it(name: str) -> None:
    assert read(head=f'<meta name="{name}" content="2024-03-04">').published_at is None


@pytest.mark.parametrize(
    ("opening", "expected"),
    [
        ("ASHBY, March 4, 2024 /HarbourWire/ -- The ferry sails again, the company said.", "2024-03-04"),
        ("ASHBY, England, March 04, 2024 (HARBOUR WIRE) -- The ferry sails again.", "2024-03-04"),
        ("Ashby – March 4, 2024 – The ferry sails again, the company said today to all who asked.", "2024-03-04"),
        ("Berlin, 4. März 2024 – Die Fähre fährt wieder.", "2024-03-04"),
        ("The ferry that ran aground on March 4, 2024 – a Monday – sails again.", None),
        ("<a href=/x>The ferry</a> ran aground on the 4th of March 2024 and <a href=/y>sails again</a>.", None),
    ],
)
def test_a_text_may_open_with_its_place_and_day(opening: str, expected: str | None) -> None:
    assert read(f"<p>{opening}</p>").published_at == expected


def test_the_title_of_a_time_may_state_it() -> None:
    assert read(f'<time title="{PUBLISHED}">5 hours ago</time>').published_at == PUBLISHED


@pytest.mark.parametrize("where", ['div class="comments"', "aside", "footer", 'ul class="related"'])
def test_dates_of_comments_and_other_stories_do_not_count(where: str) -> None:
    assert read(f'<{where}><time datetime="2024-03-03">3 March 2024</time></{where.split()[0]}>').published_at is None


def test_a_time_later_than_the_fetch_is_not_believed() -> None:
    fetched = datetime(2024, 3, 2, 12, tzinfo=UTC)
    metadata = read(head=jsonld(datePublished="2030-01-01") + META, not_after=fetched)
    assert (metadata.published_at, metadata.published_basis) == ("2024-03-02T08:00:00+00:00", "meta")
    assert read(head=jsonld(datePublished="2024-03-03"), not_after=fetched).published_at == "2024-03-03"  # it is, in Auckland
    assert read(head=jsonld(datePublished="2024-03-04"), not_after=fetched).published_at is None


def test_the_language_of_the_page_reads_its_numbers() -> None:
    body = '<div class="date">3/4/2024</div>'
    assert [read(body, lang=lang).published_at for lang in ("de", "en-US", "en")] == ["2024-04-03", "2024-03-04", None]


@pytest.mark.parametrize(
    ("lang", "line", "expected"),
    [
        ("ru", "14.11.25 12:30", "2025-11-14T12:30:00"),
        ("de", "Veröffentlicht: 2.6.98", "1998-06-02"),
        ("ko", "25.11.14", None),  # the year stands first
        ("en-US", "11.12.25", None),
        ("de", "Version 1.2.25.4", None),
        ("de", "IP65.2.25", None),
        ("", "14.11.25", None),
    ],
)
def test_a_year_of_two_digits_is_read_where_the_day_stands_first(lang: str, line: str, expected: str | None) -> None:
    assert read(f"<p>{line}</p>", lang=lang).published_at == expected


@settings(max_examples=200)
@given(
    st.text(max_size=60)
    | st.from_regex(r"[0-9]{1,4}[-/. ][0-9A-Za-z]{1,9}[-/. ,]{1,2}[0-9]{1,4}(T[0-9:+Z-]{1,14})?", fullmatch=True),
    st.sampled_from(["en-US", "de", None]),
)
def test_any_string_is_null_or_iso(value: str, locale: str | None) -> None:
    result = iso(value, locale)
    assert result is None or datetime.fromisoformat(result).year >= 1800


@settings(max_examples=150)
@given(
    st.datetimes(datetime(1990, 1, 1), datetime(2040, 1, 1)),
    st.datetimes(datetime(2000, 1, 1), datetime(2030, 1, 1)),
    st.integers(-12, 14),
)
def test_no_date_is_later_than_the_fetch(written: datetime, fetch: datetime, zone: int) -> None:
    fetched = fetch.replace(tzinfo=UTC)
    stated = f"{written:%Y-%m-%dT%H:%M:%S}{zone:+03d}:00"
    metadata = read(f"<p>{written:%d.%m.%Y}</p>", jsonld(datePublished=stated, dateModified=stated), not_after=fetched)
    for value in (metadata.published_at, metadata.modified_at):
        if value:
            moment = datetime.fromisoformat(value)
            limit = fetched if moment.tzinfo else fetched.replace(tzinfo=None) + timedelta(hours=14)
            assert moment <= limit


@pytest.mark.parametrize(
    ("local", "expected"),
    [
        ("2024-02-29T20:48:19", "2024-02-29T20:48:19-05:00"),  # the same instant on the publisher's clock
        ("2024-02-29T20:48:19-05:00", "2024-02-29T20:48:19-05:00"),
        ("2024-03-01T07:18:19", "2024-03-01T07:18:19+05:30"),
        ("2024-02-29T20:51:00", "2024-03-01T01:48:19+00:00"),  # another time
        ("2024-02-29T20:48:19-06:00", "2024-03-01T01:48:19+00:00"),
        ("2024-02-29", "2024-03-01T01:48:19+00:00"),
    ],
)
def test_an_instant_in_utc_is_given_on_the_publisher_s_clock_if_the_page_shows_it(local: str, expected: str) -> None:
    metadata = read(f'<time class="published" datetime="{local}">x</time>', jsonld(datePublished="2024-03-01T01:48:19Z"))
    assert metadata.published_at == expected


@pytest.mark.parametrize(
    ("element", "expected"),
    [
        ("<abbr title='2024-03-01T01:40:40Z'>1 hr 4 mins ago</abbr>", "2024-03-01T01:40:40+00:00"),
        ("<span class='created-post'>27.06.2018 09:54</span>", "2018-06-27T09:54:00"),
        ("<div id='artikelDatum'>veröffentlicht: 25.10.2007 15:19</div>", "2007-10-25T15:19:00"),
        ("<abbr title='International Organization for Standardization, 2024-03-01'>ISO</abbr>", None),
    ],
)
def test_a_short_form_and_a_class_say_that_they_are_the_date(element: str, expected: str | None) -> None:
    html = f"<html><body><h1>Ferry sails again</h1>{30 * '<p>Harbour.</p>'}{40 * '<i>Quay</i>'}{element}</body></html>"
    assert read_metadata(parse_html(html), URL, html).published_at == expected


MASTHEAD = "<div id=top><span class=date>Wednesday, June 5, 2024</span></div>"
RELATED = "<div class=list><span class=date>June 4, 2024</span></div>"


@pytest.mark.parametrize(
    "article",
    [
        "<h1>Ferry sails again</h1><p class=date>May 16, 2024</p>",
        "<div><p class=date>May 16, 2024</p></div><h1>Ferry sails again</h1>",
        "<h1>Ferry sails again</h1><p class=publish>Published <span class=date>May 16, 2024</span></p>",
        "<p class=publish>Published <span class=date>May 16, 2024</span></p><h1>Ferry sails again</h1>",
        "<h1>Ferry sails again</h1><p class=date>Updated May 17, 2024</p><p class=date>May 16, 2024</p>",
        "<h1>Ferry sails again</h1><p class=time>by Jane Doe</p><p class=date>May 16, 2024</p>",
    ],
)
@pytest.mark.parametrize("tag", ["span", "time"])
def test_the_date_at_the_headline_counts_and_not_the_one_of_the_masthead(article: str, tag: str) -> None:
    body = f"{MASTHEAD}{9 * '<i>Quay</i>'}{article}<p>Story.</p>{RELATED}"
    if tag == "time":
        body = re.sub(r"<(p|span)( class=date>[^<]*)</\1>", r"<time\2</time>", body)
    html = f"<html lang=en-US><head><title>Ferry sails again</title></head><body>{body}"
    assert read_metadata(parse_html(html), URL, html).published_at == "2024-05-16"


@pytest.mark.parametrize(
    "line",
    [
        "has not sailed a day since it ran aground on April 28, 2012.",
        "Covering the period from 1 November 2006 to 14 September 2007, the report of the harbour",
        "The ferry leaves the pier of Alverton, in this June 3, 2007, file photo.",
    ],
)
def test_a_day_that_a_sentence_tells_of_is_not_that_of_the_page(line: str) -> None:
    assert read(f"<p><b>The ferry</b> {line}</p>").published_at is None
    assert read(f"<p>This page was first published on March 6, 2024 by us</p><p>{line}</p>").published_at == "2024-03-06"


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        ("<div itemscope itemtype=https://schema.org/NewsArticle>{}</div>", "2024-03-02"),
        ("<div itemscope itemtype=https://schema.org/Blog><div itemprop=blogPost itemscope>{}</div></div>", "2024-03-02"),
        ("<div itemscope itemtype=https://schema.org/WebPage><div itemprop=mainEntity itemscope>{}</div></div>", "2024-03-02"),
        ("{}", "2024-03-02"),
        ("<ul itemscope itemtype=https://schema.org/ItemList><li itemprop=itemListElement><a href=/b>B</a>{}</li></ul>", None),
        ("<div itemscope><div itemprop=video itemscope itemtype=https://schema.org/VideoObject>{}</div></div>", None),
    ],
)
def test_microdata_of_a_part_of_the_page_does_not_date_the_page(item: str, expected: str | None) -> None:
    assert read(item.format("<meta itemprop=datePublished content=2024-03-02>")).published_at == expected


HEAD = "<html lang=en-US><head><title>Ferry sails again</title></head><body>"


@pytest.mark.parametrize(
    ("value", "locale", "expected"),
    [
        ("8.5.12", "de", "2012-05-08"),
        ("8/5/12", "de", "2012-05-08"),
        ("8.5.12", "en-GB", "2012-05-08"),
        ("8/5/12", "en-US", "2012-08-05"),
        ("8.5.12", "en-US", None),
        ("8/5/12", "en", None),
        ("8.5.12", None, None),
        ("17/10/12", "en", "2012-10-17"),
        ("10/17/12", None, "2012-10-17"),
        ("17.10.12", None, None),
        ("12.10.17", "ja", None),
        ("Von Jane Doe, 31.5.98, 14:05", "de", "1998-05-31T14:05:00"),
    ],
)
def test_a_year_of_two_digits_is_read_where_the_language_tells_which_number_is_the_day(
    value: str, locale: str | None, expected: str | None
) -> None:
    assert iso(with_century(value, locale), locale) == expected


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ('<ul><li><a href="/a.pdf">Decree of 16 November 2025 (PDF)</a></li></ul>', None),
        ('<p><a href="/b"><b>Published 16 November 2025: the decree</b></a></p>', None),
        ('<p><a href="/ferry-17">16 November 2025</a></p>', "2025-11-16"),
        ("<p>Press release of 16 November 2025</p>", "2025-11-16"),
    ],
)
def test_the_date_in_the_name_of_a_link_is_that_of_what_it_leads_to(line: str, expected: str | None) -> None:
    html = f"<html lang=en><body><h1>The ferry sails again</h1><p>It sails, the council said.</p>{line}</body></html>"
    assert read_metadata(parse_html(html), URL, html).published_at == expected


@pytest.mark.parametrize("value", ["Version 2.1.12.4", "v2.1.12", "192.168.1.12", "1/2/12/3", "8.5.1245"])
def test_numbers_of_versions_are_no_dates(value: str) -> None:
    assert with_century(value, "de") == value


@pytest.mark.parametrize(
    "headline",
    [
        "<h2>Ferry sails again</h2>",
        "<h3 class=post-name><a href=/here>Ferry sails again</a></h3>",
        "<div class=big>Ferry sails again</div>",
        "<h1><span>Ferry sails again</span></h1>",
        "<h1>Harbour Courier</h1><h2>Ferry sails again</h2>",
    ],
)
def test_the_date_at_the_headline_counts_whatever_element_that_is(headline: str) -> None:
    today = "<div class=today-date>May 20, 2024</div>" + 120 * "<i>Quay</i>"
    html = f"{HEAD}{today}{headline}<p>May 16, 2024 <b>By Jane Doe</b></p><p>It sails.</p>"
    metadata = read_metadata(parse_html(html), URL, html)
    assert (metadata.published_at, metadata.authors) == ("2024-05-16", ("Jane Doe",))


@pytest.mark.parametrize(
    "masthead",
    [
        "<header>{}</header>",
        "<header><h1>Courier</h1>{}</header>",
        "<div role=banner><p>{}</p></div>",
        "<div class=siteHeader>{}</div>",
    ],
)
@pytest.mark.parametrize("day", ["<span class=date>May 20, 2024</span>", "<time>May 20, 2024</time>"])
def test_the_day_in_the_masthead_alone_is_no_date_of_the_article(masthead: str, day: str) -> None:
    body = "<h1>Ferry sails again</h1><p>It sails.</p>"
    html = HEAD + masthead.format(day) + body
    assert read_metadata(parse_html(html), URL, html).published_at is None
    html = f"{HEAD}<article><header>{day}</header>{body}</article>"
    assert read_metadata(parse_html(html), URL, html).published_at == "2024-05-20"


def test_a_time_beside_the_headline_counts_before_one_of_a_sidebar_that_is_marked() -> None:
    side = "<div><p>A reader writes <time pubdate datetime=2024-06-22>22 June</time></p></div>"
    html = (
        f"{HEAD}{side}<header><h1>Ferry sails again</h1><p>On <time datetime=2024-05-16>16 May</time></p></header><p>It sails.</p>"
    )
    assert read_metadata(parse_html(html), URL, html).published_at == "2024-05-16"


@pytest.mark.parametrize(
    ("stated", "expected"), [("2024-07-03T10:18:46Z", "2024-06-29"), ("2024-06-29T23:18:46Z", "2024-06-29T23:18:46+00:00")]
)
def test_the_day_that_is_shown_as_that_of_publication_counts_before_another_one_in_the_markup(stated: str, expected: str) -> None:
    assert read(f"<time datetime={stated}>Published on 29 June 2024</time>").published_at == expected


@pytest.mark.parametrize(
    "footer",
    [
        "<div class=post-footer>This piece was written on 14 December 2015 at 14:48 by <a href=/a>Jane</a> for the paper</div>",
        "<div class=asset_footer><div class=asset-meta>By Jane on 14 December 2015, 14:48 | 3 comments</div></div>",
        "<div class=submitted>Kept by <span class=username>jane</span> on 14 December 2015 - 14:48</div>",
    ],
)
def test_the_footer_of_an_entry_tells_when_it_was_written(footer: str) -> None:
    html = f"{HEAD}<div><h3>Ferry sails again</h3><p>It sails.</p>{footer}</div>"
    assert read_metadata(parse_html(html), URL, html).published_at == "2015-12-14T14:48:00"


def test_a_date_is_not_a_readers_because_the_headline_is_called_so_too() -> None:
    date = "<div class=HeaderComment_date>29 January 2019</div>"
    html = f"{HEAD}<h1 class=HeaderComment_title>Ferry sails again</h1>{date}<p>It sails.</p>"
    assert read_metadata(parse_html(html), URL, html).published_at == "2019-01-29"


@pytest.mark.parametrize(
    ("line", "published", "modified"),
    [
        ("Published 3 May 2024, updated 5 May 2024", "2024-05-03", "2024-05-05"),
        ("Zuletzt bearbeitet: 5.5.2024, veröffentlicht: 3.5.2024", "2024-05-03", "2024-05-05"),
        ("2024年5月3日公開 2024年5月5日更新", "2024-05-03", "2024-05-05"),
        ("Dernière mise à jour : 5 mai 2024", None, "2024-05-05"),
        ("Senest opdateret 5. maj 2024", None, "2024-05-05"),
        ("Published 3 May 2024, updated 5 April 2024", "2024-05-03", None),
    ],
)
def test_a_line_tells_of_the_publication_and_of_the_change(line: str, published: str | None, modified: str | None) -> None:
    metadata = read(f"<h1>Ferry sails again</h1><p>{line}</p><p>It sails.</p>")
    assert (metadata.published_at, metadata.modified_at) == (published, modified)
