"""Sentences of the article that the page shows once more, in large letters and under a name of their own."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import groupby

from pipeline.clean.lines import count_words
from pipeline.extract.votes import Candidate, tokens_of, votes
from pipeline.records import BLOCK_SEPARATOR, Block

PULL_QUOTE = "pull-quote"
ABOUT_PULL_QUOTE = "Sentence of the article that the page shows once more as a quotation in large letters, and who said it"
# How parts are called that stand apart from the text or quote it.
NAMED = re.compile(r"(?:^|>)(?:aside|blockquote)(?![\w-])|quote", re.IGNORECASE)
STEPS = 3  # of the path, from within, in which it may be named so
MIN_WORDS, MAX_WORDS = 5, 60  # of such a sentence; the shorter lines beside it say who said it
MAX_BESIDE = 8  # words of such a line
SENTENCE = re.compile(r"(?<=[.!?…])[\"'”’»]*\s+|(?<=[。！？])")
MIN_SENTENCE = 3  # words; shorter ones tell nothing
REPEATED = 0.8  # share of the sentence that stands in the article; quotations are shortened and tidied


def label_pull_quotes(blocks: Sequence[Block]) -> list[Block]:
    """Return the blocks with those labelled that stand apart or as quotations, if the rest of the article says the same."""
    quoted = list(_quoted(blocks))
    if not quoted:
        return list(blocks)
    inside = {i for places in quoted for i in places}
    rest = Candidate.of(BLOCK_SEPARATOR.join(b.text for i, b in enumerate(blocks) if b.dropped_by is None and i not in inside))
    labelled = list(blocks)
    for places in quoted:
        sizes = [count_words(blocks[i].text) for i in places]
        shares = [_share(blocks[i].text, rest) for i in places]
        repeated = [MIN_WORDS <= size <= MAX_WORDS and share >= REPEATED for size, share in zip(sizes, shares, strict=True)]
        if any(repeated) and all(again or size <= MAX_BESIDE for again, size in zip(repeated, sizes, strict=True)):
            for i in places:
                labelled[i] = blocks[i].drop(PULL_QUOTE)
    return labelled


def _share(text: str, rest: Candidate) -> float:
    """Return how much of a text the article says: in one piece, or each sentence, where it tells who spoke between two of them."""
    sentences = [tokens for sentence in SENTENCE.split(text) if len(tokens := tokens_of(sentence)) >= MIN_SENTENCE]
    whole, *parts = votes([tokens_of(text), *sentences], rest)
    return max(whole, min(parts, default=whole))


def _quoted(blocks: Sequence[Block]) -> Iterator[list[int]]:
    """Yield the places of kept blocks that stand side by side under such a name."""
    for named, places in groupby(range(len(blocks)), key=lambda i: _is_named(blocks[i])):
        kept = [i for i in places if blocks[i].dropped_by is None]
        if named and kept:
            yield kept


def _is_named(block: Block) -> bool:
    return NAMED.search(">".join(block.path.split(">")[-STEPS:])) is not None
