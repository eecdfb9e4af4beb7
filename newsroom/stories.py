"""What reporters file: the facts of a story, and its text, both derived from its `StoryRef` alone."""

from __future__ import annotations

import random
from functools import lru_cache

from newsroom.grammar import Lexicon, Writer, capitalise, lexicon
from newsroom.records import Piece, Story, StoryRef, rng_of

NOTES = ("weather", "markets")
PARAGRAPHS = (6, 18)
WORDS = (25, 70)  # of a paragraph
PEOPLE = 4
# Chances, per story, of what not every story has.
SUBHEADS, LIST, PULL_QUOTE, TRAP = 0.35, 0.2, 0.15, 0.12
# A story keeps to some of its topic's words, so that it reads as being about something.
OWN_WORDS = {"group": 9, "thing": 12, "adj": 16}
QUOTE_SHARE = 0.3  # of the paragraphs
# Stories are asked for by the feed, the page, its copies and the gold: nearly always soon after each other.
CACHED_STORIES = 4096


def person(writer: Writer) -> tuple[str, str]:
    """Return a new first name and surname."""
    banks, rng = writer.lexicon.banks, writer.rng
    first = rng.choice(banks["first"])[0]
    return first, rng.choice(banks["last_start"])[0] + rng.choice(banks["last_end"])[0]


def place(writer: Writer) -> str:
    """Return a new name of a town."""
    banks, rng = writer.lexicon.banks, writer.rng
    return (rng.choice(banks["place_start"])[0] + rng.choice(banks["place_end"])[0]).replace("__", "_").replace("_", " ")


@lru_cache(maxsize=CACHED_STORIES)
def facts(ref: StoryRef) -> dict[str, str]:
    """Return the names, places and dates of a story's event: independent reports of one event agree on them."""
    words = lexicon(ref.language, ref.topic)
    key = ("event", ref.event) if ref.event else ("story", ref.number)
    writer = Writer(words, rng_of(ref.seed, ref.day, *key, "facts"), {})
    fixed = writer.fixed
    fixed["place"], fixed["place2"] = place(writer), place(writer)
    fixed["name"] = person(writer)[1]
    _calendar(ref, words, writer)
    if ref.topic in NOTES:
        return fixed
    fixed["org"] = writer.expand(writer.rng.choice(words.banks["org"])[0])
    fixed["scheme"] = writer.expand(writer.rng.choice(words.banks["scheme"])[0])
    for index in range(1, PEOPLE + 1):
        first, last = person(writer)
        role = writer.pick("role")
        fixed[f"p{index}"] = last
        fixed[f"P{index}"] = introduce(words, first, last, role, writer.rng)
    return fixed


def introduce(words: Lexicon, first: str, last: str, role: str, rng: random.Random) -> str:
    """Return a person as they are named first: a rank stands before the name, a post before or after it."""
    if role.endswith("."):
        return f"{role} {first} {last}"
    pattern = rng.choice(words.patterns["introduce"])
    return pattern.format(name=f"{first} {last}", role=role, Role=capitalise(role))


def _calendar(ref: StoryRef, words: Lexicon, writer: Writer) -> None:
    days, months = words.banks["weekdays"], words.banks["months"]
    fixed, rng = writer.fixed, writer.rng
    fixed["wd"] = days[(ref.day.weekday() - rng.randint(0, 4)) % 7][0]
    fixed["month"] = months[(ref.day.month - 1 + rng.randint(-5, 5)) % 12][0]
    fixed["year"] = str(ref.day.year - rng.randint(1, 14))
    fixed["year2"] = str(ref.day.year + rng.randint(1, 9))


@lru_cache(maxsize=CACHED_STORIES)
def own_words(ref: StoryRef) -> Lexicon:
    """Return the lexicon of a story's topic, cut to the words that this story keeps to."""
    return lexicon(ref.language, ref.topic).narrowed(rng_of(ref.seed, ref.day, ref.number, "words"), OWN_WORDS)


def headline(ref: StoryRef, desk: str) -> str:
    """Return the headline that a desk puts over a story: each desk writes its own."""
    rng = rng_of(ref.seed, ref.day, ref.number, desk, "headline")
    if ref.topic in NOTES:
        return Writer(lexicon(ref.language, ""), rng, dict(facts(ref))).write(f"{ref.topic}_headline")
    return Writer(own_words(ref), rng, dict(facts(ref))).write("headline")


def _write_note(ref: StoryRef) -> Story:
    """Write a note that recurs daily in the same words with other figures."""
    fixed = dict(facts(ref))
    writer = Writer(lexicon(ref.language, ""), rng_of(ref.seed, ref.day, ref.number, "text"), fixed)
    pieces = tuple(Piece("paragraph", (writer.sentence(pattern),)) for pattern in writer.lexicon.patterns[ref.topic])
    return Story(ref, (), fixed["place"], pieces, fixed)


@lru_cache(maxsize=CACHED_STORIES)
def write_story(ref: StoryRef) -> Story:
    """Write a story: lede, body with quotations, now and then subheads, a list or a pull quote, and an ending."""
    if ref.topic in NOTES:
        return _write_note(ref)
    words = own_words(ref)
    fixed = dict(facts(ref))
    rng = rng_of(ref.seed, ref.day, ref.number, "text")
    writer = Writer(words, rng, fixed)
    bodies = _Deck(words.patterns["body"], rng)
    quotes = _Deck(words.patterns["quote"], rng)
    pieces = [_paragraph(writer, [writer.write("lede")], bodies)]
    for _ in range(rng.randint(*PARAGRAPHS) - 2):
        first = quote(writer, quotes.draw()) if rng.random() < QUOTE_SHARE else writer.sentence(bodies.draw())
        pieces.append(_paragraph(writer, [first], bodies))
    pieces.append(_paragraph(writer, [writer.write("closing")], bodies))
    if ref.event:
        pieces.insert(2, _shared_quote(ref, writer, bodies))
    _decorate(pieces, writer, bodies, ref.number)
    return Story(ref, _reporters(writer), fixed["place"], tuple(pieces), fixed)


class _Deck:
    """Deals patterns in random order, each once before any comes again."""

    def __init__(self, patterns: tuple[str, ...], rng: random.Random) -> None:
        self._patterns, self._rng = patterns, rng
        self._left: list[str] = []

    def draw(self) -> str:
        if not self._left:
            self._left = list(self._patterns)
            self._rng.shuffle(self._left)
        return self._left.pop()


def quote(writer: Writer, pattern: str) -> str:
    """Return a quotation by one of the story's people."""
    writer.fixed["p"] = writer.fixed[f"p{writer.rng.randint(1, PEOPLE)}"]
    return writer.sentence(pattern)


def _paragraph(writer: Writer, sentences: list[str], bodies: _Deck) -> Piece:
    words = sum(len(s.split()) for s in sentences)
    while words < WORDS[0] or writer.rng.random() < 0.45:
        sentence = writer.sentence(bodies.draw())
        more = len(sentence.split())
        if words + more > WORDS[1]:
            break
        sentences.append(sentence)
        words += more
    return Piece("paragraph", tuple(sentences))


def _shared_quote(ref: StoryRef, writer: Writer, bodies: _Deck) -> Piece:
    """Return a paragraph that opens with the words that every report of the event has on tape."""
    words = lexicon(ref.language, ref.topic)
    shared = Writer(words, rng_of(ref.seed, ref.day, ref.event, "quote"), dict(writer.fixed))
    return _paragraph(writer, [quote(shared, shared.rng.choice(words.patterns["quote"]))], bodies)


def _decorate(pieces: list[Piece], writer: Writer, bodies: _Deck, number: int) -> None:
    rng = writer.rng
    traps = writer.lexicon.patterns["trap"]
    if rng.random() < TRAP or number < len(traps):  # a day's first stories always have one each
        trap = traps[number % len(traps)]
        pieces.insert(rng.randint(2, len(pieces) - 2), _paragraph(writer, [writer.sentence(trap)], bodies))
    if rng.random() < PULL_QUOTE:
        pieces.insert(
            rng.randint(2, len(pieces) - 2), Piece("pull_quote", (quote(writer, rng.choice(writer.lexicon.patterns["quote"])),))
        )
    if rng.random() < LIST:
        at = rng.randint(2, len(pieces) - 2)
        items = [Piece("list_item", (capitalise(writer.write("list_item")),)) for _ in range(rng.randint(3, 5))]
        pieces[at:at] = [Piece("paragraph", (writer.write("list_intro"),)), *items]
    if rng.random() < SUBHEADS:
        spots = [i for i, piece in enumerate(pieces) if i > 1 and piece.kind == "paragraph" and not piece.text.endswith(":")]
        for at in reversed(spots[1:-1:3]):
            if pieces[at - 1].kind == "paragraph":
                pieces.insert(at, Piece("subhead", (writer.write("subhead"),)))


def _reporters(writer: Writer) -> tuple[str, ...]:
    count = 2 if writer.rng.random() < 0.15 else 1
    return tuple(" ".join(person(writer)) for _ in range(count))
