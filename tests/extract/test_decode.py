"""Bytes become the text that the publisher meant, whatever the labels say; nothing that a store refuses comes through."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.errors import Reject
from pipeline.extract.decode import UNWANTED, decode, sanitise
from pipeline.extract.parse import MAX_DEPTH, parse_html, reject_binary

RUSSIAN = "Портовая администрация сообщила в понедельник, что новый паром будет ходить дважды в день с первой недели весны. "
POLISH = "Zarząd portu poinformował w poniedziałek, że nowy prom będzie pływał dwa razy dziennie. Żółć, gęś, jaźń. "
GERMAN = "Die Hafenbehörde teilte am Montag mit, dass die neue Fähre ab Frühling zweimal täglich fährt – „schöner als früher“. "
JAPANESE = "港湾事務所は月曜日、新しいフェリーが春の第一週から一日二回運航すると発表した。"
CHINESE = "港务局星期一宣布，新渡轮将从春季第一周起每天航行两次。"
KOREAN = "항만 당국은 월요일 새 여객선이 봄 첫째 주부터 하루 두 번 운항한다고 밝혔다. "
GREEK = "Το λιμεναρχείο ανακοίνωσε τη Δευτέρα ότι το νέο πλοίο θα κάνει δύο δρομολόγια την ημέρα. "


def html(text: str, charset: str | None = None, lang: str = "x") -> str:
    meta = f'<meta charset="{charset}">' if charset else ""
    return f"<!DOCTYPE html><html lang={lang}><head>{meta}<title>Ferry</title></head><body><p>{text}</p></body></html>"


@pytest.mark.parametrize(
    ("text", "codec"),
    [
        (RUSSIAN, "cp1251"), (RUSSIAN, "koi8-r"), (POLISH, "iso8859-2"), (POLISH, "cp1250"), (GERMAN, "cp1252"),
        (GREEK, "iso8859-7"),
        (JAPANESE, "shift_jis"), (JAPANESE, "euc_jp"), (JAPANESE, "iso2022_jp"), (CHINESE, "gb18030"), (CHINESE, "big5"),
        (KOREAN, "euc_kr"), (RUSSIAN, "utf-8"),
    ],
)  # fmt: skip
def test_a_declared_charset_that_fits_is_believed(text: str, codec: str) -> None:
    if codec == "big5":
        text = "港務局星期一宣布，新渡輪將從春季第一週起每天航行兩次。"
    page = html(text * 3, codec.replace("_", "-"))
    assert decode(page.encode(codec), None) == page
    bare = html(text * 3)
    assert decode(bare.encode(codec), f'text/html; charset="{codec}"') == bare


@pytest.mark.parametrize(
    ("text", "codec"),
    [(RUSSIAN, "cp1251"), (GERMAN, "cp1252"), (JAPANESE, "shift_jis"), (CHINESE, "gb18030"), (GREEK, "cp1253")],
)
@pytest.mark.parametrize("label", [None, "utf-8", "x-no-such-charset"])
def test_an_undeclared_or_misdeclared_charset_is_detected(text: str, codec: str, label: str | None) -> None:
    page = html(text * 5, label)
    assert decode(page.encode(codec), "text/html") == page


def test_windows_1251_labelled_utf_8_by_the_server() -> None:
    page = html(RUSSIAN * 5)
    assert decode(page.encode("cp1251"), "text/html; charset=UTF-8") == page


@pytest.mark.parametrize("label", ["iso-8859-1", "windows-1251", "us-ascii", "shift_jis", "gbk"])
def test_valid_utf_8_wins_over_any_other_label(label: str) -> None:
    page = html(GERMAN + RUSSIAN, label)
    assert decode(page.encode(), f"text/html; charset={label}") == page


def test_latin_1_means_windows_1252_on_the_web() -> None:
    assert "“so” – 5 €" in decode("<p>“so” – 5 €</p>".encode("cp1252"), "text/html; charset=iso-8859-1")


def test_cyrillic_labelled_latin_1_is_not_believed() -> None:
    page = html(RUSSIAN * 5)
    assert decode(page.encode("cp1251"), "text/html; charset=iso-8859-1") == page


def test_the_header_wins_over_the_page_when_both_fit() -> None:
    page = html(POLISH * 3, "iso-8859-2")
    assert decode(page.encode("cp1250"), "text/html; charset=windows-1250") == page


@pytest.mark.parametrize("codec", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be"])
def test_wide_and_marked_unicode(codec: str) -> None:
    page = html(GERMAN)
    assert decode(page.encode(codec), "text/html; charset=iso-8859-1") == page


def test_a_utf_16_label_on_single_bytes_is_not_believed() -> None:
    assert decode(b"<p>plain</p>", "text/html; charset=utf-16") == "<p>plain</p>"


@pytest.mark.parametrize("label", ["utf-7", "rot13", "hex", "idna", "unicode_escape", "punycode", "base64", "\x00", "é"])
def test_codecs_that_are_no_charsets_are_never_used(label: str) -> None:
    body = b"<p>+ADw-script+AD4- \\u0041</p>"
    assert decode(body, f"text/html; charset={label}") == body.decode()


def test_damaged_utf_8_stays_utf_8() -> None:
    body = html(RUSSIAN * 3).encode()[:-20] + b"\xd0"
    assert RUSSIAN.strip() in decode(body, None)


def test_quotes_pasted_from_word_into_utf_8_are_read() -> None:
    body = "<p>Größe und Höhe, über Öl. ".encode() + b"\x93so\x94 isn\x92t</p>"
    assert "“so” isn’t" in decode(body, "text/html; charset=utf-8")


def test_a_short_page_is_read_as_its_language_was_usually_written() -> None:
    assert "Żółć" in decode(html("Żółć", lang="pl").encode("cp1250"), None)


@pytest.mark.parametrize("wrong", ["cp1252", "latin-1"])
def test_a_page_encoded_twice_is_mended(wrong: str) -> None:
    page = html("Größe für naïve Cafés: über schöne Gärten, Öl und Übermut, weiß der Bär. ")
    assert decode(page.encode().decode(wrong).encode(), None) == page


@pytest.mark.parametrize(
    "text", ["It’s the captain’s “long” winter – again. ", "Größe für naïve Cafés: weiß der Bär. ", "Порт знову відкрито. "]
)
def test_a_text_encoded_twice_is_mended_in_a_template_that_was_not(text: str) -> None:
    twice = (5 * text).encode().decode("latin-1")
    assert decode(html(f"© — {twice}").encode(), None) == html(f"© — {5 * text}")


def test_a_few_words_encoded_twice_in_a_page_that_was_not_are_left_alone() -> None:
    page = html(20 * "Größe für naïve Cafés: weiß der Bär. " + 8 * "fÃ¼r ")
    assert decode(page.encode(), None) == page


def test_a_stray_byte_does_not_make_a_declared_charset_wrong() -> None:
    text = 5 * "Η λιμενική αρχή ανακοίνωσε ότι το λευκό πλοίο σάλπαρε ξανά. "
    page = html(text, "windows-1253").encode("cp1253").replace(b"</p>", b"\xff</p>")
    assert text.strip() in decode(page, None)


@pytest.mark.parametrize(("label", "codec"), [("x-mac-roman", "mac-roman"), ("x-cp1250", "cp1250"), ("x-euc-jp", "euc_jp")])
def test_a_charset_may_be_labelled_as_browsers_of_old_did(label: str, codec: str) -> None:
    text = "白い渡し船が港を出た" if codec == "euc_jp" else "Köln grüßt"
    assert text in decode(html(text, label).encode(codec), None)


def test_a_page_that_only_shows_mojibake_is_left_alone() -> None:
    page = html("Wenn „Größe“ als „GrÃ¶ÃŸe“ erscheint, wurde zweimal kodiert; „fÃ¼r“, „Ã¤“, „Ã¶“, „Ã¼“, „Ã©“, „Ã¨“ ebenso.")
    assert decode(page.encode(), None) == page


def test_sanitise_removes_what_stores_refuse_and_keeps_the_rest() -> None:
    assert sanitise("a\x00b\ud800c\x07d\ufffee\tf\r\ng\rh\x0ci") == "abcde\tf\ng\nh i"
    assert sanitise("don\x92t") == "don’t"
    decomposed = "e\u0301"
    assert sanitise(decomposed) == decomposed  # not normalised: the publisher's own letters


def test_sanitise_finds_each_character_of_the_pattern_and_no_other() -> None:
    found = {chr(code) for code in range(0x10000) if chr(code) != "\r" and sanitise(f"aé{chr(code)}b") != f"aé{chr(code)}b"}
    assert found == set(UNWANTED.findall("".join(map(chr, range(0x10000))))) - {"\r"}


def is_clean(text: str) -> bool:
    text.encode()  # raises for a lone surrogate
    return not any(ord(char) < 32 and char not in "\n\t" for char in text) and "\x7f" not in text


@settings(max_examples=150)
@given(st.binary(max_size=300), st.none() | st.text(max_size=40))
def test_decode_never_raises_and_is_always_clean(body: bytes, content_type: str | None) -> None:
    text = decode(body, content_type)
    assert is_clean(text)
    assert decode(body, content_type) == text


@settings(max_examples=100)
@given(st.text(alphabet=st.characters(exclude_categories=["Cs", "Cc"]), max_size=200))
def test_utf_8_comes_back_as_it_was(text: str) -> None:
    assert decode(f"<p>{text}ÿŸ漢</p>".encode(), None) == sanitise(f"<p>{text}ÿŸ漢</p>")


@settings(max_examples=150)
@given(
    st.text(max_size=300)
    | st.lists(
        st.sampled_from(["<div>", "</p>", "<p>a", "<!--", "<script>", "<title>", "<![CDATA[", "&#0;", "<svg>", "x"]), max_size=40
    ).map("".join)
)
def test_parse_gives_a_tree_or_a_reason(text: str) -> None:
    assert parsed_or_code(text) in ("tree", "empty", "not_html")


def parsed_or_code(text: str) -> str:
    try:
        root = parse_html(text)
    except Reject as reject:
        return reject.code
    return "tree" if is_clean(root.text_content()) else "unclean"


@pytest.mark.parametrize("body", [b"", b"  \n", b"\0\0\0"])
def test_an_empty_body_is_rejected(body: bytes) -> None:
    with pytest.raises(Reject) as caught:
        reject_binary(body)
    assert caught.value.code == "empty"


@pytest.mark.parametrize(
    "body",
    [
        b"%PDF-1.7 ...",
        b"\xff\xd8\xff\xe0\0\x10JFIF",
        b"\x89PNG\r\n\x1a\n",
        b"GIF89a",
        b"PK\x03\x04",
        b"\0\0\0\x18ftypmp42",
        bytes(range(1, 32)) * 20,
        *(Random(seed).randbytes(4096) for seed in range(8)),  # packed or encrypted, of a kind that has no name here
    ],
)
def test_files_that_are_no_pages_are_rejected(body: bytes) -> None:
    with pytest.raises(Reject) as caught:
        reject_binary(body)
    assert caught.value.code == "not_html"
    reject_binary(b"<!DOCTYPE html><p>page</p>")


@pytest.mark.parametrize("text", [RUSSIAN, GREEK, GERMAN, JAPANESE])
@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_text_in_utf_16_is_no_binary_file(text: str, encoding: str) -> None:
    reject_binary(("\ufeff" + text).encode(encoding))


@pytest.mark.parametrize("text", ["", " \n ", "<!-- nothing -->", "<!DOCTYPE html>"])
def test_a_page_without_an_element_is_empty(text: str) -> None:
    with pytest.raises(Reject) as caught:
        parse_html(text)
    assert caught.value.code == "empty"


def test_what_follows_a_premature_end_is_kept() -> None:
    assert parse_html("<html><body><p>one</p></body></html><html><body><p>two</p></body></html>").text_content() == "onetwo"


def test_a_declaration_of_another_charset_is_not_obeyed() -> None:
    assert parse_html('<?xml version="1.0" encoding="koi8-r"?><html><body>é</body></html>').text_content() == "é"


def test_an_unclosed_title_does_not_swallow_the_page() -> None:
    assert parse_html("<html><head><title>Ferry<body class=x><div><p>story</p></div></body></html>").xpath("//p/text()") == [
        "story"
    ]


def test_very_deep_nesting_keeps_its_text() -> None:
    root = parse_html("<div>" * 20_000 + "deep" + "</div>" * 20_000 + "<p>after</p>")
    assert root.text_content() == "deepafter"
    assert len(list(root.xpath("//p")[0].iterancestors())) <= MAX_DEPTH
