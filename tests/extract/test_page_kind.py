"""Walls, indexes, errors and stubs are told from articles; whatever may be an article is one."""

from __future__ import annotations

import json

import pytest

from pipeline.extract.metadata import read_metadata
from pipeline.extract.page import PageInput, extract
from pipeline.extract.page_kind import page_kind
from pipeline.extract.page_text import count_words
from pipeline.extract.parse import parse_html

SENTENCE = "The harbour office said on Monday that the new ferry would sail twice a day from the first week of spring. "
STORY = "\n\n".join(SENTENCE * 3 for _ in range(8))
BRIEF = (
    "A lorry carrying apples overturned on the ring road near Alverton early "
    "on Tuesday. Nobody was hurt, police said. The road was closed "
    "for three hours while the fruit was cleared, and the driver, a man of "
    "54, was treated for shock at the scene. Firefighters gave the "
    "apples that could be saved to a nearby primary school."
)


def kind_of(
    html: str,
    text: str = "",
    url: str | None = "https://www.alverton-courier.example/news/2024/03/ferry-sails-again-17",
    links: float = 0.0,
) -> str:
    tree = parse_html(html)
    kind, reason = page_kind(tree, read_metadata(tree, url, html), text, links, url)
    assert reason
    return kind


def page(title: str, body: str, head: str = "", lang: str = "en") -> str:
    return f"<!DOCTYPE html><html lang='{lang}'><head><title>{title}</title>{head}</head><body>{body}</body></html>"


def jsonld(**fields: object) -> str:
    return f"<script type='application/ld+json'>{json.dumps({'@context': 'https://schema.org', **fields})}</script>"


def teasers(
    n: int, words: str = "Council votes to mend the old pier before winter", text: str = "Short summary of the story here."
) -> str:
    return "".join(f"<article><h3><a href='/news/story-{i}'>{words} part {i}</a></h3><p>{text}</p></article>" for i in range(n))


def paragraphs(text: str) -> str:
    return "".join(f"<p>{part}</p>" for part in text.split("\n\n"))


def banner() -> str:
    return "<div id='cookie-banner'><p>We use cookies.</p><button>Accept all</button><button>Reject all</button></div>"


NOT_ARTICLES = {
    "404 in English": (
        "error",
        page("Page not found | Alverton Courier", "<h1>Page not found</h1><p>Sorry about that.</p>"),
        "Sorry about that.",
    ),
    "bare 404": ("error", page("404", "<h1>404</h1>"), ""),
    "404 with stories below": (
        "error",
        page("404 Not Found", "<h1>Oops! That page can’t be found.</h1>" + teasers(12)),
        "Short summary of the story here.",
    ),
    "404 in German": (
        "error",
        page("Seite nicht gefunden - Hafenbote", "<h1>Diese Seite wurde nicht gefunden</h1>", lang="de"),
        "Bitte prüfen Sie die Adresse.",
    ),
    "404 in French": ("error", page("Page introuvable", "<h1>Oups, page introuvable</h1>", lang="fr"), ""),
    "404 in Spanish": (
        "error",
        page("Página no encontrada", "<p>La dirección no existe.</p>", lang="es"),
        "La dirección no existe.",
    ),
    "404 in Polish": ("error", page("Nie znaleziono strony", "<p>Błąd.</p>", lang="pl"), "Błąd."),
    "404 in Russian": ("error", page("Страница не найдена", "<h1>Ошибка 404</h1>", lang="ru"), ""),
    "404 in Japanese": (
        "error",
        page("ページが見つかりません｜港新聞", "<p>お探しのページは移動しました。</p>", lang="ja"),
        "お探しのページは移動しました。",
    ),
    "404 in Chinese": ("error", page("页面没有找到 | 港口报", "<h1>页面没有找到</h1>", lang="zh"), "您访问的地址有误。"),
    "404 in Arabic": ("error", page("صفحة غير موجودة", "<h1>صفحة غير موجودة</h1>", lang="ar"), "تحقق من العنوان."),
    "404 in Catalan": ("error", page("No s'ha trobat la pàgina", "<p>S'ha mogut.</p>", lang="ca"), "S'ha mogut."),
    "404 in Hungarian": ("error", page("A lap nem található", "<p>Elköltözött.</p>", lang="hu"), "Elköltözött."),
    "404 in Lithuanian": ("error", page("Puslapis nerastas", "<p>Gal jis perkeltas.</p>", lang="lt"), "Gal jis perkeltas."),
    "article removed": ("error", page("This article is no longer available", "<p>It was removed.</p>"), "It was removed."),
    "server error": ("error", page("500 Internal Server Error", "<h1>Internal Server Error</h1><hr>nginx"), "nginx"),
    "maintenance": ("error", page("Site is temporarily unavailable", "<h1>Down for maintenance</h1>"), "Back soon."),
    "back soon": ("error", page("Alverton Courier", "<h1>We'll be back soon!</h1>"), "The site is looked after."),
    "domain for sale": ("error", page("alverton.example", "<h1>This domain is for sale</h1>"), "Make an offer."),
    "geo block of American papers": (
        "blocked",
        page("451: Unavailable due to legal reasons", "<h1>451: Unavailable due to legal reasons</h1>"),
        "We recognize that you are in a country of the European Economic Area, therefore access cannot be granted.",
    ),
    "bot check without a word of itself": (
        "blocked",
        page(
            "alverton-courier.example",
            "<p>Please enable JS and disable any ad blocker</p><script src='//x.captcha-delivery.com/c.js'></script>",
        ),
        "Please enable JS and disable any ad blocker",
    ),
    "captcha in Russian": (
        "blocked",
        page("Ой!", "<div class='CheckboxCaptcha'>Я не робот</div>", lang="ru"),
        "Запросы с вашего устройства похожи на автоматические.",
    ),
    "bot check by title": (
        "blocked",
        page("Just a moment...", "<p>Enable JavaScript and cookies to continue</p>"),
        "Enable JavaScript and cookies to continue",
    ),
    "bot check by markup": (
        "blocked",
        page(
            "alverton-courier.example",
            "<div id='challenge-running'></div><p>Verify you are human by completing the action below.</p>",
        ),
        "Verify you are human by completing the action below.",
    ),
    "access denied": (
        "blocked",
        page("Access Denied", "<h1>Access Denied</h1>You don't have permission to access this page. Reference #18.2f"),
        "Reference #18.2f",
    ),
    "captcha in German": (
        "blocked",
        page("Sind Sie ein Mensch?", "<p>Bitte bestätigen Sie.</p>", lang="de"),
        "Bitte bestätigen Sie.",
    ),
    "captcha in Chinese": ("blocked", page("安全验证", "<p>请完成验证以继续访问。</p>", lang="zh"), "请完成验证以继续访问。"),
    "too many requests": ("blocked", page("429 Too Many Requests", "<h1>Too Many Requests</h1>"), ""),
    "geo block": ("blocked", page("Unavailable for legal reasons", "<h1>451: Unavailable for legal reasons</h1>"), "451"),
    "consent wall in English": (
        "consent",
        page(
            "Your privacy choices",
            "<h1>We value your privacy</h1><p>We and our 842 partners store cookies "
            "and identifiers on your device for personalised advertising, "
            "and process your personal data with your consent or on the basis of "
            "legitimate interest. You may change your preferences, or withdraw "
            "your consent, in the privacy settings.</p><button>Accept all</button><button>More options</button>",
        ),
        "We and our 842 partners store cookies and identifiers on your device "
        "for personalised advertising, and process your personal data with "
        "your consent or on the basis of legitimate interest. You may change your "
        "preferences, or withdraw your consent, in the privacy settings.",
    ),
    "consent wall in German": (
        "consent",
        page(
            "Hafenbote",
            "<p>Mit Ihrer Zustimmung verarbeiten wir und unsere Partner personenbezogene "
            "Daten, Cookies und Kennungen auf Ihrem Endgerät für personalisierte "
            "Werbung. Widerruf jederzeit im "
            "Datenschutzcenter.</p><button>Alle akzeptieren</button><a class='btn'>Einstellungen</a>",
            lang="de",
        ),
        "Mit Ihrer Zustimmung verarbeiten wir und unsere Partner personenbezogene "
        "Daten, Cookies und Kennungen auf Ihrem Endgerät für personalisierte "
        "Werbung. Widerruf jederzeit im Datenschutzcenter.",
    ),
    "consent wall in Dutch": (
        "consent",
        page(
            "Toestemming",
            "<p>Wij gebruiken cookies en vragen uw toestemming voor gepersonaliseerde "
            "advertenties. Lees ons privacybeleid of wijzig uw voorkeuren.</p>"
            "<button>Ja, ik ga akkoord</button>",
            lang="nl",
        ),
        (
            "Wij gebruiken cookies en vragen uw toestemming voor gepersonaliseerde "
            "advertenties. Lees ons privacybeleid of wijzig uw voorkeuren."
        ),
    ),
    "consent wall where the extractor found nothing": (
        "consent",
        page(
            "Le Port",
            (
                "<div><p>Avec nos partenaires nous utilisons des cookies et traceurs "
                "avec votre consentement.</p><button>Tout accepter</button></div>"
            ),
            lang="fr",
        ),
        "",
    ),
    "paywall by JSON-LD": (
        "paywall",
        page(
            "Ferry sails again",
            f"<h1>Ferry sails again</h1><p>{SENTENCE}</p><div class='paywall'>Subscribe to continue reading</div>",
            jsonld(
                **{
                    "@type": "NewsArticle",
                    "headline": "Ferry sails again",
                    "datePublished": "2024-03-01",
                    "isAccessibleForFree": "False",
                }
            ),
        ),
        SENTENCE,
    ),
    "paywall by word count": (
        "paywall",
        page(
            "Ferry sails again",
            f"<h1>Ferry sails again</h1>{paragraphs(SENTENCE * 8)}",
            jsonld(**{"@type": "NewsArticle", "headline": "Ferry sails again", "isAccessibleForFree": False, "wordCount": 1200}),
        ),
        SENTENCE * 8,
    ),
    "paywall by element in German": (
        "paywall",
        page(
            "Fähre fährt wieder",
            (
                "<h1>Fähre fährt wieder</h1><p>Die Fähre fährt ab Montag wieder "
                "…</p><div class='c-paywall__offer'>Jetzt weiterlesen mit Plus</div>"
            ),
            lang="de",
        ),
        "Die Fähre fährt ab Montag wieder …",
    ),
    "paywall without white space in its source": (
        "paywall",
        page(
            "Ferry sails again",
            (
                f"<h1>Ferry sails again</h1><p>{SENTENCE}</p>"
                "<div class='paywall'><h2>Subscribe to keep reading</h2><p>One month is free.</p></div>"
            ),
        ),
        SENTENCE,
    ),
    "paywall of a newsletter": (
        "paywall",
        page(
            "Ferry sails again",
            (
                f"<h1>Ferry sails again</h1><p>{SENTENCE}</p><aside class='gh-post-upgrade-cta'>"
                "<h2>This post is for paying subscribers only</h2><a>Subscribe now</a></aside>"
            ),
        ),
        SENTENCE,
    ),
    "paywall without markup": (
        "paywall",
        page(
            "Le ferry repart",
            "<h1>Le ferry repart</h1><p>Le ferry repart lundi...</p><p>Il vous reste 80 % de cet article à lire. Déjà abonné ?</p>",
            lang="fr",
        ),
        "Le ferry repart lundi...",
    ),
    "home page": (
        "index",
        page("Alverton Courier", teasers(30), "<meta property='og:type' content='website'>"),
        "Short summary of the story here.\n\n" * 30,
    ),
    "collection": (
        "index",
        page("Sport", "<h1>Sport</h1>" + teasers(15), jsonld(**{"@type": "CollectionPage", "name": "Sport"})),
        "Short summary of the story here.\n\n" * 15,
    ),
    "list of links": (
        "index",
        page(
            "Links",
            "<ul>" + "".join(f"<li><a href='/a/{i}'>A headline of several words number {i}</a></li>" for i in range(40)) + "</ul>",
        ),
        "A headline of several words",
    ),
    "login": (
        "other",
        page("Log in - Alverton Courier", "<h1>Log in</h1><form><input name=u><input type=password></form>"),
        "Forgotten your password?",
    ),
    "video": (
        "other",
        page("Watch the ferry", "<video></video>", "<meta property='og:type' content='video.other'>"),
        "The ferry leaves.",
    ),
    "nothing": ("other", page("", "<div></div>"), ""),
}
ADDRESSES = {"home page": "https://www.alverton-courier.example/"}
LINK_SHARES = {"list of links": 0.95}


@pytest.mark.parametrize("name", NOT_ARTICLES)
def test_what_is_no_article_is_named(name: str) -> None:
    kind, html, text = NOT_ARTICLES[name]
    url = ADDRESSES.get(name, "https://www.alverton-courier.example/news/2024/03/ferry-sails-again-17")
    assert kind_of(html, text, url, LINK_SHARES.get(name, 0.0)) == kind


@pytest.mark.parametrize(
    "path", ["/", "/index.html", "/en/", "/sport", "/sport/football/", "/tag/ferries", "/author/jane-doe", "/category/news/page/2"]
)
def test_a_page_of_teasers_is_an_index_by_its_address(path: str) -> None:
    html = page("News", "<h1>News</h1>" + teasers(20))
    assert kind_of(html, "Short summary of the story here.\n\n" * 20, f"https://www.alverton-courier.example{path}") == "index"


ONE_STORY = (
    "<ul><li><time datetime='2024-03-11'>11 March</time> <a href='/2024/03/pier/'>Council votes to mend the old pier</a></li></ul>"
)


@pytest.mark.parametrize(
    "path", ["/tag/piers/", "/author/jane-doe.html", "/categories/cat_local/", "/2024/03/", "/archives.html", "/"]
)
def test_a_list_of_one_story_is_an_index_by_its_address(path: str) -> None:
    html = page("Posts about piers", f"<h1>Posts about piers</h1>{ONE_STORY}")
    url = f"https://www.alverton-courier.example{path}"
    assert kind_of(html, "11 March Council votes to mend the old pier", url, links=0.6) == "index"
    tags = page("Tags", "<h1>Tags</h1><ul><li><a href='/tag/piers/'>Piers</a></li></ul>")
    assert (
        kind_of(tags, "Alverton Courier\n\nTags\n\nPiers\n\nPublished with Inkwell by the Courier's editors", url, links=0.4)
        == "index"
    )


@pytest.mark.parametrize("date", ["10 January 2024", "2024. január 10.", "10 января 2024 г."])
def test_headlines_with_their_dates_are_an_index_at_any_address(date: str) -> None:
    items = [f"Council votes to mend the old pier part {number} {date}" for number in range(9)]
    listed = "".join(
        f"<li><a href='/blog/{i}/'>{item.removesuffix(date)}</a><time datetime='2024-01-10'>{date}</time></li>"
        for i, item in enumerate(items)
    )
    html = page("Posts", f"<h1>Posts</h1><ol>{listed}</ol>")
    assert kind_of(html, "\n\n".join(items), "https://www.alverton-courier.example/blog/", links=0.7) == "index"
    story = page("Posts", f"<h1>Posts</h1><p>{BRIEF}</p><ol>{listed}</ol>")
    assert kind_of(story, BRIEF, "https://www.alverton-courier.example/blog/", links=0.7) == "article"


def test_a_brief_at_a_lists_address_is_an_article() -> None:
    html = page("Pier mended", f"<h1>Pier mended</h1><p>{BRIEF}</p>{ONE_STORY}")
    assert kind_of(html, BRIEF, "https://www.alverton-courier.example/archives/pier/") == "article"
    dated = page(
        "Pier mended", f"<h1>Pier mended</h1><p>The pier is mended.</p>{ONE_STORY}", "<meta name='date' content='2024-03-11'>"
    )
    assert (
        kind_of(dated, "The pier is mended. It opens on Monday.", "https://www.alverton-courier.example/archives/pier/")
        == "article"
    )


def article(title: str, text: str, head: str = "", more: str = "", lang: str = "en") -> tuple[str, str]:
    return page(f"{title} | Alverton Courier", f"<h1>{title}</h1><article>{paragraphs(text)}</article>{more}", head, lang), text


COOKIES = (
    "Regulators in four countries have fined publishers over the way they ask "
    "for cookies. Under the GDPR a reader must be able to refuse as "
    "easily as to agree, the court wrote, and a banner with a single button does not do that.\n\n"
    "Privacy groups welcomed the ruling. Lawyers for the publishers said that "
    "they would appeal, and that smaller titles could not live without "
    "advertising. The judges gave them until the end of June to change their "
    "pages, or pay two thousand a day for each site that did not comply.\n\n"
    "The case began with a complaint by a retired teacher from Alverton, who "
    "counted forty-one clicks before she had said no to every company on the list."
)
DATED = jsonld(**{"@type": "NewsArticle", "headline": "x", "datePublished": "2024-03-01T08:00:00Z"})
LINKS = (
    "<ul>" + "".join(f"<li><a href='/news/story-{i}'>Related story with a long headline {i}</a></li>" for i in range(25)) + "</ul>"
)

ARTICLES = {
    "brief of sixty words": article("Lorry sheds apples on ring road", BRIEF),
    "brief among many links": article("Lorry sheds apples on ring road", BRIEF, more=LINKS),
    "brief with JSON-LD": article(
        "Lorry sheds apples", "Nobody was hurt when a lorry shed its load of apples on Tuesday, police said.", DATED
    ),
    "about cookies": article("Court tells publishers to make refusing cookies as easy as agreeing", COOKIES, DATED, banner()),
    "about cookies, without a date": article(
        "Court tells publishers to make refusing cookies as easy as agreeing", COOKIES, more=banner()
    ),
    "about paywalls": article("Why this newspaper took its paywall down", STORY.replace("ferry", "paywall"), DATED),
    "about captchas": article("Are you a robot? The slow death of the captcha", STORY.replace("ferry", "captcha")),
    "about page not found": article("Page not found: the lost archives of Alverton", STORY),
    "about access denied": article("Access denied", STORY, DATED),
    "about error 404, short": article("404: the story of a number", BRIEF, DATED),
    "about subscriptions": article("Subscribe to continue: newspapers bet on readers", STORY),
    "paywalled in full": article(
        "Ferry sails again",
        STORY,
        jsonld(**{"@type": "NewsArticle", "headline": "Ferry sails again", "isAccessibleForFree": False}),
    ),
    "with an empty paywall element": article("Ferry sails again", BRIEF, more="<div class='paywall'></div>"),
    "with a newsletter form and a login": article(
        "Ferry sails again", BRIEF, more="<form><input type=password></form><form><button>Sign up</button></form>"
    ),
    "listicle full of links": article(
        "Twelve walks by the sea",
        "\n\n".join(f"{i}. <a href='/walks/{i}'>The cliff path to the lighthouse</a>. " + SENTENCE * 2 for i in range(12)),
        DATED,
        LINKS,
    ),
    "live blog": (
        page(
            "Storm hits the coast: live",
            "<h1>Storm hits the coast: live</h1>"
            + "".join(
                f"<div><time>10:{i:02d}</time><h2>Update number {i} from the pier</h2><p>{SENTENCE}</p></div>" for i in range(20)
            ),
            jsonld(**{"@type": "LiveBlogPosting", "headline": "Storm hits the coast: live", "datePublished": "2024-03-01"}),
        ),
        STORY,
    ),
    "video page with a story": article("Watch the ferry leave", STORY, "<meta property='og:type' content='video.other'>"),
    "paragraphs in divs and breaks": (
        page("Ferry sails again", f"<h1>Ferry sails again</h1><div>{STORY.replace(chr(10) * 2, '<br><br>')}</div>" + LINKS),
        STORY,
    ),
    "with og:type website and no date": article("Ferry sails again", STORY, "<meta property='og:type' content='website'>", LINKS),
    "in Japanese": (
        page("フェリーが再び運航", "<h1>フェリーが再び運航</h1><p>本文</p>", lang="ja"),
        "港湾事務所は月曜日、新しいフェリーが春の第一週から一日二回運航すると発表した。" * 6,
    ),
    "in Arabic": (
        page("العبارة تعود", "<h1>العبارة تعود</h1>", lang="ar"),
        "قال مكتب الميناء يوم الاثنين إن العبارة الجديدة ستبحر مرتين في اليوم اعتبارا من الأسبوع الأول من الربيع. " * 5,
    ),
    "on its own front page with a long text": article("A letter to our readers", STORY),
}


@pytest.mark.parametrize("name", ARTICLES)
def test_what_may_be_an_article_is_one(name: str) -> None:
    html, text = ARTICLES[name]
    url = (
        "https://www.alverton-courier.example/"
        if "front page" in name
        else "https://www.alverton-courier.example/news/ferry-sails-again-17"
    )
    assert kind_of(html, text, url) == "article"


def test_a_page_without_an_address_is_judged_too() -> None:
    html, text = ARTICLES["brief of sixty words"]
    assert kind_of(html, text, None) == "article"
    assert kind_of(NOT_ARTICLES["bare 404"][1], "", None) == "error"


def test_words_are_counted_in_scripts_without_spaces() -> None:
    assert count_words("three short words") == 3
    assert count_words("港湾事務所は月曜日") == 4
    assert count_words("រដូវរងា") == 3
    assert count_words("") == 0


def test_a_vowel_of_its_own_does_not_end_a_word() -> None:
    assert count_words("सफेद नाव चार महीने बाद फिर चली") == 7
    assert count_words("වැඩි කාලයකට පසු") == 3


@pytest.mark.parametrize(("heading", "lang"), [("पृष्ठ नहीं मिला", "hi"), ("ไม่พบหน้าที่คุณต้องการ", "th")])
def test_an_error_is_told_in_scripts_with_vowels_of_their_own(heading: str, lang: str) -> None:
    assert kind_of(page(heading, f"<h1>{heading}</h1>", lang=lang), "") == "error"


def test_an_invitation_of_a_japanese_paper_is_a_paywall() -> None:
    text = "冬の嵐で舵を壊した白い渡し船が三日朝、四か月ぶりに港を出た。岸壁には二百人を超える市民が集まった。"
    wall = "<div class=paywall><p>有料会員になると続きをお読みいただけます。</p></div>"
    assert kind_of(page("白い渡し船", f"<h1>白い渡し船</h1><p>{text}</p>{wall}", lang="ja"), text) == "paywall"


def test_a_list_under_a_dated_address_is_an_index() -> None:
    html = page("News – Alverton Courier", "<h1>News</h1>" + teasers(9, text="13:07"))
    text = "News\n\n" + "\n\n".join(f"Council votes to mend the old pier before winter part {i}\n\n13:07" for i in range(9))
    assert kind_of(html, text, "https://www.alverton-courier.example/section/2024-03-11/9003/", links=0.7) == "index"
    assert kind_of(html, text, "https://www.alverton-courier.example/2024/03/11/", links=0.7) == "index"


def test_a_short_story_without_a_full_stop_under_many_links_is_an_article_by_its_address() -> None:
    html = page(
        "Look of the week", "<p>Coat: Berg, hat: from the market, boots: my own, since the winter of 2009</p>" + teasers(12)
    )
    text = "Coat: Berg, hat: from the market, boots: my own, since the winter of 2009"
    assert kind_of(html, text, "https://looks.example/2012/11/08/look-of-the-week-nine.html", links=0.6) == "article"


MENU = "<ul>" + "".join(f"<li><a href='/d/{i}'>Office of harbours and waterways, part {i}</a></li>" for i in range(30)) + "</ul>"


def extracted(body: str, url: str) -> str:
    return extract(PageInput(url, "s", "town.example", page("Harbour office", body), kind="html")).page_kind


@pytest.mark.parametrize("url", ["https://town.example/offices/7?id=4", "https://town.example/harbour"])
def test_a_story_on_its_own_is_an_article_however_long_the_menus_are(url: str) -> None:
    story = f"<main><h1>Harbour office</h1><p>{BRIEF}</p></main>"
    assert extracted(f"<nav>{MENU}</nav>{story}<footer>{MENU}</footer>", url) == "article"


@pytest.mark.parametrize("url", ["https://town.example/offices/7?id=4", "https://town.example/harbour"])
def test_teasers_under_the_same_menus_are_an_index(url: str) -> None:
    assert extracted(f"<nav>{MENU}</nav><main><h1>Harbour office</h1>{teasers(9, text=BRIEF[:70] + '.')}</main>", url) == "index"


def linked_lines(n: int) -> str:
    return "".join(
        f"<div><a href='/2024/x{i}'><p>Council votes to mend old pier number {i}</p></a><p>{BRIEF_LINE}</p></div>" for i in range(n)
    )


BRIEF_LINE = "The pier has been shut since a storm tore off its last ten metres in January."


def test_a_front_page_whose_headlines_are_no_headings_is_an_index_at_any_address() -> None:
    html = page("Breaking news, sport and weather", "<h1>Alverton Courier</h1>" + linked_lines(12))
    dated = html.replace("<h1>", "<time datetime='2024-03-01T10:00:00Z'></time><h1>")
    for shown in (html, dated):
        assert kind_of(shown, "\n\n".join([BRIEF_LINE] * 5), "https://www.alverton-courier.example/global/", links=0.4) == "index"
    own = dated.replace("<h1>Alverton Courier</h1>", "<div class=top>Breaking news, sport and weather</div>")
    assert kind_of(own, "\n\n".join([BRIEF_LINE] * 5), "https://www.alverton-courier.example/global/", links=0.4) == "article"


def test_a_list_of_a_tag_is_an_index_though_software_marks_it_up_as_an_article() -> None:
    head = "<meta property='og:type' content='article'>" + jsonld(**{"@type": "CollectionPage", "name": "Archive of pier"})
    html = page("Archive of pier", "<h1>Tag: pier</h1>" + teasers(6), head + "<meta name='date' content='2024-03-01'>")
    text = "\n\n".join(["Council votes to mend the old pier before winter"] * 6)
    assert kind_of(html, text, "https://www.alverton-courier.example/tag/pier/", links=0.8) == "index"


def test_a_front_page_in_place_of_a_story_that_is_gone_is_an_index() -> None:
    head = jsonld(**{"@type": "NewsArticle", "headline": "Breaking news, sport and weather", "datePublished": "2024-03-01"})
    texts = [f"{BRIEF_LINE} That was storm number {n} of the winter, says the weather service." for n in range(9)]
    cards = "".join(
        f"<article><{tag}><a href='/news/old-pier-{n}/'>Council votes to mend old pier {n}</a></{tag}><p>{text}</p></article>"
        for n, (tag, text) in enumerate(zip(["h2", "h3", "h3"] * 3, texts, strict=True))
    )
    url = "https://www.alverton-courier.example/news/ferry-sails-again-after-long-winter/"
    html = page("Breaking news, sport and weather", cards, head)
    assert kind_of(html, "\n\n".join(texts), url) == "index"
    assert kind_of(html.replace("<body>", "<body><h1>Nine piers to see this winter</h1>"), "\n\n".join(texts), url) == "article"
