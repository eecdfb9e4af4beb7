"""The report as one file: it needs nothing else, and every link in it leads somewhere."""

from __future__ import annotations

import base64
import hashlib
import re
from datetime import date
from pathlib import Path

import lxml.html
import pytest

from pipeline import cli
from pipeline.config import Settings
from pipeline.errors import ConfigError
from pipeline.report.page_file import page_file
from pipeline.warehouse import Warehouse
from tests.report.conftest import EVIL
from tests.report.test_app import LEAD, assert_harmless


def test_it_loads_nothing_and_its_links_lead_inside(filled: Warehouse) -> None:
    page = page_file(filled, date(2026, 3, 2))
    tree = lxml.html.fromstring(page)
    assert not tree.xpath("//link|//img|//iframe|//script|//form")
    assert "url(" not in page
    inside = {href[1:] for href in tree.xpath("//a/@href") if href.startswith("#")}
    assert inside <= set(tree.xpath("//@id"))
    assert {f"story-{LEAD}", f"article-{LEAD}"} <= inside
    outside = [href for href in tree.xpath("//a/@href") if not href.startswith("#")]
    assert all(href.startswith("https://") for href in outside)


def test_no_part_of_it_is_labelled_by_another(filled: Warehouse) -> None:
    ids = lxml.html.fromstring(page_file(filled, date(2026, 3, 2))).xpath("//@id")
    assert len(ids) == len(set(ids))
    assert f"changes-{LEAD}" in ids


def test_hostile_text_in_it_is_harmless(filled: Warehouse) -> None:
    page = page_file(filled, date(2026, 3, 2))
    (policy,) = lxml.html.fromstring(page).xpath("//meta[@http-equiv='Content-Security-Policy']/@content")
    (sheet,) = re.findall(r"<style>(.*?)</style>", page, re.DOTALL)
    assert f"'sha256-{base64.b64encode(hashlib.sha256(sheet.encode()).digest()).decode()}'" in policy
    assert EVIL not in page
    assert_harmless(page.replace('http-equiv="Content-Security-Policy"', ""))


def test_it_is_the_same_when_it_is_written_again(filled: Warehouse) -> None:
    assert page_file(filled, None) == page_file(filled, None)


def test_a_night_that_was_not_loaded_is_named(filled: Warehouse) -> None:
    with pytest.raises(ConfigError, match="no night of 2020-01-01 was loaded; the last one is 2026-03-03"):
        page_file(filled, date(2020, 1, 1))


def test_the_command_writes_it(
    filled: Warehouse, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COPYDESK_WAREHOUSE_URL", settings.warehouse_url)
    out = tmp_path / "new" / "night.html"
    assert cli.main(["report", "--date", "2026-03-02", "--html", str(out)]) == 0
    assert "The night of Monday 2 March 2026" in out.read_text(encoding="utf-8")
    assert cli.main(["report", "--serve", "--html", str(out)]) == 2
    assert "--serve shows every night" in capsys.readouterr().err
