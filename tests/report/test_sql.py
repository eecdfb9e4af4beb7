"""What the command line finds in the warehouse."""

from __future__ import annotations

import pytest

from pipeline.config import Settings
from pipeline.errors import ConfigError
from pipeline.report import finding
from pipeline.report.sql import find
from pipeline.warehouse import Warehouse, set_search


def test_articles_are_found_by_words_and_phrases(filled: Warehouse, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConfigError, match="COPYDESK_FULL_TEXT=1"):
        list(find(settings, "dam"))
    set_search(filled, on=True)
    head, _, *rows, count = find(settings, "dam")
    assert head.split() == ["article_id", "site", "title", "published_at", "url"]
    assert sorted(title for row in rows for title in ("About copy", "About lead") if title in row) == ["About copy", "About lead"]
    assert count == "(2 rows)"
    assert list(find(settings, "nowhere")) == ["no article has these words"]
    monkeypatch.setattr(finding, "LOOKED", 1)
    monkeypatch.setattr(finding, "NEWEST_FIRST", 1)
    assert list(find(settings, '"dam broke" "at one"'))[-1] == "(1 row)"
    set_search(filled, on=False)
