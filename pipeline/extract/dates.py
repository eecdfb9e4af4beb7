"""When a page says it was published: read exactly as precisely as it is written, never guessed."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone
from email.utils import parsedate_to_datetime

from pipeline.extract.calendars import in_common_era
from pipeline.extract.months import month_number, with_one_name
from pipeline.extract.strings import MARKS
from pipeline.extract.zones import NAMED_ZONE, offset_of

EARLIEST_YEAR = 1800  # publishers put digitised archives online
EARLIEST_IN_TEXT = 1995  # of an address or free text: no page is older than the web
LATEST_YEAR = 2049  # when the caller does not say what the time is; in Nepal it is that year since 1992
# What software writes for "no date".
NO_DATES = frozenset({"1970-01-01", "1969-12-31", "1900-01-01", "1899-12-30", "1980-01-01"})
ZONE_STEP = timedelta(minutes=15)
AHEAD = timedelta(hours=14)  # the first time zone to see a new day

ISO = re.compile(
    r"(\d{4})-(\d{1,2})-(\d{1,2})(?:(?:\s*T\s*|\s+|\s*,\s*)(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,]\d{1,9})?)?\s*"
    rf"({NAMED_ZONE}|Z|UTC|GMT|[+-]\d{{2}}(?::?\d{{2}})?)?)?(?![\d-])",
    re.IGNORECASE,
)
HALF = re.compile(r"\s*([ap])\.?m\b", re.IGNORECASE)  # of the day, behind a time that would be one of 24 hours
# As C and Java write a time: "Fri Mar 01 10:05:00 CET 2024".
SYSTEM_TIME = re.compile(
    r"[A-Z][a-z]{2} ([A-Z][a-z]{2}) +(\d{1,2}) (\d\d):(\d\d):(\d\d) "
    rf"(?:(Z|UTC|GMT(?:[+-]\d\d:?\d\d)?|{NAMED_ZONE}) |[A-Z]{{2,5}} )?(\d{{4}})"
)
YEAR_FIRST = re.compile(r"(?<!\d)(\d{4})\s?[./年년]\s?(\d{1,2})\s?[./月월]\s?(\d{1,2})(?!\d)")
COMPACT = re.compile(r"(?<!\d)((?:19|20)\d{2})(0[1-9]|1[0-2])([0-2]\d|3[01])(?:T?(\d{2})(\d{2})(\d{2})?(Z|[+-]\d{4})?)?(?!\d)")
NUMERIC = re.compile(r"(?<![\d/.-])(\d{1,2})\s?([./-])\s?(\d{1,2})\s?\2\s?(\d{4})(?!\d)")
# With a year of two digits: "14.11.25", "10/17/12"; numbers of versions and addresses go on.
SHORT_YEAR = re.compile(r"(?<![\w/.:-])(0?[1-9]|[12]\d|3[01])([./])(0?[1-9]|[12]\d|3[01])\2(\d\d)(?![\w/:-]|\.\d)")
YEAR_FIRST_LANGUAGES = frozenset(("ja", "ko", "zh", "hu", "lt", "mn"))
EPOCH = re.compile(r"(\d{10}|\d{13})")
WORD = rf"(?:[^\W\d_][{MARKS}]*)+"
DAY_MONTH = re.compile(
    rf"(?<!\d)(\d{{1,2}})(?:st|nd|rd|th|er|º|ª|\.)?,?\s*[-/]?(?:\s?(?:de|di|of|d’|d')\s?|\s)?[-/]?({WORD})\.?[,،]?\s*[-/]?(?:de\s|del\s)?\s?(\d{{4}})(?!\d)"
)
MONTH_DAY = re.compile(rf"({WORD})\.?\s+(\d{{1,2}})(?:st|nd|rd|th)?(?:,\s*|\s+(?:del?\s+)?)(\d{{4}})(?!\d)")
# "Year" behind a year, in Latvian, Lithuanian, Uzbek and Kazakh: "2024. gada 1. marts", "2024 m. kovo 1 d.".
OF_YEAR = r"\.?\s?-?(?:gada|m\.|yil|йил|жылғы|ж\.)"
YEAR_MONTH = re.compile(rf"(?<!\d)(\d{{4}})(?:{OF_YEAR}|\.)?[\s-]+({WORD})\.?[\s-]+(\d{{1,2}})(?!\d)")
YEAR_DAY = re.compile(rf"(?<!\d)(\d{{4}}){OF_YEAR}\s+(\d{{1,2}})(?:\.\s*|\s|-)({WORD})")
CLOCK = re.compile(
    r"(?<!\d)([01]?\d|2[0-3])(?:[:.]|\s?h\s?)([0-5]\d)(?::([0-5]\d))?\s*([ap]\.?\s?m\b\.?)?\s*(?:Uhr\s+)?\(?"
    rf"({NAMED_ZONE}|Z\b|(?:UTC|GMT)(?:\s*[+-]\d{{1,2}}(?::?\d{{2}})?)?|[+-]\d{{2}}:?\d{{2}}\b)?",
    re.IGNORECASE,
)
HALF_DAY = re.compile(r"\d\s*[ap]\.?\s?m\b", re.IGNORECASE)
# "8時05分", "下午8:05", "오후 8시": a half of the day, or the hour with its unit.
EAST_CLOCK = re.compile(
    r"(?:(?P<half>上午|午前|오전|凌晨|早上|中午|下午|午後|오후|傍晚|晚上)\s*(\d{1,2})\s*[:：時时시点點]"
    r"|(?<!\d)(\d{1,2})\s*(?:[時时시](?![間间간])|[点點](?=\s*\d{1,2}\s*分)))\s*(?:(\d{1,2})(?!\d))?"  # 3時間 is three hours
)
AFTERNOON = frozenset(("下午", "午後", "오후", "傍晚", "晚上"))
ZEROS = (
    *(0x660, 0x6F0, 0x966, 0x9E6, 0xA66, 0xAE6, 0xB66, 0xBE6, 0xC66, 0xCE6, 0xD66),
    *(0xE50, 0xED0, 0x1040, 0x17E0),
)
DIGITS = str.maketrans("".join(chr(zero + n) for zero in ZEROS for n in range(10)), "0123456789" * len(ZEROS))
# "Day", "year" and the comma in Khmer and Burmese dates; in Vietnamese ones the month is a number behind its word.
DATE_WORDS = re.compile(r"ថ្ងៃទី|ទី(?=\d)|ឆ្នាំ|ခုနှစ်|ရက်|၊")
VIETNAMESE = re.compile(r"(?<!\d)(\d{1,2})\s+tháng\s+(\d{1,2})(?:\s+năm|,(?:\s*năm)?)?\s+(\d{4})(?!\d)", re.IGNORECASE)
VIETNAMESE_MONTH_FIRST = re.compile(r"(?<!\w)tháng\s+(\d{1,2})\s+(\d{1,2}),?\s+(\d{4})(?!\d)", re.IGNORECASE)
# Languages of places that write the month first; every other writes the day first. English is written both ways.
MONTH_FIRST_LOCALES = frozenset({"en-us", "en_us", "fil", "en-ph", "es-us"})


@dataclass(frozen=True, slots=True)
class Stated:
    """A time as a page states it: a day, or a day with minutes or seconds, with or without its zone."""

    day: date
    clock: tuple[int, int, int] | None = None
    offset: timedelta | None = None

    def iso(self) -> str:
        """Return ISO 8601 exactly as precise as the page; midnight to the second is how software writes a day."""
        if self.clock is None or self.clock == (0, 0, 0):
            return self.day.isoformat()
        text = f"{self.day.isoformat()}T{self.clock[0]:02d}:{self.clock[1]:02d}:{self.clock[2]:02d}"
        if self.offset is None:
            return text
        minutes = int(self.offset.total_seconds()) // 60
        return f"{text}{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02d}:{abs(minutes) % 60:02d}"

    def on_the_clock_of(self, others: Iterable[Stated | None]) -> Stated:
        """Return the same instant on the publisher's clock, when this is in UTC and the page states it in local time too."""
        if not self.clock or self.offset != timedelta(0):
            return self
        here = datetime(self.day.year, self.day.month, self.day.day, *self.clock)
        for other in others:
            if other is None or not other.clock:
                continue
            ahead = datetime(other.day.year, other.day.month, other.day.day, *other.clock) - here
            if ahead and abs(ahead) <= AHEAD and not ahead % ZONE_STEP and other.offset in (None, ahead):
                return Stated(other.day, other.clock, ahead)
        return self

    def is_after(self, limit: datetime) -> bool:
        """Tell whether the time is later than an instant, wherever on Earth the page's clock hangs."""
        if self.clock is None or self.offset is None or self.clock == (0, 0, 0):
            return self.day > (limit.astimezone(UTC) + AHEAD).date()
        moment = datetime(self.day.year, self.day.month, self.day.day, *self.clock, tzinfo=timezone(self.offset))
        return moment > limit


def parse_date(value: str, locale: str | None = None, earliest: int = EARLIEST_YEAR) -> Stated | None:
    """Return the first complete date in a string; None when there is none, or it may be read in two ways.

    `locale` (`en-US`, `de`) tells whether 3/4/2021 is the third of April. A date without its day is no date.
    """
    value = plain_date(value.strip(), locale)
    stated = _machine_date(value) or _written_date(value, locale) or _numeric_date(value, locale)
    if stated is None or not earliest <= stated.day.year <= LATEST_YEAR or stated.day.isoformat() in NO_DATES:
        return None
    return stated


def plain_date(text: str, locale: str | None = None) -> str:
    """Return a text with its digits in ASCII and its dates in the common era, as the patterns read them."""
    if text.isascii() and not locale:
        return text
    if not text.isascii():
        text = VIETNAMESE.sub(r"\3/\2/\1", VIETNAMESE_MONTH_FIRST.sub(r"\3/\1/\2", DATE_WORDS.sub(" ", text.translate(DIGITS))))
        text = with_one_name(text)
    return in_common_era(text, locale)


def with_century(text: str, locale: str | None) -> str:
    """Return a line with the years of its dates in four digits where it is known which number is the day: "14.11.25" in German."""
    if (locale or "")[:2].lower() in YEAR_FIRST_LANGUAGES:
        return text
    return SHORT_YEAR.sub(lambda found: _whole_year(found, locale), text)


def _whole_year(found: re.Match[str], locale: str | None) -> str:
    """Return a date with its century, and with strokes: so short, dots are no sign that the day stands first."""
    first, second = int(found[1]), int(found[3])
    is_sure = second > 12 or (bool(locale) and (first > 12 or first == second))
    if not is_sure and not _day_is_first("/", locale) and (found[2] == "." or (locale or "").lower() not in MONTH_FIRST_LOCALES):
        return found[0]
    return f"{found[1]}/{found[3]}/{19 if found[4] >= '95' else 20}{found[4]}"


def _machine_date(value: str) -> Stated | None:
    if match := ISO.search(value):
        clock = (int(match[4]), int(match[5]), int(match[6] or 0)) if match[4] else None
        half = HALF.match(value, match.end()) if clock else None
        if clock and half and 1 <= clock[0] <= 12:
            clock = (_hour(clock[0], half[1]), *clock[1:])
        return _stated(match[1], match[2], match[3], clock, match[7])
    if match := SYSTEM_TIME.fullmatch(value):
        month = month_number(match[1], "en")
        return _stated(match[7], month, match[2], (int(match[3]), int(match[4]), int(match[5])), match[6]) if month else None
    if EPOCH.fullmatch(value):
        moment = datetime.fromtimestamp(int(value[:10]), UTC)
        return Stated(moment.date(), (moment.hour, moment.minute, moment.second), timedelta(0))
    if match := COMPACT.fullmatch(value):
        clock = (int(match[4]), int(match[5]), int(match[6] or 0)) if match[4] else None
        return _stated(match[1], match[2], match[3], clock, match[7])
    if value[:3].isalpha() and value[3:4] == "," and value[-5:].strip("+-").isalnum():
        return _mail_date(value)
    return None


def _mail_date(value: str) -> Stated | None:
    """Return the time of an RFC 2822 date: `Fri, 22 Dec 2023 10:00:00 GMT`; that has no halves of a day, and no other zones."""
    try:
        moment = parsedate_to_datetime(value)
    except (ValueError, IndexError, OverflowError):
        return None
    if moment.tzinfo is None or HALF_DAY.search(value):
        return None
    return Stated(moment.date(), (moment.hour, moment.minute, moment.second), moment.utcoffset())


def _written_date(value: str, locale: str | None) -> Stated | None:
    """Return a date with its month as a word, in any language known, or with year, month and day in that order."""
    language = (locale or "")[:2].lower()
    for pattern, order in ((DAY_MONTH, (3, 2, 1)), (MONTH_DAY, (3, 1, 2)), (YEAR_MONTH, (1, 2, 3)), (YEAR_DAY, (1, 3, 2))):
        for match in pattern.finditer(value):
            month = month_number(match[order[1]], language)
            if month:
                stated = _stated(match[order[0]], month, match[order[2]])
                if stated:
                    return _with_clock(stated, value[: match.start()] + " " + value[match.end() :])
    numbers = YEAR_FIRST.search(value)
    stated = _stated(numbers[1], numbers[2], numbers[3]) if numbers else None
    return _with_clock(stated, value[numbers.end() :]) if numbers and stated else None


def _numeric_date(value: str, locale: str | None) -> Stated | None:
    match = NUMERIC.search(value)
    if not match:
        return None
    first, separator, second = int(match[1]), match[2], int(match[3])
    if first > 12 or first == second or (second <= 12 and _day_is_first(separator, locale)):
        stated = _stated(match[4], second, first)
    elif second > 12 or (locale or "").lower() in MONTH_FIRST_LOCALES:
        stated = _stated(match[4], first, second)
    else:
        return None
    return stated and _with_clock(stated, value[match.end() :])


def _day_is_first(separator: str, locale: str | None) -> bool:
    """Tell whether 3/4/2021 is surely the third of April: written with dots, or in a language that never has it otherwise."""
    if separator == ".":
        return True
    locale = (locale or "").lower().replace("_", "-")
    if locale in ("en-gb", "en-au", "en-ie", "en-nz", "en-in", "en-za"):
        return True
    language = locale.split("-")[0]
    return bool(language) and language not in ("en", "fil") and locale not in MONTH_FIRST_LOCALES


def _with_clock(stated: Stated, rest: str) -> Stated:
    """Add the time of day that stands beside a date."""
    match, east = CLOCK.search(rest[:60]), EAST_CLOCK.search(rest[:60])
    if east and not (match and match.start() < east.start()):
        return _with_east_clock(stated, east)
    if not match:
        return stated
    hour = int(match[1])
    if match[4]:
        if not 1 <= hour <= 12:
            return stated
        hour = _hour(hour, match[4])
    clock = (hour, int(match[2]), int(match[3] or 0))
    return Stated(stated.day, clock, offset_of(match[5], datetime.combine(stated.day, time(*clock))))


def _hour(hour: int, half: str) -> int:
    """Return the hour of the day, 0 to 23, of one of twelve and "am" or "pm"."""
    return hour % 12 + (12 if half[0] in "pP" else 0)


def _with_east_clock(stated: Stated, match: re.Match[str]) -> Stated:
    hour, minute = int(match[2] or match[3]), int(match[4] or 0)
    if match["half"]:
        if hour > 12:  # "下午 20:05"
            return Stated(stated.day, (hour, minute, 0)) if hour < 24 and minute < 60 else stated
        noon = match["half"] == "中午"
        hour = (hour if hour > 10 else hour + 12) if noon else hour % 12 + (12 if match["half"] in AFTERNOON else 0)
    return Stated(stated.day, (hour, minute, 0)) if hour < 24 and minute < 60 else stated


def _stated(
    year: str | int, month: str | int, day: str | int, clock: tuple[int, int, int] | None = None, zone: str | None = None
) -> Stated | None:
    try:
        when = date(int(year), int(month), int(day))
    except ValueError:
        return None
    if clock == (24, 0, 0) or (clock and not (clock[0] < 24 and clock[1] < 60 and clock[2] < 60)):
        clock = None
    return Stated(when, clock, offset_of(zone, datetime.combine(when, time(*clock))) if clock else None)
