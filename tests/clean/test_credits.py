"""Which agency an article credits in its own text or in the lines around it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pipeline.clean import label
from pipeline.extract.page import PageInput, extract
from tests.clean.articles import PROSE, article


@pytest.mark.parametrize(
    ("language", "line", "agency"),
    [
        ("de", "Mit Material der dpa", "dpa"),
        ("de", "Quelle: dpa", "dpa"),
        ("es", "Con información de EFE", "EFE"),
        ("ru", "В статье использованы материалы ТАСС.", "TASS"),
        ("hu", "Forrás: MTI", "MTI"),
        ("en", "The Associated Press contributed to this report.", "Associated Press"),
        ("zh", "来源：新华社 责任编辑：李明", "Xinhua"),
        ("ko", "출처: 연합뉴스", "Yonhap"),
        ("ar", "المصدر: رويترز", "Reuters"),
        ("en", "Reporting by Hina Khan in Oslo; Editing by John Roe", None),
        ("en", "Reuters has its offices at the harbour.", None),
    ],
)
def test_a_line_of_credits_below_the_text_names_the_agency(language: str, line: str, agency: str | None) -> None:
    labelled = label(article(*PROSE, line, language=language))
    assert labelled.wire_credit == agency
    assert label(labelled) == labelled


def test_what_the_page_states_stands() -> None:
    stated = replace(article("LONDON (Reuters) - " + PROSE[0], *PROSE[1:]), wire_credit="dpa")
    assert label(stated).wire_credit == "dpa"
    assert label(replace(stated, wire_credit=None)).wire_credit == "Reuters"


@pytest.mark.parametrize(
    "above",
    [
        '<div class="info">2024-05-03 10:05 来源：新华社</div>',
        '<div class="info"><span>2024-05-03 10:05</span> <span>来源：<a href="https://wire.example/">新华社</a></span></div>',
        "<p>来源：新华社</p>",
    ],
)
def test_the_source_between_headline_and_text_is_read_and_one_in_the_menu_is_not(above: str) -> None:
    text = "<p>港务局周五表示，停航六周之后渡轮恢复运营，首班船清晨离港。</p>"
    text += "<p>船长李海说，冬季风暴损坏了码头的防波堤，修复工程比预期多用了两周，费用由市政府承担。</p>"
    text += "<p>当地商会希望游客能在夏季之前回来，去年同期渡轮运送了超过四十万人次。</p>"

    def credit(menu: str, info: str) -> str | None:
        page = f"<header>{menu}</header><main><h1>渡轮恢复运营</h1>{info}<div class=content>{text}</div></main>"
        html = f"<html><head><title>渡轮恢复运营</title></head><body>{page}</body></html>"
        return label(extract(PageInput("https://port.example/1.html", "s", "port.example", html))).wire_credit

    assert credit("", above) == "Xinhua"
    assert credit(above, "") is None
