"""The pages over real databases: what they show, that it agrees with the tables, and that nothing hostile gets through."""

from __future__ import annotations

import hashlib
import re
import shutil
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx
import lxml.html
import pytest
from fastapi import FastAPI, Request, Response

from pipeline.clean.explain import described_rules
from pipeline.config import Settings
from pipeline.errors import CheckFailed
from pipeline.fetch.segments import ArchiveWriter
from pipeline.records import Block, Rejected, Reuse, StageReport
from pipeline.report.app import ROUTES, create_app, night_page
from pipeline.report.came_from import CameFrom, Failure
from pipeline.report.raw import inert_page
from pipeline.report.render import style
from pipeline.store import open_store
from pipeline.urls import article_id, url_id
from pipeline.warehouse import Warehouse, load, open_warehouse, publish, set_search, upgrade
from tests.report.conftest import EVIL, LONG, served
from tests.warehouse import make
from tests.warehouse.make import full_night

LEAD = article_id("https://herald.example/lead", "")
COPY = article_id("https://echo.example/copy", "")
STITCHED = article_id("https://herald.example/stitched", "")
REJECTED = url_id("https://evil.example/p")


@pytest.fixture
def evil(rows: Any, filled: Warehouse) -> str:
    return str(rows("SELECT article_id FROM articles WHERE site = 'evil.example'")[0]["article_id"])


@pytest.fixture
def rows(filled: Warehouse) -> Any:
    import sqlalchemy as sa

    def run(query: str) -> list[dict[str, Any]]:
        with filled.reading() as connection:
            return [dict(row) for row in connection.execute(sa.text(query)).mappings()]

    return run


def paths(evil: str) -> dict[str, str]:
    """An address for every route of the application."""
    return {
        "/": "/",
        "/runs": "/runs",
        "/run/{day}": "/run/2026-03-02",
        "/run/{day}/articles": "/run/2026-03-02/articles",
        "/run/{day}/rejects": "/run/2026-03-02/rejects",
        "/run/{day}/rejects/{identity}/page": f"/run/2026-03-02/rejects/{REJECTED}/page",
        "/article/{identity}": f"/article/{evil}",
        "/article/{identity}/page": f"/article/{evil}/page",
        "/story/{identity}": f"/story/{LEAD}",
        "/search": "/search?q=%3Cscript%3Ealert(1)",
        "/rules": "/rules",
        "/rules/{identity}": "/rules/share",
        "/rules.toml": "/rules.toml",
        "/report.css": "/report.css",
        "/panel.js": "/panel.js",
        "/latest.json": "/latest.json",
    }


def text_of(page: str) -> str:
    return " ".join(lxml.html.fromstring(page).text_content().split())


def text_of_element(element: Any) -> str:
    return " ".join(element.text_content().split())


def assert_harmless(page: str) -> None:
    tree = lxml.html.fromstring(page)
    assert not tree.xpath("//script|//object|//embed|//base|//meta[@http-equiv]|//*[@style][contains(@style, 'javascript')]")
    for element in tree.iter():
        for name, value in element.attrib.items():
            assert not name.startswith("on"), name
            assert not re.match(r"\s*(javascript|data|vbscript):", value, re.IGNORECASE), value


def test_every_route_answers_and_is_harmless(client: httpx.Client, evil: str) -> None:
    assert set(paths(evil)) == set(ROUTES)
    for path in paths(evil).values():
        answer = client.get(path)
        assert answer.status_code in (200, 303), (path, answer.status_code)
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        assert answer.headers["x-content-type-options"] == "nosniff"
        if answer.headers.get("content-type", "").startswith("text/html") and answer.text:
            assert_harmless(answer.text)


def test_head_is_answered_as_get_without_a_body(client: httpx.Client) -> None:
    for path in ("/", "/runs", "/rules", "/report.css", "/latest.json", "/run/2026-01-01"):
        head, get = client.head(path), client.get(path)
        assert (head.status_code, head.headers.get("content-type")) == (get.status_code, get.headers.get("content-type")), path
        assert head.content == b"", path


def test_the_menu_marks_the_page_that_one_is_on(client: httpx.Client) -> None:
    for path, names in (("/", ["Tonight"]), ("/run/2026-03-02", []), ("/runs", ["Nights"]), ("/rules", ["Rules"])):
        tree = lxml.html.fromstring(client.get(path, follow_redirects=True).text)
        assert [entry.text for entry in tree.xpath("//nav[@aria-label='Pages']/a[@aria-current='page']")] == names, path


def test_the_list_of_nights_tells_those_that_passed_their_checks_from_those_that_were_not_published(client: httpx.Client) -> None:
    rows = re.findall(r"<tr><th scope=\"row\".*?</tr>", client.get("/runs").text, re.DOTALL)
    told = [re.findall(r"\d+ failed|passed|not published|published later", row) for row in rows]
    assert told == [["not published"], ["passed"], ["published later"]]


def test_a_night_that_was_published_with_a_later_one_says_so(
    client: httpx.Client, filled: Warehouse, settings: Settings, rows: Any
) -> None:
    """One whose checks failed was called unpublished for ever."""

    def checks_of(day: str) -> str:
        section = lxml.html.fromstring(client.get(f"/run/{day}").text).xpath("//section[@aria-labelledby='checks']")[0]
        return text_of_element(section)

    assert "It was published with the night of 2026-03-02, whose checks passed." in checks_of("2026-03-01")
    labels = [make.article(f"l{n}", f"Text {n}.\n\nRead more", 3) for n in range(5)]
    load(filled, make.night(3, labels))
    with pytest.raises(CheckFailed):
        publish(filled, settings.publish, "2026-03-04")
    assert "is published with the next run that passes" in checks_of("2026-03-04")
    assert "was not published yet" in checks_of("2026-03-03")
    load(filled, make.night(4, [make.article("good", day=4)]))
    publish(filled, settings.publish, "2026-03-05")
    assert "1 check of 7 failed: the night is in the warehouse, and was published with the night of 2026-03-05" in checks_of(
        "2026-03-04"
    )
    told = text_of(client.get("/runs").text)
    assert "1 failed published later" in told
    load(filled, make.night(3, [make.article("late", day=3)]))
    assert "is published with the next run that passes" in checks_of("2026-03-04"), "what was loaded since is not"


def test_sites_that_differ_in_their_capitals_alone_are_two(client: httpx.Client, filled: Warehouse) -> None:
    load(
        filled,
        make.night(2, [make.article(f"d{n}", f"Text {n}.", 2, url=None, site=site) for n, site in enumerate(("Wire", "wire"))]),
    )
    shown = lxml.html.fromstring(client.get("/run/2026-03-03/articles").text)
    assert shown.xpath("//h2/a/text()") == ["Wire", "wire"]


def test_the_first_page_is_the_last_night(client: httpx.Client) -> None:
    assert client.get("/").headers["location"] == "/run/2026-03-03"


def test_a_page_asks_for_the_style_sheet_of_its_own_version(client: httpx.Client) -> None:
    (address,) = lxml.html.fromstring(client.get("/rules").text).xpath("//link[@rel='stylesheet']/@href")
    assert address.endswith(f"/report.css?v={hashlib.sha256(style().encode()).hexdigest()[:8]}")
    assert client.get(address).text == style()


def test_a_night_shows_what_it_brought(client: httpx.Client) -> None:
    shown = text_of(client.get("/run/2026-03-02").text)
    assert "4 addresses gave 4 new articles, 1 of them a copy" in shown
    assert "http_500" in shown
    assert "paywall" in shown
    assert "share" in shown
    assert "nothing tonight" in shown  # the sources of the first night
    assert EVIL in shown  # the line that was learned


def test_from_the_figures_of_a_source_to_what_they_count(client: httpx.Client) -> None:
    night = lxml.html.fromstring(client.get("/run/2026-03-02").text)
    for source, number in (("herald", 2), ("echo", 1), ("evil", 1)):
        (link,) = night.xpath(f"//a[contains(@href, '/articles?source={source}')]")
        shown = lxml.html.fromstring(client.get(link.get("href")).text)
        assert (link.text, len(shown.xpath("//ul[@class='list']/li"))) == (str(number), number)
        assert source in shown.xpath("string(//h1)")
    (rejected,) = night.xpath("//a[contains(@href, '/rejects?source=herald')]")
    shown = lxml.html.fromstring(client.get(rejected.get("href")).text)
    assert rejected.text == str(len(shown.xpath("//tbody/tr"))) == "1"


def test_a_night_says_how_many_articles_had_come_with_another(settings: Settings, warehouse: Warehouse) -> None:
    load(warehouse, full_night(3))
    earlier = full_night(0)  # backfilled after it: the same pages
    counted = {"unique": 12, "same_article": 2}  # of which two sources brought two
    load(warehouse, replace(earlier, reports=(StageReport("dedup", earlier.run_date, "all", 14, counted),)))
    with served(create_app(settings)) as client:
        shown = text_of(client.get(f"/run/{earlier.run_date}").text)
    assert "13 addresses gave 0 new articles; 12 articles had come with another night" in shown


def test_a_night_has_what_its_checks_found(client: httpx.Client, rows: Any) -> None:
    found = rows("SELECT name FROM nightly_checks WHERE run_date = '2026-03-02'")
    assert f"All {len(found)} passed" in text_of(client.get("/run/2026-03-02").text)


def test_a_night_tells_when_it_was_fetched_not_how_long_that_took(settings: Settings, warehouse: Warehouse) -> None:
    """It may have been run again hours later: what lies between was no fetching."""
    first, second = make.article("first"), make.article("second")
    again = [make.fetch(first), make.fetch(second, fetched_at=datetime(2026, 3, 1, 9, 4, tzinfo=UTC))]
    load(warehouse, make.night(0, [first]))
    load(warehouse, make.night(0, [first, second], fetches=again))
    with served(create_app(settings)) as client:
        shown = text_of(client.get("/run/2026-03-01").text)
    assert "0 B fetched from 02:30 to 09:04 UTC" in shown


def test_the_bars_of_a_source_are_told_to_who_does_not_see_them(settings: Settings, warehouse: Warehouse) -> None:
    load(warehouse, make.night(0, [make.article("old")]))
    with served(create_app(settings)) as client:
        (label,) = lxml.html.fromstring(client.get("/run/2026-03-01").text).xpath("//svg[@class='spark']/@aria-label")
        assert label == "1 article tonight"
        load(warehouse, make.night(1, [make.article(f"new{n}", day=1) for n in range(3)]))
        (label,) = lxml.html.fromstring(client.get("/run/2026-03-02").text).xpath("//svg[@class='spark']/@aria-label")
    assert label == "3 articles tonight, at most 1 a night before"


def test_a_title_has_its_language_and_its_own_direction(settings: Settings, warehouse: Warehouse) -> None:
    title = "عبّارة تعود!"
    lead, copy = (make.article("a", site=site, title=title, language="ar") for site in ("one.example", "two.example"))
    load(warehouse, make.night(0, [lead, copy], make.story(lead, copy)))
    with served(create_app(settings)) as client:
        for path in (
            "/run/2026-03-01",
            "/run/2026-03-01/articles",
            f"/story/{lead.article_id}",
            f"/article/{lead.article_id}",
            "/search",
        ):
            tree = lxml.html.fromstring(client.get(path).text)
            shown = tree.xpath(f"//body//*[text()='{title}']")
            assert shown, path
            assert all(element.tag == "bdi" or element.get("dir") == "auto" for element in shown if element.tag != "dd"), path
            if path != "/run/2026-03-01":
                assert "ar" in {element.get("lang") for element in shown}, path


@pytest.mark.parametrize(
    ("changes", "shown"),
    [
        ({}, "from the page's JSON-LD"),
        ({"published_at": "2026-03-01", "published_basis": "url"}, "from the address, only the day is known"),
        ({"published_basis": "source"}, "from its feed, sitemap or record: the page tells none"),
        ({"published_at": "2026-03-01", "published_basis": None}, "only the day is known"),
    ],
)
def test_a_date_names_where_it_was_read(settings: Settings, warehouse: Warehouse, changes: dict[str, Any], shown: str) -> None:
    dated = make.article("a", **changes)
    load(warehouse, make.night(0, [dated]))
    with served(create_app(settings)) as client:
        tree = lxml.html.fromstring(client.get(f"/article/{dated.article_id}").text)
    assert tree.xpath("//dt[text()='Published']/following-sibling::dd[1]/span/text()") == [shown]


def test_a_hostile_article_is_shown_as_it_is(client: httpx.Client, evil: str) -> None:
    page = client.get(f"/article/{evil}").text
    tree = lxml.html.fromstring(page)
    assert EVIL in tree.xpath("string(//h1)")
    assert "🗞" in tree.xpath("string(//h1)")
    struck = tree.xpath("//p[@class='dropped']")
    assert len(struck) == 1
    assert struck[0].get("title").startswith("share: ")
    assert "share" in struck[0].xpath("string(a)")
    assert "javascript:alert(9)" in text_of(page)
    assert len(page) < 3 * len(LONG)


def test_a_page_as_fetched_is_inert(client: httpx.Client, evil: str) -> None:
    answer = client.get(f"/article/{evil}/page")
    assert answer.headers["content-security-policy"].startswith("sandbox; default-src 'none'")
    assert "Kept words" in answer.text
    assert "alert" not in answer.text.replace("alert(1)", "")
    assert not re.search(r"\b(href|src|action|formaction|data|srcset|poster|background)\s*=", answer.text)
    assert "@import" not in answer.text


def test_a_page_that_the_archive_lacks_is_told_in_its_frame(client: httpx.Client) -> None:
    """With the menu it was a page in the page, whose links opened others there."""
    answer = client.get(f"/article/{LEAD}/page")
    assert answer.status_code == 422
    assert answer.headers["content-security-policy"].startswith("sandbox;")
    assert lxml.html.fromstring(answer.text).xpath("string(//body)").startswith("What the archive has of this page cannot be read:")


def test_an_archive_that_may_not_be_read_is_told_in_the_frame(client: httpx.Client, settings: Settings, evil: str) -> None:
    raw = Path(settings.store, "raw")
    raw.rename(raw.with_name("elsewhere"))
    raw.touch()  # nobody may read below a file, and root may read all else
    answer = client.get(f"/article/{evil}/page")
    assert (answer.status_code, answer.headers["content-security-policy"][:8]) == (503, "sandbox;")
    assert "Not a directory" in answer.text


def shown_as_fetched(folder: Path, page: str, kind: str = "text/html") -> str:
    store = open_store(str(folder))
    with ArchiveWriter(store, "raw/test") as archive:
        place = archive.add_resource("https://x.example/a", page.encode(), kind, datetime(2026, 3, 2, tzinfo=UTC))
        archive.finish()
    return inert_page(store, f"{place.segment.key}#{place.offset}+{place.length}", "https://x.example/a")


def test_a_text_as_fetched_is_whole_whatever_stands_in_it(tmp_path: Path) -> None:
    shown = shown_as_fetched(tmp_path, "The answer is a <b and c> d, said <script>Ada</script>.", "text/plain; charset=utf-8")
    assert "a &lt;b and c&gt; d, said &lt;script&gt;Ada&lt;/script&gt;." in shown


def test_a_page_as_fetched_keeps_its_direction(tmp_path: Path) -> None:
    shown = shown_as_fetched(tmp_path, '<html dir="rtl" lang="he" onload="alert(1)"><title>x</title><p>שלום.</p></html>')
    assert '<div dir="rtl" lang="he">' in shown
    assert '<body tabindex="0">' in shown, "its frame is reached, and scrolled, with the keyboard"
    assert_harmless(shown)


def test_a_page_whose_words_are_in_its_scripts_alone_is_shown_as_its_source(tmp_path: Path) -> None:
    """The article was read out of them, and the frame beside it was empty."""
    head = "<head><title>Ferry</title><style>p { margin: 0 }</style></head>"
    state = '<script id="state" type="application/json">{"body": "The ferry is back."}</script>'
    shown = shown_as_fetched(tmp_path, f"<html>{head}<body><div> </div>{state}")
    assert '<pre dir="auto">' in shown
    assert "The ferry is back." in shown
    assert_harmless(shown)


@pytest.mark.parametrize("begin", ["<noscript", "<x-article><template shadowrootmode=open"])
def test_what_a_page_shows_without_a_script_is_shown(tmp_path: Path, begin: str) -> None:
    words = "<p onclick=alert(1)>The ferry is back.<script shadowrootmode=open>alert(2)</script><img src=//evil.example/x></p>"
    shown = shown_as_fetched(tmp_path, f"<html><body><h1>Ferry</h1>{begin}>{words}")
    assert "<p>The ferry is back." in shown
    assert "<noscript" not in shown
    assert "<template" not in shown
    assert_harmless(shown)


def test_a_page_as_fetched_does_not_hide_itself_whole(tmp_path: Path) -> None:
    """As every AMP page does until its script has run, which it never does here: the frame was empty."""
    hidden = "html,body{visibility:hidden!important;opacity:0!important;display:none!important;animation:x 8s both!important}"
    shown = shown_as_fetched(tmp_path, f"<html amp><style amp-boilerplate>{hidden}</style><body><p>The ferry is back.")
    (ours,) = re.findall(r":root:root,:root:root>body\{([^}]*)\}", shown)  # of two that are important the closer one counts
    (theirs,) = re.findall(r"html,body\{([^}]*)\}", shown)
    said, hides = (dict(rule.strip().split(":") for rule in rules.split(";")) for rules in (ours, theirs))
    assert said.keys() == hides.keys()
    assert all(value.endswith("!important") for value in said.values())


@pytest.mark.parametrize(
    ("before", "unit"),
    [
        ("<body>", "<form>"),
        ("<body>", "<svg>"),
        ('<p style="', "url("),
        ("<style>", "@import expression("),
        ("<body>", "<p onclick=x href=y>"),
        ("<a b='", '<i c="'),
    ],
)
def test_a_hostile_page_as_fetched_is_inert_in_seconds(tmp_path: Path, before: str, unit: str) -> None:
    shown = shown_as_fetched(tmp_path, before + unit * (400_000 // len(unit)))
    assert_harmless(shown)


def test_a_page_as_fetched_has_no_comments_in_its_attributes(tmp_path: Path) -> None:
    """Libxml2 writes these in the square of their number: a page of 4 MB took the report an hour."""
    shown = shown_as_fetched(tmp_path, f'<p class="kept" title="{"<!--" * 500_000}" style="{"<!--" * 500_000}">Kept words')
    assert '<p class="kept">Kept words' in shown


def test_a_tag_of_many_attributes_is_shown_as_text(tmp_path: Path) -> None:
    many = "".join(f"a{i}=1 " for i in range(200_000))  # libxml2 takes minutes for them
    assert '<pre dir="auto">&lt;html&gt;&lt;p a0=1 a1=1' in shown_as_fetched(tmp_path, f"<html><p {many}>x")
    long = f"<p title='{'a=b ' * 10_000}'>A long title.</p>"
    assert "<p title=" in shown_as_fetched(tmp_path, f"<html>{long}")


def test_the_page_behind_a_reject_is_shown(client: httpx.Client) -> None:
    assert "Kept words" in client.get(f"/run/2026-03-02/rejects/{REJECTED}/page").text
    assert client.get(f"/run/2026-03-02/rejects/{REJECTED}/page?stage=fetch").status_code == 404


def test_a_story_shows_its_copy_and_what_it_changed(client: httpx.Client) -> None:
    tree = lxml.html.fromstring(client.get(f"/story/{LEAD}").text)
    assert tree.findtext("head/title") == "About lead · Copydesk"
    assert [(e.tag, e.get("dir")) for e in tree.xpath("//p[@class='note']/del | //p[@class='note']/ins")] == [
        ("del", "auto"),
        ("ins", "auto"),
    ], "the old headline stands before the new one in every script"
    assert "herald.example stands for it" in " ".join(tree.text_content().split())
    assert len(tree.xpath("//div[contains(@class, 'more-of')]/details")) == 1, "a paragraph would end before it"
    assert [e.text_content().strip() for e in tree.xpath("//div[@class='sides']//ins")] == ["noon.", "No one"]
    assert [e.text_content().strip() for e in tree.xpath("//div[@class='sides']//del")] == ["one.", "Nobody"]


def test_a_story_of_many_articles_is_read_in_the_order_of_time(
    settings: Settings, warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pipeline.report import story

    monkeypatch.setattr(story, "MEMBERS", 3)
    hours = [*range(4, 11), 4]  # the last one ran with the first
    told = [make.article("dam", site=f"p{i}.example", published_at=f"2026-03-01T{hour:02}:00:00Z") for i, hour in enumerate(hours)]
    told.append(make.article("dam", site="p8.example", published_at=None, published_basis=None))
    load(warehouse, make.night(0, told, make.story(*told)))
    seen: list[str] = []
    scale: set[str] = set()
    with served(create_app(settings)) as client:
        path: str | None = f"/story/{told[0].article_id}"
        while path:
            tree = lxml.html.fromstring(client.get(path).text)
            seen += tree.xpath("//div[@class='line']/p[1]/a/text()")
            scale.update(note for note in tree.xpath("//section[1]/p[@class='note']/text()"))
            for link in tree.xpath("//div[@class='line']//a[text()='compare']/@href"):
                other = lxml.html.fromstring(client.get(link).text)
                article = next(a for a in told if f"copy={a.article_id}" in link)
                assert other.xpath("//h2[@id='changes']/text()") == [f"What {article.site} changed"]
                assert other.xpath("//div[@class='line']/p[1]/a/text()") == tree.xpath("//div[@class='line']/p[1]/a/text()")
            path = next(iter(tree.xpath("//p[@class='more']/a[text()='Later articles']/@href")), None)
    assert seen == ["p0.example", "p7.example", *(f"p{i}.example" for i in range(1, 7)), "p8.example"]
    assert scale == {"From 2026-03-01 04:00 UTC to 2026-03-01 10:00 UTC, 6.0 h."}


def test_a_story_of_which_a_day_alone_is_known_tells_no_time_of_it(settings: Settings, warehouse: Warehouse) -> None:
    """Midnight was told, and a span from it."""
    told = [make.article("a", site=f"p{n}.example", published_at=at) for n, at in enumerate(("2026-03-01", "2026-03-02T10:00:00Z"))]
    load(warehouse, make.night(0, told, make.story(*told)))
    with served(create_app(settings)) as client:
        tree = lxml.html.fromstring(client.get(f"/story/{told[0].article_id}").text)
    assert tree.xpath("//section[1]/p[@class='note']/text()") == ["From 2026-03-01 to 2026-03-02 10:00 UTC."]


def test_the_languages_of_a_rule_are_languages(client: httpx.Client) -> None:
    """The names of networks, which are the same in all, were one more."""
    told = re.search(r"It knows words of (\d+) languages: ([^.]*)\.", text_of(client.get("/rules/share").text))
    assert told is not None
    names = told[2].split()
    assert {len(name) for name in names} == {2}
    assert int(told[1]) == len(names)


def test_a_stitched_article_has_its_passages_marked_by_source(client: httpx.Client) -> None:
    tree = lxml.html.fromstring(client.get(f"/article/{STITCHED}").text)
    marked = [(mark.get("class"), mark.text) for mark in tree.xpath("//mark")]
    assert marked == [("from c1", "One of us "), ("from c2", "Two of the")]
    assert "herald.example" in tree.xpath("string(//section[@aria-labelledby='stitched'])")


def test_how_alike_a_copy_is_is_told_of_the_article_it_was_found_to_copy(settings: Settings, warehouse: Warehouse) -> None:
    first, copy, lead = (make.article(name, site=f"{name}.example") for name in ("first", "copy", "lead"))
    load(warehouse, make.night(0, [first, copy], make.story(first, copy)))
    load(warehouse, make.night(1, [lead], make.story(lead, first, story_id=first.article_id)))  # the copy is not looked at again
    with served(create_app(settings)) as client:
        shown = {a: lxml.html.fromstring(client.get(f"/article/{a.article_id}").text) for a in (first, copy)}
    notes = {a: tree.xpath("//p[@class='note'][1]")[0] for a, tree in shown.items()}
    assert text_of_element(notes[first]).endswith("copy of the article that stands for its story, 95 % alike")
    assert text_of_element(notes[copy]).endswith(
        "copy of the article that stands for its story; 95 % alike with the one that it was found to copy"
    )
    assert [link.rpartition("/")[2] for link in notes[copy].xpath("a/@href")] == [lead.article_id, first.article_id]


def test_the_rules_are_all_there_and_those_of_other_versions_are_told_as_that(client: httpx.Client) -> None:
    tree = lxml.html.fromstring(client.get("/rules").text)
    listed = tree.xpath("//tbody/tr/th[@scope='row']/a/text()")
    assert set(listed) == {*described_rules(), "line.advertisement"}
    assert tree.xpath("//h2[text()='Of other versions']/following::tbody[1]//th//text()") == ["line.advertisement"]
    assert "which this one does not have" in text_of(client.get("/rules/line.advertisement").text)
    assert "Never yet" in text_of(client.get("/rules/navigation").text)


def test_a_rule_shows_the_nights_on_which_it_dropped_nothing(settings: Settings, warehouse: Warehouse) -> None:
    """Left out, they hid that a rule had ceased to meet its site's pages."""
    for day in range(4):
        old = Block(1, "paragraph", "Share", "share" if day < 2 else "byline")
        load(warehouse, make.night(day, [make.article(f"a{day}", day=day, blocks=(Block(0, "paragraph", f"News {day}."), old))]))
    with served(create_app(settings)) as client:
        told = {rule: text_of(client.get(f"/rules/{rule}").text) for rule in ("share", "byline", "navigation")}
        (bars,) = lxml.html.fromstring(client.get("/rules/share").text).xpath("//svg[@class='spark']")
    assert "2 lines on the last 4 nights, none on the last of them. It last fired on the night of 2026-03-02." in told["share"]
    assert "2 lines on the last 4 nights, 1 on the last of them." in told["byline"]
    assert "It last" not in told["byline"]
    assert "Never yet." in told["navigation"]
    assert bars.get("aria-label") == "0 lines on the last night"
    assert "".join(path.get("d") for path in bars.xpath("path")).count("z") == 4


def test_who_took_several_passages_is_named_once(settings: Settings, warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.report.article.REUSED", 2)
    source, *takers = (make.article(name, "One of two of three.") for name in ("source", "x", "y", "z"))
    reuse = [
        Reuse(taker.article_id, source.article_id, 4 * n, 4 * n + 3, 5 - i) for i, taker in enumerate(takers) for n in range(3)
    ]
    load(warehouse, make.night(0, [source, *takers], reuse=reuse))
    with served(create_app(settings)) as client:
        tree = lxml.html.fromstring(client.get(f"/article/{source.article_id}").text)
    listed = [" ".join(entry.text_content().split()) for entry in tree.xpath("//section[@aria-labelledby='reused']//li")]
    assert listed == [
        "About x herald.example · 15 words in 3 passages",
        "About y herald.example · 12 words in 3 passages",
        "1 more article",
    ]


def test_versions_of_an_article_are_compared(client: httpx.Client) -> None:
    tree = lxml.html.fromstring(client.get(f"/article/{LEAD}").text)
    section = tree.xpath("//section[@aria-labelledby='versions']")[0]
    assert [e.text_content().strip() for e in section.xpath(".//ins")] == ["one."]
    assert client.get(f"/article/{LEAD}?old=7&new=9").status_code == 200


def test_the_version_that_stands_is_marked_also_where_an_article_went_back_to_it(client: httpx.Client, filled: Warehouse) -> None:
    for day, body in enumerate(("As it was.", "Otherwise.", "As it was."), 3):
        load(filled, make.night(day, [make.article("back", body, day)]))
    tree = lxml.html.fromstring(client.get(f"/article/{make.article('back').article_id}").text)
    first_cells = tree.xpath("//section[@aria-labelledby='versions']//tbody/tr/td[1]")
    assert [" ".join(cell.text_content().split()) for cell in first_cells] == ["2", "1 stands now"]


def test_versions_stand_in_the_order_of_their_fetches_not_of_their_loads(client: httpx.Client, filled: Warehouse) -> None:
    for day in (9, 5, 7):  # the last two are made up for
        load(filled, make.night(day, [make.article("late", f"It is day {day}.", day)]))
    tree = lxml.html.fromstring(client.get(f"/article/{make.article('late').article_id}").text)
    rows = tree.xpath("//section[@aria-labelledby='versions']//tbody/tr")
    assert [(row.xpath("string(td[2])")[:10], row.xpath("string(td[5])")) for row in rows] == [
        ("2026-03-10", "with 3"),
        ("2026-03-08", "with 2"),
        ("2026-03-06", ""),
    ]
    assert [e.text_content().strip() for e in tree.xpath("//section[@aria-labelledby='versions']//ins")] == ["9."]


def test_versions_that_are_not_shown_are_counted(client: httpx.Client, filled: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.report.article.VERSIONS", 3)
    for day in range(3, 8):
        load(filled, make.night(day, [make.article("live", f"It is day {day}.", day)]))
    tree = lxml.html.fromstring(client.get(f"/article/{make.article('live').article_id}").text)
    section = tree.xpath("//section[@aria-labelledby='versions']")[0]
    assert len(section.xpath(".//tbody/tr")) == 3
    assert "2 older versions: the view article_texts has all of them." in section.text_content()


def test_a_page_of_very_many_blocks_counts_those_that_are_not_shown(
    client: httpx.Client, filled: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pipeline.report import article as articles

    monkeypatch.setattr(articles, "MOST_BLOCKS", 2)
    blocks = (Block(0, "paragraph", "Kept."), *(Block(i, "paragraph", f"Share {i}", "share") for i in range(1, 6)))
    page = make.article("many", "Kept.", 2, blocks=blocks)
    load(filled, make.night(2, [page]))
    shown = " ".join(lxml.html.fromstring(client.get(f"/article/{page.article_id}").text).text_content().split())
    assert "4 more blocks" in shown
    assert "share 5 Share bar" in shown


def found(client: httpx.Client, query: str) -> list[str]:
    tree = lxml.html.fromstring(client.get("/search", params={"q": query}).text)
    return [title.text_content() for title in tree.xpath("//ul[@class='list']//span[@class='title']")]


@pytest.mark.parametrize("indexed", [False, True])
def test_search_finds_words_in_titles_and_texts(client: httpx.Client, filled: Warehouse, indexed: bool) -> None:
    set_search(filled, on=indexed)
    assert found(client, '"dam broke" -nobody') == ["About copy"]
    assert sorted(found(client, "DAM")) == ["About copy", "About lead"]
    assert found(client, "stitched") == ["About stitched"]
    for nothing in ("nowhere", "'\"()*&|!:", '"', "-dam"):
        assert found(client, nothing) == []
    set_search(filled, on=False)


@pytest.mark.parametrize("indexed", [False, True])
def test_search_finds_words_of_a_script_without_spaces_and_articles_without_a_date(
    client: httpx.Client, filled: Warehouse, indexed: bool
) -> None:
    page = make.article(
        "ja", "市議会は老朽化した港の防波堤を改修する予算案を可決した。\n\n工事は来月から始まる。", 2, published_at=None
    )
    load(filled, make.night(2, [page]))
    set_search(filled, on=indexed)
    assert found(client, "防波堤") == found(client, "港 -市長") == [page.title]
    assert found(client, "防波堤 -工事") == found(client, "空港") == []
    assert "<mark>防波堤</mark>" in client.get("/search?q=防波堤").text
    far = make.article("far", "市議会は予算案を可決した。" * 40 + "渡船は復航する。" + "市長が述べた。" * 40, 2)
    load(filled, make.night(3, [far]))
    assert "<mark>渡船</mark>" in client.get("/search?q=渡船").text, "where the word is, however far in the text"
    set_search(filled, on=False)


def test_a_part_of_a_word_that_an_article_was_found_by_is_marked(client: httpx.Client, filled: Warehouse) -> None:
    texts = {"party": "The party starts (C++).", "art": "Artful is art."}
    load(filled, make.night(2, [make.article(name, text, 2) for name, text in texts.items()]))
    for query, marked in (("start", ["start"]), ("c++", ["C++"]), ('"is art"', ["is art"])):
        tree = lxml.html.fromstring(client.get("/search", params={"q": query}).text)
        assert tree.xpath("//mark/text()") == marked, query


@pytest.mark.parametrize(
    "query",
    ["Übergang", "übergang", "ÜBERGANG ärzte", '"die Ärzte"', "москва", "Москва", "istanbul", "İstanbul", "οδος", "ΟΔΟΣ", "5/8_a%"],
)
def test_search_without_an_index_finds_words_in_every_case(client: httpx.Client, filled: Warehouse, query: str) -> None:
    page = make.article("case", "Für die Ärzte ist es ein Übergang.\n\nМосква молчит. İstanbul. Η ΟΔΟΣ. 5/8_a%.", 2)
    load(filled, make.night(2, [page]))
    assert found(client, query) == [page.title]
    assert found(client, "5/8_a_") == found(client, "5%8") == []


@pytest.mark.parametrize("rare", [2.0, -1.0])
def test_the_index_finds_words_of_letters_with_marks_and_of_every_capital(
    client: httpx.Client, filled: Warehouse, monkeypatch: pytest.MonkeyPatch, rare: float
) -> None:
    """A server takes a vowel sign of Hindi for a letter: what was looked at first had none of these words for it."""
    monkeypatch.setattr("pipeline.report.finding.RARE", rare)
    page = make.article("marks", "वह घर पर हिन्दी बोलता है।\n\nউত্তর বাংলা. مُحَمَّد هنا. İstanbul.", 2)
    load(filled, make.night(2, [page]))
    set_search(filled, on=True)
    for query in ("हिन्दी", "घर हिन्दी", '"हिन्दी बोलता"', "বাংলা", "مُحَمَّد", "İSTANBUL"):
        assert found(client, query) == [page.title], query
    assert found(client, "istanbul") == ([page.title] if filled.dialect == "postgresql" else []), "SQLite's index has İ as it is"
    set_search(filled, on=False)


def test_a_search_for_no_word_asks_for_one(client: httpx.Client) -> None:
    for query in ("-dam", "🙂", '"'):
        assert "Name a word that the articles must have." in client.get("/search", params={"q": query}).text


def test_a_search_without_an_index_is_read_to_its_end(client: httpx.Client, filled: Warehouse) -> None:
    """It ended with its first page, and nothing told of the others."""
    times = [None if n % 2 else f"2026-03-06T{n // 2:02}:00Z" for n in range(45)]
    load(filled, make.night(5, [make.article(f"z{n}", "A zebra at the 港.", 5, published_at=at) for n, at in enumerate(times)]))
    for query in ("zebra", "港"):
        titles = titles_of_all_pages(client, query)
        assert len(titles) == len(set(titles)) == 45


def test_a_search_without_an_index_says_what_it_left_out(
    client: httpx.Client, filled: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = text_of(client.get("/search?q=nowhere").text)
    assert ("Only the newest" in page, "No article has these words." in page) == (False, True), "all of them were read"
    monkeypatch.setattr("pipeline.report.finding.NEWEST", 1)
    page = text_of(client.get("/search?q=nowhere").text)
    assert "copydesk db upgrade" in page
    assert "None of them has these words." in page


@pytest.mark.parametrize(("rare", "frequent"), [(2.0, 50_000), (-1.0, 50_000), (-1.0, -1)])
def test_a_phrase_is_looked_for_piece_by_piece(
    client: httpx.Client, filled: Warehouse, monkeypatch: pytest.MonkeyPatch, rare: float, frequent: int
) -> None:
    from pipeline.report import finding

    monkeypatch.setattr(finding, "RARE", rare)
    monkeypatch.setattr(finding, "NEWEST_FIRST", 1)
    monkeypatch.setattr(finding, "LOOKED", 1)
    monkeypatch.setattr(finding, "FREQUENT", frequent)
    set_search(filled, on=True)
    both = ["About copy", "About lead"]
    for query, expected in (('"dam broke"', both), ('"broke-dam"', []), ('"dam broke" "at one"', ["About lead"])):
        assert sorted(titles_of_all_pages(client, query)) == expected, query
    set_search(filled, on=False)


def test_an_index_that_is_made_later_finds_the_newest_first(
    client: httpx.Client, filled: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipeline.report.finding.FOUND", 3)
    for day in range(2, 8):
        load(filled, make.night(day, [make.article(f"harbour{day}", "The harbour froze.", day)]))
    set_search(filled, on=True)
    assert found(client, "froze") == [f"About harbour{day}" for day in (7, 6, 5)]
    set_search(filled, on=False)


@pytest.mark.parametrize(("rare", "frequent"), [(2.0, 50_000), (-1.0, 50_000), (-1.0, -1)])
def test_articles_without_a_date_are_found_behind_the_others(
    client: httpx.Client, filled: Warehouse, monkeypatch: pytest.MonkeyPatch, rare: float, frequent: int
) -> None:
    from pipeline.report import finding

    for name, value in (("RARE", rare), ("FREQUENT", frequent), ("FOUND", 1), ("NEWEST_FIRST", 2), ("LOOKED", 2)):
        monkeypatch.setattr(finding, name, value)
    undated = [make.article(f"undated{i}", "The dam broke.", 2, published_at=None) for i in range(3)]
    load(filled, make.night(2, undated))
    set_search(filled, on=True)
    for query in ("dam", "dam broke", '"dam broke"'):
        titles = titles_of_all_pages(client, query)
        assert sorted(titles) == sorted(["About copy", "About lead", *(str(a.title) for a in undated)]), query
        if filled.dialect == "postgresql":
            assert set(titles[:2]) == {"About copy", "About lead"}
    set_search(filled, on=False)


def titles_of_all_pages(client: httpx.Client, query: str) -> list[str]:
    titles: list[str] = []
    path: str | None = f"/search?{urlencode({'q': query})}"
    while path:
        tree = lxml.html.fromstring(client.get(path).text)
        titles += [title.text_content() for title in tree.xpath("//ul[@class='list']//span[@class='title']")]
        path = next(iter(tree.xpath("//p[@class='more']/a/@href")), None)
    return titles


def test_lists_are_read_in_pages_and_hold_everything_once(client: httpx.Client, rows: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from pipeline.report import finding, night

    monkeypatch.setattr(night, "ARTICLES", 2)
    monkeypatch.setattr(finding, "FOUND", 2)
    for start, wanted in (
        ("/run/2026-03-01/articles", "SELECT article_id FROM articles WHERE first_run_date = '2026-03-01'"),
        ("/search", "SELECT article_id FROM articles WHERE published_at IS NOT NULL"),
    ):
        seen: list[str] = []
        path: str | None = start
        while path:
            tree = lxml.html.fromstring(client.get(path).text)
            seen += [href.rpartition("/")[2] for href in tree.xpath("//ul[@class='list']//a/@href") if href.startswith("/article/")]
            path = next(iter(tree.xpath("//p[@class='more']/a/@href")), None)
        assert sorted(seen) == sorted(row["article_id"] for row in rows(wanted))


def test_a_page_that_two_stages_rejected_is_listed_twice(
    client: httpx.Client, filled: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pipeline.report import night

    monkeypatch.setattr(night, "REJECTS", 1)
    twice = [Rejected("https://x.example/a", "x", "x.example", stage, "http_500", "", True) for stage in ("discover", "fetch")]
    load(filled, make.night(3, [], rejected=twice))
    stages: list[str] = []
    path: str | None = "/run/2026-03-04/rejects"
    while path:
        tree = lxml.html.fromstring(client.get(path).text)
        stages += [cell.text_content() for cell in tree.xpath("//tbody/tr/td[2]")]
        path = next(iter(tree.xpath("//p[@class='more']/a/@href")), None)
    assert stages == ["discover", "fetch"]


def test_what_got_through_later_was_rejected_all_the_same(client: httpx.Client, filled: Warehouse) -> None:
    late = make.article("late", day=4)
    load(filled, make.night(3, [], rejected=[Rejected(str(late.url), "herald", "herald.example", "fetch", "http_500", "", True)]))
    load(filled, make.night(4, [late]))
    page = client.get("/run/2026-03-04").text
    assert "1 of 1 got through later and is not shown here" in page
    assert "Nothing was rejected" not in page
    assert 'href="/run/2026-03-04/rejects"' in page
    assert "got through" in client.get("/run/2026-03-04/rejects").text


@pytest.mark.parametrize(
    "asked",
    ["https://herald.example/lead", " HTTPS://Herald.example/lead?utm_source=x ", LEAD],
    ids=["address", "spelling", "id"],
)
def test_an_address_that_is_searched_for_leads_to_its_article(client: httpx.Client, asked: str) -> None:
    answer = client.get("/search", params={"q": asked})
    assert (answer.status_code, answer.headers.get("location")) == (303, f"/article/{LEAD}")


def test_an_article_with_a_canonical_address_of_its_own_is_found_by_that_of_its_page(
    settings: Settings, warehouse: Warehouse
) -> None:
    moved = make.article("amp/a", canonical_url="https://herald.example/a", article_id=article_id("https://herald.example/a"))
    load(warehouse, make.night(0, [moved]))
    with served(create_app(settings)) as client:
        for asked in (moved.url, moved.canonical_url):
            assert client.get("/search", params={"q": asked}).headers["location"] == f"/article/{moved.article_id}"


def test_an_address_that_gave_no_article_says_why(client: httpx.Client) -> None:
    rejected = text_of(client.get("/search", params={"q": "https://evil.example/p"}).text)
    assert "No article has this address. On the night of 2026-03-02 it was rejected in extract: paywall" in rejected
    for asked in ("https://nobody.example/x", "https://nobody.example/" + "x" * 1900):
        answer = client.get("/search", params={"q": asked})
        assert answer.status_code == 200
        assert "No article has this address." in answer.text
        assert "it was rejected" not in answer.text


def from_a_run(settings: Settings, came_from: CameFrom) -> FastAPI:
    """Return the application with a route that shows nights to who comes from a run, as the tab in Airflow does."""
    app = create_app(settings)

    @app.get("/of-run/{day}")
    def of_run(request: Request, day: date) -> Response:
        return night_page(request, day, came_from)

    return app


@pytest.mark.usefixtures("filled")
@pytest.mark.parametrize(
    ("state", "told"),
    [("running", "goes on"), ("queued", "goes on"), ("failed", "failed before its load"), ("dry", "was to load nothing")],
)
def test_who_comes_from_a_run_that_has_loaded_nothing_is_told_so(settings: Settings, tmp_path: Path, state: str, told: str) -> None:
    with served(from_a_run(settings, CameFrom(state, loaded=True))) as client:
        assert told not in client.get("/of-run/2026-03-02").text, "the run has loaded the night"
    came_from = CameFrom(state, loaded=False)
    with served(from_a_run(settings, came_from)) as client:
        earlier = client.get("/of-run/2026-03-02")
        answers = [client.get("/of-run/2020-01-01")]
    assert earlier.status_code == 200
    assert told in earlier.text
    assert "was loaded by an earlier run" in earlier.text
    with served(from_a_run(Settings(warehouse_url=f"sqlite:///{tmp_path / 'new.db'}"), came_from)) as first:
        answers.append(first.get("/of-run/2020-01-01"))
    for answer in answers:
        assert answer.status_code == 404
        assert told in answer.text
        assert "earlier run" not in answer.text


@pytest.mark.usefixtures("filled")
@pytest.mark.parametrize(("day", "loaded"), [("2020-01-01", False), ("2026-03-02", False), ("2026-03-02", True)])
def test_what_failed_in_a_run_stands_on_the_page_of_its_night(settings: Settings, day: str, loaded: bool) -> None:
    failures = (
        Failure("pages.fetch (001: a.example)", f"the disk is full {EVIL}\n  make room", waits=False),
        Failure("publish", "warehouse_lost: run again", waits=True),
    )
    with served(from_a_run(settings, CameFrom("failed", loaded, failures))) as client:
        page = client.get(f"/of-run/{day}").text
    assert EVIL not in page
    (told,) = lxml.html.fromstring(page).xpath("//section[@aria-labelledby='failures']")
    lines = [" ".join(" ".join(failure.itertext()).split()) for failure in told.xpath(".//div[@class='check']")]
    assert lines == [
        f"failed pages.fetch (001: a.example) the disk is full {EVIL} make room",
        "tried again publish : it waits for its next try warehouse_lost: run again",
    ]
    assert "clear what failed" in told.text_content()


def test_a_run_that_has_lost_the_warehouse_says_so_while_it_is_away(tmp_path: Path) -> None:
    away = Settings(warehouse_url=f"postgresql://nobody@/news?host={tmp_path}")
    came_from = CameFrom("failed", loaded=False, failures=(Failure("load", "warehouse_lost: run again", waits=False),))
    with served(from_a_run(away, came_from)) as client:
        answer = client.get("/of-run/2026-03-02")
    assert answer.status_code == 503
    assert "cannot be read now: warehouse_unreachable" in answer.text
    assert "warehouse_lost: run again" in answer.text


def test_a_run_that_was_marked_as_failed_by_hand_is_told_from_one_that_failed() -> None:
    by_hand = "somebody has marked it as failed: clear all of its tasks"
    assert by_hand in CameFrom("failed", loaded=False).note
    assert by_hand not in CameFrom("failed", loaded=False, failures=(Failure("load", "x", waits=False),)).note


@pytest.mark.parametrize(
    "path",
    ["/run/2020-01-01", "/article/" + "0" * 32, "/article/" + "0" * 32 + "/page", "/story/" + "0" * 32, "/rules/no-such-rule"],
)
def test_what_is_not_there_is_named(client: httpx.Client, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 404
    assert answer.headers["content-type"].startswith("text/html")


@pytest.mark.parametrize(
    "path", ["/article/%27%20OR%201", "/run/yesterday", "/story/x", "/search?at=y&after=x", "/search?at=2026-03-02&after=x"]
)
def test_an_address_that_is_none_is_refused(client: httpx.Client, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 422
    assert "This cannot be shown" in answer.text


@pytest.mark.parametrize("indexed", [False, True])
def test_no_value_in_an_address_breaks_a_page(client: httpx.Client, filled: Warehouse, indexed: bool) -> None:
    set_search(filled, on=indexed)
    night = "/run/2026-03-02"
    for path in (
        *(f"/article/{LEAD}?old={number}&new=1" for number in ("-1", "0", 2**31, 2**63, 10**30)),
        *(f"{night}{rest}=a%00b" for rest in ("?sources", "/articles?site", "/rejects?stage", "/rejects?reason")),
        f"{night}/articles?after={LEAD}&after_site=a%00b",
        f"{night}/rejects?after={LEAD}&after_stage=a%00b",
        f"{night}/rejects/{REJECTED}/page?stage=a%00b",
        *(f"/search?{rest}" for rest in ("q=a%00b", "q=a&after=a%00b", "q=%22a%00%22", "site=a%00b", "q=a%F0%9F")),
        *(
            f"/search?q=a&after={after}"
            for after in ("zzz", "5", "9" * 30, LEAD, f"2026-13-01 00:00:00 {LEAD}", f"2026-W01-1 {LEAD}")
        ),
        "/search?at=0001-01-01T00:00:00%2B14:00&after=x",
        "/search?at=9999-12-31T23:59:59-14:00&after=x",
        "/search?at=2026-03-02T00:00:00Z&after=a%00b",
        "/rules/a%00b",
    ):
        assert client.get(path).status_code in (200, 404, 422), path
    set_search(filled, on=False)


def test_an_address_that_no_page_has_is_answered_with_a_page(client: httpx.Client) -> None:
    answer = client.post("/runs")
    assert (answer.status_code, sorted(answer.headers["allow"].split(", "))) == (405, ["GET", "HEAD"])
    answer = client.get("/no/such/page")
    assert answer.status_code == 404
    assert "Not found" in answer.text
    assert answer.headers["content-type"].startswith("text/html")


def test_every_time_of_day_names_its_zone(client: httpx.Client) -> None:
    for path in ("/runs", "/search", "/run/2026-03-02", "/run/2026-03-02/articles"):
        shown = " ".join(lxml.html.fromstring(client.get(path).text).text_content().split())
        assert not re.findall(r"\d{4}-\d\d-\d\d \d\d:\d\d(?! UTC)", shown), path


def test_an_empty_warehouse_says_what_to_do(settings: Settings, warehouse: Warehouse) -> None:
    with served(create_app(settings)) as client:
        assert "nightly_articles" in client.get("/").text
        for path in ("/search", "/search?q=harbour"):
            assert "No night yet" in client.get(path).text, "and nothing of an index that is missing"


def test_a_database_that_no_load_has_made_is_an_empty_warehouse(tmp_path: Path) -> None:
    with served(create_app(Settings(warehouse_url=f"sqlite:///{tmp_path / 'new.db'}"))) as client:
        for path, status in (("/", 200), ("/runs", 404), ("/search", 404), ("/run/2026-03-02", 404)):
            answer = client.get(path)
            assert (answer.status_code, "No night yet" in answer.text) == (status, True), path
            assert "no such table" not in answer.text
        assert client.get("/latest.json").json() == {}


def test_a_warehouse_that_is_put_in_place_of_another_is_read(settings: Settings, tmp_path: Path) -> None:
    """The one that was deleted was read until the server ended."""
    file, other = tmp_path / "a" / "warehouse.db", tmp_path / "other.db"
    for path, day in ((file, 0), (other, 5)):
        with open_warehouse(f"sqlite:///{path}") as warehouse:
            upgrade(warehouse)
            load(warehouse, make.night(day, [make.article("a", day=day)]))
    with served(create_app(replace(settings, warehouse_url=f"sqlite:///{file}"))) as client:
        assert client.get("/").headers["location"] == "/run/2026-03-01"
        shutil.rmtree(file.parent)
        for path, status in (("/", 200), ("/runs", 404), ("/run/2026-03-01", 404)):
            answer = client.get(path)
            assert (answer.status_code, "No night yet" in answer.text) == (status, True), path
        assert not file.parent.exists(), "who only looks makes none"
        file.parent.mkdir()
        other.replace(file)
        assert client.get("/").headers["location"] == "/run/2026-03-06"
        assert client.get("/run/2026-03-01").status_code == 404


def test_a_database_of_an_older_version_says_what_to_run(settings: Settings, warehouse: Warehouse) -> None:
    with warehouse.writing("the test") as connection:
        connection.exec_driver_sql("DROP VIEW nightly_runs")
    with served(create_app(settings)) as client:
        answer = client.get("/")
        assert answer.status_code == 503
        assert "copydesk db upgrade" in answer.text


def test_an_article_whose_page_is_gone_says_so_until_it_is_back(settings: Settings, warehouse: Warehouse) -> None:
    brought, back = make.article("a"), make.article("a", day=3)
    gone = Rejected(str(brought.url), "herald", brought.site, "fetch", "http_410", "Gone")
    late = replace(gone, reason="timeout", detail=None, retryable=True)
    forbidden = replace(gone, reason="robots", detail="robots.txt forbids it")
    load(warehouse, make.night(0, [brought]))
    with served(create_app(settings)) as client:
        for day, told in ((1, True), (2, True), (3, False)):
            rejected = {1: [gone], 2: [late]}.get(day, [])
            fetches = [make.fetch(back, day=3)] if day == 3 else [make.fetch(brought, rejected[0].reason, day)]
            load(warehouse, make.night(day, [back] if day == 3 else [], fetches=fetches, rejected=rejected))
            shown = text_of(client.get(f"/article/{brought.article_id}").text)
            assert ("On the night of 2026-03-02 its page gave no article any more: http_410, Gone." in shown) is told
        load(warehouse, make.night(4, [], fetches=[make.fetch(brought, "robots", 4)], rejected=[forbidden]))
        assert "gave no article" not in text_of(client.get(f"/article/{brought.article_id}").text), "nobody has looked"
