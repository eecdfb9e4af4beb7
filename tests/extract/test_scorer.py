"""The forests: read from lists, evaluated with numpy, the same whatever else is asked."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.extract.blocks import read_blocks
from pipeline.extract.features import PageContext, page_features
from pipeline.extract.opinions import opinion_features
from pipeline.extract.parse import parse_html
from pipeline.extract.places import structure_of
from pipeline.extract.scorer import SURE_NOT, Forest, load_model
from pipeline.extract.votes import tokens_of

# Two trees: words <= 10 ? -2 : (links <= 0.5 ? 2 : -1), and a leaf of 0.5.
FOREST = {"feature": [0, -1, 1, -1, -1, -1], "threshold": [10, -2, 0.5, 2, -1, 0.5], "right": [2, 1, 4, 3, 4, 5], "roots": [0, 5]}
PAGE = (
    "<html><body><nav><a href=a>Home</a></nav><article><h1>A bridge opens</h1>"
    + "".join(
        f"<p>Paragraph {n} of a story that is told at some length, so that it reads like one, and ends.</p>" for n in range(6)
    )
    + "</article><footer>All rights reserved</footer></body></html>"
)


def small() -> Forest:
    return Forest.of(FOREST, ("words", "links"), 0.0)


def test_a_forest_is_the_sum_of_its_trees() -> None:
    columns = {"words": np.array([3, 30, 30], np.float32), "links": np.array([0, 0, 1], np.float32)}
    margin = np.array([-1.5, 2.5, -0.5])
    assert small().score(columns, np.arange(3)) == pytest.approx(1 / (1 + np.exp(-margin)), abs=1e-6)


def test_only_the_rows_asked_for_are_scored() -> None:
    columns = {"words": np.array([3, 30, 30], np.float32), "links": np.array([0, 0, 1], np.float32)}
    everything = small().score(columns, np.arange(3))
    assert small().score(columns, np.array([2, 0])).tolist() == [everything[2], everything[0]]
    assert len(small().score(columns, np.array([], dtype=np.intp))) == 0


def test_the_shipped_model_knows_a_story_from_its_page() -> None:
    page = read_blocks(parse_html(PAGE))
    tokens, structure = [tokens_of(run.text) for run in page.runs], structure_of(page)
    columns = page_features(page, tokens, structure, PageContext("A bridge opens"), "")
    scores = load_model().score(columns, structure)
    assert all(score > 0.5 for score, run in zip(scores, page.runs, strict=True) if run.tag == "p")
    assert all(score < 0.2 for score, run in zip(scores, page.runs, strict=True) if run.tag != "p")


def test_the_features_hold_every_column_that_the_model_asks_for() -> None:
    page = read_blocks(parse_html(PAGE))
    tokens, structure = [tokens_of(run.text) for run in page.runs], structure_of(page)
    columns = page_features(page, tokens, structure, PageContext(), "")
    columns |= opinion_features(np.full(len(tokens), SURE_NOT), columns["words"], structure)
    model = load_model()
    assert set(model.first.names) | set(model.second.names) <= set(columns)
