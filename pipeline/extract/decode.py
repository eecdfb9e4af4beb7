"""Bytes to text: which charset a page is really in, whatever it says, and text that every store accepts."""

from __future__ import annotations

import codecs
import re

import cchardet

# The WHATWG reading of the labels that mean something else than their name, and of those Python does not know.
WHATWG_CODECS = {
    "ascii": "cp1252",
    "us-ascii": "cp1252",
    "latin1": "cp1252",
    "latin-1": "cp1252",
    "iso-8859-1": "cp1252",
    "iso8859-1": "cp1252",
    "iso-8859-9": "cp1254",
    "latin5": "cp1254",
    "iso-8859-11": "cp874",
    "tis-620": "cp874",
    "windows-874": "cp874",
    "iso-8859-8-i": "iso8859-8",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "gb_2312-80": "gb18030",
    "chinese": "gb18030",
    "big5": "big5hkscs",
    "x-x-big5": "big5hkscs",
    "shift_jis": "cp932",
    "shift-jis": "cp932",
    "sjis": "cp932",
    "windows-31j": "cp932",
    "euc-kr": "cp949",
    "uhc": "cp949",
    "ks_c_5601-1987": "cp949",
    "windows-949": "cp949",
    "unicode-1-1-utf-8": "utf-8",
    "macintosh": "mac-roman",
    "win-1251": "cp1251",
}
# Everything else that may be decoded with. Python also offers codecs that are no charsets (rot13, idna, unicode_escape) and
# UTF-7, which browsers dropped because it smuggles markup past filters.
KNOWN_CODECS = re.compile(
    r"utf-8|cp(?:125[0-8]|437|850|852|855|857|866|874|932|949|950)|iso8859-(?:[2-9]|1[0-6])|koi8-[rut]|big5|big5hkscs|gb18030|"
    r"euc_jp|euc_jis_2004|euc_kr|shift_jis|iso2022_jp|mac-(?:roman|cyrillic|latin2|greek|turkish)|hz"
)
MULTIBYTE_CODECS = frozenset(
    {"gb18030", "big5", "big5hkscs", "cp932", "cp949", "cp950", "euc_jp", "euc_jis_2004", "euc_kr", "shift_jis"}
)
BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16: its mark begins with that of UTF-16
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# How "<" and an ASCII character after it look when a page has no byte order mark.
WIDE_STARTS = (
    (re.compile(rb"\s{0,8}[\x01-\x7f]\0\0\0[\x01-\x7f]\0\0\0"), "utf-32-le"),
    (re.compile(rb"\0\0\0[\x01-\x7f]\0\0\0[\x01-\x7f]"), "utf-32-be"),
    (re.compile(rb"[\x01-\x7f]\0[\x01-\x7f]\0"), "utf-16-le"),
    (re.compile(rb"\0[\x01-\x7f]\0[\x01-\x7f]"), "utf-16-be"),
)

HEADER_CHARSET = re.compile(r"charset\s*=\s*[\"']?\s*([\w.:-]+)", re.IGNORECASE)
META_CHARSET = re.compile(rb"<meta[^>]{0,500}?charset\s*=\s*[\"']?\s*([\w.:-]+)", re.IGNORECASE)
XML_ENCODING = re.compile(rb"<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([\w.:-]+)", re.IGNORECASE)
META_WINDOW = 16 * 1024  # browsers look at 1 KB, but real pages put scripts before their <meta>

HTML_LANG = re.compile(rb"<html[^>]{0,500}?\blang\s*=\s*[\"']?([a-zA-Z]{2})", re.IGNORECASE)
# For pages too short for a detector: what browsers assume by language.
LANGUAGE_CODECS = {
    **dict.fromkeys(("bg", "be", "mk", "ru", "sr", "uk"), "cp1251"),
    **dict.fromkeys(("bs", "cs", "hr", "hu", "pl", "ro", "sk", "sl"), "cp1250"),
    **dict.fromkeys(("et", "lt", "lv"), "cp1257"),
    **{"ar": "cp1256", "fa": "cp1256", "el": "cp1253", "he": "cp1255", "tr": "cp1254", "th": "cp874", "vi": "cp1258"},
    **{"ja": "cp932", "ko": "cp949", "zh": "gb18030"},
}

DETECT_WINDOW = 32 * 1024  # from the first byte that is not ASCII: markup tells a detector nothing
ENOUGH_TO_DETECT = 30  # bytes beyond ASCII; a detector guesses below it
HIGH_BYTE = re.compile(rb"[\x80-\xff]")
HIGH_BYTES = bytes(range(0x80, 0x100))
# A page with a cut character or some pasted bytes is still UTF-8: bad bytes per good character beyond ASCII. Text in another
# charset hardly ever forms a good one.
TOLERATED_DAMAGE = 0.5
TOLERATED_IF_DECLARED = 1.0
# Of a declared charset of single bytes, of all bytes beyond ASCII: text in another charset has more that are undefined.
STRAY_BYTES = 0.01
# So few characters may be valid UTF-8 by chance in GBK or Shift_JIS text (one in six, each).
CHANCE_CHARACTERS = 4
# No Western language has words of accented letters alone; Cyrillic, Greek or Japanese read as cp1252 has nothing else.
ACCENTED_WORDS = re.compile(r"[À-ÖØ-öø-ÿ]{4,}|[¡-ÿ]{6,}")
ACCENTED_WORD_LIMIT = 5
# Quotes, dashes and the ellipsis of cp1252: what editors paste into UTF-8 pages.
CP1252_PUNCTUATION = frozenset(b"\x85\x91\x92\x93\x94\x95\x96\x97")
PASTED_LIMIT = 10_000  # beyond it the page is noise, and a handler in Python too slow

# UTF-8 read as cp1252 and written as UTF-8 again: a lead byte as a letter (Â to ô), a continuation byte as a sign. As bytes: the
# one that all of these letters begin with is found faster than a class of letters.
SIGNS = "ŒœŠšŸŽžƒˆ˜–—‘’‚“”„†‡•…‰‹›€™"
DOUBLE_ENCODED = re.compile(rb"\xc3[\x82-\xb4](?:\xc2[\x80-\xbf]|" + "|".join(SIGNS).encode() + rb")")
_SIGN = f"[\x80-\xbf{SIGNS}]"
# One character of such text: "LIBERTÉ»" has one by chance.
TWICE = re.compile(rf"[Â-ß]{_SIGN}|[à-ï]{_SIGN}{{2}}|[ð-ô]{_SIGN}{{3}}")
MOST = 2  # times as many of them as of other characters beyond ASCII
CERTAIN_PAIRS = 8  # an article about mojibake shows a few, a broken page has them everywhere

CONTROLS = "".join(map(chr, range(0x20))).translate({0x09: None, 0x0A: None}) + "".join(map(chr, range(0x7F, 0xA0)))
UNWANTED = re.compile(f"[{re.escape(CONTROLS)}\ud800-\udfff\ufffe\uffff]")
UNWANTED_BYTES = CONTROLS.encode("latin-1").translate(None, bytes(range(0x80, 0xA0)))
C1_CONTROL = re.compile(rb"\xc2[\x80-\x9f]")
# A C1 control in a page is cp1252 punctuation that some tool took for Latin-1; HTML reads &#146; in the same way.
C1_PUNCTUATION = {chr(b): bytes([b]).decode("cp1252") for b in CP1252_PUNCTUATION if b != 0x85}
SPACE_CONTROLS = frozenset("\x0b\x0c\x1c\x1d\x1e\x1f")


def decode(body: bytes, content_type: str | None) -> str:
    """Return the text of a page: byte order mark, HTTP header, <meta>, detection; what the bytes contradict is not believed."""
    for mark, codec in BOMS:
        if body.startswith(mark):
            return sanitise(body[len(mark) :].decode(codec, "replace"))
    for start, codec in WIDE_STARTS:
        if start.match(body):
            return sanitise(body.decode(codec, "replace"))
    declared = _declared_codecs(body, content_type)
    text = _as_utf8(body, declared)
    if text is None:
        text = _as_legacy(body, declared)
    return sanitise(_undo_double_encoding(text))


def sanitise(text: str) -> str:
    """Return the text without what Parquet, PostgreSQL or XML refuse: NUL, lone surrogates, controls other than tab and newline.

    No Unicode normalisation: offsets and hashes are of what the publisher wrote, and NFC would alter Indic and Hebrew text
    that differs on purpose. Whoever compares, folds for himself.
    """
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return text if _is_clean(text) else UNWANTED.sub(_replace_control, text)


def _is_clean(text: str) -> bool:
    """Say whether a text holds nothing of `UNWANTED`: by its UTF-8, in half of the time that the pattern takes."""
    try:
        data = text.encode()
    except UnicodeEncodeError:  # a lone surrogate
        return False
    controls = len(data.translate(None, UNWANTED_BYTES)) < len(data) or C1_CONTROL.search(data) is not None
    return not controls and "\ufffe" not in text and "\uffff" not in text


def _replace_control(match: re.Match[str]) -> str:
    char = match.group()
    if char in C1_PUNCTUATION:
        return C1_PUNCTUATION[char]
    return "\n" if char == "\x85" else " " if char in SPACE_CONTROLS else ""


def _declared_codecs(body: bytes, content_type: str | None) -> list[str]:
    """Return what header, <meta> and XML declaration name, in this order, as Python codecs, each once."""
    labels: list[str] = []
    if content_type and (header := HEADER_CHARSET.search(content_type)):
        labels.append(header[1])
    window = body[:META_WINDOW]
    labels += [found[1].decode("ascii") for pattern in (META_CHARSET, XML_ENCODING) if (found := pattern.search(window))]
    codecs_ = (_codec(label) for label in labels)
    return list(dict.fromkeys(codec for codec in codecs_ if codec))


def _codec(label: str) -> str | None:
    """Return the Python codec that a label stands for on the web; None for what is no charset or not to be trusted."""
    label = label.strip().lower()
    label = label if label in WHATWG_CODECS else label.removeprefix("x-")
    if label in WHATWG_CODECS:
        return WHATWG_CODECS[label]
    try:
        name = codecs.lookup(label).name
    except (LookupError, ValueError):
        return None
    name = WHATWG_CODECS.get(name, name)
    return name if KNOWN_CODECS.fullmatch(name) else None


def _as_utf8(body: bytes, declared: list[str]) -> str | None:
    """Return the body as UTF-8 when it is: valid, or declared so and hardly damaged. None when it is something else."""
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        return _as_damaged_utf8(body, declared)
    if body.isascii():
        # ISO-2022-JP and HZ write everything in ASCII bytes.
        return None if declared[:1] in (["iso2022_jp"], ["hz"]) else text
    beyond_ascii = len(body) - len(text) + 1
    if (
        declared
        and declared[0] in MULTIBYTE_CODECS
        and beyond_ascii <= CHANCE_CHARACTERS
        and _strict(body, declared[0]) is not None
    ):
        return None
    return text


def _as_damaged_utf8(body: bytes, declared: list[str]) -> str | None:
    text = body.decode("utf-8", "replace")
    damage = text.count("\ufffd")
    good = len(text) - len(body.translate(None, HIGH_BYTES)) - damage
    if damage > good * (TOLERATED_IF_DECLARED if "utf-8" in declared[:1] else TOLERATED_DAMAGE):
        return None
    return body.decode("utf-8", "cp1252_punctuation") if damage <= PASTED_LIMIT else text


def _cp1252_punctuation(error: UnicodeError) -> tuple[str, int]:
    """Decode a quote or dash pasted from cp1252 into UTF-8 text; anything else becomes U+FFFD."""
    assert isinstance(error, UnicodeDecodeError)
    byte = error.object[error.start]
    return (bytes([byte]).decode("cp1252") if byte in CP1252_PUNCTUATION else "\ufffd"), error.end


def _cp1252_controls(error: UnicodeError) -> tuple[str, int]:
    """Decode a byte that cp1252 leaves undefined as itself, as on the web: it goes as a control."""
    assert isinstance(error, UnicodeDecodeError)
    return chr(error.object[error.start]), error.start + 1


codecs.register_error("cp1252_punctuation", _cp1252_punctuation)
codecs.register_error("cp1252_controls", _cp1252_controls)


def _as_legacy(body: bytes, declared: list[str]) -> str:
    """Return the body in the first declared charset that it is valid in, else in the detected one, else as cp1252."""
    readings = {codec: text for codec in declared if codec != "utf-8" and (text := _strict(body, codec)) is not None}
    single = (codec for codec in declared if codec != "utf-8" and codec not in MULTIBYTE_CODECS)
    readings = readings or {codec: text for codec in single if (text := _nearly(body, codec)) is not None}
    readings = {codec: text for codec, text in readings.items() if not _is_implausible(codec, text)}
    if len(readings) == 1:
        return next(iter(readings.values()))
    detected = _detect(body)
    if readings:
        return readings.get(detected or "", next(iter(readings.values())))
    usual = _usual_codec(body)
    likely = (usual, detected) if len(body) - len(body.translate(None, HIGH_BYTES)) < ENOUGH_TO_DETECT else (detected, usual)
    candidates = [codec for codec in (*likely, *declared) if codec and codec != "utf-8"]
    for codec in candidates:
        if (text := _strict(body, codec)) is not None:
            return text
    return body.decode(candidates[0] if candidates else "cp1252", "replace")


def _strict(body: bytes, codec: str) -> str | None:
    try:
        return body.decode(codec)
    except (UnicodeDecodeError, LookupError):
        return None


def _nearly(body: bytes, codec: str) -> str | None:
    """Return the body in a charset of single bytes in which next to all of it is valid: a pasted one tells of no other charset."""
    text = body.decode(codec, "cp1252_controls" if codec == "cp1252" else "replace")
    beyond_ascii = len(body) - len(body.translate(None, HIGH_BYTES))
    return text if sum(map(text.count, "\ufffd\x81\x8d\x8f\x90\x9d")) <= STRAY_BYTES * beyond_ascii else None


def _is_implausible(codec: str, text: str) -> bool:
    return codec in ("cp1252", "cp1254") and len(ACCENTED_WORDS.findall(text)) > ACCENTED_WORD_LIMIT


def _detect(body: bytes) -> str | None:
    start = HIGH_BYTE.search(body)
    window = body[start.start() :][:DETECT_WINDOW] if start else body[:DETECT_WINDOW]
    label = cchardet.detect(window)["encoding"]
    return _codec(label) if label else None


def _usual_codec(body: bytes) -> str | None:
    """Return the charset that pages in the declared language used before UTF-8; None when none is declared."""
    language = HTML_LANG.search(body[:META_WINDOW])
    return LANGUAGE_CODECS.get(language[1].decode("ascii").lower(), "cp1252") if language else None


def _undo_double_encoding(text: str) -> str:
    """Return the text with UTF-8 that was encoded twice read once more: all of it, or where a template around it was not, the parts
    that were, when they are the most of what is beyond ASCII.
    """
    pairs = DOUBLE_ENCODED.finditer(text.encode(errors="replace"))
    if sum(1 for _, _ in zip(pairs, range(CERTAIN_PAIRS), strict=False)) < CERTAIN_PAIRS:
        return text
    try:
        return _cp1252_bytes(text).encode("latin-1").decode("utf-8")
    except UnicodeError:
        parts = TWICE.findall(text)
        others = len(text) - len(text.encode("ascii", "ignore")) - sum(map(len, parts))
        return TWICE.sub(_read_again, text) if len(parts) >= max(CERTAIN_PAIRS, MOST * others) else text


def _read_again(part: re.Match[str]) -> str:
    try:
        return _cp1252_bytes(part[0]).encode("latin-1").decode("utf-8")
    except UnicodeError:
        return part[0]


# Bytes that cp1252 leaves undefined stand for themselves, as on the web.
CP1252_BACK = {ord(bytes([b]).decode("cp1252")): chr(b) for b in range(0x80, 0xA0) if b not in (0x81, 0x8D, 0x8F, 0x90, 0x9D)}


def _cp1252_bytes(text: str) -> str:
    return text.translate(CP1252_BACK)
