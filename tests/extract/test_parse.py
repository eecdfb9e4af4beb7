"""Pages that lxml refuses or misreads come out with their lines in order and apart."""

from __future__ import annotations

import pytest

from pipeline.errors import Reject
from pipeline.extract.blocks import read_blocks
from pipeline.extract.parse import MAX_DEPTH, parse_html, reject_binary

BODY = "<nav><a href=a>Home</a><a href=b>News</a></nav><h1>Ferry sails again</h1><p>One <a href=x>two</a> three.</p><p>Four.</p>"
LINES = ["Home News", "Ferry sails again", "One two three.", "Four."]


def lines(html: str) -> list[str]:
    return [run.text for run in read_blocks(parse_html(html)).runs]


@pytest.mark.parametrize("wrapper", ["<div>", '<div class="w">', "<div>\n"])
@pytest.mark.parametrize("depth", [10, 3_000])
def test_an_article_inside_very_many_wrappers_keeps_its_lines(depth: int, wrapper: str) -> None:
    html = "<html><body>" + wrapper * depth + BODY + "</div>" * depth + "<p>After.</p></body></html>"
    assert lines(html) == [*LINES, "After."]


def test_what_is_too_deep_is_laid_flat_in_the_order_of_the_page() -> None:
    depth = 2_500
    before = "".join(f"<div>in {n} " for n in range(depth))
    after = "".join(f" out {n}</div>" for n in reversed(range(depth)))
    found = lines(f"<html><body>{before}{BODY}{after}</body></html>")
    expected = [f"in {n}" for n in range(depth)] + LINES + [f"out {n}" for n in reversed(range(depth))]
    assert found == expected


def test_no_tree_is_deeper_than_what_a_walk_can_take() -> None:
    root = parse_html("<body>" + "<div>x<b>" * 2_500)
    deepest = max(sum(1 for _ in element.iterancestors()) for element in root.iter())
    assert deepest <= MAX_DEPTH + 30


@pytest.mark.parametrize("blank", [" ", "\r\n", "\t\n"])
def test_blank_lines_before_a_page_are_not_all_of_it(blank: str) -> None:
    html = f"{blank * 5_000}<!doctype html><html><body>{BODY}</body></html>"
    reject_binary(html.encode())
    assert lines(html) == LINES
    for call in (lambda: reject_binary(blank.encode() * 5_000), lambda: parse_html(blank * 5_000)):
        with pytest.raises(Reject, match="empty"):
            call()


def test_a_page_inside_the_head_is_found() -> None:
    html = "<html><head><title>Ferry</title><banner><table><tr><td>" + BODY + "</td></tr></table></body></html>"
    assert lines(html)[-3:] == LINES[-3:]


@pytest.mark.parametrize(
    ("page", "text"),
    [
        ("<p><ruby>港<rp>(</rp><rt>みなと</rt><rp>)</rp></ruby>の<ruby>船<rt>ふね</ruby>。</p>", "港の船。"),
        (f"<p><ruby>港<rt>{'閉じない。' * 40}</ruby></p>", f"港{'閉じない。' * 40}"),  # a tag left open
        ("<p>Seen.</p><amp-ad><div fallback>No ad</div></amp-ad><amp-list><p placeholder>Loading</p></amp-list>", "Seen."),
        ("<form><label fallback>Name</label></form>", "Name"),
    ],
)
def test_readings_of_words_and_what_stands_in_for_something_are_no_text(page: str, text: str) -> None:
    assert " ".join(run.text for run in read_blocks(parse_html(page)).runs) == text


def test_a_shadow_root_declared_in_the_page_is_part_of_it() -> None:
    page = "<news-story><template shadowrootmode='open'><p>Shown.</p></template></news-story><template><p>Not shown.</p></template>"
    assert [run.text for run in read_blocks(parse_html(page)).runs] == ["Shown."]
