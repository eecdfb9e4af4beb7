"""The headline is what stands on the page, without the site's name around it."""

from __future__ import annotations

import pytest

from pipeline.extract.likeness import likeness
from pipeline.extract.metadata import read_metadata
from pipeline.extract.parse import parse_html
from pipeline.extract.site_names import SiteNames
from pipeline.extract.titles import strip_site

URL = "https://www.alvertoncourier.example/news/ferry-17"
HEADLINE = "Ferry sails again after the long winter"


def title_of(body: str = "", head: str = "", url: str | None = URL) -> str | None:
    html = f"<html><head>{head}</head><body>{body}</body></html>"
    return read_metadata(parse_html(html), url, html).title


@pytest.mark.parametrize("title", [HEADLINE, f"{HEADLINE} | Columns | What the harbour says"])
@pytest.mark.parametrize("h1", ["{} <span class=abo>Subscribers</span>", "<b>EXPLAINED</b> {}.", "<a href=/topic>Ferries</a> {}"])
def test_an_element_beside_the_headline_that_the_title_lacks_is_no_part_of_it(h1: str, title: str) -> None:
    assert (title_of(f"<h1>{h1.format(HEADLINE)}</h1>", f"<title>{title}</title>") or "").rstrip(".") == HEADLINE


def test_a_part_of_the_headline_that_is_set_apart_stays_in_it() -> None:
    head = "<title>The ferry sails again - after the winter | Columns</title>"
    assert title_of("<h1>The ferry sails again <em>after the winter</em></h1>", head) == "The ferry sails again after the winter"


def test_styles_and_pictures_inside_a_heading_are_no_part_of_it() -> None:
    inside = "<style>.logo { fill: url(#pin) }</style><svg><title>Pin</title></svg>"
    assert title_of(f"<h1>{inside}{HEADLINE}</h1>", f"<title>{HEADLINE}</title>") == HEADLINE
    assert title_of(f"<h1>{inside}</h1>", "<title>Alverton Courier</title>") is None


@pytest.mark.parametrize("box", ["<div class=item-carousel>{}</div>", "<aside>{}</aside>", "<div class=related><p>{}</p></div>"])
def test_the_headline_of_another_story_is_not_the_pages(box: str) -> None:
    other = box.format("<h1>Where to row in the harbour</h1>")
    body = f"<h1>The best piers for a walk</h1>{other}"
    assert title_of(body, "<title>Where to walk in the harbour</title>") == "The best piers for a walk"
    assert title_of(f"<figure><h1>{HEADLINE}</h1></figure>{other}", f"<title>{HEADLINE}</title>") == HEADLINE


@pytest.mark.parametrize(
    "title",
    [
        HEADLINE,
        f"{HEADLINE} | Alverton Courier",
        f"{HEADLINE} - The Alverton Courier",
        f"{HEADLINE} – AlvertonCourier.example",
        f"{HEADLINE} :: Alverton Courier",
        f"{HEADLINE} » Alverton Courier",
        f"{HEADLINE} | News | Alverton Courier",
        f"Alverton Courier: {HEADLINE}",
        f"Alverton Courier - {HEADLINE}",
        f"{HEADLINE} - Alverton Courier - All the news of the harbour",
        f"{HEADLINE} | Politics | Alverton Courier Live Evening News",
        f"{HEADLINE} | January 15, 2008 | AC",
        f"AlvertonCourier.example | Politics | {HEADLINE}",
    ],
)
def test_the_name_of_the_site_is_taken_off_by_its_host(title: str) -> None:
    assert title_of(head=f"<title>{title}</title>") == HEADLINE


@pytest.mark.parametrize(
    "heading",
    [
        "Ferry sails again<br>after the long winter",
        "<div>Ferry sails again</div><div>after the long winter</div>",
        "<span>Ferry sails again</span><span>after the long winter</span>",
        "<span>F</span><span>erry</span> sails <em>again</em><!-- x --> after the long <b>w</b>inter",
        'Ferry sails again after the long winter<a class="headerlink" href="#ferry">¶</a>',
        '<a href="#ferry">#</a> Ferry sails again after the long winter',
    ],
)
def test_words_of_a_heading_stand_apart_as_on_the_screen_and_its_own_link_is_no_word(heading: str) -> None:
    assert title_of(f"<h1>{heading}</h1>", f"<title>{HEADLINE} | Alverton Courier</title>") == HEADLINE


def test_readings_are_no_words_of_the_heading_and_no_word_is_torn_at_one() -> None:
    heading = "<ruby>渡船<rt>とせん</rt></ruby><ruby>再開<rt>さいかい</rt></ruby>"
    assert title_of(f"<h1>{heading}へ</h1>", "<title>渡船再開へ</title>") == "渡船再開へ"


def test_a_sign_that_links_elsewhere_is_a_part_of_the_heading() -> None:
    assert title_of('<h1>Ferry sails again to quay no. <a href="/quays">1</a></h1>') == "Ferry sails again to quay no. 1"
    assert title_of('<h1>Ferry sails again at last <a href="/why">?</a></h1>') == "Ferry sails again at last ?"


@pytest.mark.parametrize("name", ["application-name", "apple-mobile-web-app-title"])
def test_a_headline_where_the_app_is_named_is_not_the_name_of_the_site(name: str) -> None:
    headline = "Ferry sails again"
    head = f'<title>{headline} | Alverton Blog</title><meta name="{name}" content="{headline}">'
    head += f'<meta property="og:title" content="{headline}"><meta property="og:site_name" content="Alverton Blog">'
    assert title_of(f"<h1>{headline}</h1>", head) == headline


@pytest.mark.parametrize(
    "around", ["{} | 政治 | 海港日報", "{}｜政治｜海港日報", "海港日報 | 政治 | {}", "{} - 海港日報 - 最新消息", "{} | 社論"]
)
def test_words_of_scripts_without_spaces_are_counted_by_their_letters(around: str) -> None:
    headline, site = "渡輪停航一年今早恢復載客", '<meta property="og:site_name" content="海港日報">'
    title = around.format(headline)
    assert title_of(f"<h1>{title}</h1>", f"<title>{title}</title>{site}") == headline


@pytest.mark.parametrize("url", ["https://www.новости.рф/17", "https://www.xn--b1amnebsh.xn--p1ai/17"])
def test_a_host_of_another_script_is_the_name_of_its_site(url: str) -> None:
    assert title_of(head=f"<title>{HEADLINE} | Новости</title>", url=url) == HEADLINE


def test_the_name_of_the_site_is_taken_off_as_the_page_states_it() -> None:
    head = f'<title>{HEADLINE} — Der Bote</title><meta property="og:site_name" content="Der Bote">'
    assert title_of(head=head) == HEADLINE


@pytest.mark.parametrize(
    ("host", "name"),
    [
        ("latimes", "Los Angeles Times"),
        ("nytimes", "The New York Times"),
        ("bbc", "BBC News"),
        ("smh", "Sydney Morning Herald"),
        ("hurriyet", "Hürriyet"),
        ("publico", "Público"),
        ("sueddeutsche", "Süddeutsche Zeitung"),
    ],
)
def test_a_host_that_abbreviates_the_name_is_known(host: str, name: str) -> None:
    assert strip_site(f"{HEADLINE} - {name}", SiteNames(frozenset(), host)) == HEADLINE


@pytest.mark.parametrize(
    "title",
    [
        "Spider-Man - a review",
        "Storm: what we know",
        "Yes | No | Maybe",
        "Ferry - sails - again",
        "Harbour letters to the editor | January 15, 2008",
        "What the - Alverton Courier - wrote",
        "Alverton Courier Ball to be held again - after ten years",
    ],
)
def test_separators_of_a_headline_stay_without_evidence(title: str) -> None:
    assert title_of(head=f"<title>{title}</title>") == title


def test_the_heading_on_the_page_wins_over_a_longer_title() -> None:
    head = f"<title>{HEADLINE}, harbour office says, and what to know | Alverton Courier</title>"
    assert title_of(f"<h1>{HEADLINE}</h1>", head) == HEADLINE


def test_a_heading_that_is_the_logo_is_passed_over() -> None:
    assert title_of(f"<h1>Alverton Courier</h1><h1>{HEADLINE}</h1>", f"<title>{HEADLINE}</title>") == HEADLINE
    assert title_of("<h1>Alverton Courier</h1>", f"<title>{HEADLINE} | Alverton Courier</title>") == HEADLINE


@pytest.mark.parametrize("title", ["news:ferry_sails [Alverton Wiki]", f"{HEADLINE} [Alverton Wiki]", "ferry.html"])
def test_the_logo_of_a_wiki_and_what_it_calls_the_page_by_are_no_title(title: str) -> None:
    logo = '<h1 class="logo"><a href="/doku.php?id=start"><img><span>Alverton Wiki</span></a></h1>'
    assert title_of(f"{logo}<h1 class='sectionedit1'>{HEADLINE}</h1>", f"<title>{title}</title>") == HEADLINE


def test_what_a_page_is_called_by_is_its_title_where_it_has_no_other() -> None:
    assert title_of("<p>text</p>", "<title>press_2024.pdf</title>") == "press_2024.pdf"


def test_a_heading_of_another_story_is_passed_over() -> None:
    assert title_of("<h1>Most read this week</h1><h1>Weather</h1>", f'<meta property="og:title" content="{HEADLINE}">') == HEADLINE


def test_a_kicker_in_the_heading_is_cut_when_the_page_says_so() -> None:
    head = f'<meta property="og:title" content="{HEADLINE}">'
    assert title_of(f"<h1><span>Politics | </span>{HEADLINE}</h1>", head) == HEADLINE
    assert title_of(f"<h1>{HEADLINE} (video)</h1>", head) == HEADLINE
    assert title_of(f"<h1><a href='/t/ships'>Ships</a> {HEADLINE}</h1>", head) == HEADLINE
    assert title_of(f"<h1>Old {HEADLINE}</h1>", head) == f"Old {HEADLINE}"


def test_a_word_before_a_colon_goes_where_the_page_gives_the_headline_without_it_and_a_label_behind_a_bar_always() -> None:
    head = f'<meta property="og:title" content="{HEADLINE}">'
    assert title_of(f"<h1>Blog: {HEADLINE}</h1>", head) == HEADLINE
    assert title_of(f"<h1>Blog: {HEADLINE}</h1>") == f"Blog: {HEADLINE}"
    assert title_of(f"<h1>{HEADLINE} | Opinion</h1>", f"<title>{HEADLINE} | Opinion</title>") == HEADLINE


def test_a_lesser_heading_or_line_that_is_the_title_wins_over_the_only_h1_of_another() -> None:
    section, head = "<h1>What they love is the sailing</h1>", "<title>Harbour town - Ferry sails again</title>"
    assert title_of(f"<h2>{HEADLINE}</h2>{section}", f"<title>{HEADLINE}</title>") == HEADLINE
    assert title_of("<h1>Harbour town news and notes</h1><div>Ferry sails again</div>", head) == "Ferry sails again"
    assert title_of("<h1>Why the ferry sails</h1><div>Ferry sails again</div>", head) == "Why the ferry sails"


def test_a_line_that_is_the_title_loses_the_site_and_its_section() -> None:
    line = f"AlvertonCourier.example | Sports | {HEADLINE}"
    assert title_of(f"<div>{line}</div>", f"<title>{line}</title>") == HEADLINE


def test_a_heading_in_capitals_is_written_as_the_page_gives_it_otherwise() -> None:
    assert title_of("<h1>LAST FERRY<br>SAILS</h1>", "<title>Last ferry sails | The Courier</title>") == "Last ferry sails"
    assert title_of("<h1>LAST FERRY SAILS</h1>", "<title>The last ferry sails</title>") == "LAST FERRY SAILS"
    assert title_of("<h1>LAST FERRY SAILS</h1>", "<title>LAST FERRY SAILS</title>") == "LAST FERRY SAILS"


def test_json_ld_gives_the_headline_of_a_page_without_heading() -> None:
    script = f'<script type="application/ld+json">{{"@type":"NewsArticle","headline":"{HEADLINE}"}}</script>'
    assert title_of("<p>text</p>", f"<title>Alverton Courier</title>{script}") == HEADLINE


def test_entities_tags_and_white_space_are_cleaned() -> None:
    head = '<meta property="og:title" content="Fish &amp;amp; chips:&#10;  &lt;b&gt;a&lt;/b&gt; love&#8239;story&shy;">'
    assert title_of(head=head) == "Fish & chips: a love story"


def test_the_site_s_name_alone_is_no_title() -> None:
    assert title_of("<p>text</p>", "<title>Alverton Courier</title>") is None
    assert title_of("<p>text</p>") is None


def test_a_headline_without_word_spaces_is_the_line_of_the_page_that_is_most_of_the_title() -> None:
    headline = "港線の夜間列車、来春から一日二本に減便へ"
    head = f"<title>{headline} | アルバトンの新聞</title>"
    assert title_of(f"<div>アルバトンの新聞</div><div>{headline}</div>", head) == headline
    assert title_of("<div>アルバトンの新聞</div>", head) == f"{headline} | アルバトンの新聞"


def test_a_headline_without_word_spaces_is_compared_by_letters() -> None:
    assert (
        title_of("<h1>フェリーが再び運航を開始</h1>", "<title>フェリーが再び運航を開始｜港新聞</title>", "https://minato.example/1")
        == "フェリーが再び運航を開始"
    )
    assert likeness("フェリーが再び運航", "フェリーが再び運航を開始") > 0.5
    assert likeness("渡轮四个月后恢复运营", "停航四个月，渡轮恢复运营") > 0.5
    assert likeness("渡轮四个月后恢复运营", "市政府关闭老游泳池") < 0.2
    assert likeness("港口新闻", "渡轮四个月后恢复运营港口新闻") < 0.5


@pytest.mark.parametrize(
    ("heading", "declared"),
    [
        ("白い渡し船、四か月ぶりに出航", "白い渡し船が四か月ぶり出航　港町"),
        ("渡轮四个月后恢复运营", "停航四个月，渡轮恢复运营"),
        ("เรือข้ามฟากสีขาวกลับมาให้บริการ", "เรือข้ามฟากสีขาว กลับมาบริการแล้ว"),
    ],
)
def test_a_heading_without_word_spaces_wins_over_a_title_in_other_words(heading: str, declared: str) -> None:
    assert title_of(f"<h1>{heading}</h1>", f'<title>{declared}</title><meta property="og:title" content="{declared}">') == heading


def test_the_name_of_the_site_stands_behind_a_dash_without_spaces_where_words_have_none() -> None:
    head = '<meta property="og:site_name" content="港口网">'
    assert title_of("", "<title>渡轮四个月后恢复运营-港口网</title>" + head) == "渡轮四个月后恢复运营"
    assert title_of("", "<title>渡轮复航——漫长的冬天-港口网</title>" + head) == "渡轮复航——漫长的冬天"


@pytest.mark.parametrize(
    ("title", "site"),
    [
        ("सफेद नाव चार महीने बाद फिर चली", "नवभारत बंदरगाह समाचार"),
        ("வெள்ளைப் படகு மீண்டும் புறப்பட்டது", "துறைமுகச் செய்தி நாளிதழ்"),
        ("সাদা ফেরি চার মাস পর আবার চলল", "হারবার সংবাদ প্রতিদিন"),
        ("เรือข้ามฟากสีขาวกลับมาให้บริการ", "หนังสือพิมพ์ท่าเรือ"),
    ],
)
def test_a_word_goes_on_behind_the_vowels_of_india_and_south_east_asia(title: str, site: str) -> None:
    head = f'<meta property="og:site_name" content="{site}">'
    for h1 in ("", f"<h1>{title}</h1>"):
        assert title_of(h1, f"<title>{title} - {site}</title>" + head) == title


def test_a_lesser_heading_goes_on_where_the_title_is_cut_off() -> None:
    head = f"<title>{HEADLINE[:30]}...</title>"
    assert title_of(f"<h2>Other news</h2><h2>{HEADLINE}</h2>", head) == HEADLINE


def test_the_title_of_a_drawing_is_not_the_page_s() -> None:
    assert title_of(f"<svg><title>Menu</title></svg><h1>{HEADLINE}</h1>") == HEADLINE


BLOG = "https://notes.example/ferries/2012/11/late-again.html"


@pytest.mark.parametrize("order", ["Notes on Ferries: Late again", "Late again - Notes on Ferries"])
@pytest.mark.parametrize("home", ["/", "https://notes.example/ferries/", "/ferries/index.html"])
def test_a_heading_that_leads_to_the_home_page_names_the_blog(order: str, home: str) -> None:
    body = f'<h1><a href="{home}">Notes on Ferries</a></h1><h3><a href="{BLOG}">Late again</a></h3><p>Text.</p>'
    assert title_of(body, f"<title>{order}</title>", BLOG) == "Late again"


def test_a_headline_that_links_to_its_own_page_stays() -> None:
    body = f'<h1><a href="{BLOG}">Late again, the evening ferry</a></h1><h3>Notes on Ferries</h3>'
    assert (
        title_of(body, "<title>Late again, the evening ferry | Notes on Ferries</title>", BLOG) == "Late again, the evening ferry"
    )


@pytest.mark.parametrize("title", [f"{HEADLINE}- Travel-Services-Daily", f"{HEADLINE} _English_Daily", f"{HEADLINE} (from Daily)"])
def test_the_line_of_the_page_that_the_title_holds_is_the_headline(title: str) -> None:
    assert title_of(f"<div><b>{HEADLINE}</b></div><p>Travel</p><p>Services</p>", f"<title>{title}</title>") == HEADLINE


def test_what_software_calls_a_page_is_no_headline() -> None:
    head = (
        "<meta property='og:title' content='car-seats-test-autumn-2018'><title>Car seats put to the test | Alverton Courier</title>"
    )
    assert title_of("<h1>Four models fail</h1>", head) == "Car seats put to the test"


@pytest.mark.parametrize(
    "heading", ["<h1 id='site-title'><a href='https://old.example/'>Notes</a></h1><h1>Homo Alvertonensis</h1>"]
)
def test_a_short_heading_is_the_headline_when_the_title_begins_with_it(heading: str) -> None:
    assert (
        title_of(heading, "<title>Homo Alvertonensis | Institute for civic education of the coast</title>") == "Homo Alvertonensis"
    )


@pytest.mark.parametrize(
    "heading", ["<span>Wow, wow, wow!</span>Ferry sails again", "<b>Wow, wow, wow!</b><i>Ferry sails again</i>"]
)
def test_a_kicker_in_the_heading_stands_apart(heading: str) -> None:
    assert title_of(f"<h1>{heading}</h1>") == "Wow, wow, wow! Ferry sails again"


def test_a_kicker_that_style_sets_apart_has_the_colon_that_the_page_gives_it_elsewhere() -> None:
    heading = f"<span>Harbour</span><span> </span><span>{HEADLINE}</span>"
    for rank in ("h1", "h2"):
        head = f"<meta property='og:title' content='Harbour: {HEADLINE}'>"
        assert title_of(f"<{rank}>{heading}</{rank}>", head) == f"Harbour: {HEADLINE}"


@pytest.mark.parametrize("title", ["Alverton Courier", "Untitled Document", "New Page 1", ""])
@pytest.mark.parametrize("rank", ["h1", "h2", "h3"])
def test_the_only_heading_is_the_headline_of_a_page_that_nobody_gave_a_title(rank: str, title: str) -> None:
    page = f"<title>{title}</title>"
    assert title_of(f"<{rank}>{HEADLINE}</{rank}><p>Story.</p>", page) == HEADLINE
    if rank != "h1":
        assert title_of(f"<{rank}>{HEADLINE}</{rank}><{rank}>Pool closes again for a week</{rank}>", page) is None
        assert title_of(f"<{rank}>December 16, 2025</{rank}>", page) is None
        assert title_of(f"<{rank}>Alvertoncourier.example navigation</{rank}>", page) is None


def test_so_does_the_name_of_the_site_behind_it() -> None:
    title = f"<title>{HEADLINE} » Local » Alverton Courier</title>"
    assert title_of(f"<h1><span>{HEADLINE}</span><a href='/'>Alverton Courier</a></h1>", title) == HEADLINE


@pytest.mark.parametrize(("word", "cut"), [("waterfront ", "waterfront " * 36), ("港", "港" * 400)])
def test_an_endless_title_is_cut_behind_a_word(word: str, cut: str) -> None:
    assert title_of(head=f"<title>{word * 500}</title>") == cut.strip()
