"""Dates of other calendars, written in the common era: of Iran and Afghanistan, Ethiopia, Thailand, Japan and Taiwan."""

from __future__ import annotations

import re
from datetime import date

# The solar calendar, in Persian, Dari and Pashto: other calendars have other names.
SOLAR_MONTHS = (
    ("فروردین", "اردیبهشت", "خرداد", "تیر", "مرداد", "شهریور", "مهر", "آبان", "آذر", "دی", "بهمن", "اسفند"),
    ("حمل", "ثور", "جوزا", "سرطان", "اسد", "سنبله", "میزان", "عقرب", "قوس", "جدی", "دلو", "حوت"),
    ("وری", "غویی", "غبرګولی", "چنګاښ", "زمری", "وږی", "تله", "لړم", "لیندۍ", "مرغومی", "سلواغه", "کب"),
)
_SOLAR = {name: number for names in SOLAR_MONTHS for number, name in enumerate(names, 1)}
SOLAR = re.compile(rf"(?<!\d)(\d{{1,2}})\s+({'|'.join(_SOLAR)})(?:\s?ماه)?،?\s+(1[34]\d\d)(?!\d)")
# In figures only on pages in these languages: Arabic ones write the years of the moon so.
SOLAR_LANGUAGES = frozenset(("fa", "ps"))
SOLAR_FIGURES = re.compile(r"(?<![\d/-])(1[34]\d\d)([/-])(\d{1,2})\2(\d{1,2})(?![\d/-])")
SOLAR_EPOCH = 226_143  # days before the new year 0 of the calendar, less what the leap years before it add

ETHIOPIAN_MONTHS = (
    ("መስከረም",), ("ጥቅምት",), ("ኅዳር", "ህዳር", "ሕዳር"), ("ታኅሣሥ", "ታኅሳስ", "ታህሣሥ", "ታህሳስ"), ("ጥር",), ("የካቲት",), ("መጋቢት",),
    ("ሚያዝያ", "ሚያዚያ"), ("ግንቦት",), ("ሰኔ",), ("ሐምሌ", "ሃምሌ"), ("ነሐሴ", "ነሃሴ"), ("ጳጉሜን", "ጳጉሜ"),
)  # fmt: skip
_ETHIOPIAN = {name: number for number, names in enumerate(ETHIOPIAN_MONTHS, 1) for name in names}
ETHIOPIAN = re.compile(rf"({'|'.join(_ETHIOPIAN)})\s+(\d{{1,2}})(?:\s+ቀን)?\s?[፣,]?\s+((?:19|20)\d\d)(?!\d)")
ETHIOPIAN_EPOCH = 2_795  # days of the common era before the first of the calendar
OF_ETHIOPIA = "am"  # Tigrinya has most of the names too, of our months

THAI = re.compile("[\u0e01-\u0e4e]")
THAI_ABBREVIATION = re.compile(r"([\u0e01-\u0e2e][\u0e34-\u0e37]?)\.([\u0e01-\u0e2e])\.")
THAI_ERA = re.compile(r"พ\.?\s?ศ\.?\s*(?=\d)")  # what says of a year that it is Buddha's
THAI_YEAR = re.compile(r"(?<!\d)2[456]\d\d(?!\d)")
THAI_SHORT_YEAR = re.compile(r"(?<!\d)(\d{1,2}\s?[\u0e01-\u0e4e]{2,12}\s)([4-9]\d)(?![\d:]|\.\d)")  # "3 พ.ค. 67"
BUDDHA = 543  # years before the common era

ERAS = {"令和": 2018, "平成": 1988, "昭和": 1925}  # the years before their first
ERA_YEAR = rf"({'|'.join(ERAS)})\s?(元|\d{{1,2}})"
ERA = re.compile(rf"{ERA_YEAR}\s?年")
# Both years, in whichever order: "2024年（令和6年）5月3日".
ERA_BEHIND = re.compile(rf"(\d{{4}})\s?年?\s?[(（]\s?{ERA_YEAR}\s?年?\s?[)）]\s?年?")
YEAR_BEHIND = re.compile(rf"{ERA_YEAR}\s?年?\s?[(（]\s?(\d{{4}})\s?年?\s?[)）]\s?年?")
REPUBLIC = 1911  # the year before the first of the Republic of China
REPUBLIC_YEAR = re.compile(r"(?:中華)?(?:民國|民国)\s?(\d{1,3})\s?年|(?<!\d)(1[0-4]\d)\s?年(?=\s?\d{1,2}\s?月)")
REPUBLIC_FIGURES = re.compile(r"(?<![\d./-])(1[0-4]\d)([./-])(\d{1,2})\2(\d{1,2})(?![\d./-])")
NUMERALS = "〇一二三四五六七八九"
WORD_DATE = re.compile(rf"(二[{NUMERALS}零○]{{3}})年([十{NUMERALS}]{{1,3}})月([廿十{NUMERALS}]{{1,3}})日")
_DIGITS = str.maketrans(f"{NUMERALS}零○", "012345678900")


def in_common_era(text: str, locale: str | None) -> str:
    """Return a text with its dates of other calendars in the common era; digits are in ASCII already.

    `locale`: of the page. Without it figures alone are not taken for such a date.
    """
    tag = (locale or "").lower().replace("_", "-")
    language = tag[:2]
    if not text.isascii():
        text = SOLAR.sub(_solar, text)
        text = text if language not in ("", OF_ETHIOPIA) else ETHIOPIAN.sub(_ethiopian, text)
        text = _of_the_east(text) if "年" in text else text
    if language in SOLAR_LANGUAGES:
        text = SOLAR_FIGURES.sub(lambda found: _solar_date(found[1], found[3], found[4]) or found[0], text)
    if tag.endswith("-tw"):
        text = REPUBLIC_FIGURES.sub(lambda found: f"{int(found[1]) + REPUBLIC}/{found[3]}/{found[4]}", text)
    if language == "th" or THAI.search(text):
        text = THAI_SHORT_YEAR.sub(r"\g<1>25\2", THAI_ABBREVIATION.sub(r"\1\2", THAI_ERA.sub("", text)))
        text = THAI_YEAR.sub(lambda year: str(int(year[0]) - BUDDHA), text)
    return text


def _solar(found: re.Match[str]) -> str:
    return _solar_date(found[3], str(_SOLAR[found[2]]), found[1]) or found[0]


def _solar_date(year: str, month: str, day: str) -> str | None:
    """Return a date of the solar calendar as one of the common era; None where the month has no such day."""
    y, m, d = int(year), int(month), int(day)
    longest = 31 if m < 7 else 30 if m < 12 else _solar_new_year(y + 1) - _solar_new_year(y) - 336
    if not (1 <= m <= 12 and 1 <= d <= longest):
        return None
    return date.fromordinal(_solar_new_year(y) + 30 * (m - 1) + min(m - 1, 6) + d - 1).strftime("%Y/%m/%d")


def _solar_new_year(year: int) -> int:
    """Return the ordinal of the first day of a year of the solar calendar: 8 leap years in 33, true for the years 1206 to 1498."""
    return SOLAR_EPOCH + 365 * year + (year + 1595) // 33 * 8 + ((year + 1595) % 33 + 3) // 4


def _ethiopian(found: re.Match[str]) -> str:
    """Return an Ethiopian date as one of the common era; as it is where the month has no such day: each has 30, the last 5 or 6."""
    year, month, day = int(found[3]), _ETHIOPIAN[found[1]], int(found[2])
    if not 1 <= day <= (30 if month < 13 else 5 + (year % 4 == 3)):
        return found[0]
    return date.fromordinal(ETHIOPIAN_EPOCH + 365 * (year - 1) + year // 4 + 30 * (month - 1) + day).strftime("%Y/%m/%d")


def _of_the_east(text: str) -> str:
    """Return a text with Japanese eras, years of the Republic of China and dates in Chinese numerals as ours, in figures."""
    text = WORD_DATE.sub(lambda found: f"{found[1].translate(_DIGITS)}年{_number(found[2])}月{_number(found[3])}日", text)
    text = YEAR_BEHIND.sub(r"\3年", ERA_BEHIND.sub(r"\1年", text))
    text = ERA.sub(lambda found: f"{ERAS[found[1]] + (1 if found[2] == '元' else int(found[2]))}年", text)
    return REPUBLIC_YEAR.sub(lambda found: f"{REPUBLIC + int(found[1] or found[2])}年", text)


def _number(numeral: str) -> int:
    """Return a number below 100 that is written with Chinese numerals: 十三, 二十三, 廿三."""
    tens, ten, ones = numeral.replace("廿", "二十").rpartition("十")
    digits = ones.translate(_DIGITS) or "0"
    return int(digits) + (10 * int(tens.translate(_DIGITS) or 1) if ten else 0)
