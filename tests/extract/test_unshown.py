"""Pages whose text stands in the data of their scripts or in <noscript>: what systems that draw the page in the browser send."""

import html
import json

import pytest

from pipeline.clean import label
from pipeline.errors import Reject
from pipeline.extract.page import PageInput, extract
from pipeline.extract.parse import parse_html
from pipeline.extract.unshown import unshown_article

TITLE = "Harbour council votes to keep the old ferry for another winter"
URL = "https://news.example/local/old-ferry-another-winter"
PARAGRAPHS = (
    "The harbour council voted on Monday night to keep the old ferry in service for another winter, after a debate of four hours.",
    "Eleven members were in favour and six against; two abstained because their families hold shares in the company that runs it.",
    "Engineers had told the meeting that the hull would last until the spring if the plates below the engine room were replaced.",
    "It was close.",
    "The new ship, ordered three years ago from a yard in the north, will not arrive before June, according to its builder.",
    "Passengers waiting at the pier on Tuesday morning said that they were glad to hear it, and that they had expected worse.",
)
HTML = "".join(f"<p>{paragraph}</p>" for paragraph in PARAGRAPHS)
OTHER = {
    "title": "Museum opens its doors to a hundred clocks",
    "url": "/local/clocks",
    "body": "<p>" + "A clockmaker's widow gave them to the town, and they all strike at once at noon. " * 40 + "</p>",
}


def shell(script: str, title: str | None = TITLE) -> str:
    head = f'<meta property="og:title" content="{title}"><meta property="og:type" content="article">' if title else ""
    return (
        f"<html><head><title>{title or 'News'}</title>{head}</head><body><div id=root></div>"
        f"<noscript>You need to enable JavaScript to run this app.</noscript>{script}</body></html>"
    )


def data_script(data: object, attributes: str = "") -> str:
    return f"<script type='application/json' {attributes}>{json.dumps(data)}</script>"


def assigned(name: str, data: object) -> str:
    return f"<script>window.dataLayer = [];{name} = {json.dumps(data)};window.other=1</script>"


def text_of(page: str, url: str = URL) -> list[str]:
    return [block.text for block in extract(PageInput(url, "", "news.example", page)).blocks if block.dropped_by is None]


RICH = {"type": "doc", "content": [{"type": "paragraph", "content": [{"type": "text", "text": text}]} for text in PARAGRAPHS]}
PORTABLE = [
    {
        "_type": "block",
        "_key": f"k{n}",
        "style": "normal",
        "children": [{"_type": "span", "_key": "s", "text": text[:20]}, {"_type": "span", "marks": ["strong"], "text": text[20:]}],
    }
    for n, text in enumerate(PARAGRAPHS)
]
NESTED = {
    "nodeType": "document",
    "content": [
        {
            "nodeType": "blockquote",
            "content": [{"nodeType": "paragraph", "content": [{"nodeType": "text", "value": text}]} for text in part],
        }
        for part in (PARAGRAPHS[:3], PARAGRAPHS[3:])
    ],
}
DRAFT = {
    "blocks": [{"key": f"a{n}", "text": text, "type": "unstyled", "depth": 0} for n, text in enumerate(PARAGRAPHS)],
    "entityMap": {},
}
ELEMENTS = [
    {
        "type": "image",
        "url": "https://news.example/a.jpg",
        "caption": "The ferry at the pier, seen from the water on a day in March",
    }
]
ELEMENTS += [{"type": "text", "content": text, "_id": "ABCDEFGHIJKLMNOP"} for text in PARAGRAPHS]
ELEMENTS += [{"type": "interstitial_link", "content": "Museum opens its doors", "title": OTHER["title"], "url": OTHER["url"]}]


def flight(*rows: str) -> str:
    """Return the scripts in which Next.js sends rows, cut in the middle of one."""
    stream = "".join(rows)
    pieces = stream[: len(stream) // 2], stream[len(stream) // 2 :]
    return "".join(f"<script>self.__next_f.push({json.dumps([1, piece])})</script>" for piece in pieces)


DRAWN = [["$", "p", str(n), {"className": "text", "children": text}] for n, text in enumerate(PARAGRAPHS)]
STORY = ["$", "article", None, {"children": [["$", "h1", None, {"children": TITLE}], *DRAWN[:1], "$L7"]}]
PARTS = [
    ["$", "nav", None, {"children": "News Sport Culture"}],
    ["$", "$L2", None, {"children": ["$", "main", None, {"children": "$5"}]}],
]


@pytest.mark.parametrize(
    "script",
    [
        data_script({"props": {"pageProps": {"article": {"title": TITLE, "body": HTML}, "related": [OTHER]}}}, "id=__NEXT_DATA__"),
        data_script(
            {"props": {"pageProps": {"article": {"headline": TITLE, "summary": "Kept.", "content": PORTABLE, "more": [OTHER]}}}}
        ),
        data_script(
            {
                "post": {
                    "title": {"rendered": TITLE},
                    "content": {"rendered": HTML, "protected": False},
                    "excerpt": {"rendered": "x"},
                }
            }
        ),
        assigned("window.__INITIAL_STATE__", {"story": {"head": {"title": TITLE}, "text": DRAFT}, "top": [OTHER, OTHER]}),
        assigned("Fusion.globalContent", {"headlines": {"basic": TITLE}, "content_elements": ELEMENTS}),
        assigned("var allData", {"docData": {"title": TITLE, "contentData": {"contentList": [{"data": HTML, "type": "text"}]}}}),
        assigned(
            "window.__APOLLO_STATE__", {"ROOT": {}, "Article:1": {"title": TITLE, "bodyJson": json.dumps(RICH)}, "Article:2": OTHER}
        ),
        assigned("var page", {"story": {"headline": TITLE, "bodyDocument": {"json": NESTED}}}),
        "<div data-page='" + html.escape(json.dumps({"props": {"post": {"name": TITLE, "body": HTML}}}), quote=True) + "'></div>",
        "<script>start('x', JSON.parse('" + json.dumps({"title": TITLE, "body": HTML}).replace("'", "\\'") + "'))</script>",
        assigned("var info", {"title": TITLE, "content": html.escape(HTML)}),
        assigned("window.state", {"title": TITLE, "paragraphs": list(PARAGRAPHS)}),
        assigned("window.state", {"title": TITLE, "text": "\n\n".join(PARAGRAPHS)}),
        f"<script>window.__STATE__ = JSON.parse({json.dumps(json.dumps({'title': TITLE, 'body': HTML}))});</script>",
        "<script>window.__NUXT__=(function(a,b,$c){return {layout:a,data:[{draft:b,rank:.5,seen:!1,3:void 0,content:"
        + json.dumps({"title": TITLE})[:-1]
        + f",body:$c}}}}],menu:[]}}}}('default',null,{json.dumps(HTML)}));</script>".replace("'", '"'),
        data_script([["Reactive", 1], {"data": 2}, {"art": 3}, {"title": 4, "body": 5}, TITLE, HTML], "id=__NUXT_DATA__"),
        '<script id="app-state" type="application/json">'
        + json.dumps({"G.https://api": {"body": {"title": TITLE, "body": HTML}}})
        .replace("&", "&a;")
        .replace('"', "&q;")
        .replace("<", "&l;")
        + "</script>",
        flight(
            f"0:{json.dumps({'f': [['children', PARTS]]})}\n",
            '2:I["x.js"]\n',
            f"5:{json.dumps(STORY)}\n",
            f"7:{json.dumps(DRAWN[1:])}\n",
        ),
        flight(
            f"6:T{len(HTML.encode()):x},{HTML}",
            f"0:{json.dumps(['$', '$L3', None, {'article': {'title': TITLE, 'body': '$6'}, 'more': [OTHER]}])}\n",
        ),
    ],
)
def test_text_that_only_the_data_of_a_script_holds_is_found(script: str) -> None:
    page = shell(script)
    assert text_of(page) == list(PARAGRAPHS)
    article = extract(PageInput(URL, "", "news.example", page))
    assert (article.title, article.page_kind) == (TITLE, "article")
    assert article.extractor.startswith("script data: the page shows 0 words; ")


@pytest.mark.parametrize("end", ['("a")', '("a"', "(new Date(1))", "(a=>b)", "", '("a"]', "(" * 3000])
def test_functions_that_hold_more_than_data_and_calls_that_break_off_are_none(end: str) -> None:
    script = f"<script>window.__NUXT__=(function(a){{return {{title:{json.dumps(TITLE)},body:a}}}}{end}</script>"
    assert text_of(shell(script)) == []


def test_an_object_that_names_the_address_of_the_page_gives_the_headline_too() -> None:
    data = {"article": {"slug": "old-ferry-another-winter", "title": TITLE, "body": HTML}, "others": [OTHER]}
    article = extract(PageInput(URL, "", "news.example", shell(data_script(data), title=None)))
    assert article.title == TITLE
    assert [block.text for block in article.blocks if block.dropped_by is None] == list(PARAGRAPHS)


def test_an_article_for_browsers_without_scripts_is_found() -> None:
    page = shell(f"<p>A few words.</p><noscript><div class=story><h1>{TITLE}</h1>{HTML}</div></noscript>")
    article = extract(PageInput(URL, "", "news.example", page))
    assert label(article).text.split("\n\n") == list(PARAGRAPHS)
    assert article.extractor.startswith("noscript: the page shows ")


def test_what_the_page_itself_shows_is_preferred() -> None:
    shown = "<article><h1>" + TITLE + "</h1>" + HTML + "</article>"
    page = shell(shown + data_script({"title": TITLE, "body": HTML.replace("Monday", "Sunday") + HTML}))
    assert text_of(page) == list(PARAGRAPHS)


def test_what_a_paywall_hides_is_not_taken() -> None:
    closed = {"@type": "NewsArticle", "headline": TITLE, "isAccessibleForFree": False}
    page = shell(
        f"<p>{PARAGRAPHS[0]}</p><script type='application/ld+json'>{json.dumps(closed)}</script>"
        + data_script({"title": TITLE, "body": HTML})
    )
    assert text_of(page) == [PARAGRAPHS[0]]


@pytest.mark.parametrize(
    "script",
    [
        data_script({"others": [OTHER]}),
        data_script({"title": TITLE, "teaser": "Kept for a winter."}),
        "<script>window.x = {broken: 'json'</script>",
        "<script type='application/json'>" + "[" * 5000 + "</script>",
        "<script type='application/json'>" + '{"a":' * 900 + "1" + "}" * 900 + "</script>",
        "<script>" + "var a={};" * 20_000 + "</script>",
    ],
)
def test_other_data_is_no_text(script: str) -> None:
    with_script = extract(PageInput(URL, "", "news.example", shell(script)))
    assert not with_script.text
    assert with_script.page_kind == "other"


@pytest.mark.parametrize("sign", ["\x00", "\ud800", "\ufffe", "\x0b"])
def test_signs_that_are_no_text_are_taken_out(sign: str) -> None:
    state = data_script({"title": TITLE, "body": HTML.replace("</p>", sign + "</p>")})
    assert text_of(shell(state)) == text_of(shell(HTML.replace("</p>", sign + "</p>")))


@pytest.mark.parametrize("url", ["https://news.example/", "https://news.example"])
def test_a_front_page_holds_none(url: str) -> None:
    state = data_script({"page": {"title": TITLE}, "stories": [{"hed": "Ferry", "lines": list(PARAGRAPHS)}]})
    assert text_of(shell(state)) == list(PARAGRAPHS)
    assert text_of(shell(state), url) == []


def test_text_from_a_script_is_text_and_no_markup() -> None:
    data = {
        "title": TITLE,
        "body": HTML + "<script>alert('x')</script><p>Five &lt;b&gt; &amp; six are more than the council has ever counted.</p>",
    }
    assert text_of(shell(data_script(data).replace("</script><p>", "<\\/script><p>")))[-1] == (
        "Five <b> & six are more than the council has ever counted."
    )


def test_an_empty_page_stays_rejected() -> None:
    with pytest.raises(Reject):
        extract(PageInput(URL, "", "news.example", ""))


@pytest.mark.parametrize(
    "rows",
    [
        "0:" + '["$","div",null,{"children":' * 3000 + '"x"' + "}]" * 3000 + "\n",
        '0:["$L0","$1"]\n1:["$0","$0"]\n',
        "".join(f'{n:x}:["${n + 1:x}","${n + 1:x}"]\n' for n in range(200)),
        '5:Tffffff,short\n6:["$","p"\nno row\n',
        "0:" + json.dumps(["$", "p", None, {"dangerouslySetInnerHTML": {"__html": "<h1>" * 200_000}}]) + "\n",
    ],
)
def test_rows_that_name_each_other_or_break_off_end(rows: str) -> None:
    assert unshown_article(parse_html(shell(flight(rows))), TITLE, URL) is None
