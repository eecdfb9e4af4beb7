"""What each character does to a text that is cut into words: tables for the compiled scanner.

The tables name separators and special scripts by their code blocks and take everything else for a letter, so they do not
change with the Unicode version of the interpreter.
"""

from __future__ import annotations

import unicodedata
from functools import cache
from importlib.resources import files

import numpy as np
import numpy.typing as npt

from pipeline.dedup.undecoded import entity_names

Tables = tuple[
    npt.NDArray[np.uint8], npt.NDArray[np.uint32], npt.NDArray[np.uint8], npt.NDArray[np.uint64], npt.NDArray[np.uint64]
]  # fmt: skip
SEPARATOR, LETTER, DIGIT, SKIPPED, ACCENT, SINGLE, CHUNKED, CHUNKED_MARK, STOP, NEWLINE = range(10)
QUOTE_OPEN, QUOTE_CLOSE, QUOTE = range(10, 13)

# Letters above this are caseless or too rare to fold, but for kana and letters of another width; their decompositions never
# change once assigned.
FOLDED_BELOW = 0x2000
_FOLDED_ABOVE = ((0x3040, 0x30FF), (0xFF21, 0xFF3A), (0xFF41, 0xFF5A), (0xFF66, 0xFF9D))
# One letter for those that capitals, a text without diacritics or another keyboard write alike: final sigma, dotless i, Polish l,
# Persian and Arabic yeh and kaf.
_ALIKE = str.maketrans("ςıłøđیىک", "σilodييك")
# Serbian is written in both alphabets, one letter for one or two: its papers print each other's texts in their own.
_LATIN = dict(zip("абвгдђежзијклмнопрстћуфхцчш", "abvgddezzijklmnoprstcufhccs", strict=True)) | {"љ": "lj", "њ": "nj", "џ": "dz"}
# Chinese is written in traditional or simplified characters; papers of Taipei, Hong Kong, Beijing and Singapore print each other's
# texts in their own. The pairs are those of OpenCC's table TSCharacters, the first choice of each.
_SIMPLIFIED = files("pipeline.dedup").joinpath("simplified.txt")
SECOND = 16  # bits to the left in the table of folded letters: the second letter, if there are two

_SEPARATORS = (
    (0x00, 0x2F), (0x3A, 0x40), (0x5B, 0x60), (0x7B, 0xA9), (0xAB, 0xB4), (0xB6, 0xB9), (0xBB, 0xBF), (0xD7, 0xD7), (0xF7, 0xF7),
    (0x02B9, 0x02BF), (0x02C2, 0x02FF), (0x037E, 0x037E), (0x0387, 0x0387), (0x055A, 0x055F), (0x0589, 0x058F), (0x05BE, 0x05C7),
    (0x05F3, 0x05F4), (0x0600, 0x060F), (0x061B, 0x061F), (0x066A, 0x066D), (0x06D4, 0x06D4), (0x0964, 0x0965), (0x0970, 0x0970),
    (0x0E2F, 0x0E2F), (0x0E3F, 0x0E3F), (0x0E46, 0x0E46), (0x0E4F, 0x0E4F), (0x0E5A, 0x0E5B), (0x0F04, 0x0F14), (0x104A, 0x104F),
    (0x1360, 0x1368),
    (0x17D4, 0x17DB), (0x2000, 0x206F), (0x20A0, 0x20CF), (0x2190, 0x2BFF), (0x2E00, 0x2E7F), (0x3000, 0x3004), (0x3008, 0x3020),
    (0x3030, 0x3030), (0x303D, 0x303F), (0x30FB, 0x30FB), (0xA4F8, 0xA4FF), (0xE000, 0xF8FF), (0xFD3E, 0xFD3F), (0xFE10, 0xFE1F),
    (0xFE30, 0xFE6F), (0xFF00, 0xFF0F), (0xFF1A, 0xFF20), (0xFF3B, 0xFF40), (0xFF5B, 0xFF65), (0xFFE0, 0xFFFF),
)  # fmt: skip
_DIGITS = tuple((zero, zero + 9) for zero in (
    0x30, 0x0660, 0x06F0, 0x0966, 0x09E6, 0x0A66, 0x0AE6, 0x0B66, 0x0BE6, 0x0C66, 0x0CE6, 0x0D66, 0x0E50, 0x0ED0, 0x0F20, 0x1040,
    0x17E0, 0xFF10,
))  # fmt: skip
# Scripts written without spaces. A Han character or kana says about as much as a short word; the others are alphabets.
_SINGLES = ((0x3005, 0x3007), (0x3021, 0x3029), (0x3031, 0x303C), (0x3040, 0x30FA), (0x30FC, 0x30FF), (0x3105, 0x312F),
            (0x31F0, 0x31FF), (0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xF900, 0xFAFF), (0xFF66, 0xFF9D))  # fmt: skip
_CHUNKED = ((0x0E01, 0x0E2E), (0x0E30, 0x0E3A), (0x0E40, 0x0E45), (0x0E47, 0x0E4E), (0x0E81, 0x0EC9), (0x1000, 0x103F),
            (0x1050, 0x108F),
            (0x1780, 0x17D3))  # fmt: skip
# Signs of these that stand on, under or after the letter before them: no word begins with one.
_CHUNKED_MARKS = ((0x0E30, 0x0E3A), (0x0E45, 0x0E45), (0x0E47, 0x0E4E), (0x0EB0, 0x0EBC), (0x0EC8, 0x0EC9), (0x102B, 0x103E),
                  (0x1056, 0x1059), (0x105E, 0x1060), (0x1062, 0x1064), (0x1067, 0x106D), (0x1071, 0x1074), (0x1082, 0x108D),
                  (0x108F, 0x108F), (0x17B4, 0x17D3))  # fmt: skip
# Written or left out without a change of the word: apostrophes, soft hyphen, joiners; and what is part of the character before it:
# combining accents, tatweel, the dot of Indian letters, voice marks of kana, variation selectors.
_SKIPPED = ((0x27, 0x27), (0xAD, 0xAD), (0x02BC, 0x02BC), (0x200B, 0x200F), (0x2018, 0x2019), (0x202A, 0x202E), (0x2060, 0x2064),
            (0xFEFF, 0xFEFF))  # fmt: skip
_ACCENTS = ((0x0300, 0x036F), (0x0591, 0x05BD), (0x0610, 0x061A), (0x0640, 0x0640), (0x064B, 0x065F), (0x0670, 0x0670),
            (0x06D6, 0x06DC), (0x093C, 0x093C), (0x09BC, 0x09BC), (0x0A3C, 0x0A3C), (0x3099, 0x309A), (0xFE00, 0xFE0F),
            (0xFF9E, 0xFF9F))  # fmt: skip
_STOPS = ".!?…։؟۔।॥။።។。！？｡．"
_QUOTES_OPEN = "“„«「『‹"
_QUOTES_CLOSE = "”»」』›"


@cache
def tables() -> Tables:
    """Return for the code points below 65536: class, folded code point (or two), and 1 where the letter is a capital.

    The table after these is for bytes: the folded code of an ASCII letter, 0x80 for a blank, 0xFF for every other byte. The last
    has the names of entities.
    """
    kinds = np.full(0x10000, LETTER, np.uint8)
    for ranges, kind in (
        (_SEPARATORS, SEPARATOR), (_DIGITS, DIGIT), (_SINGLES, SINGLE), (_CHUNKED, CHUNKED), (_CHUNKED_MARKS, CHUNKED_MARK),
        (_SKIPPED, SKIPPED), (_ACCENTS, ACCENT),
    ):  # fmt: skip
        for first, last in ranges:
            kinds[first : last + 1] = kind
    for characters, kind in ((_STOPS, STOP), (_QUOTES_OPEN, QUOTE_OPEN), (_QUOTES_CLOSE, QUOTE_CLOSE)):
        for character in characters:
            kinds[ord(character)] = kind
    kinds[ord('"')] = QUOTE
    for newline in "\n\r\v\f\x85\u2028\u2029":
        kinds[ord(newline)] = NEWLINE
    folded = np.arange(0x10000, dtype=np.uint32)
    capital = np.zeros(0x10000, np.uint8)
    for code in range(FOLDED_BELOW):
        if kinds[code] == LETTER:
            lower = chr(code).lower()
            capital[code] = lower != chr(code)
            letter = unicodedata.normalize("NFD", lower)[0].translate(_ALIKE)
            first, *second = map(ord, _LATIN.get(letter, letter))
            folded[code] = first | sum(second) << SECOND
    for first, last in _FOLDED_ABOVE:
        for code in range(first, last + 1):
            lower = chr(code).lower()
            capital[code] = lower != chr(code)
            folded[code] = ord(unicodedata.normalize("NFKD", lower)[0])
    for pair in _SIMPLIFIED.read_text(encoding="utf-8").split():
        folded[ord(pair[0])] = ord(pair[1])
    for first, _ in _DIGITS:
        folded[first : first + 10] = np.arange(0x30, 0x3A)
    quick = np.full(256, 0xFF, np.uint64)
    quick[:0x80] = np.where(kinds[:0x80] == LETTER, folded[:0x80], 0xFF)
    quick[0x20] = 0x80
    return kinds, folded, capital, quick, entity_names()
