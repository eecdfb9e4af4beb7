"""Cut UTF-8 texts into words: one compiled pass over the bytes, shared by sketches and verification."""

from __future__ import annotations

from typing import Any

import numpy as np

from pipeline.dedup.characters import (
    ACCENT,
    CHUNKED,
    CHUNKED_MARK,
    DIGIT,
    LETTER,
    NEWLINE,
    QUOTE,
    QUOTE_CLOSE,
    QUOTE_OPEN,
    SECOND,
    SEPARATOR,
    SINGLE,
    SKIPPED,
    STOP,
)
from pipeline.dedup.jit import inner
from pipeline.dedup.undecoded import AMPERSAND, LEADS, entity_at, misread_at

# Flags of a word. PIECE: an ideograph, or what stands between two boundaries in a script without spaces.
FIGURE, NAME, SENTENCE, PARAGRAPH, QUOTED, PIECE, SHORT = 1, 2, 4, 8, 16, 32, 64
REPEATED = 128  # by who sorts shingles: it belongs to a phrase of six words or more that stood in its text before
_ENTITY = FIGURE | NAME

_SEED = np.uint64(0x9E3779B97F4A7C15)
_PRIME = np.uint64(0x100000001B3)
_STEP = np.uint64(0xE7037ED1A0B428DB)
_MIX_1 = np.uint64(0xBF58476D1CE4E5B9)
_MIX_2 = np.uint64(0x94D049BB133111EB)
BLANK = np.uint64(0x80)  # in the table of quick bytes
_CHUNK = np.uint64(0xD6E8FEB86659FD93)
_SHORT_LETTERS = 3  # most function words of alphabetic languages are not longer
_CASELESS = (0x0590, 0x1D00, 0x2000)  # letters from the first to the second and from the third on have no capitals in a sentence
# Between digits these are written or not, by language and house: points, commas and colons, those of other scripts and widths; and
# between thousands blanks.
_MARKS = (0x2C, 0x2E, 0x3A, 0xB7, 0x066B, 0x066C, 0x30FB, 0xFF0C, 0xFF0E, 0xFF1A)
_BLANKS = (0x20, 0xA0, 0x2007, 0x2009, 0x202F)
_THOUSANDS = 3
_JAMO, _JAMO_VOWELS, _LAST_JAMO = 0x1100, 0x1160, 0x1200
_HANGUL, _LAST_HANGUL = 0xAC00, 0xD7A3  # each syllable is two or three letters, which may be written one by one


@inner
def mix(x: Any) -> Any:
    """Return a well-mixed 64-bit hash of a 64-bit number (the finaliser of splitmix64)."""
    x = np.uint64(x)
    x = (x ^ (x >> np.uint64(30))) * _MIX_1
    x = (x ^ (x >> np.uint64(27))) * _MIX_2
    return x ^ (x >> np.uint64(31))


@inner
def triple(one: Any, two: Any, three: Any) -> Any:
    """Return the hash of a 3-word shingle from the hashes of its words."""
    return mix((np.uint64(one) * _STEP + np.uint64(two)) * _STEP + np.uint64(three))


@inner
def sextuple(left: Any, right: Any) -> Any:
    """Return the hash of a 6-word shingle from those of its halves: both are mixed already, so their sum is."""
    return np.uint64(left) * _STEP + np.uint64(right)


@inner
def _quoted_by(by: Any, code: Any, kind: Any, opens: bool) -> Any:
    """Return the mark of the quotation that goes on after a quotation mark, 0 for none; `by` is that of the one it stands in.

    `opens`: it stands before a word and after a blank, as a mark does that languages close with or open with („x“, »x«, ”x”).
    """
    if by == 0:
        return code if kind != QUOTE_CLOSE or opens else 0
    if by == 0x22 or 0x201C <= by <= 0x201E:
        closes = code == 0x22 or code == 0x201D or (by == 0x201E and code == 0x201C)
    elif by == 0xAB or by == 0xBB:
        closes = code == 0xBB or (by == 0xBB and code == 0xAB)
    elif by == 0x2039 or by == 0x203A:
        closes = code == 0x203A or (by == 0x203A and code == 0x2039)
    else:
        closes = code == by + 1
    return 0 if closes else by


@inner
def _letter_at(data: Any, i: int, high: int, quick: Any) -> bool:
    """Say whether a letter or a figure begins at byte `i`, of those that UTF-8 writes in one or two bytes."""
    return i < high and (quick[data[i]] < BLANK or 0x30 <= data[i] <= 0x39 or 0xC3 <= data[i] < 0xE0)


@inner
def _digits_at(data: Any, i: int, high: int, kinds: Any) -> int:
    """Return how many digits of any script stand at byte `i`: no more than one more than there are between thousands."""
    count = 0
    while i < high and count <= _THOUSANDS and data[i] < 0xF0:
        byte = np.uint32(data[i])
        size = 1 if byte < 0x80 else 2 if byte < 0xE0 else 3
        code = byte if size == 1 else byte & np.uint32(0x1F if size == 2 else 0x0F)
        for k in range(1, size):
            code = (code << np.uint32(6)) | np.uint32(data[i + k] & 0x3F)
        if kinds[code] != DIGIT:
            break
        count += 1
        i += size
    return count


@inner
def _goes_on(data: Any, i: int, high: int, code: Any, digits: int, kinds: Any) -> bool:
    """Say whether a number goes on at byte `i`, after `code`; `digits` stand before that, after its last blank."""
    if code in _BLANKS:
        return 0 < digits <= _THOUSANDS and _digits_at(data, i, high, kinds) == _THOUSANDS
    return code in _MARKS and _digits_at(data, i, high, kinds) > 0


@inner
def _letters_in(code: Any) -> int:
    """Return for how many letters of an alphabet a character stands: two for a syllable of Hangul, or for what one begins with."""
    if code < _JAMO:
        return 1
    if code < _JAMO_VOWELS or _HANGUL <= code <= _LAST_HANGUL:
        return 2
    return 0 if code < _LAST_JAMO else 1


@inner
def scan(data: Any, low: int, high: int, tables: Any, out: Any, at: int, full: bool) -> int:
    """Write the words of `data[low:high]` from index `at` on; return the index after the last.

    `tables` are those of `characters`, `out` is (hashes u64, starts u32, ends u32, flags u8); starts and ends are code points from
    the start of the text. Without `full`, only the hashes can be used.
    """
    kinds, folded, capital, quick, entities = tables
    hashes, starts, ends, flags = out
    n = at
    position = 0  # of the current character, in code points
    i = low
    open_word = False
    chunk = False  # the open word is a stretch of a script that is written without spaces
    word_hash = np.uint64(0)
    letters: Any = 0
    number = unit = False  # the open word is a number, or stands behind one without a blank
    digits = 0  # of an open number, after its last blank
    flag = 0
    previous = np.uint64(0)
    new_sentence = True
    new_paragraph = True
    stopped = False  # a full stop was the last thing that was not blank
    quoted = np.uint32(0)  # the mark that the quotation began with
    misread_end = -1  # byte after the last character that was not read as UTF-8
    while i < high:
        if open_word and not chunk and not number and quick[data[i]] <= BLANK:  # most of most texts: ASCII letters and blanks
            first, before, position_before = n, i, position
            start, end = starts[n], ends[n]
            for at_byte in range(np.uint64(i), np.uint64(high)):  # unsigned: no test for indices from the end
                letter = quick[data[at_byte]]
                if letter > BLANK:
                    break
                word = np.uint64(n)  # what is written of it stays when it ends: a branch for that could not be foreseen
                hashes[word] = word_hash
                if full:
                    start = np.uint32(position) if word_hash == _SEED else start
                    end = end if letter == BLANK else np.uint32(position + 1)
                    starts[word], ends[word] = start, end
                n += int(letter == BLANK) & int(word_hash != _SEED)
                word_hash = _SEED if letter == BLANK else (word_hash ^ letter) * _PRIME
                i += 1
                position += 1
            open_word = word_hash != _SEED
            if n == first:
                letters += position - position_before
                continue
            new_sentence = new_paragraph = stopped = unit = False
            if not full:
                flag = 0
                continue
            flags[first] = flag | (SHORT if letters + ends[first] - position_before <= _SHORT_LETTERS and not flag & _ENTITY else 0)
            for other in range(first + 1, n + int(open_word)):
                flag = (NAME if capital[data[before + starts[other] - position_before]] else 0) | (QUOTED if quoted else 0)
                letters = np.int64(ends[other]) - np.int64(starts[other])
                flags[other] = flag | (SHORT if letters <= _SHORT_LETTERS and not flag & _ENTITY else 0)
            continue
        byte = np.uint32(data[i])
        if byte < 0x80:
            code = byte
            size = 1
        elif byte < 0xE0:
            code = ((byte & np.uint32(0x1F)) << np.uint32(6)) | np.uint32(data[i + 1] & 0x3F)
            size = 2
        elif byte < 0xF0:
            code = (
                ((byte & np.uint32(0x0F)) << np.uint32(12))
                | (np.uint32(data[i + 1] & 0x3F) << np.uint32(6))
                | np.uint32(data[i + 2] & 0x3F)
            )
            size = 3
        else:
            code = (
                ((byte & np.uint32(0x07)) << np.uint32(18))
                | (np.uint32(data[i + 1] & 0x3F) << np.uint32(12))
                | (np.uint32(data[i + 2] & 0x3F) << np.uint32(6))
                | np.uint32(data[i + 3] & 0x3F)
            )
            size = 4
        width = 1
        if code == AMPERSAND:
            entity, size = entity_at(data, i, high, entities)
            code, width = np.uint32(entity), size
        elif LEADS[0] <= code <= LEADS[1] and i + 2 < high and data[i + 2] >= 0x80:
            misread, more, count = misread_at(data, i, high, code, open_word, misread_end == i, capital)
            if misread:
                code, size, width = np.uint32(misread), more, count
                misread_end = i + size
        letter = code
        second = np.uint32(0)
        big = 0
        if code < 0x10000:
            kind = kinds[code]
            letter = folded[code] & np.uint32((1 << SECOND) - 1)
            second = folded[code] >> np.uint32(SECOND)
            big = capital[code]
        elif code >= 0x20000:
            kind = SINGLE if code < 0xE0000 else ACCENT
        else:
            kind = SEPARATOR if 0x1F000 <= code < 0x1FB00 else LETTER
        if kind in (LETTER, DIGIT):
            parts = open_word and ((number and kind == LETTER) or (unit and kind == DIGIT))  # 5km, 5 km; 20h30, 20 h 30
            if open_word and (chunk or parts):
                hashes[n] = word_hash
                flags[n] = flag
                n += 1
                open_word = False
                new_sentence = new_paragraph = stopped = False
            if not open_word:
                open_word = True
                chunk = False
                number = kind == DIGIT
                unit = parts and not number
                digits = 0
                starts[n] = position
                word_hash = _SEED
                letters = 0
                flag = QUOTED if quoted else 0
                caseless = _CASELESS[0] <= code < _CASELESS[1] or code >= _CASELESS[2]
                if new_sentence or (stopped and (big or kind == DIGIT or caseless)):
                    flag |= SENTENCE
                elif big and not parts:
                    flag |= NAME
                if new_paragraph:
                    flag |= PARAGRAPH
            if kind == DIGIT:
                flag |= FIGURE
                digits += 1
            if _HANGUL <= code <= _LAST_HANGUL:
                syllable = np.uint32(code - _HANGUL)
                word_hash = (word_hash ^ np.uint64(0x1100 + syllable // 588)) * _PRIME
                letter = 0x1161 + syllable % 588 // 28
                if syllable % 28:
                    word_hash = (word_hash ^ np.uint64(letter)) * _PRIME
                    letter = 0x11A7 + syllable % 28
            word_hash = (word_hash ^ np.uint64(letter)) * _PRIME
            if second:
                word_hash = (word_hash ^ np.uint64(second)) * _PRIME
            letters += _letters_in(code)
            ends[n] = position + width
        elif kind == SKIPPED:
            pass  # an apostrophe inside a word belongs to it, one at the end does not: only letters move the end
        elif kind == ACCENT:
            last = n if open_word else n - 1
            if last >= at and ends[last] == position:  # no word ends within a character
                ends[last] = position + width
        elif kind == SINGLE:
            if open_word:
                open_word = chunk = False
                hashes[n] = word_hash
                flags[n] = flag | (SHORT if letters <= _SHORT_LETTERS and not flag & (FIGURE | NAME) else 0)
                n += 1
            flag = PIECE | (QUOTED if quoted else 0)
            if new_sentence or stopped:
                flag |= SENTENCE
            if new_paragraph:
                flag |= PARAGRAPH
            starts[n] = position
            ends[n] = position + width
            hashes[n] = (_SEED ^ np.uint64(letter)) * _PRIME
            flags[n] = flag
            n += 1
            new_sentence = new_paragraph = stopped = False
        elif kind in (CHUNKED, CHUNKED_MARK):
            # Boundaries that depend on two neighbouring letters only fall alike wherever the same letters stand.
            if open_word and not chunk:
                hashes[n] = word_hash
                flags[n] = flag | (SHORT if letters <= _SHORT_LETTERS and not flag & (FIGURE | NAME) else 0)
                n += 1
                open_word = new_sentence = new_paragraph = stopped = False
            if open_word and kind == CHUNKED and mix(previous * _CHUNK + np.uint64(code)) & np.uint64(15) < 7:
                hashes[n] = word_hash
                flags[n] = flag
                n += 1
                open_word = False
            if not open_word:
                open_word = chunk = True
                starts[n] = position
                word_hash = _SEED
                letters = _SHORT_LETTERS + 1
                flag = PIECE | (QUOTED if quoted else 0)
                if new_sentence or stopped:
                    flag |= SENTENCE
                if new_paragraph:
                    flag |= PARAGRAPH
                new_sentence = new_paragraph = stopped = False
            word_hash = (word_hash ^ np.uint64(code)) * _PRIME
            ends[n] = position + width
            previous = np.uint64(code)
        else:
            inside = False
            in_word = open_word and _letter_at(data, i + size, high, quick)
            if open_word:
                if flag & FIGURE and _goes_on(data, i + size, high, code, digits if number else 0, kinds):
                    inside = True  # 12.5, 1,000, 10:30 and 1 000 000 are one word each; the marks do not count
                    digits = 0 if code in _BLANKS else _THOUSANDS + 1
                else:
                    open_word = False
                    hashes[n] = word_hash
                    flags[n] = flag | (SHORT if letters <= _SHORT_LETTERS and not flag & (FIGURE | NAME) else 0)
                    n += 1
                    new_sentence = new_paragraph = False
                    stopped = chunk and code == 0x20  # where words are not divided, a blank divides clauses
                    chunk = False
            if inside:
                pass
            elif kind == STOP:
                stopped = True
            elif kind == NEWLINE:
                new_sentence = new_paragraph = True
                quoted = np.uint32(0)
            elif kind >= QUOTE_OPEN and not (kind == QUOTE and in_word):  # as it stands in Hebrew abbreviations
                opens = (i == low or data[i - 1] <= 0x20) and _letter_at(data, i + size, high, quick)
                quoted = _quoted_by(quoted, np.uint32(code), kind, opens)
        position += width
        i += size
    if open_word:
        hashes[n] = word_hash
        flags[n] = flag | (SHORT if letters <= _SHORT_LETTERS and not flag & (FIGURE | NAME) else 0)
        n += 1
    return n
