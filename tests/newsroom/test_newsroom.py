"""The newsroom is the same for ever, and its gold is what its pages really say."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections import Counter
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import html

from newsroom import Newsroom, Page, build
from newsroom.feeds import sources_toml
from newsroom.records import DEFAULT_PORT
from tests.newsroom.conftest import DAY

FINGERPRINT = """
import hashlib, datetime, newsroom
room = newsroom.build(day=datetime.date(2026, 3, 14), stories=12, outlets=8)
state = hashlib.sha256(repr(list(room.gold())).encode())
for page in room.edition(room.day).all_pages():
    state.update(room.render(page, 1234))
print(state.hexdigest())
"""

RUN = 8  # words that no two stories may share


def squeeze(text: str) -> str:
    return " ".join(text.split())


def visible_text(newsroom: Newsroom, page: Page) -> str:
    tree = html.document_fromstring(newsroom.render(page, DEFAULT_PORT), parser=html.HTMLParser(encoding=page.outlet.charset))
    for element in tree.xpath("//script|//style|//head"):
        element.drop_tree()
    return squeeze(" ".join(tree.itertext()).replace("\xa0", " "))


def text_of_markup(newsroom: Newsroom, page: Page) -> str:
    """Return all text without any space: what stands in one line may be split by tags."""
    return "".join(visible_text(newsroom, page).split())


@pytest.mark.parametrize("hash_seed", ["0", "424242"])
def test_same_pages_and_gold_in_every_process(hash_seed: str) -> None:
    def fingerprint(seed: str) -> bytes:
        environment = os.environ | {"PYTHONHASHSEED": seed}
        root = Path(__file__).parents[2]
        return subprocess.run(
            [sys.executable, "-c", FINGERPRINT], env=environment, cwd=root, capture_output=True, check=True
        ).stdout

    first = fingerprint("1")
    assert first == fingerprint(hash_seed)
    assert len(first.strip()) == 64


def test_another_seed_makes_other_news() -> None:
    first, second = (build(seed=seed, day=DAY, stories=12) for seed in (1, 2))
    assert not {g.text for g in first.gold() if g.text} & {g.text for g in second.gold() if g.text}


def test_gold_lines_and_dropped_lines_stand_in_the_page(large: Newsroom) -> None:
    for page in large.edition(large.day).all_pages():
        gold = large.gold_of(page, DEFAULT_PORT)
        if gold.expected != "article" or page.serve == "deep":
            continue
        shown = text_of_markup(large, page)
        for line in (gold.title, *gold.text.split("\n\n"), *gold.dropped):
            assert "".join(line.split()) in shown, (gold.url, line)


def test_sentences_that_begin_like_labels_belong_to_the_body(newsroom: Newsroom) -> None:
    lines = [line for gold in newsroom.gold() for line in gold.text.split("\n\n")]
    assert any(line.startswith("Share prices fell") for line in lines)
    assert any(line.startswith("Advertisement spending rose") for line in lines)


def test_gold_text_holds_no_furniture(large: Newsroom) -> None:
    for gold in large.gold():
        lines = gold.text.split("\n\n")
        assert not set(lines) & set(gold.dropped)
        assert not gold.text or gold.title not in lines
        assert all(line == line.strip() and line for line in lines) or gold.expected != "article"


def test_article_bodies_have_the_size_of_news(newsroom: Newsroom) -> None:
    for gold in newsroom.gold():
        if gold.expected == "article":
            assert 4 <= len(gold.text.split("\n\n")) <= 32
            assert len(gold.text.split()) >= 120


def runs_of(text: str) -> set[str]:
    runs: set[str] = set()
    for line in text.split("\n\n"):
        words = line.lower().split()
        runs.update(" ".join(words[i : i + RUN]) for i in range(len(words) - RUN + 1))
    return runs


def test_different_stories_share_no_passage(newsroom: Newsroom) -> None:
    owners: dict[str, str] = {}
    pages = {p.path: p for p in newsroom.edition(newsroom.day).all_pages()}
    for gold in newsroom.gold():
        page = pages[gold.url.split(str(DEFAULT_PORT), 1)[1]]
        if gold.expected != "article" or page.form in ("note", "stitched") or page.ref.event:
            continue  # these share words on purpose
        assert gold.story_id
        for run in runs_of(gold.text):
            assert owners.setdefault(run, gold.story_id) == gold.story_id, run


def test_every_kind_of_page_is_there(newsroom: Newsroom) -> None:
    kinds = Counter(gold.expected for gold in newsroom.gold())
    assert set(kinds) == {
        "article", "index", "consent", "paywall", "blocked", "robots", "empty",
        "http_404", "http_500", "redirect_loop", "too_large", "timeout", "bad_encoding",
    }  # fmt: skip
    assert kinds["article"] > 70
    serves = {page.serve for page in newsroom.edition(newsroom.day).all_pages()}
    assert {"flaky", "deep", "wrong_charset"} <= serves


def test_copies_name_the_wire_story_they_come_from(newsroom: Newsroom) -> None:
    gold = {g.url: g for day in (DAY, DAY - timedelta(days=1)) for g in newsroom.gold(day=day)}
    copies = [g for g in gold.values() if g.original_url and f"/{DAY:%Y/%m/%d}" in g.original_url]
    assert len(copies) >= 20
    for copy in copies:
        original = gold[copy.original_url or ""]
        assert original.story_id == copy.story_id
        assert original.site == newsroom.agency.host
        assert original.original_url is None
        assert runs_of(original.text) & runs_of(copy.text)


def test_copies_are_edited(newsroom: Newsroom) -> None:
    gold = {g.url: g for g in newsroom.gold()}
    pairs = [(g, gold[g.original_url]) for g in gold.values() if g.original_url in gold]
    assert all(copy.title != original.title for copy, original in pairs if copy.site != original.site) or pairs
    assert sum(copy.text != original.text for copy, original in pairs) > len(pairs) * 0.8
    assert any(len(copy.text) < len(original.text) * 0.8 for copy, original in pairs)


def test_yesterdays_wire_is_run_late(newsroom: Newsroom) -> None:
    yesterday = {g.story_id for g in newsroom.gold(day=DAY - timedelta(days=1)) if not g.original_url}
    assert any(g.story_id in yesterday for g in newsroom.gold() if g.original_url)


def test_independent_reports_of_one_event_share_a_quotation_only(newsroom: Newsroom) -> None:
    reports: dict[str, list[str]] = {}
    for page in newsroom.edition(DAY).all_pages():
        if page.ref.event:
            reports.setdefault(page.ref.event, []).append(newsroom.gold_of(page, DEFAULT_PORT).text)
    assert reports
    for first, second in (texts for texts in reports.values()):
        shared = runs_of(first) & runs_of(second)
        assert 0 < len(shared) < 40


def test_notes_recur_in_the_same_words_as_other_stories(newsroom: Newsroom) -> None:
    notes = [newsroom.gold_of(p, DEFAULT_PORT) for p in newsroom.edition(DAY).all_pages() if p.form == "note"]
    assert len({note.story_id for note in notes}) == len(notes) >= 4
    assert all(note.original_url is None for note in notes)


def test_stitched_page_names_the_source_of_each_passage(newsroom: Newsroom) -> None:
    (stitched,) = [gold for gold in newsroom.gold() if gold.sources]
    wires = {g.url: g.text for g in newsroom.gold() if g.site == newsroom.agency.host}
    assert len({url for url, _, _ in stitched.sources}) >= 3
    assert stitched.original_url is None
    assert all(a_end < b_start for (_, _, a_end), (_, b_start, _) in pairwise(stitched.sources))
    for url, start, end in stitched.sources:  # spun here and there: other words, other spelling
        words, known = stitched.text[start:end].split(), set(wires[url].split())
        assert sum(word in known for word in words) > 0.6 * len(words)
    covered = sum(end - start for _, start, end in stitched.sources)
    assert covered > 0.95 * len(stitched.text)


def test_a_page_is_the_same_whichever_day_the_server_has(newsroom: Newsroom) -> None:
    later = build(day=DAY + timedelta(days=5))
    page = next(iter(newsroom.edition(DAY).all_pages()))
    found = later.find(page.outlet.host, page.path)
    assert isinstance(found, Page)
    assert later.render(found, 1) == newsroom.render(page, 1)


def test_large_newsroom_is_cheap_to_build() -> None:
    room = build(day=DAY, stories=2000, outlets=12)
    pages = room.edition(DAY).pages
    assert sum(map(len, pages.values())) > 3000
    page = next(iter(pages["harbour-courier.localhost"].values()))
    assert 8_000 < len(room.render(page, 80)) < 120_000


def test_sister_titles_beyond_the_twelve() -> None:
    room = build(day=DAY, stories=60, outlets=15)
    assert len({outlet.host for outlet in room.outlets}) == 15
    assert all(host.endswith(".localhost") for host in room.by_host)


def test_another_domain_renames_the_hosts_and_keeps_the_names_of_the_sources() -> None:
    here, there = (build(day=DAY, stories=14, outlets=4, domain=domain) for domain in ("localhost", "test"))
    assert [host.replace(".localhost", ".test") for host in here.by_host] == list(there.by_host)
    ids = [re.findall(r'^id = "(.*)"', sources_toml(room), re.MULTILINE) for room in (here, there)]
    assert ids[0] == ids[1]
    assert "localhost" not in sources_toml(there)


@pytest.mark.parametrize("sizes", [{"stories": 0}, {"outlets": 2}])
def test_sizes_too_small_are_refused(sizes: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="needs at least"):
        build(day=DAY, **sizes)


@settings(max_examples=12)
@given(
    seed=st.integers(0, 10**6),
    outlets=st.integers(3, 12),
    stories=st.integers(1, 30),
    day=st.dates(date(2001, 1, 2), date(2090, 1, 1)),
)
def test_any_newsroom_has_consistent_gold(seed: int, outlets: int, stories: int, day: date) -> None:
    room = build(seed=seed, outlets=outlets, stories=stories, day=day)
    for page in room.edition(day).all_pages():
        gold = room.gold_of(page, 80)
        assert bool(gold.text) == (gold.expected == "article")
        assert all(0 <= start < end <= len(gold.text) for _, start, end in gold.sources)
        gold.text.encode(page.outlet.charset, "xmlcharrefreplace")
        assert room.find(page.outlet.host, page.path) is not None
    assert all(room.front_page(outlet, 80) for outlet in room.outlets)
