"""The agency that a text is from, as its dateline says or brackets at its end: "LONDON (Reuters) –", "… sagte er. (dpa)"."""

from __future__ import annotations

import re
from collections.abc import Sequence

from pipeline.extract.agencies import AGENCIES, DATELINES, agency_in, is_agency
from pipeline.extract.bylines import INSIDE_NAMES
from pipeline.extract.cjk_bylines import WIDE
from pipeline.extract.months import is_month
from pipeline.extract.strings import begins_small

MAX_DATELINE = 120  # characters from the beginning of a text to the end of its dateline
MAX_PLACE_WORDS = 8  # "NEW YORK, Thursday, May 3, 2024", "Budapest, 2024. május 3., péntek"
MAX_WIDE = 16  # characters of a place in Chinese or Japanese
MAX_SMALL = 2  # of these, words in small letters beside a date: "péntek"
LEADS = 2  # paragraphs that may have the dateline: the first may be a summary
FEWEST = 3  # letters of initials that sign a text: two may be those of a writer

_DASH = r"[-–—―－‐]"
_BRACKETS = r"[(（\[［【〔]([^()（）\[\]［］【】〔〕]{2,40})[)）\]］】〕]"
# "LONDON, Nov 20 (Reuters) -", "(ANSA) - ROMA", "【ワシントン共同】…", "(서울=연합뉴스) …"; "МОСКВА, 3 мая. /ТАСС/."
_BRACKETED = re.compile(rf"([^()（）\[\]［］【】〔〕\n]{{0,60}}?)\s*{_BRACKETS}\s*(\.?\s*{_DASH}|[:：=＝])?")
_STROKES = re.compile(rf"([^/\n]{{2,60}}?)\s*/([^/\n]{{2,40}})/\s*(\.|{_DASH})")
# "МОСКВА, 3 мая - РИА Новости.", "Москва. 3 мая. ИНТЕРФАКС - …", "دبي - رويترز:"
_DASHED = re.compile(rf"([^\n]{{2,60}}?)(?:\s*{_DASH}+\s*|\.\s+)([^\W\d_][^\n]{{1,39}}?)\s*([.:،]|\s{_DASH})(?=\s)")
# "新华社北京5月3日电", "（中央社記者陳思遠台北3日電）", "据法新社巴黎5月3日电"
_NAMES = {name for names in (*AGENCIES.values(), *DATELINES.values()) for name in names if WIDE.match(name)}
_WIDE_NAMES = "|".join(sorted(_NAMES, key=lambda name: (-len(name), name)))
_WIRED = re.compile(rf"[（(【\[〔]?[据據]?({_WIDE_NAMES})[^。，,！？!?\s]{{0,24}}?\d{{1,2}}日\s?[电電讯訊]")
_IN_BRACKETS = re.compile(rf"[^,，、،;；:：=＝・/\s]*?({_WIDE_NAMES})")  # "ワシントン共同": nothing between place and agency
_SIGN = re.compile(r"[(（\[［【〔/–—―－‐]|-[-\s]")  # every dateline but the Chinese one has such a sign
_CLAUSE = re.compile("[，。！？、：；]")
_BESIDE = re.compile(r"\s*[,，、،;；=＝・/]\s*")
_SIGNED = re.compile(rf"[.!?…。！？؟۔।»”\"']\s*{_BRACKETS}$")


def agency_of_text(paragraphs: Sequence[str]) -> str | None:
    """Return the agency of the dateline that a text opens with, or of the brackets that it ends with."""
    opened = (agency for text in paragraphs[:LEADS] if (agency := _of_dateline(text[:MAX_DATELINE])))
    return next(opened, None) or (_of_signature(paragraphs[-1]) if paragraphs else None)


def _of_dateline(text: str) -> str | None:
    if wired := _WIRED.match(text):
        return _agency(wired[1])
    if not _SIGN.search(text):
        return None
    for pattern in (_BRACKETED, _STROKES):
        if found := pattern.match(text):
            place, who = found[1].strip(" ,."), found[2]
            # Without a sign only beside a date, or in scripts whose papers write none: there what ends in it is a caption.
            is_opening = found[3] or (text[found.end() :].strip() and (WIDE.search(who) or _is_dated(place)))
            if is_opening and _may_be_place(place, who) and (agency := _named_in(who)):
                return agency
    found = _DASHED.match(text)
    place, who = (found[1].strip(" ,."), found[2]) if found else ("", "")
    may_be = place and (_is_dated(place) or not who.isupper()) and _may_be_place(place, who)
    return _agency(who) if may_be else None


def _may_be_place(place: str, who: str) -> bool:
    """Say whether what stands before an agency may be where and when it reports from: not its full name, and no sentence."""
    words = place.split()
    if len(words) > MAX_PLACE_WORDS or agency_in(place) is not None:
        return False
    if WIDE.search(place) and (len(place) > MAX_WIDE or _CLAUSE.search(place)):
        return False
    if "".join(word[0] for word in words).casefold() == who.casefold():  # an abbreviation that is explained
        return False
    small = sum(begins_small(word) and not is_month(word.strip(".,")) and word not in INSIDE_NAMES for word in words)
    return small <= (MAX_SMALL if _is_dated(place) else 0)


def _is_dated(place: str) -> bool:
    return any(map(str.isdigit, place)) or any(is_month(word.strip(".,")) for word in place.split())


def _named_in(who: str) -> str | None:
    """Return the first agency among those in brackets: "afp/dpa", "서울=연합뉴스", "ロンドン 3日 ロイター", "mit dpa".

    None for "Photo AFP" and "Foto: dpa", which say who made a picture.
    """
    for part in _BESIDE.split(who):
        *before, last = part.split() or [""]
        is_last = not any(map(_is_capital, before))
        agency = _agency(part) or (_agency(last) if is_last else None)
        if agency:
            return agency
    wide = _IN_BRACKETS.fullmatch(who)
    return _agency(wide[1]) if wide else None


def _is_capital(word: str) -> bool:
    return word[0].isupper() or word.endswith((":", "：", "/"))


def _agency(name: str) -> str | None:
    if is_agency(name):
        return agency_in(name)
    return next((agency for agency, names in DATELINES.items() if name in names), None)


def _of_signature(text: str) -> str | None:
    found = _SIGNED.search(text[-MAX_DATELINE:].rstrip())
    return _named_in(found[1]) if found and (len(found[1]) >= FEWEST or WIDE.search(found[1])) else None
