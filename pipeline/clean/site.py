"""Site templates: lines that recur on different stories of a site, learned over the nights, forgotten when they stop."""

from __future__ import annotations

import hashlib
import zlib
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache

from pipeline.clean.lines import bare, count_words, fold, is_prose
from pipeline.records import Article, SiteLine

SITE_LINE = "site-line"
MIN_STORIES = 3  # a page and two others, counted in stories; two alone may be one story told twice
HALF_LIFE = 30  # days after which a sighting counts half
FORGOTTEN = 0.5  # sightings below which a line is no longer kept
# Share of tonight's stories that must carry running text (follow-ups repeat their background) or a heading ("What happens next").
PROSE_SHARE = 0.3
# The same for a line that stands between paragraphs on every page: many a heading is a paragraph in bold.
INSIDE_SHARE = 0.05
MAX_LINE_WORDS, MAX_LINE_LENGTH = 120, 1500
LINKED = 0.6  # share of a line inside links from which it leads to another story
SHINGLE = 6  # words
SAMPLED = 4  # one shingle in so many is compared: those that begin with one of a quarter of all words
SAME_STORY = 0.5  # share of the smaller page's shingles, weighted by rarity, that two tellings of a story have in common


@dataclass(frozen=True, slots=True)
class _Page:
    """What is kept of a page while its site is learned: its identity, its shingles and its lines."""

    identity: str
    shingles: tuple[int, ...]
    lines: tuple[tuple[str, bool, bool], ...]  # hash; is it prose or a heading; does it stand between paragraphs


def learn_site_lines(articles: Iterable[Article], known: Iterable[SiteLine], run_date: str) -> list[SiteLine]:
    """Return what is known of the sites after tonight: the known lines, decayed, and those seen tonight.

    `known` is what was known before tonight, and where it is nothing there need be no date; `articles` may be of many sites and in
    any order.
    """
    pages: dict[str, list[_Page]] = defaultdict(list)
    texts: dict[tuple[str, str], str] = {}
    seen_once: set[tuple[str, str]] = set()
    for article in articles:
        page, own = _read(article)
        pages[article.site].append(page)
        for line, text in own.items():
            key = (article.site, line)
            # The text is kept from the second sighting on: most lines of a site are never seen again.
            if key in seen_once:
                texts[key] = min(text, texts.get(key, text))
            seen_once.add(key)
    before = {(line.site, line.line_hash): line for line in known}
    tonight = {(site, key): n for site in sorted(pages) for key, n in _recurring(pages[site]).items()}
    merged = [_merge(before.get(key), tonight.get(key, 0), key, texts, run_date) for key in sorted(before.keys() | tonight.keys())]
    return [line for line in merged if line.pages >= FORGOTTEN]


def template_lines(lines: Iterable[SiteLine], site: str) -> frozenset[str]:
    """Return the hashes of the lines that are templates of a site: seen on enough different stories."""
    return frozenset(line.line_hash for line in lines if line.site == site and line.pages >= MIN_STORIES)


@lru_cache(maxsize=16384)
def line_hash(text: str) -> str:
    """Return 16 hex digits for a line, whatever its case, accents and outer punctuation."""
    return hashlib.sha256(bare(fold(text)).encode(errors="surrogatepass")).hexdigest()[:16]


def _merge(line: SiteLine | None, stories: int, key: tuple[str, str], texts: dict[tuple[str, str], str], run_date: str) -> SiteLine:
    if line is None:
        return SiteLine(key[0], key[1], texts.get(key, ""), float(stories), run_date, run_date)
    days = max(0, (date.fromisoformat(run_date) - date.fromisoformat(line.last_seen)).days)
    decayed = line.pages * 0.5 ** (days / HALF_LIFE)
    if not stories:
        return line if decayed >= FORGOTTEN else replace(line, pages=0.0)
    return replace(line, pages=round(decayed + stories, 6), last_seen=max(run_date, line.last_seen))


def _read(article: Article) -> tuple[_Page, dict[str, str]]:
    """Return what is kept of a page, and the text of each of its lines by hash."""
    title = line_hash(article.title or "")
    lines: dict[str, tuple[bool, bool]] = {}
    texts: dict[str, str] = {}
    words: list[str] = []
    prose = [i for i, block in enumerate(article.blocks) if block.dropped_by is None and is_prose(block.text)]
    inside = range(prose[0], prose[-1]) if prose else range(0)
    for position, block in enumerate(article.blocks):
        words += bare(fold(block.text)).split()
        if block.kind in ("table", "code") or not is_line(block.text) or not any(c.isalpha() for c in block.text):
            continue
        key = line_hash(block.text)
        if key != title:
            careful, within = lines.get(key, (False, True))
            within = within and position in inside and block.dropped_by is None and block.link_density < LINKED
            lines[key] = (careful or is_prose(block.text) or block.kind == "heading", within)
            texts[key] = min(block.text.strip(), texts.get(key, block.text.strip()))
    return _Page(article.article_id, tuple(_shingles(words)), tuple(sorted((key, *how) for key, how in lines.items()))), texts


def is_line(text: str) -> bool:
    """Say whether a text is short enough to be a line of the site's."""
    return len(text) < 2 * MAX_LINE_WORDS or (len(text) <= MAX_LINE_LENGTH and count_words(text) <= MAX_LINE_WORDS)


def _shingles(words: list[str]) -> list[int]:
    """Return the shingles that begin with a word of the sample: a cheap choice, the same on every page."""
    sample = {word for word in set(words) if _number(word) % SAMPLED == 0}
    starts = [start for start, word in enumerate(words[: max(1, len(words) - SHINGLE + 1)]) if word in sample]
    return [_number(" ".join(words[start : start + SHINGLE])) for start in starts]


def _number(text: str) -> int:
    return zlib.crc32(text.encode(errors="surrogatepass"))  # quick, and the same in every process


def _recurring(pages: list[_Page]) -> dict[str, int]:
    """Return on how many different stories each line stands, for the lines that stand on more than one."""
    stories = _stories(pages)
    carried: dict[str, set[int]] = defaultdict(set)
    careful: set[str] = set()
    outside: set[str] = set()
    for page, story in zip(sorted(pages, key=lambda p: (p.identity, p.lines)), stories, strict=True):
        for key, is_careful, is_inside in page.lines:
            carried[key].add(story)
            if is_careful:
                careful.add(key)
            if not is_inside:
                outside.add(key)
    total = len(set(stories))

    def enough(key: str) -> float:
        share = PROSE_SHARE if key in careful else 0.0 if key in outside else INSIDE_SHARE
        return max(MIN_STORIES, share * total) if share else 2

    return {key: len(numbers) for key, numbers in carried.items() if len(numbers) >= enough(key)}


def _stories(pages: list[_Page]) -> list[int]:
    """Return the story of each page, the pages in the order of their ids: a page joins the story it shares most with.

    Shingles weigh one over the number of pages that carry them, so what the whole site shares joins nobody.
    """
    ordered = sorted(pages, key=lambda p: (p.identity, p.lines))
    frequency = Counter(s for page in ordered for s in set(page.shingles))
    owner: dict[int, int] = {}
    weight: list[float] = []
    stories: list[int] = []
    for page in ordered:
        shingles = sorted(set(page.shingles))
        own = sum(1 / frequency[s] for s in shingles)
        shared: Counter[int] = Counter()
        for s in shingles:
            if s in owner:
                shared[owner[s]] += 1 / frequency[s]  # type: ignore[assignment]
        best = max(sorted(shared), key=lambda story: shared[story], default=None)
        if best is not None and shared[best] >= SAME_STORY * min(own, weight[best]):
            stories.append(best)
            continue
        stories.append(len(weight))
        weight.append(own)
        for s in shingles:
            owner.setdefault(s, stories[-1])
    return stories
