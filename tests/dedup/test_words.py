"""Words that follow on others, and what the texts of a story have of each other."""

from __future__ import annotations

import html
import unicodedata
from collections.abc import Callable
from html.entities import codepoint2name

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.dedup.scan import QUOTED, SENTENCE, SHORT
from pipeline.dedup.sketch import encode, longest
from pipeline.dedup.standing import standings
from pipeline.dedup.words import Words, _most_words, read_words

ARRAYS = ("hashes", "starts", "ends", "flags", "shingles", "order")
TEXTS = st.lists(
    st.lists(st.sampled_from(["a", "b", "c", "дом", "日本", "12.5", "x" * 9]), max_size=12).map(" ".join), min_size=1, max_size=6
)


def said(words: Words) -> list[list[list[int]]]:
    """Return all that is known of each text's words."""
    bounds = zip(words.low.tolist(), words.high.tolist(), strict=True)
    # The last two places of a text have no shingle of three words.
    sizes = {"shingles": 2, "order": 2}
    return [[getattr(words, name)[low : max(low, high - sizes.get(name, 0))].tolist() for name in ARRAYS] for low, high in bounds]


@given(TEXTS, TEXTS, st.integers(0, 3))
def test_texts_that_follow_are_read_as_if_together(one: list[str], other: list[str], spare: int) -> None:
    together = said(read_words(encode([*one, *other])))
    following = read_words(encode(other), read_words(encode(one), spare=spare))
    assert said(following) == together
    turned = np.arange(len(together))[::-1]
    assert said(following.of(turned)) == together[::-1]


@given(st.text("5m м٣中۵g. \n&#4;Ãâ©€"))
def test_there_is_room_for_all_words_however_they_are_written_together(text: str) -> None:
    data, bounds = encode([text])
    assert read_words((data, bounds), spare=8).size <= min(_most_words(data, bounds), longest(bounds))


@given(TEXTS)
def test_what_a_text_lacks_and_adds(texts: list[str]) -> None:
    shingles = [{tuple(words[i : i + 3]) for i in range(len(words) - 2)} for words in map(str.split, texts)]
    holders = {shingle: sum(shingle in own for own in shingles) for own in shingles for shingle in own}
    enough = min(2, len(texts) - 1)
    expected = []
    for own in shingles:
        lacks = sum(count >= enough and shingle not in own for shingle, count in holders.items())
        common = lacks + sum(holders[shingle] > enough for shingle in own)
        expected.append([lacks / max(1, common), sum(holders[shingle] == 1 for shingle in own) / max(1, len(own))])
    words = read_words(encode([text.replace("日本", "мир") for text in texts]))  # ideographs are words of their own
    assert standings([range(len(texts))], words).tolist() == expected


@given(st.lists(st.sampled_from("abcde"), max_size=40), st.sampled_from([1, 30, 200]))
def test_shingles_stand_by_hash_and_place_however_long_the_text_is(letters: list[str], times: int) -> None:
    words = read_words(encode([" ".join(letters * times), " ".join(letters)]))
    for low, high in zip(words.low.tolist(), words.high.tolist(), strict=True):
        own = slice(low, max(low, high - 2))
        found = list(zip(words.shingles[own].tolist(), words.order[own].tolist(), strict=True))
        assert found == sorted(found)
        assert sorted(place for _, place in found) == list(range(len(found)))


def hashes(text: str) -> list[int]:
    """Return what is compared of a text's words."""
    words = read_words(encode([text]))
    return words.hashes[: words.size].tolist()


def flagged_or_not(text: str) -> list[str]:
    """Return the words of a text as they stand there."""
    words = read_words(encode([text]))
    return [text[words.starts[i] : words.ends[i]] for i in range(words.size)]


def flagged(text: str, flag: int) -> list[str]:
    """Return the words of a text that carry a flag."""
    words = read_words(encode([text]))
    own = range(words.size)
    return [text[words.starts[i] : words.ends[i]] for i in own if words.flags[i] & flag]


@pytest.mark.parametrize(
    ("text", "other"),
    [
        ("Ο δρόμος της πόλης", "Ο ΔΡΟΜΟΣ ΤΗΣ ΠΟΛΗΣ"),
        ("ılık sıcak İzmir", "ILIK SICAK IZMIR"),
        ("Łódź koło Gdańska", "Lodz kolo Gdanska"),
        ("Đà Nẵng được", "Da Nang duoc"),
        ("علي يک", "على یك"),
        ("Љиљана Ђорђевић: њихов џеп, Шћепановић", "Ljiljana Đorđević: njihov džep, Šćepanović"),
        ("ＮＡＴＯ と 12 ガ国", "NATO と １２ ｶﾞ国"),
        ("臺灣漁會於週二發表聲明", "台湾渔会于周二发表声明"),
        ("बड़ा", unicodedata.normalize("NFC", "बड़ा")),
    ],
)
def test_ways_of_writing_a_word_are_the_same_word(text: str, other: str) -> None:
    assert hashes(text) == hashes(other)


@pytest.mark.parametrize(
    ("text", "other"),
    [
        ("12.480 Euro, 5,4 Prozent", "12,480 Euro, 5.4 Prozent"),
        ("2 315 400 inscrits, 41 200 de moins", "2315400 inscrits, 41\u202f200 de moins"),
        ("1’234’500 Franken um 10.30 Uhr", "1.234.500 Franken um 10:30 Uhr"),
        ("実質で2.5%減の1,400円", "実質で２・５％減の１，４００円"),
        ("بنسبة ٣٫٥ وبلغ ١٬٢٠٠", "بنسبة 3.5 وبلغ 1,200"),
        ("$412.6m at 9am for 28km, the 24th", "$412.6 m at 9 am for 28 km, the 24 th"),
        ("à 20h30 ou 7H05", "à 20 h 30 ou 7 h 05"),
        ("30만명이 5월", "30 만명이 5 월"),
    ],
)
def test_ways_of_writing_a_number_are_the_same_number(text: str, other: str) -> None:
    assert hashes(text) == hashes(other)


def in_latin(text: str) -> str:
    """Return a text whose UTF-8 was read as Latin-1."""
    return text.encode().decode("latin-1")


def in_cp1252(text: str) -> str:
    """Return a text whose UTF-8 was read as cp1252, as browsers do."""
    return "".join(bytes([byte]).decode("cp1252", "ignore") or chr(byte) for byte in text.encode())


def escaped(text: str) -> str:
    """Return a text with entities for what is not ASCII."""
    return html.escape(text).encode("ascii", "xmlcharrefreplace").decode()


def named(text: str) -> str:
    """Return a text with the names of entities that have one."""
    return "".join(f"&{codepoint2name[ord(letter)]};" if ord(letter) in codepoint2name else letter for letter in text)


def escaped_twice(text: str) -> str:
    """Return a text with entities whose ampersands were escaped again."""
    return html.escape(escaped(text))


@pytest.mark.parametrize("undecoded", [in_latin, in_cp1252, escaped, named, escaped_twice])
@given(st.text("aeé ñüßłőçř дєя θώς سلا שלם काि 한국어 新聞 のヴ ไทย ộư 12.,« “”»–…'\"&<", max_size=40))
def test_what_an_outlet_did_not_decode_is_the_same_words(undecoded: Callable[[str], str], text: str) -> None:
    assert hashes(undecoded(text)) == hashes(text)


@pytest.mark.parametrize(
    "text", ["pensé…» dit-il", "LIBERTÉ» A", "la manhã»", "MANHÃ” B", "AT&T; R&D", "a=1&b=2;", "&; &#; &#x; &#xg;"]
)
def test_what_looks_like_undecoded_characters_is_left_as_it_is(text: str) -> None:
    assert "".join(flagged_or_not(text)) == "".join(filter(str.isalnum, text))


def test_the_offsets_of_words_are_those_of_the_text_as_it_stands() -> None:
    assert flagged_or_not("x&#1083;y&amp;eacute; Ã©tÃ© z") == ["x&#1083;y&amp;eacute;", "Ã©tÃ©", "z"]


@pytest.mark.parametrize("text", ["in 2019 300 left", "row 12 34 5678", "G20 and B2B, A380s", "won 3. 400 came", "1 2 30"])
def test_numbers_beside_each_other_are_not_one(text: str) -> None:
    assert len(hashes(text)) == len(text.split())


@pytest.mark.parametrize("text", ["거리에는 값이 없다", "ガラスのドアがある", "Việt Nam đã được", "Ακρόπολη", "Äpfel für Ærø"])
def test_a_decomposed_text_has_the_same_words(text: str) -> None:
    assert hashes(unicodedata.normalize("NFD", text)) == hashes(text)


@pytest.mark.parametrize(
    "text",
    [unicodedata.normalize("NFD", "Le café est fermé en été"), "شكرًا جزيلاً", unicodedata.normalize("NFD", "ガラスがパンだ"),
     "ท่าเรือขนข้าวเก่าจะปิดจนถึงฤดูใบไม้ผลิหลังจากนักประดาน้ำพบรอยร้าวในเสาสิบเอ็ดต้นจากทั้งหมดสี่สิบต้น", "葛󠄀城"],
)  # fmt: skip
def test_no_word_begins_or_ends_within_a_character(text: str) -> None:
    words = read_words(encode([text]))
    cuts = {*words.starts[: words.size].tolist(), *words.ends[: words.size].tolist()} - {len(text)}
    assert [text[cut] for cut in cuts if unicodedata.combining(text[cut]) or unicodedata.category(text[cut]) == "Mn"] == []


def test_an_apostrophe_after_a_word_is_not_of_it() -> None:
    text = "the players’ wages, the owners' and the club's"
    words = read_words(encode([text]))
    cut = [text[words.starts[i] : words.ends[i]] for i in range(words.size)]
    assert cut == ["the", "players", "wages", "the", "owners", "and", "the", "club's"]


@pytest.mark.parametrize(
    ("text", "quoted"),
    [
        ("He said “we go” and went.", ["we", "go"]),
        ('He said "we go" and went.', ["we", "go"]),
        ("Er sagte „wir gehen“ und ging.", ["wir", "gehen"]),
        ("Er sagte „wir »sehen« ihn“ und ging.", ["wir", "sehen", "ihn"]),
        ("Er sagte »wir gehen« und ging.", ["wir", "gehen"]),
        ("Hän sanoi: ”me menemme” ja meni.", ["me", "menemme"]),
        ("Il a dit « nous allons », et partit. « Oui », dit-elle.", ["nous", "allons", "Oui"]),
        ("他说：“我们走”就走了。", ["我", "们", "走"]),
        ('דובר צה"ל אמר "אנו הולכים" והלך', ["אנו", "הולכים"]),
    ],
)
def test_a_quotation_ends_with_the_mark_that_its_language_closes_with(text: str, quoted: list[str]) -> None:
    assert flagged(text, QUOTED) == quoted


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("وصل الوفد. غادر الوزير. عاد", ["وصل", "غادر", "عاد"]),
        ("वह आया। वह गया। अंत", ["वह", "वह", "अंत"]),
        ("הוא בא. היא הלכה", ["הוא", "היא"]),
        ("The team won. It left at 5 p.m. today", ["The", "It"]),
    ],
)
def test_sentences_begin_after_a_stop_in_scripts_without_capitals(text: str, first: list[str]) -> None:
    assert flagged(text, SENTENCE) == first


def test_a_korean_word_of_one_syllable_is_short_and_one_of_two_is_not_however_it_is_written() -> None:
    text = "그 정부 는 서울 에서 말했다"
    assert flagged(text, SHORT) == ["그", "는"]
    assert [unicodedata.normalize("NFC", word) for word in flagged(unicodedata.normalize("NFD", text), SHORT)] == ["그", "는"]
