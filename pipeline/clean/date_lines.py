"""Lines that are nothing but a date or a time, and lines that say when a page was published or updated."""

from __future__ import annotations

import re
from functools import cache

from pipeline.clean.lines import bare, fold, has_digit
from pipeline.clean.rules import load_rules
from pipeline.clean.words import words_for
from pipeline.extract.dates import OF_YEAR, plain_date
from pipeline.extract.months import is_month

MAX_WORDS = 16  # "Published at 09:30 on Tuesday, 4 May 2021, last updated at …" has 14
MAX_STAMP_WORDS = 8  # "cet article a été mis à jour le"
TIME_STAMP = "time-stamp"
_NUMBER = re.compile(r"\d{1,4}(?:st|nd|rd|th|er|h\d{0,2}|am|pm|ως|-го|\.)?$")
_NUMERIC_DATE = re.compile(
    r"\d{1,4}\s?[./-]\s?\d{1,2}\s?[./-]\s?\d{1,4}|\d{1,2}[:.h]\d{2}(?::\d{2})?|(?:19|20)\d\d"
    r"|\d{1,2}月\d{1,2}日|\d{1,2}월 ?\d{1,2}일"
)
_CLOCK = re.compile(
    r"\d{1,2}[.h:]\d{0,2}(?:[ap]m|h)?|\d{1,2}[ap]m|[+-]?\d{4}z?|\d{1,4}t\d{1,2}|\d{1,2}\.\d{1,2}(?:\.\d{2,4})?|\d{2}z|(?:gmt|utc)\+\d{1,2}"
)
_ASIAN = (
    r"\d{4} ?[년年.] ?\d{1,2} ?[月월.] ?\d{1,2} ?[日일.]?(?: ?[(（].{1,3}[)）])?"
    r"(?: ?(?:午前|午後|上午|下午|凌晨|早上|中午|傍晚|晚上|오전|오후)? ?\d{1,2}[:時时시] ?\d{0,2} ?[分분]?)?"
)
_ASIAN_DATE = re.compile(_ASIAN)
# "公開 2024年5月4日 更新 2024年5月5日", "2024年5月4日公開": dates, each with what it says before or behind it.
_ASIAN_STAMPS = re.compile(
    r"(?:(?:本文|この記事は)?(?:公開|掲載|登録|配信|発行|最終更新|更新|改訂|发布|發布|發佈|发表|發表|修改|기사입력|입력|등록|게재|승인|최종수정|수정|업데이트)"
    rf"(?:日時|年月日|日期|日|时间|時間|于|於|일시|일)? ?[:：]? ?|{_ASIAN} ?|[|/／・、,] ?)+"
)
_ELISION = re.compile(r"(?<!\w)[dl]['’](?=[^\W\d_])", re.IGNORECASE)  # "1 d'octubre de 2026", "l'11 aprile"
_OF_YEAR = re.compile(rf"(?<!\d)(\d{{4}}){OF_YEAR}(?=\s)|(?<=\d)\sd\.")  # and of the day, in Lithuanian: "2021 m. gegužės 4 d."
_SEPARATORS = re.compile(r"[\s,،、，·•|/()\[\]:-]+")


def is_date_line(text: str) -> bool:
    """Say whether the line is a date or a time and nothing else."""
    return len(text) <= 120 and _is_date(text)


def is_stamped_date(text: str) -> bool:
    """Say whether the line is a date, and behind it perhaps another one with what it is: "3 May 2021, last updated: 4 May 2021"."""
    return len(text) <= 120 and _is_date(_without_stamps(text))


def is_time_stamp(text: str) -> bool:
    """Say whether the line says when the page was published or updated, with its date."""
    if len(text) > 160 or not has_digit(text):
        return False
    text = plain_date(text) if "年" in text else text
    if _ASIAN_STAMPS.fullmatch(text.rstrip("。.")) and _ASIAN_DATE.search(text):
        return True
    tokens = text.split()
    for length in range(min(MAX_STAMP_WORDS, len(tokens)), 0, -1):
        head, rest = " ".join(tokens[:length]), " ".join(tokens[length:])
        word, colon, after = re.sub("[：|]", ":", head).partition(":")
        if bare(fold(word if colon else head)) in _stamp_words() and (not colon or length == 1 or not after):
            return _is_date(_without_stamps(f"{after} {rest}"), stamped=True)
    return False


def _without_stamps(text: str) -> str:
    """Return the text without the stamps of several words in it: the second one of "published on 3 May, last updated on 4 May"."""
    tokens, kept, start = text.split(), [], 0
    while start < len(tokens):
        lengths = range(min(MAX_STAMP_WORDS, len(tokens) - start), 1, -1)
        length = next((n for n in lengths if bare(fold(" ".join(tokens[start : start + n]))) in _stamp_words()), 0)
        kept += [] if length else [tokens[start]]
        start += length or 1
    return " ".join(kept)


def _is_date(text: str, *, stamped: bool = False) -> bool:
    """Say whether every word is one of a date, and there is a date among them; behind "updated" a bare number will do."""
    if not has_digit(text) and "年" not in text:  # 二〇二四年五月四日
        return False
    text = _OF_YEAR.sub(r"\1", _ELISION.sub("", plain_date(text)))
    if _ASIAN_DATE.fullmatch(text.strip(" .:|-[]()")):
        return True
    tokens = [token for token in _SEPARATORS.split(text.casefold()) if token]
    if not tokens or len(tokens) > MAX_WORDS or not all(_is_date_word(token) for token in tokens):
        return False
    months = any(is_month(token.strip(".,;")) for token in tokens)
    return months or bool(_NUMERIC_DATE.search(text)) or stamped


def _is_date_word(token: str) -> bool:
    core = token.strip(".,;'\"")
    if not core or _NUMBER.fullmatch(token) or _CLOCK.fullmatch(core) or is_month(core):
        return True
    folded = fold(core)
    return folded in words_for("weekdays") or folded in words_for("dates") or folded in _stamp_words()


@cache
def _stamp_words() -> frozenset[str]:
    rule = next(rule for rule in load_rules() if rule.id == TIME_STAMP)
    return frozenset(bare(fold(word)) for words in rule.words.values() for word in words)
