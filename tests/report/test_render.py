from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from pipeline.report.render import likeness, pretty, span


@pytest.mark.parametrize(("score", "shown"), [(1.0, "100 %"), (0.9984, "99 %"), (0.29, "29 %")])
def test_only_equal_texts_are_wholly_alike(score: float, shown: str) -> None:
    assert likeness(score) == shown.replace(" ", "\u202f")


@pytest.mark.parametrize(("hours", "shown"), [(0.01, "36 s"), (1.5, "90 min"), (47, "47.0 h"), (868, "36.2 days")])
def test_what_took_long_is_told_in_long_units(hours: float, shown: str) -> None:
    began = datetime(2026, 3, 1, tzinfo=UTC)
    assert span(began, began + timedelta(hours=hours)) == shown


def test_json_is_told_in_words_not_in_those_of_python() -> None:
    assert pretty({"composite": True, "share": 0.98765, "site": None, "run": 40}) == "composite yes, share 0.988, site none, run 40"
