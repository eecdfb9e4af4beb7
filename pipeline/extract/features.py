"""What the block scorer sees of each run of text: one row a run, one column a feature, all of a page at once.

Nothing here knows a language. Word lists are of class names only; what a function word is, is learned from the page itself.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pipeline.extract.blocks import HEADINGS, PageBlocks, Run
from pipeline.extract.class_words import BITS, NAMES
from pipeline.extract.votes import Candidate, tokens_of, votes

Vector = npt.NDArray[np.float32]
Indices = npt.NDArray[np.intp]

MISSING = np.float32(-1000.0)  # below every real value, so that a tree can tell it apart with one split
CANDIDATES = ("resiliparse", "trafilatura", "precision", "readability")
KINDS = ("heading", "list_item", "quote", "caption", "table", "code")
LEVELS = 4  # how many enclosing containers are described
LONG_RUN = 15  # words: a run of this length is likely a sentence of something
COMMON_TOKENS = 60  # most frequent short tokens of a page's long runs: its function words, whatever the language
COMMON_LENGTH = 5  # characters

ANCHOR = 0.6  # opinion from which a long run is taken for the article's
CLUSTER_GAP = 10  # runs between two paragraphs of one article, pictures and boxes included

YEAR = re.compile(r"\b(?:19|20)\d\d\b")
CLOCK = re.compile(r"\b\d{1,2}[:.]\d\d\b")
COMMAS = re.compile(r"[,،、，;；]")
PUNCTUATION = re.compile(r"[^\w\s]")
CAPITALISED = re.compile(r"(?<!\w)[^\W\d_a-zß-ÿа-я]\w*")
MARKS = re.compile(r"[|»›>→©•·/]")
ADDRESS = re.compile(r"@|https?:|www\.")
FULL_STOPS = tuple('.!?…。！？؟۔।"”»’)')


@dataclass(frozen=True, slots=True)
class PageContext:
    """What is known beside the runs: title, description and JSON-LD text, and for each run its share of other pages of the site."""

    title: str = ""
    description: str = ""
    article_body: str = ""
    site_share: Sequence[float] | None = None


@dataclass(frozen=True, slots=True)
class Structure:
    """The sets of runs that belong together: `levels` are the containers around each run (own, parent, …), then look-alikes."""

    levels: tuple[Indices, ...]
    like: Indices
    sibling: Indices

    def groups(self) -> dict[str, Indices]:
        """Return each way of grouping the page's runs, by name."""
        return {f"level{i}": level for i, level in enumerate(self.levels)} | {"like": self.like, "sibling": self.sibling}


def structure_of(page: PageBlocks) -> Structure:
    """Return which runs of a page belong together: same container, same names for three steps up, same parent and tag."""
    parents = np.array([max(0, c.parent) for c in page.containers], dtype=np.intp)
    levels = [np.array([run.container for run in page.runs], dtype=np.intp)]
    for _ in range(LEVELS - 1):
        levels.append(parents[levels[-1]])
    names = [c.name for c in page.containers]
    like = _numbered((names[a], names[b], names[c]) for a, b, c in zip(*levels[:3], strict=True))
    sibling = _numbered((int(b), page.containers[a].tag) for a, b in zip(*levels[:2], strict=True))
    return Structure(tuple(levels), like, sibling)


def _numbered(keys: Iterable[object]) -> Indices:
    numbers: dict[object, int] = {}
    return np.array([numbers.setdefault(key, len(numbers)) for key in keys], dtype=np.intp)


def text_features(runs: Sequence[Run], tokens: Sequence[Sequence[str]]) -> dict[str, Vector]:
    """Return the columns that a run's own text gives."""
    common = _function_words(tokens)
    rows = [_text_row(run, words, common) for run, words in zip(runs, tokens, strict=True)]
    table = np.array(rows, dtype=np.float32).reshape(len(rows), len(TEXT_COLUMNS))
    return {name: table[:, column] for column, name in enumerate(TEXT_COLUMNS)}


TEXT_COLUMNS = [
    "chars",
    "words",
    "mean_word",
    "link_density",
    "links",
    "strong",
    "digits",
    "capitals",
    "commas",
    "punctuation",
    "marks",
    "address",
    "year",
    "clock",
    "stop",
    "colon",
    "ellipsis",
    "lower_start",
    "digit_start",
    "quote_start",
    "upper",
    "function_words",
    "heading_level",
    "after_break",
    "hidden",
    "question",
]


def _text_row(run: Run, words: Sequence[str], common: frozenset[str]) -> tuple[float, ...]:
    text = run.text
    size, count = len(text), max(1, len(words))
    return (
        size,
        len(words),
        size / count,
        run.link_chars / size,
        run.links,
        run.strong_chars / size,
        sum(map(str.isdigit, text)) / size if size < 400 else 0.0,
        len(CAPITALISED.findall(text)) / count if size < 1000 else 0.2,
        len(COMMAS.findall(text)) / count,
        len(PUNCTUATION.findall(text)) / size,
        len(MARKS.findall(text)),
        ADDRESS.search(text) is not None,
        YEAR.search(text) is not None,
        CLOCK.search(text) is not None,
        text.endswith(FULL_STOPS),
        text.endswith((":", "：")),
        text.endswith(("…", "...")),
        text[0].islower(),
        text[0].isdigit(),
        text.startswith(('"', "“", "«", "„", "'", "‘", "「", "»")),
        text.isupper(),
        sum(word in common for word in words) / count,
        int(run.tag[1]) if run.tag in HEADINGS else 0,
        run.after_break,
        run.hidden,
        text.endswith(("?", "？", "؟")),
    )


def _function_words(tokens: Sequence[Sequence[str]]) -> frozenset[str]:
    counts: Counter[str] = Counter()
    for words in tokens:
        if len(words) >= LONG_RUN:
            counts.update(word for word in words if len(word) <= COMMON_LENGTH)
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return frozenset(word for word, count in ranked[:COMMON_TOKENS] if count > 1)


def place_features(page: PageBlocks, tokens: Sequence[Sequence[str]], structure: Structure) -> dict[str, Vector]:
    """Return the columns that a run's place in the tree gives: names around it, what its containers hold, its like."""
    parents = np.array([max(0, c.parent) for c in page.containers], dtype=np.intp)
    columns = _mask_features(page, structure)
    columns |= _container_features(page, structure, parents, tokens)
    columns |= _group_features(page, structure, tokens)
    columns |= _sequel_features(page, structure, tokens)
    columns["depth"] = np.array([page.containers[c].depth for c in structure.levels[0]], dtype=np.float32)
    for kind in KINDS:
        columns[f"kind_{kind}"] = np.array([run.kind == kind for run in page.runs], dtype=np.float32)
    return columns


def _mask_features(page: PageBlocks, structure: Structure) -> dict[str, Vector]:
    """Names of the innermost container, of the three innermost, and of all further out, as 0/1 columns."""
    masks = np.array([c.mask for c in page.containers], dtype=np.int64)
    above = np.array([c.mask_above for c in page.containers], dtype=np.int64)
    own, second, third = structure.levels[:3]
    near = masks[own] | masks[second] | masks[third]
    far = above[third]
    bits = np.arange(BITS)
    near_bits = ((near[:, None] >> bits) & 1).astype(np.float32)
    far_bits = ((far[:, None] >> bits) & 1).astype(np.float32)
    own_bits = ((masks[own][:, None] >> bits) & 1).astype(np.float32)
    return (
        {f"own_{name}": own_bits[:, i] for i, name in enumerate(NAMES)}
        | {f"near_{name}": near_bits[:, i] for i, name in enumerate(NAMES)}
        | {f"far_{name}": far_bits[:, i] for i, name in enumerate(NAMES)}
    )


def _container_features(
    page: PageBlocks, structure: Structure, parents: Indices, tokens: Sequence[Sequence[str]]
) -> dict[str, Vector]:
    """What the containers around a run hold: text, links, long runs; and how near it is to the one that holds the most prose."""
    sums = np.zeros((len(page.containers), 5), dtype=np.float64)  # characters, in links, runs, long runs, words in long runs
    prose = np.zeros(len(page.containers), dtype=np.float64)
    for run, words in zip(page.runs, tokens, strict=True):
        long = len(words) >= LONG_RUN and 2 * run.link_chars < len(run.text)
        sums[run.container] += (len(run.text), run.link_chars, 1, long, len(words) if long else 0)
        if long:
            worth = 1 + min(len(run.text) / 100, 3.0)
            parent = parents[run.container]
            prose[run.container] += worth
            prose[parent] += worth
            prose[parents[parent]] += worth / 2
    rows = sums.tolist()
    for index in range(len(rows) - 1, 0, -1):  # children come after their parent: one backward pass sums the tree
        row, up = rows[index], rows[page.containers[index].parent]
        for column in range(5):
            up[column] += row[column]
    totals = np.array(rows, dtype=np.float64)
    prose *= 1 - totals[:, 1] / np.maximum(1, totals[:, 0])
    best_above = prose.copy()
    for index in range(1, len(prose)):
        best_above[index] = max(best_above[index], best_above[parents[index]])
    top = float(prose.max(initial=0.0)) or 1.0
    own = structure.levels[0]
    columns = {"prose_own": prose[own] / top, "prose_parent": prose[parents[own]] / top, "prose_best": best_above[own] / top}
    columns["in_best"] = _inside(int(prose.argmax()), parents)[own] if len(prose) else np.zeros(0)
    everything = np.maximum(1, totals[0])
    for level, containers in enumerate(structure.levels):
        here = totals[containers]
        columns[f"level{level}_chars"] = np.log1p(here[:, 0])
        columns[f"level{level}_share"] = here[:, 0] / everything[0]
        columns[f"level{level}_links"] = here[:, 1] / np.maximum(1, here[:, 0])
        columns[f"level{level}_runs"] = here[:, 2]
        columns[f"level{level}_long"] = here[:, 3] / np.maximum(1, here[:, 2])
        columns[f"level{level}_prose"] = here[:, 4] / everything[4]
    return {name: column.astype(np.float32) for name, column in columns.items()}


def _inside(container: int, parents: Indices) -> npt.NDArray[np.float64]:
    """Return 1 for the container and all under it."""
    inside = [False] * len(parents)
    inside[container] = True
    for index in range(container + 1, len(parents)):
        inside[index] = inside[parents[index]]
    return np.array(inside, dtype=np.float64)


def _group_features(page: PageBlocks, structure: Structure, tokens: Sequence[Sequence[str]]) -> dict[str, Vector]:
    """What the runs hold that look alike, and those with the same parent and tag; how often the same text stands in the page."""
    columns: dict[str, Vector] = {}
    lengths = np.array([len(words) for words in tokens], dtype=np.float64)
    link = np.array([run.link_chars / len(run.text) for run in page.runs], dtype=np.float64)
    for label, group in (("like", structure.like), ("sibling", structure.sibling)):
        count = np.bincount(group, minlength=1)
        words = np.bincount(group, weights=lengths, minlength=1)
        columns[f"{label}_count"] = count[group].astype(np.float32)
        columns[f"{label}_words"] = (words[group] / max(1.0, lengths.sum())).astype(np.float32)
        columns[f"{label}_mean"] = (words[group] / count[group]).astype(np.float32)
        columns[f"{label}_links"] = (np.bincount(group, weights=link, minlength=1)[group] / count[group]).astype(np.float32)
    texts = [" ".join(words) for words in tokens]
    repeats = Counter(texts)
    columns["repeats"] = np.array([repeats[text] for text in texts], dtype=np.float32)
    return columns


def _sequel_features(page: PageBlocks, structure: Structure, tokens: Sequence[Sequence[str]]) -> dict[str, Vector]:
    """How many parts of the same make, each with prose, came before a run's: an endless page goes on with the next article.

    For the containers one to three steps up: the rank among their namesakes with prose, and the namesakes' number; the same for
    the outermost <article>; and the top headings before the run.
    """
    long = np.array(
        [len(words) >= LONG_RUN and 2 * run.link_chars < len(run.text) for run, words in zip(page.runs, tokens, strict=True)]
    )
    columns: dict[str, Vector] = {}
    for level in range(1, LEVELS):
        keys = [page.containers[c].name for c in structure.levels[level]]
        columns |= _ranks(f"twin{level}", structure.levels[level].tolist(), keys, long)
    articles = _outermost(page, "article")
    own = [articles[c] for c in structure.levels[0]]
    columns |= _ranks("article", own, ["article" if c >= 0 else "" for c in own], long)
    top = np.array([run.tag == "h1" and len(words) > 3 for run, words in zip(page.runs, tokens, strict=True)], dtype=np.float32)
    columns["h1_before"] = np.cumsum(top, dtype=np.float32)
    columns["h1_count"] = np.full(len(tokens), top.sum(dtype=np.float32))
    columns["in_article"] = np.array([c >= 0 for c in own], dtype=np.float32)
    return columns


def _outermost(page: PageBlocks, tag: str) -> list[int]:
    """Return for each container the outermost one of that tag around it, itself included; -1 where there is none."""
    found = [-1] * len(page.containers)
    for index, container in enumerate(page.containers):
        above = found[container.parent] if container.parent >= 0 else -1
        found[index] = above if above >= 0 else (index if container.tag == tag else -1)
    return found


def _ranks(name: str, containers: Sequence[int], keys: Sequence[str], long: npt.NDArray[np.bool_]) -> dict[str, Vector]:
    """Number the containers that share a key and hold prose, in the order of their first prose; runs of others take the last number."""
    seen: dict[str, dict[int, int]] = {}
    rank = np.zeros(len(containers), dtype=np.float32)
    for position, (container, key) in enumerate(zip(containers, keys, strict=True)):
        numbers = seen.setdefault(key, {})
        if long[position]:
            numbers.setdefault(container, len(numbers))
        rank[position] = numbers.get(container, len(numbers))
    total = np.array([len(seen[key]) for key in keys], dtype=np.float32)
    return {f"{name}_rank": rank, f"{name}_total": total}


def context_features(tokens: Sequence[Sequence[str]], context: PageContext) -> dict[str, Vector]:
    """Return the columns of likeness to what the page says of itself: title, description, JSON-LD text."""
    count = len(tokens)
    columns: dict[str, Vector] = {}
    title = tokens_of(context.title)
    likeness = np.array([_likeness(words, title) for words in tokens], dtype=np.float32).reshape(count, 2)
    columns["title_within"], columns["title_covers"] = likeness[:, 0], likeness[:, 1]
    description = np.array([_likeness(words, tokens_of(context.description)) for words in tokens], dtype=np.float32).reshape(
        count, 2
    )
    columns["description_within"], columns["description_covers"] = description[:, 0], description[:, 1]
    columns |= _after_title(likeness.min(axis=1) if count else np.zeros(0, np.float32), count)
    if context.article_body:
        body = Candidate.of(context.article_body)
        columns["declared"] = np.array(votes(tokens, body), dtype=np.float32)
    else:
        columns["declared"] = np.full(count, MISSING)
    share = context.site_share
    columns["site_share"] = np.full(count, MISSING) if share is None else np.array(share, dtype=np.float32)
    return columns


def _likeness(words: Sequence[str], reference: Sequence[str]) -> tuple[float, float]:
    """Return the share of the words that the reference holds, and the share of the reference that the words hold."""
    if not words or not reference or len(words) > 8 * len(reference):
        return 0.0, 0.0
    same = sum((Counter(words) & Counter(reference)).values())
    return same / len(words), same / len(reference)


def _after_title(likeness: Vector, count: int) -> dict[str, Vector]:
    """Where a run stands from the headline in the page (the last of the best matches before the middle of the text)."""
    found = np.flatnonzero(likeness >= 0.8)
    positions = np.arange(count, dtype=np.float32)
    if not len(found):
        return {"after_title": np.full(count, MISSING), "after_first_title": np.full(count, MISSING)}
    return {"after_title": positions - found[-1], "after_first_title": positions - found[0]}


def vote_features(tokens: Sequence[list[str]], candidates: Mapping[str, str | None]) -> dict[str, Vector]:
    """Return the columns of the candidates' votes, by themselves, among neighbours, and as a span; missing for one not asked."""
    columns: dict[str, Vector] = {}
    lengths = np.array([len(words) for words in tokens], dtype=np.float32)
    total = max(1.0, float(lengths.sum()))
    for name in CANDIDATES:
        text = candidates.get(name)
        if text is None:
            vote = np.full(len(tokens), MISSING)
        else:
            vote = np.array(votes(tokens, Candidate.of(text)), dtype=np.float32)
        columns[name] = vote
        columns[f"{name}_near"] = _window_mean(vote, 1)
        columns[f"{name}_around"] = _window_mean(vote, 4)
        columns |= _span_features(name, vote, lengths)
        columns[f"{name}_share"] = np.full(len(tokens), np.float32((vote * lengths).sum() / total))
    return columns


def _span_features(name: str, vote: Vector, lengths: Vector) -> dict[str, Vector]:
    """How much of what a candidate keeps stands before and after each run, as shares of its words."""
    kept = vote * lengths
    total = np.float32(kept.sum()) or np.float32(1)
    before = np.cumsum(kept, dtype=np.float32)
    return {f"{name}_before": (before - kept) / total, f"{name}_after": (total - before) / total}


def _window_mean(values: Vector, reach: int) -> Vector:
    """Return the mean over `reach` runs on either side, the run itself included."""
    padded = np.concatenate([[0.0], np.cumsum(values, dtype=np.float64)])
    at = np.arange(len(values))
    low, high = np.maximum(0, at - reach), np.minimum(len(values), at + reach + 1)
    mean: Vector = ((padded[high] - padded[low]) / (high - low)).astype(np.float32)
    return mean


def order_features(columns: Mapping[str, Vector], page: PageBlocks) -> dict[str, Vector]:
    """Return the columns of position, and of the neighbours' main features."""
    count = len(page.runs)
    words = columns["words"].astype(np.float64)
    before = np.cumsum(words) - words
    total = max(1.0, float(words.sum()))
    position = np.arange(count, dtype=np.float32)
    ordered: dict[str, Vector] = {
        "position": position / max(1, count),
        "from_start": position,
        "from_end": count - 1 - position,
        "words_before": (before / total).astype(np.float32),
        "page_runs": np.full(count, np.float32(count)),
        "page_words": np.full(count, np.float32(total)),
        "to_longest": (words / max(1.0, float(words.max(initial=1)))).astype(np.float32),
    }
    parent = np.array([page.containers[run.container].parent for run in page.runs], dtype=np.float32)
    for step in (-2, -1, 1, 2):
        for name in ("words", "link_density", "stop", "heading_level", "capitals", "title_within", "prose_best"):
            ordered[f"{name}{step:+d}"] = _shifted(columns[name], step)
    for step in (-1, 1):
        ordered[f"same_parent{step:+d}"] = (_shifted(parent, step) == parent).astype(np.float32)
    for reach in (3, 8):
        ordered[f"words_around{reach}"] = _window_mean(columns["words"], reach)
        ordered[f"links_around{reach}"] = _window_mean(columns["link_density"], reach)
    return ordered


def _shifted(values: Vector, step: int) -> Vector:
    """Return the value of the run `step` further on; missing beyond the page's ends."""
    out = np.full(len(values), MISSING, dtype=np.float32)
    if step > 0:
        out[:-step] = values[step:]
    else:
        out[-step:] = values[:step]
    return out


def page_features(
    page: PageBlocks, tokens: Sequence[list[str]], structure: Structure, context: PageContext, candidates: Mapping[str, str | None]
) -> dict[str, Vector]:
    """Return all columns of a page by name."""
    columns = text_features(page.runs, tokens) | place_features(page, tokens, structure) | context_features(tokens, context)
    columns |= vote_features(tokens, candidates)
    return columns | order_features(columns, page)


def opinion_features(opinion: Vector, words: Vector, structure: Structure) -> dict[str, Vector]:
    """Return the columns of a first opinion (0 to 1 a run) on the runs around each run: neighbours, containers, what is kept so far."""
    count = len(opinion)
    mass = opinion * words
    columns = {"opinion": opinion}
    for step in (-3, -2, -1, 1, 2, 3):
        columns[f"opinion{step:+d}"] = _shifted(opinion, step)
    for reach in (2, 5, 12):
        columns[f"opinion_around{reach}"] = _window_mean(mass, reach) / np.maximum(_window_mean(words, reach), 1e-3)
    for name, group in structure.groups().items():
        held, kept = np.bincount(group, weights=words, minlength=1), np.bincount(group, weights=mass, minlength=1)
        columns[f"opinion_{name}"] = (kept[group] / np.maximum(held[group], 1)).astype(np.float32)
        others = (kept[group] - mass) / np.maximum(held[group] - words, 1)
        columns[f"opinion_others_{name}"] = others.astype(np.float32)
    total = np.float32(max(1.0, float(mass.sum())))
    before = np.cumsum(mass, dtype=np.float32)
    columns["kept_before"], columns["kept_after"] = (before - mass) / total, np.maximum(0, total - before) / total
    columns["kept_words"] = np.full(count, total)
    columns |= _gap_features(opinion, words)
    return columns


def _gap_features(opinion: Vector, words: Vector) -> dict[str, Vector]:
    """How far the last and the next run of prose is that is likely kept, in runs and in words; and the size of its cluster."""
    anchors = np.flatnonzero((opinion > ANCHOR) & (words >= LONG_RUN))
    at = np.arange(len(opinion))
    if not len(anchors):
        missing = np.full(len(opinion), MISSING)
        return dict.fromkeys(("gap_back", "gap_on", "gap_back_words", "gap_on_words", "cluster", "clusters"), missing)
    passed = np.concatenate([[0.0], np.cumsum(words, dtype=np.float64)])
    previous = np.searchsorted(anchors, at, side="right") - 1
    following = np.searchsorted(anchors, at, side="left")
    has_previous, has_following = previous >= 0, following < len(anchors)
    back, on = anchors[np.maximum(previous, 0)], anchors[np.minimum(following, len(anchors) - 1)]
    cluster = np.concatenate([[0], np.cumsum(np.diff(anchors) > CLUSTER_GAP)])
    held = np.bincount(cluster, weights=words[anchors])
    nearest = np.where(has_previous & (~has_following | (at - back <= on - at)), cluster[np.maximum(previous, 0)], 0)
    nearest = np.where(
        has_following & (~has_previous | (on - at < at - back)), cluster[np.minimum(following, len(cluster) - 1)], nearest
    )
    columns = {
        "gap_back": np.where(has_previous, at - back, MISSING),
        "gap_on": np.where(has_following, on - at, MISSING),
        "gap_back_words": np.where(has_previous, passed[at] - passed[np.minimum(back + 1, at)], MISSING),
        "gap_on_words": np.where(
            has_following, passed[np.maximum(on, at)] - passed[np.minimum(at + 1, np.maximum(on, at))], MISSING
        ),
        "cluster": held[nearest] / held.sum(),
        "clusters": np.full(len(opinion), len(held)),
    }
    return {name: column.astype(np.float32) for name, column in columns.items()}
