"""What is done where the block scorer is in doubt."""

from __future__ import annotations

import pytest

from pipeline.extract.content import main_content
from pipeline.extract.metadata import read_metadata
from pipeline.extract.page import PageInput, extract
from pipeline.extract.parse import parse_html
from pipeline.extract.scorer import BlockModel, model_of

PARAGRAPHS = (
    "The harbour council voted on Monday night to keep the old ferry in service for another winter, after a long debate.",
    "Eleven members were in favour and six against, because the new ship will not arrive before June, says its builder.",
    "Engineers had told the meeting that the hull would last until the spring if the plates below the engine were replaced.",
)
MENU = "".join(
    f"<div><a href=/{word}>{word}</a></div>" for word in ("the harbour council", "the old ferry", "the new ship", "before June")
)
PAGE = f"<html><body><div>{MENU}</div><article>{''.join(f'<p>{line}</p>' for line in PARAGRAPHS)}</article></body></html>"


def model(short: float, long: float) -> BlockModel:
    """Return a scorer that gives lines of up to four words one score and longer ones another, in log-odds."""
    forest = {
        "names": ["words"],
        "feature": [0, -1, -1],
        "right": [2, 0, 0],
        "threshold": [4, short, long],
        "roots": [0],
        "base": 0,
    }
    return model_of({"version": "test", "first": forest, "second": forest})


def kept(scorer: BlockModel) -> tuple[str, list[str]]:
    root = parse_html(PAGE)
    content = main_content(root, PAGE, read_metadata(root, None, PAGE), scorer)
    return content.extractor, [block.text for block in content.blocks if block.dropped_by is None]


def test_of_another_extractors_text_what_the_scorer_is_sure_is_none_is_left_out() -> None:
    extractor, lines = kept(model(short=-5, long=-2))
    assert extractor.startswith("trafilatura: 0 of its ")
    assert lines == list(PARAGRAPHS)


def test_unless_next_to_nothing_is_left_of_it() -> None:
    extractor, lines = kept(model(short=-5, long=-4))
    assert extractor.startswith("trafilatura: 0 of its ")
    assert set(PARAGRAPHS) < set(lines)


@pytest.mark.parametrize("headline", ["<h3><a href='/s'>{}</a></h3>", "<p><a href='/s'>{}</a></p>"])
@pytest.mark.parametrize("day", ["<p>{}</p>", "<div><span>{}</span></div>", "<time>{}</time>", "<div>{}</div>"])
def test_links_with_their_dates_are_no_text(headline: str, day: str) -> None:
    entries = "".join(
        f"<article>{headline.format(line.rpartition(',')[0])}{day.format(f'{n} febrero, 2024')}</article>"
        for n, line in enumerate(PARAGRAPHS * 2, 2)
    )
    page = f"<html lang=es><head><title>Puerto</title></head><body><main>{entries}</main></body></html>"
    article = extract(PageInput("https://courier.example/el-puerto-de-hoy", "s", "courier.example", page))
    assert (article.page_kind, article.text) == ("other", "")
