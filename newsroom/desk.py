"""What a desk does to copy: house style, the edits an outlet makes to the wire, and pages stitched from several wires."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from dataclasses import replace
from functools import cache

from newsroom.grammar import Writer, capitalise
from newsroom.records import Outlet, Page, Piece, Story, rng_of
from newsroom.stories import introduce, own_words, person, write_story

# Chances of each edit when an outlet runs a wire story.
TRUNCATE, CUT_PARAGRAPH, REWORD, LOCAL, KEEP_DATELINE = 0.35, 0.3, 0.5, 0.4, 0.4
REWORD_SENTENCE = 0.6
TRUNCATED_TO = (0.45, 0.8)  # of the pieces
FEWEST_PIECES = 5
STITCHED_PARAGRAPHS = (9, 14)
SPLICE = 0.25  # of a stitched page's paragraphs carry sentences of two stories

_US = """criticise/criticize|prioritise/prioritize|organise/organize|defence/defense|neighbour/neighbor
programme/program|centre/center|harbour/harbor|labour/labor|per cent/percent|sceptical/skeptical
fertiliser/fertilizer|paediatric/pediatric|licence/license|cheque/check|cancelled/canceled|metre/meter|kilometre/kilometer|millimetre/millimeter
tonne/ton"""
US_SPELLING = dict(pair.split("/") for pair in re.split(r"[|\n]", _US))
_WORDS = """said/stated|told reporters/said to journalists|argued/contended|but/yet|although/though|despite/in spite of
under/as laid down in|quietly/without fuss|because of/owing to|supported/stood behind|about/roughly
insisted/stressed|warned/cautioned|more than/over|would/might|last week/a week ago|rejected/turned down
approved/signed off|residents/local people|halted/stopped|launched/set up|costly/expensive|disputed/contested"""
SYNONYMS = dict(pair.split("/") for pair in re.split(r"[|\n]", _WORDS))


def replacer(words: dict[str, str], *, inside: bool = False) -> Callable[[str], str]:
    """Return a function that replaces words (or, `inside`, stems of words), keeping a capital letter."""
    edge = "" if inside else r"\b"
    pattern = re.compile(rf"\b({'|'.join(sorted(map(re.escape, words), key=lambda w: (-len(w), w)))}){edge}", re.IGNORECASE)

    def swap(match: re.Match[str]) -> str:
        new = words[match[0].lower()]
        return capitalise(new) if match[0][0].isupper() else new

    return lambda text: pattern.sub(swap, text)


to_us_spelling = replacer(US_SPELLING, inside=True)
reword = replacer(SYNONYMS)


@cache
def _quote_table(quotes: str) -> dict[int, str]:
    pairs = {"single": "‘’", "straight": '""'}.get(quotes)
    table = dict(zip("“”", pairs, strict=True)) if pairs else {}
    return str.maketrans(table | ({"‘": "'", "’": "'"} if quotes == "straight" else {}))


def house_style(outlet: Outlet, text: str) -> str:
    """Return English text in the outlet's spelling and quotation marks."""
    if outlet.language != "en":
        return text
    if outlet.spelling == "us":
        text = to_us_spelling(text)
    return text.translate(_quote_table(outlet.quotes))


def edit_wire(outlet: Outlet, story: Story, agency: str) -> tuple[Piece, ...]:
    """Return a wire story as an outlet runs it."""
    ref = story.ref
    rng = rng_of(ref.seed, ref.day, ref.number, outlet.host, "edit")
    pieces = list(story.pieces)
    if rng.random() < TRUNCATE:
        pieces = _truncate(pieces, rng)
    if rng.random() < CUT_PARAGRAPH and len(pieces) > FEWEST_PIECES:
        del pieces[_paragraph_index(pieces, rng)]
    if rng.random() < REWORD:
        pieces = [_reworded(piece, rng) for piece in pieces]
    if rng.random() < LOCAL:
        pieces.insert(_paragraph_index(pieces, rng), local_paragraph(outlet, story, rng))
    if rng.random() < KEEP_DATELINE:
        pieces[0] = replace(pieces[0], dateline=f"{story.dateline.upper()} ({agency}) — ")
    return tuple(pieces)


def local_paragraph(outlet: Outlet, story: Story, rng: random.Random) -> Piece:
    """Return what the outlet adds of its own: how the matter stands in its home town."""
    writer = Writer(own_words(story.ref), rng, dict(story.fixed) | {"home": outlet.town})
    writer.fixed["P"] = introduce(writer.lexicon, *person(writer), writer.pick("role"), rng)
    return Piece("paragraph", (writer.write("local"),))


def _truncate(pieces: list[Piece], rng: random.Random) -> list[Piece]:
    count = max(FEWEST_PIECES, round(len(pieces) * rng.uniform(*TRUNCATED_TO)))
    kept = pieces[:count]
    while kept[-1].kind == "subhead" or kept[-1].text.endswith(":"):
        kept.pop()
    return kept


def _paragraph_index(pieces: list[Piece], rng: random.Random) -> int:
    """Return the place of a paragraph that can be taken out, or that another can stand before."""
    free = [
        i
        for i in range(1, len(pieces))
        if pieces[i].kind == "paragraph" and pieces[i - 1].kind == "paragraph" and pieces[i].text[-1] != ":"
    ]
    return rng.choice([i for i in free if not pieces[i - 1].text.endswith(":")] or [len(pieces)])


def _reworded(piece: Piece, rng: random.Random) -> Piece:
    return Piece(piece.kind, tuple(reword(s) if rng.random() < REWORD_SENTENCE else s for s in piece.sentences))


def stitch(page: Page) -> tuple[tuple[Piece, tuple[int, ...]], ...]:
    """Return the paragraphs of a page made of several wires, each with the number of the source of each sentence."""
    rng = rng_of(page.ref.seed, page.ref.day, page.ref.number, "stitch")
    stock = [
        [(piece, source) for piece in write_story(ref).pieces if piece.kind == "paragraph" and not piece.text.endswith(":")]
        for source, ref in enumerate(page.sources)
    ]
    for paragraphs in stock:
        rng.shuffle(paragraphs)
    dealt = [paragraph for row in zip(*stock, strict=False) for paragraph in row][: rng.randint(*STITCHED_PARAGRAPHS)]
    made: list[tuple[Piece, tuple[int, ...]]] = []
    for index, (piece, source) in enumerate(dealt):
        if made and rng.random() < SPLICE and len(dealt[index - 1][0].sentences) == 1:
            last, owners = made.pop()
            made.append((Piece("paragraph", (*last.sentences, piece.sentences[0])), (*owners, source)))
        else:
            made.append((_reworded(piece, rng), (source,) * len(piece.sentences)))
    return tuple(made)
