"""Lines about who wrote a text: bylines, with or without a date and other details, and biographies; wherever they stand."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from pipeline.clean.date_lines import is_date_line, is_stamped_date, is_time_stamp
from pipeline.clean.lines import count_words, ends_softly, ends_with_stop, fold, has_digit, words_of
from pipeline.clean.rules import match_line
from pipeline.clean.words import words_for
from pipeline.extract.agencies import is_agency
from pipeline.extract.bylines import BY, PICTURED, SMALL_BEGINNING, WHO_MADE_WHAT, after_by, without_role
from pipeline.extract.cjk_bylines import WIDE, plain_byline
from pipeline.extract.strings import begins_small

MAX_AGE_WORDS = 7  # how long ago, in any language: "il y a 2 années, 8 mois"
MAX_BYLINE_WORDS = 14
MAX_BIO_WORDS = 70
MAX_PLACE_WORDS = 6  # "at the Stadium of Light"
MAX_LABEL_WORDS = 3
MAX_ROLE_WORDS = 5
MAX_NAME_WORDS = 4
# Between a writer and where they write from, in English, German, French, Spanish, Portuguese, Italian, Polish, Russian, Ukrainian.
PLACED = frozenset(("in", "at", "from", "aus", "a", "en", "em", "da", "i", "w", "z", "в", "из", "у"))
INSIDE_PLACES = frozenset(("the", "of", "and", "de", "la", "le", "der", "am"))
NAME = re.compile(r"[^\W\d_][\w'’.-]*,?")
SIGNS = " |,;·•–—-/"  # between a name and a date
WIDE_NAME = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af・·]{2,8}")  # family and given name, no space between
DATED = re.compile(r"\d{4}|\d[:：.]\d\d|\d ?[月월]")  # what a line with a date has: a year, a time, an Eastern month
DETAILS = re.compile(r"\s*[·•|]\s*")
DASHES = re.compile(r"\s[-–—/]\s")
MIN_DASHED = 3  # details; of two the first may be a place or an agency, which open a text as well
MAX_DETAIL_WORDS = 5  # "字号：[ 大 中 小 ]"
MAX_DATE_WORDS, MAX_LINE_WORDS = 10, 24  # "Last updated: Wednesday 18 November 2026 - 9:42 am"; of a line of details
MAX_DETAILS, MAX_DETAILS_CHARS = 6, 160
COUNT = re.compile(r"\d[\d.,’ \u00a0\u202f]* ?[^\W\d_]+\.?")  # "1,204 words", "298 字"
SIGNED = re.compile(r"\s*(?:[,/|&+;]|\s[-–—]\s|(?<!\w)(?:with|mit|avec|con|com|met)\s)\s*", re.IGNORECASE)  # between who signs
CONTACT = re.compile(
    r"(?i:to contact the (?:reporter|author|writer|editor)s?\b[^@]{0,100}@)"
    r"|(?i:(?:e-?mail|contact|reach|write to|follow|twitter|x|tel|phone)\b.{0,80}(?:@|\d{3}[-. ]\d{3,4}))"
    r"|[^\s@]+@[^\s@]+\.\w{2,10}$|@\w{2,30}$"
    r"|(?:[^\W\d_][\w'’.-]{0,30} ){2,4}can be reached (?:at|by|via|on)\b[^@]{0,60}@"
)
ROLE_WITHIN = 14  # words from the verb: "is an award-winning health and science reporter"


def is_byline(text: str, authors: Collection[str] = (), *, desks: bool = False) -> bool:
    """Say whether the line names its writers and does nothing else. `authors` are the folded names that the metadata gives.

    `desks`: so does one that names an agency or the newsroom.
    """
    line = text.strip()
    if len(line) > 120 or len(line.split()) > MAX_BYLINE_WORDS:
        return len(line) <= 120 and _is_dated_byline(line, authors)
    folded = fold(line).strip(" .,|-·:")
    if folded in authors or any(folded in (f"by {a}", f"von {a}", f"por {a}", f"par {a}") for a in authors):
        return True
    if any(folded.startswith((f"{a},", f"{a} |", f"{a} /", f"by {a}", f"{a} -")) for a in authors) and not ends_softly(line):
        return True
    if _is_dated_byline(line, authors):
        return True
    if ends_softly(line):
        return _is_signed_sentence(line)
    if any(_is_placed(folded, line, author) or _is_labelled(folded, author) for author in authors if author):
        return True
    if plain_byline(folded) in authors or fold(without_role(line)) in authors:
        return True
    names = after_by(line)
    if _is_aged(fold(names or ""), authors):
        return True
    person, comma, role = (names or "").partition(",")
    if comma and len(role.split()) <= MAX_ROLE_WORDS and _are_names(person) and not has_digit(role) and not ends_with_stop(role):
        return True
    made = PICTURED.split(WHO_MADE_WHAT.sub("", names or ""), maxsplit=1)
    return all(map(_are_names, made)) or (desks and _is_desk(names or line))


def _is_signed_sentence(line: str) -> bool:
    """Say whether a line is a byline with a full stop: words that only sign, and names: "Das Interview führte Jane Doe."."""
    by = BY.match(line)
    return by is not None and " " in by[1] and line.endswith(".") and _are_names(line[by.end() :].rstrip("."))


def is_details(text: str, authors: Collection[str]) -> bool:
    """Say whether the line is a date and other details between signs: "4 May 2026 · Jane Doe · 812 words · 4 min read"."""
    if len(text) > MAX_DETAILS_CHARS:
        return False
    line = text.strip(SIGNS)
    if DATED.search(line) and not ends_softly(line) and _is_made_of_details(line.split(), authors):
        return True
    pieces = [piece for piece in DETAILS.split(line) if piece]
    least = 2 if len(pieces) > 1 else MIN_DASHED
    pieces = pieces if len(pieces) > 1 else DASHES.split(line)
    if not least <= len(pieces) <= MAX_DETAILS:
        return False
    dates = [is_date_line(piece) or is_time_stamp(piece) for piece in pieces]
    return any(dates) and all(dated or _is_detail(piece, authors) for dated, piece in zip(dates, pieces, strict=True))


def is_house_and_date(text: str) -> bool:
    """Say whether a line is what may be the name of a house or a person, a sign, and a date: "The Courier | 4 May 2026, 9:30"."""
    pieces = [piece for piece in DETAILS.split(text.strip(SIGNS)) if piece] if len(text) <= MAX_DETAILS_CHARS else []
    dates = [is_stamped_date(piece) or is_time_stamp(piece) for piece in pieces]
    return 0 < sum(dates) < len(dates) and all(dated or _is_called(piece) for dated, piece in zip(dates, pieces, strict=True))


def _is_called(text: str) -> bool:
    words = text.split()
    return len(words) <= MAX_NAME_WORDS and not has_digit(text) and not ends_with_stop(text) and not any(map(begins_small, words))


def _is_made_of_details(words: Sequence[str], authors: Collection[str]) -> bool:
    """Say whether a line is a date and details that spaces part: "2025-09-28 10:12 来源：…", "12 May 2026, 9:30 Comments: 3"."""
    if not 1 < len(words) <= MAX_LINE_WORDS:
        return False
    dated = {0: False}  # for each end of a piece, whether a date stands before it; a year alone is none
    for start in range(len(words)):
        if start not in dated:
            continue
        for end in range(start + 1, min(start + MAX_DATE_WORDS, len(words)) + 1):
            piece = " ".join(words[start:end]).strip(SIGNS)
            is_date = is_date_line(piece) or is_time_stamp(piece)
            # A count such as "12 people" may be what the line tells, and an agency at its start opens a text.
            is_said = _is_detail if WIDE.search(piece) else _is_labelled_detail
            may_stand = end - start <= MAX_DETAIL_WORDS and (start > 0 or ":" in piece or WIDE.search(piece) is not None)
            if is_date or not piece or (may_stand and is_said(piece, authors)):
                dated[end] = dated.get(end, False) or dated[start] or (is_date and not piece.isdigit())
    return dated.get(len(words), False)


def _is_detail(piece: str, authors: Collection[str]) -> bool:
    return bool(COUNT.fullmatch(piece)) or _is_labelled_detail(piece, authors)


def _is_labelled_detail(piece: str, authors: Collection[str]) -> bool:
    """Say whether a piece is a site's label, or says who wrote the page: "Autor: (jk)"."""
    label, colon, name = piece.replace("：", ":").partition(":")
    is_signed = bool(colon) and after_by(label) == "" and 0 < len(name.split()) <= MAX_NAME_WORDS
    return is_signed or match_line(piece) is not None or is_byline(piece, authors)


def _is_dated_byline(line: str, authors: Collection[str]) -> bool:
    """Say whether the line names a writer and then, behind a space or a sign, the date: "Jane Doe | 12 March 2024, 10:05".

    Or the date and then the writer: "Posted on 12 March 2024 by Jane Doe".
    """
    if not has_digit(line):
        return False
    words = line.split()
    first = next(n for n, word in enumerate(words) if has_digit(word))
    for cut in range(1, first + 1):
        head, date = " ".join(words[:cut]).rstrip(SIGNS), " ".join(words[cut:]).lstrip(SIGNS)
        if head and is_stamped_date(date):
            return is_byline(head, authors)
    for cut in range(first + 1, len(words)):
        date, tail = " ".join(words[:cut]).rstrip(SIGNS), " ".join(words[cut:]).lstrip(SIGNS)
        # A year alone dates a work: "1984 by George Orwell".
        is_dated = tail and not has_digit(tail) and not date.isdigit() and (is_date_line(date) or is_time_stamp(date))
        if is_dated and (after_by(tail) is not None or fold(tail) in authors) and is_byline(tail, authors, desks=True):
            return True
    return False


def _is_placed(folded: str, line: str, author: str) -> bool:
    """Say whether a line is a known author and where they write from: "Jane Doe at Mill Road", "Jane Doe in New York"."""
    rest = line.split()[len(author.split()) :]
    if not folded.startswith(f"{author} ") or not 2 <= len(rest) <= MAX_PLACE_WORDS or fold(rest[0]) not in PLACED:
        return False
    return not any(begins_small(word) for word in rest[1:] if fold(word) not in INSIDE_PLACES)


def _is_labelled(folded: str, author: str) -> bool:
    """Say whether a line is a label and a known author: "Interview: Jane Doe", "Words and pictures: Jane Doe"."""
    label, colon, name = folded.partition(":")
    return bool(colon) and name.strip() == author and len(label.split()) <= MAX_LABEL_WORDS


def is_role(text: str) -> bool:
    """Say whether a line is what a writer is, and nothing else: "Staff Writer", "Courier Political Reporter"."""
    words = text.split()
    return 1 < len(words) <= MAX_ROLE_WORDS and not ends_softly(text) and fold(words[-1]) in words_for("press_roles")


def is_bare_name(text: str) -> bool:
    """Say whether a line is written as a name: two to four words, each with a capital."""
    return 2 <= len(text.split()) <= MAX_NAME_WORDS and not ends_softly(text) and _are_names(text)


def _is_aged(signed: str, authors: Collection[str]) -> bool:
    """Say whether what stands behind "By" is a known author and then a few words with a figure: "Jane Doe 2 years ago"."""
    rests = (signed[len(author) :] for author in authors if author and signed.startswith(f"{author} "))
    return any(has_digit(rest) and len(rest.split()) <= MAX_AGE_WORDS for rest in rests)


def _is_desk(text: str) -> bool:
    """Say whether the text signs for the house or an agency, with or without a person: "dpa", "our newsroom", "Jane Doe, AFP"."""
    pieces = [piece for piece in SIGNED.split(text.strip(" ()[]")) if piece]
    signs = [is_agency(piece) or is_agency(BY.sub("", piece, count=1)) or _is_house(piece) for piece in pieces]
    roles = [
        len(pieces) > 1 and fold(piece.split()[-1]) in words_for("press_roles") and len(piece.split()) <= 4 for piece in pieces
    ]
    return any(signs + roles) and all(map(any, zip(signs, roles, map(_are_names, pieces), strict=True)))


def _is_house(text: str) -> bool:
    words = [fold(word).strip(".") for word in text.split()]
    beside = words_for("beside_desks") | words_for("bylines")
    return any(word in words_for("desks") for word in words) and all(word in words_for("desks") | beside for word in words)


def _are_names(text: str) -> bool:
    """Say whether the text is names: words that begin with a capital, or have none, and what joins names."""
    if any(c.isdigit() or c in "?!:" for c in text):
        return False
    words = [word for word in text.split() if fold(word.strip(",|&-·")) not in words_for("bylines") and word.strip(",|&-·")]
    if len(words) == 1 and WIDE_NAME.fullmatch(words[0]):
        return True
    small = (begins_small(word) and not SMALL_BEGINNING.match(word) for word in words)
    return 2 <= len(words) <= 8 and all(map(NAME.match, words)) and not any(small)


def is_bio(text: str, authors: Collection[str]) -> bool:
    """Say whether the text tells who a writer is, or how to reach them. `authors` are the folded names that the metadata gives."""
    if count_words(text) > MAX_BIO_WORDS:
        return False
    return CONTACT.match(text) is not None or _says_who(text, authors)


def _says_who(text: str, authors: Collection[str]) -> bool:
    """Say whether the text begins as "Jane Doe is a reporter for …": a name, a verb, what people of the press are called.

    What a house reports ("The Courier reports she …") and whom a club's player joined is the story.
    """
    words = words_of(text)
    if any(map(begins_small, words[:2])):  # as in most paragraphs
        return False
    place = next((i for i, word in enumerate(words[:7]) if fold(word) in words_for("biography_verbs")), None)
    if place is None or place < 2 or any(begins_small(word) for word in words[:place]):
        return False
    verb, subject = fold(words[place]), {fold(word) for word in words[:place]}
    # An obituary ends so, too.
    if verb == "was" and authors and not any(subject & set(author.split()) for author in authors):
        return False
    phrases = words_for("press_phrases")
    if not any(phrase.split()[0] == verb for phrase in phrases):
        roles = {fold(word).removesuffix("'s").strip(".'") for word in words[place + 1 : place + 1 + ROLE_WITHIN]}
        return bool(roles & words_for("biographies"))
    told = (verb, " ".join(fold(word) for word in words[place : place + 2]))
    return "the" not in subject and any(phrase in phrases for phrase in told)
