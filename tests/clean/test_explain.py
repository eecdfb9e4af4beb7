from __future__ import annotations

import pytest

from pipeline.clean import label
from pipeline.clean.explain import EXTRACTOR_LABELS, describe_rule, described_rules, explain_html, explain_text
from pipeline.extract.labels import NAMED
from tests.clean.articles import PROSE, article, block


def test_the_text_shows_every_block_with_its_rule() -> None:
    lines = explain_text(
        label(article("Share", *PROSE, authors=("Jane Doe",), published_at="2024-05-01", published_basis="jsonld"))
    ).splitlines()
    assert any(line.split() == ["-", "share", "Share"] for line in lines)
    assert sum(line.startswith("+ ") for line in lines) == len(PROSE)
    assert "published           2024-05-01 (from jsonld)" in lines
    assert lines[-1].startswith("4 blocks kept, 1 dropped")


@pytest.mark.parametrize("rule", sorted(described_rules()))
def test_every_rule_stands_apart_from_the_line_it_dropped(rule: str) -> None:
    (line,) = [line for line in explain_text(article(block("Dropped.").drop(rule))).splitlines() if line.startswith("- ")]
    assert line.split() == ["-", rule, "Dropped."]


def test_a_page_cannot_write_to_the_terminal() -> None:
    assert "\x1b" not in explain_text(article("\x1b[2J" + PROSE[0], title="\x1b]0;x\x07"))


def test_the_page_is_escaped_and_stands_alone() -> None:
    page = explain_html(
        label(article("Share", "<script>alert(1)</script> " + PROSE[0], *PROSE[1:], title='"<b>', language='en" onload="x'))
    )
    assert "<script>" not in page
    assert "&lt;script&gt;" in page
    assert 'onload="x"' not in page
    assert "<s>Share</s>" in page
    assert "http" not in page.replace("http-equiv", "")


def test_the_labels_of_the_extractor_are_described_too() -> None:
    given = {label for label, _ in NAMED} | {
        "byline",
        "caption",
        "comments",
        "gallery",
        "next-article",
        "not-content",
        "related-link",
        "social-post",
    }
    assert given == set(EXTRACTOR_LABELS)
    assert describe_rule("caption") == "Caption or credit of a picture, marked as such by the page"
