"""The walk over the tree: runs of text as a reader sees them."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.extract.blocks import read_blocks
from pipeline.extract.layout import Run
from pipeline.extract.parse import parse_html


def runs(body: str) -> list[Run]:
    return read_blocks(parse_html(f"<html><head><title>t</title></head><body>{body}</body></html>")).runs


def texts(body: str) -> list[str]:
    return [run.text for run in runs(body)]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("<p>One</p><p>Two</p>", ["One", "Two"]),
        ("<div>Loose <p>inner</p> tail</div>", ["Loose", "inner", "tail"]),
        ("<p>in<b>credi</b>ble <i>news</i></p>", ["incredible news"]),
        ("<p><span>T</span>he first letter is large</p>", ["The first letter is large"]),
        ("<nav><a href=a>Home</a><a href=b>World</a></nav>", ["Home World"]),
        ("<p>By Ann<time>9 May</time>in Rome</p>", ["By Ann 9 May in Rome"]),
        ("<p><span>9:42 am</span><span>Updated 11:05</span><a href=/a>Ann Poe</a></p>", ["9:42 am Updated 11:05 Ann Poe"]),
        ("<p><span>发布时间：2026-11-18</span><span>来源：海报</span></p>", ["发布时间：2026-11-18 来源：海报"]),
        ("<p><span>The har</span><span>bour</span><span>’s wall</span></p>", ["The harbour’s wall"]),
        ("<p><span>H</span><span>I</span><span>G</span><span>H</span> <span>CO</span><span>2</span></p>", ["HIGH CO2"]),
        ("<p>In <span>Stadt</span><span>Amt</span></p>", ["In StadtAmt"]),  # a text, not a row
        ("<p><span style='color:red'>Stadt</span><span style='color:blue'>Amt</span></p>", ["StadtAmt"]),  # pasted
        ("<p>a&nbsp;b \n\t c\u200bd</p>", ["a b cd"]),
        ("<p>First paragraph.<br><br>Second paragraph.</p>", ["First paragraph.", "Second paragraph."]),
        ("<p>A line that somebody<br>wrapped by hand.<br>Another.</p>", ["A line that somebody wrapped by hand.", "Another."]),
        ("<p>ბაზარი გადააქვთ<br>ავტორი: ნინო ბერიძე</p>", ["ბაზარი გადააქვთ", "ავტორი: ნინო ბერიძე"]),  # no capitals
        ("<script>x</script><style>y</style><template><p>z</p></template><noscript>n</noscript><p>seen</p>", ["seen"]),
        ("<svg><text>drawn</text></svg><p>x<math><mi>y</mi></math></p>", ["xy"]),
        ("<p style='display: none'>no</p><div hidden><p>no</p></div><p>a<span style='visibility:hidden'>no</span>b</p>", ["ab"]),
        ("<!-- no --><p>a<!-- no -->b</p>", ["ab"]),
        ("<span style='display:block'>one</span><span style='display:block'>two</span>", ["one", "two"]),
        ('<p><img> <span class="caption">A boat.</span><br>It sails.</p>', ["A boat.", "It sails."]),
        ('<p><img><span class="caption">While the ros</span>é is sold.</p>', ["While the rosé is sold."]),
        ("<p>\u200fاقرأ أيضا\u200f</p><p>\u202bא\u200eB\u202c</p>", ["اقرأ أيضا", "א\u200eB"]),  # marks order what is within
        ("<pre>line 1\n  line 2\n\nline 3</pre>", ["line 1\nline 2", "line 3"]),
        ("<h2>Fares <a href='#fares'>¶</a></h2><h3><a href='#a'>#1 of ten</a></h3>", ["Fares", "#1 of ten"]),
        ("<h2>Fares<span>[<a href='/w/x?a=1&amp;action=edit'>edit</a>]</span></h2><p>x", ["Fares", "x"]),
        ("<h2>Fares <a href='/fares'>of 2024</a> <a href='#note'>and 2025</a></h2>", ["Fares of 2024 and 2025"]),
        ("<p>in 1951<sup><a href='#n2'>2</a></sup> or 1952<a href='#n3'><sup>3</sup></a>", ["in 1951 2 or 1952 3"]),
        ("<p>10<sup>2</sup> m<sup>2</sup>, a word<sup><a href='#n1'>1</a></sup></p>", ["102 m2, a word1"]),
        ("<dl><dt>Term</dt><dd>Meaning</dd></dl>", ["Term", "Meaning"]),
        ("", []),
    ],
)
def test_text_is_cut_where_a_reader_sees_a_new_paragraph(body: str, expected: list[str]) -> None:
    assert texts(body) == expected


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ("<h2>x</h2>", "heading"),
        ("<ul><li><p>x</p></li></ul>", "list_item"),
        ("<blockquote><p>x</p></blockquote>", "quote"),
        ("<figure><img><figcaption>x</figcaption></figure>", "caption"),
        ('<p><img><span class="image-caption">x</span></p>', "caption"),
        ('<div><p><img></p><small class="photo-caption">x</small></div>', "caption"),
        ('<p><span class="caption">x</span></p>', "paragraph"),
        ('<p><img><span class="note">x</span></p>', "paragraph"),
        ("<pre>x</pre>", "code"),
        ("<div>x</div>", "paragraph"),
    ],
)
def test_kinds_come_from_the_tags_around(body: str, kind: str) -> None:
    assert [run.kind for run in runs(body)] == [kind]


def test_a_table_of_data_is_read_row_by_row() -> None:
    table = "<table><tr><th>Team</th><th>Points</th></tr><tr><td>Reds</td><td><p>12</p></td></tr></table>"
    assert [(run.text, run.kind) for run in runs(table)] == [("Team | Points", "table"), ("Reds | 12", "table")]


def test_a_table_that_lays_out_the_page_is_no_table() -> None:
    story = "A long paragraph of the story, as they stood in the cells of old pages. " * 5
    found = runs(f"<table><tr><td>Menu</td><td><p>{story}</p><p>End.</p></td></tr><tr><td>a</td><td>b</td></tr></table>")
    assert [run.text for run in found] == ["Menu", story.strip(), "End.", "a", "b"]
    assert "table" not in {run.kind for run in found}


def test_an_article_that_is_hidden_until_a_script_shows_it_is_read() -> None:
    story = "".join(
        f"<p>Paragraph {n} of a story that is told at some length, so that nobody can take it for a menu of the page.</p>"
        for n in range(4)
    )
    assert len(texts(f"<p>The lead.</p><div class=locked style='display:none'>{story}</div>")) == 5


def test_short_sentences_are_read_where_the_page_shows_no_paragraph_before_a_script_does() -> None:
    chinese = ("七十三岁的沈阿根在老桥下修了五十年木船，徒弟三十岁。", "如今镇上还剩九条木船，其中六条归旅游公司所有。") * 3
    hidden = "".join(f"<p>{line}</p>" for line in chinese)
    assert texts(f"<h1>修船人</h1><div style='visibility: hidden; opacity: 0'>{hidden}</div>") == ["修船人", *chinese]
    shown = "<p>" + "老桥下的修船人说，木头比人守信用，哪天裂、哪天胀，心里都有数，用不着问天。" * 2 + "</p>"
    assert texts(f"{shown}<div hidden>{hidden}</div>") == [shown[3:-4]]
    assert texts("<h1>修船人</h1><div hidden><p>请登录。</p><p>忘记密码？</p><p>注册即同意条款。</p></div>") == ["修船人"]


def test_pictures_are_counted_with_the_run_behind_them() -> None:
    assert [run.media for run in runs("<p>a</p><img><video></video><p>b</p><p>c <img></p>")] == [0, 2, 1]


def test_a_walk_ends_where_no_article_goes() -> None:
    page = read_blocks(parse_html("<html><body>" + "<p>x</p>" * 20_500 + "</body></html>"))
    assert page.cut
    assert len(page.runs) == 20_001
    page = read_blocks(parse_html("<html><body><p>" + "word " * 1_000_000 + "</p><p>end</p></body></html>"))
    assert page.cut
    assert len(page.runs[0].text) < 2_000_001


def test_links_and_paths_are_known() -> None:
    page = read_blocks(parse_html("<html><body><div class='story main'><p>Go <a href=x>there</a></p></div></body></html>"))
    (run,) = page.runs
    assert (run.link_chars, run.links) == (5, 1)
    assert page.path(run.container) == "div.story>p"


def test_a_heading_that_links_to_itself_is_no_link() -> None:
    heading, text = read_blocks(
        parse_html('<body><h2 id="a"><a href="#a">A heading</a></h2><p><a href="#b">Below</a></p></body>')
    ).runs
    assert (heading.link_chars, heading.links, text.link_chars) == (0, 0, 5)


@settings(max_examples=60)
@given(
    st.lists(
        st.sampled_from(
            [
                "<p>",
                "</p>",
                "<div>",
                "</div>",
                "<table>",
                "<td>",
                "<b>",
                "</b>",
                "<br>",
                "<a>",
                "<pre>",
                "<li>",
                "word ",
                "\n",
                "</table>",
                "<tr>",
                "<h1>",
                "<q",
            ]
        )
    )
)
def test_no_markup_loses_or_invents_words(parts: list[str]) -> None:
    root = parse_html("<html><body>start " + "".join(parts) + "</body></html>")
    seen = " ".join(run.text for run in read_blocks(root).runs).replace("|", " ").split()
    assert "".join(seen) == "".join("".join(root.find("body").itertext()).split()).replace("|", "")


def test_50_000_nested_elements_are_walked() -> None:
    assert "deep" in " ".join(texts("<div>" * 50_000 + "deep"))


@pytest.mark.parametrize(
    "inside", ["<div>Ferry sails</div>", "<section><div>Ferry sails</div></section>", "<a href=/x>Ferry sails</a>"]
)
def test_what_lays_out_a_heading_is_of_its_rank(inside: str) -> None:
    assert [(run.tag, run.kind) for run in runs(f"<h1>{inside}</h1><div>Story</div>")] == [("h1", "heading"), ("div", "paragraph")]


@pytest.mark.parametrize(
    ("element", "named"),
    [
        ('div class="css-1r7ky0e" data-testid="newsletter-promo"', True),
        ('div class="newsletter"', True),
        ('div class="sc-f98b1ad2-0"', False),  # letters of a hash are no advertisement
        ('div class="col1 ad2"', True),
    ],
)
def test_a_part_is_called_by_its_class_or_by_the_name_that_programmers_gave_it(element: str, named: bool) -> None:
    page = read_blocks(parse_html(f"<html><body><{element}>Text</div></body></html>"))
    assert bool(page.containers[page.runs[0].container].mask) is named
