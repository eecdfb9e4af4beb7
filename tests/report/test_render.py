from __future__ import annotations

import pytest

from pipeline.report.render import likeness


@pytest.mark.parametrize(("score", "shown"), [(1.0, "100 %"), (0.9984, "99 %"), (0.29, "29 %")])
def test_only_equal_texts_are_wholly_alike(score: float, shown: str) -> None:
    assert likeness(score) == shown.replace(" ", "\u202f")
