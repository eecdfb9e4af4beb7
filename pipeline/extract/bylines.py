"""What in a byline is a person's name."""

from __future__ import annotations

import re
import tomllib
from importlib.resources import files
from typing import TYPE_CHECKING

from pipeline.extract.agencies import is_agency
from pipeline.extract.cjk_bylines import plain_byline
from pipeline.extract.months import MODIFIED, PUBLISHED, is_month
from pipeline.extract.strings import words

if TYPE_CHECKING:
    from pipeline.extract.site_names import SiteNames

MAX_NAME_WORDS = 6
MAX_NAME = 60  # characters
MAX_HAN = 6  # letters of a name in Chinese characters, a Japanese one included; more in one word are a phrase
INITIALS = 6  # letters; a lone word of fewer capitals is a degree or an avatar

_DATA: dict[str, dict[str, list[str]]] = tomllib.loads(
    files("pipeline.extract").joinpath("bylines.toml").read_text(encoding="utf-8")
)


def _words_of(kind: str) -> frozenset[str]:
    return frozenset(word for group in _DATA[kind].values() for word in group)


NOT_A_NAME, ALSO_NAMES = _words_of("not_a_name"), _words_of("also_names")
OCCUPATIONS = _words_of("occupations")
ROLES, BEFORE_ROLES, ROLES_BEFORE = _words_of("roles"), _words_of("before_roles"), _words_of("roles_before")
INSIDE_NAMES, NAME_PARTICLES = _words_of("inside_names"), _words_of("name_particles")


def _any_of(kind: str) -> str:
    return "|".join(re.escape(word) for word in sorted(_words_of(kind), key=lambda word: (-len(word), word)))


PICTURES = _words_of("pictures")
_BY_WORDS, _PICTURES = _any_of("by"), _any_of("pictures")
COLONS = "՝៖፦"  # of Armenian, Khmer and Ethiopic
# A capital letter alone is an initial: "Michael A Cohen", and "Con" a name. "Y" is rarer as one than as the "and" of a byline in
# capitals.
AND = (
    r"(?:and|with|avec|und|et|ta|og|och|ja|en|ve|və|és|și|και|и|та|dan|và|un|ir|eta|agus|და|և|եւ|және|और|एवं|आणि|এবং|ও|மற்றும்|మరియు|ಮತ್ತು"
    r"|اور|و|እና|និង|ແລະ|&|\+|(?-i:mit|met|con|com|[yYeiиИaій]))"
)
BY = re.compile(
    rf"(?:(?:{_PICTURES})\s+{AND}\s+)?({_BY_WORDS})(?:\s+{AND}\s+(?:{_PICTURES})(?:\s+(?:{_BY_WORDS}))?)?(?:\s*[:：・{COLONS}]\s*|[-–—]\s+(?!{AND}\s)|\s+|$)",
    re.IGNORECASE,
)
# Behind the writers, who took the pictures: ", photos by Jane Doe".
PICTURED = re.compile(
    rf"(?<![\s,;|/·•–—-])[\s,;|/·•–—-]+(?:{AND}\s+)?(?:{_PICTURES})(?:\s*[:：]\s*|\s+(?:{_BY_WORDS})\s+)(?=\S)", re.IGNORECASE
)
INTERVIEWED = re.compile(
    r"^(?:interview|entretien|entrevista|intervista|intervju)\s*[:：]\s*", re.IGNORECASE
)  # whoever asked wrote
# Before those who did something else for a text: "Edited by Jane Doe", "Photos: John Roe".
OTHERS_BY = re.compile(
    rf"(?:^|[|•·,;(–—-]\s*)(?:(?:{_any_of('others_by')})|(?:{_PICTURES})(?:\s*[:：]|\s+(?:{_BY_WORDS})(?!\w)))\s*", re.IGNORECASE
)
LONE_AND = re.compile(rf"{AND}(?:\s+{AND})*", re.IGNORECASE)
DEGREE = rf"(?:jr|sr|i{{2,3}}|iv|md|m\.d|ph\.?d|esq)\b(?!\.?\s+(?!{AND}\s)\w)"  # not of "Sr. Director"
CONJUNCTION = re.compile(rf"\s*(?:[;&+、，،؛/|]|(?<!\w),|,(?!\s*{DEGREE})|\s{AND}\s)\s*(?:{AND}\s+)?", re.IGNORECASE)
# Where each of several writers is: "Jane Doe in New York and John Roe in Paris"; the last one's place is a tail.
PLACE = re.compile(rf"\s+(?:in|at|from)\s+[A-Z][\w.'’-]*(?:\s+[A-Z][\w.'’-]*){{0,3}}(?=\s*,|\s+{AND}\s)")
# Where a name ends and the rest of a byline begins: signs, digits, addresses, and words that go on about something else.
TAIL = re.compile(
    r"\s*(?:[|•●▪►»/\\（(\[–—→]|(?<![\u3400-\u9fff])·|\s-\s|\s@|https?:|www\.|\b\S+@\S+|"
    r"\b(?:um|às|a las|alle|kl|klo|om|à|o|в|lúc|saat|pukul)\.?\s*\d|\d|"
    r"\b(?:posted|published|updated|modified|on|in|at|special to|exclusively for|is an?|was an?|has been|covers|writes|joined|"
    r"follow|read more|more by|see more|view|contact|email|for the|reporting|"
    r"aktualisiert|veröffentlicht|publié|publicado|actualizado|pubblicato|gepubliceerd|opublikowano|опубликовано)\b).*$",
    re.IGNORECASE | re.DOTALL,
)
# Where the writer is, or for whom, behind a name with no sign between: "Jane Doe for Harbour News", "Von Jane Doe aus Rom".
WHITHER = re.compile(r"(?<=[^\W\d_])\s+(?:for|aus)\s+(?=[A-ZÀ-Þ]).*$", re.DOTALL)
# "القاهرة: محمد أحمد", "MADRID | Juan Pérez", "القاهرة - محمد أحمد": where a name of several words is reported from.
PLACE_IN_FRONT = re.compile(r"([^\W\d_]{2,20})(?:\s?:\s+|\s(?P<sign>[-–—|])\s)(?=[^\W\d_]+\s[^\W\d_])")
# "And" as Arabic and Hebrew write it, at the beginning of a word; what follows are names that begin so.
JOINED = re.compile(
    r"(?<=\s)(?:و(?!(?:ليد|ائل|سيم|سام|حيد|جدي|جيه|رد|رده|ردة|فاء|لد|نيس|هبة|هبه|هيب|هبي|داد|لاء|فيق|صفي|ديع|اصل|ضاح|صال|اثق|افي|رود|عد|ئام|سن)(?:\s|$))(?=[\u0621-\u064a]{3})"
    r"|ו(?!(?:רד|ייס|ולף|יקטור|לרי|קנין|ענונו)(?:\s|$))(?=[\u05d0-\u05ea]{3}))"
)
ABBREVIATED_HOUSE = re.compile(r"[A-Z]{3,}(?:\s|$)")  # "CNN Business", "USA TODAY"
# Names of houses, sites and pen names, which no tail stands behind: "Rapid7", "Human in the Loop", "Audiophile On".
ONE_NAME = re.compile(r"[^\W\d]+(?:\d+|\s+in\s+the\s+\w+|\s+on)", re.IGNORECASE)
WHO_MADE_WHAT = re.compile(rf"\s*[(\[](?:{_BY_WORDS}|{_PICTURES})[)\]]", re.IGNORECASE)  # "Jane Doe (text), John Roe (photos)"
ABBREVIATED = re.compile(r"(?:\b[^\W\d_]|Jr|Sr)\.$")
CAPITALS = re.compile(r"(?<![^\W\d_])(?:(M[Cc])(?=[^\W\d_]{3}))?([^\W\d_])([^\W\d_]{2,})")
# "JO SMITH"; "JT", "AJ" and "AI" are initials.
SHORT_FIRST = re.compile(r"^([AEIOU])([^\WAEIOUJ\d_]\s)|^([^\WAEIOU\d_])([AEIOU]\s)")
NOT_CAPITALS = re.compile(r"\bMc(?=[A-Z])|\b[JS]r\b")  # of a byline in capitals
# Whom a byline credits in brackets or behind a stroke, at its end: "Jane Doe (AP)", "Jane Doe/dpa".
CREDITED = re.compile(rf"(?:[(\[/]|\s[-–—]\s)\s*(?:{AND}\s+)?([^()\[\]/]{{2,40}}?)\s*[)\]]?\s*$", re.IGNORECASE)
HONORIFIC = re.compile(r"^(?:mr|mrs|ms|herr|frau)\.?\s+(?=\S+\s)", re.IGNORECASE)
EDGES = ' \t,:;-–—|*"“”／'
LETTER = re.compile(r"[^\W\d_]")
HAN = re.compile(r"[\u3400-\u9fff]+")
HAN_DESK = re.compile(r"..+[部社局報报網网]")
HANGUL_DESK = re.compile(r"[\uac00-\ud7af]{3,}(?:팀|부|국|룸|센터)|[\uac00-\ud7af]{6,}")  # no lone name is so long
COMPOUND = frozenset(("y", "e", "i"))  # between two surnames, in Spanish, Portuguese and Catalan
LOWER = re.compile(r"[a-zà-öø-ÿа-яёα-ω]")
# "d'Ormesson", "al-Masri": a small beginning that belongs to a name.
SMALL_BEGINNING = re.compile(r"[a-z]{1,5}['’ʼ-](?=[^\W\d_])(?!(?:[a-zß-öø-ÿ]))")
HANDLE = re.compile(r"^@|[@#{}<>=＝:：｜？?！!。…「」]|https?:|www\.|\.(?:com|org|net|co\.uk|de|fr)\b", re.IGNORECASE)


def after_by(line: str) -> str | None:
    """Return what follows "By" and its like at the beginning of a line; None when the line begins otherwise."""
    line = line.strip()
    match = BY.match(line)
    if match is None:
        return None
    rest = line[match.end() :].strip()
    # "Di Stefano" is a name, "di Marco Rossi" a byline.
    return None if match[1].lower() in NAME_PARTICLES and rest and " " not in rest else rest


def without_by(text: str) -> str:
    """Return a byline without its "By"."""
    rest = after_by(text)
    return text.strip() if rest is None else rest


def split_names(byline: str) -> list[str]:
    """Return what may be names in a byline: no "By", no role, place, time or address, lists split."""
    text = without_by(without_by(plain_byline(byline.strip(EDGES).lstrip("."))))
    text = PICTURED.split(INTERVIEWED.sub("", text), maxsplit=1)[0]
    if ONE_NAME.fullmatch(text):
        return []
    names = [_without_whither(name) for name in _parted(_without_tail(PLACE.sub("", without_place(text))))]
    if names and not ABBREVIATED_HOUSE.match(names[0]):
        names = names[:1] + [name for name in names[1:] if not ABBREVIATED_HOUSE.match(name) or stands_behind_and(name, text)]
    return [cleaned for name in names if (cleaned := _trim(name)) and not LONE_AND.fullmatch(cleaned)]


def _without_tail(text: str) -> str:
    """Return a byline up to where its names end, without words of a date before the number there: "Jane Doe March 4"."""
    tail = TAIL.search(text)
    if tail is None:
        return text
    parts = text[: tail.start()].split()
    while tail[0].lstrip()[:1].isdigit() and len(parts) > 2 and _stands_with_date(parts[-1].strip(EDGES + ".").casefold()):
        parts.pop()
    return " ".join(parts)


def _stands_with_date(word: str) -> bool:
    return is_month(word) or (word in NOT_A_NAME and word not in ROLES) or word in INSIDE_NAMES


def without_place(text: str) -> str:
    """Return a byline without the place that stands before a name: in capitals, where there are any; others say what one did."""
    place = PLACE_IN_FRONT.match(text)
    if place is None or place[1].upper() != place[1] or place[1].casefold() in NOT_A_NAME or place[1].casefold() in PICTURES:
        return text
    return text[place.end() :]


def _without_whither(name: str) -> str:
    """Return a name of two words or more without the house that it is written for."""
    rest = WHITHER.sub("", name)
    return rest if " " in rest.strip() else name


def _parted(text: str) -> list[str]:
    """Return the pieces of a list; of a name with two surnames the "y" is no end: "José Ortega y Gasset"."""
    pieces: list[str] = []
    end, joined = 0, ""
    for found in (*CONJUNCTION.finditer(text), None):
        piece = text[end : found.start() if found else None]
        if joined in COMPOUND and len(pieces) == 1 and " " in pieces[0] and _is_surname(piece):
            pieces[0] += f" {joined} {piece}"
        else:
            pieces.append(piece)
        joined = found[0].strip() if found else ""
        end = found.end() if found else 0
    return [name for piece in pieces for name in _parted_at_joined(piece)]


def _is_surname(piece: str) -> bool:
    """Tell whether a piece is one word that may be somebody's second surname: no desk, no agency."""
    is_word = piece.isalpha() and piece[0].isupper() and not piece.isupper()
    return is_word and piece.casefold() not in NOT_A_NAME and not is_agency(piece)


def _parted_at_joined(piece: str) -> list[str]:
    """Return the names of a piece in which "and" is a letter of the second: "محمد أحمد وعلي حسن"."""
    for found in JOINED.finditer(piece):
        before, behind = piece[: found.start()].strip(), piece[found.end() :].strip()
        if " " in before and (" " in behind or behind in NOT_A_NAME):
            return [before, *_parted_at_joined(behind)]
    return [piece]


def is_occupation(piece: str) -> bool:
    """Tell whether a piece of a byline, behind a name, says what that person does: "Product Manager"."""
    return any(word in OCCUPATIONS for word in words(piece))


def stands_behind_and(name: str, byline: str) -> bool:
    """Tell whether a name is joined to what stands before it in a byline by "and"."""
    return re.search(rf"(?<!\w){AND}\s+{re.escape(name)}", byline, re.IGNORECASE) is not None


def _trim(piece: str) -> str:
    piece = without_by(piece.strip(EDGES)).strip(EDGES)
    if not ABBREVIATED.search(piece):
        piece = piece.rstrip(".")
    piece = without_role(_name_in_capitals(_without_role_before(HONORIFIC.sub("", piece))))
    if len(piece) > 4 and " " in piece and NOT_CAPITALS.sub("", piece).isupper():  # a byline set in capitals
        piece = CAPITALS.sub(lambda match: ("Mc" if match[1] else "") + match[2] + match[3].lower(), piece)
        piece = SHORT_FIRST.sub(lambda match: (match[1] or match[3]) + (match[2] or match[4]).lower(), piece)
    return piece


def without_role(name: str) -> str:
    """Return a name of two words or more without what that person does, behind it with no sign between: "Jane Doe Staff Writer".

    Before "Correspondent" alone may stand where that one is: "Middle East Correspondent".
    """
    parts = name.split()
    count = len(parts) - 1
    if count < 1 or parts[-1].lower() not in ROLES:
        return name
    while count and parts[count - 1].lower() in BEFORE_ROLES:
        count -= 1
    return " ".join(parts[:count]) if 1 < count < len(parts) - 1 else name


def _without_role_before(name: str) -> str:
    """Return a name of two words or more without what that person is, before it: "Staff Writer Jane Doe"."""
    parts = name.split()
    count = next((n for n, part in enumerate(parts) if part.lower() not in ROLES | BEFORE_ROLES | ROLES_BEFORE), 0)
    is_role = count > 0 and parts[count - 1].lower() not in BEFORE_ROLES
    return " ".join(parts[count:]) if is_role and len(parts) > count + 1 else name


def _name_in_capitals(piece: str) -> str:
    """Return the name alone where a byline sets it in capitals and the role behind it not: "JANE DOE Courier Staff Writer"."""
    parts = piece.split()
    count = next((n for n, part in enumerate(parts) if not NOT_CAPITALS.sub("", part).isupper()), len(parts))
    rest = words(" ".join(parts[count:]))
    count -= count > 0 and is_agency(parts[count - 1])
    return " ".join(parts[:count]) if count > 1 and not NOT_A_NAME.isdisjoint(rest) else piece


def is_person(name: str, names: SiteNames) -> bool:
    """Tell whether a piece of a byline is a person's name and not the site, a desk, a role or a sentence."""
    parts = name.split()
    length = sum(part.lower() not in INSIDE_NAMES for part in parts)
    if not parts or len(name) > MAX_NAME or length > MAX_NAME_WORDS or HANDLE.search(name) or any(c.isdigit() for c in name):
        return False
    if names.match(name) or names.house(name) or not LETTER.search(name) or PUBLISHED.fullmatch(name) or MODIFIED.fullmatch(name):
        return False
    common = [word for word in words(name) if word in NOT_A_NAME] or [
        word for part in parts if (word := part.strip(EDGES).casefold()) in NOT_A_NAME
    ]
    if any(word not in ALSO_NAMES for word in common) or len(common) == len(parts):
        return False
    return _written_as_name(parts)


def begins_with_particle(name: str) -> bool:
    """Tell whether a piece of a byline opens with a small word of names, as a place behind a name does: "do Rio de Janeiro"."""
    first = name.partition(" ")[0]
    return LOWER.match(first) is not None and not first.endswith(".") and not SMALL_BEGINNING.match(first)


def _written_as_name(parts: list[str]) -> bool:
    """Tell whether the words are written with capitals, as far as the script has them; initials alone are a degree or an avatar."""
    if len(parts) == 1:
        if HAN.fullmatch(parts[0]) and (len(parts[0]) > MAX_HAN or HAN_DESK.fullmatch(parts[0])):
            return False
        if HANGUL_DESK.fullmatch(parts[0]):
            return False
        return len(parts[0]) > 1 and not LOWER.match(parts[0]) and not (parts[0].isupper() and len(parts[0]) < INITIALS)
    small = (part for part in parts if LOWER.match(part) and not SMALL_BEGINNING.match(part))
    return all(part.lower() in INSIDE_NAMES for part in small)
