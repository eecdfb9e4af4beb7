"""The language is what the page declares, unless its text says otherwise beyond doubt."""

from __future__ import annotations

import pytest

from pipeline.extract.language import detect_language, language_code
from pipeline.extract.metadata import read_metadata
from pipeline.extract.parse import parse_html

ENGLISH = "The harbour office said on Monday that the new ferry would sail twice a day from the first week of spring. " * 6
GERMAN = "Die Hafenbehörde teilte am Montag mit, dass die neue Fähre ab der ersten Frühlingswoche zweimal täglich fahren wird. " * 6
RUSSIAN = "Портовая администрация сообщила в понедельник, что новый паром будет ходить дважды в день с первой недели весны. " * 6
JAPANESE = "港湾事務所は月曜日、新しいフェリーが春の第一週から一日二回運航すると発表した。" * 12
SPANISH = (
    "La oficina del puerto dijo el lunes que el nuevo transbordador "
    "navegará dos veces al día desde la primera semana de primavera. "
) * 6


@pytest.mark.parametrize(
    ("tag", "code"),
    [
        ("en-US", "en"),
        ("pt_BR", "pt"),
        ("DE", "de"),
        ("deu", "de"),
        ("zh-Hans-CN", "zh"),
        ("iw", "he"),
        ("nb-NO", "no"),
        ("en, de", "en"),
    ],
)
def test_tags_become_two_letters(tag: str, code: str) -> None:
    assert language_code(tag) == code


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("গাছতলায় চলছে ক্লাস, বৃষ্টি হলে ছুটি দিতে হয়। বই–খাতা রাখার জায়গাও নেই।", "bn"),
        ("Το πλοίο επέστρεψε στο λιμάνι με όλους τους επιβάτες σώους.", "el"),
        ("كان القارب يحمل عشرين راكبا حين انقلب قرب الميناء مساء الجمعة.", "ar"),
        ("船が港に戻った。乗客は全員無事だった。町の人々が出迎えた。救助は朝まで続いた。", "ja"),
        ("The word «θάλασσα» means the sea, and so does «море» in the north.", "en"),
        ("Le bateau est rentré au port avec tous ses passagers.", "en"),  # too little to tell from English
    ],
)
def test_a_few_lines_tell_that_a_page_of_another_script_is_not_in_the_language_of_its_theme(text: str, code: str) -> None:
    assert detect_language(text, "en") == code
    assert detect_language("𝐓𝐡𝐞 𝐡𝐚𝐫𝐛𝐨𝐮𝐫 𝐰𝐢𝐥𝐥 𝐛𝐞 𝐨𝐩𝐞𝐧 𝐚𝐠𝐚𝐢𝐧 𝐢𝐧 𝐬𝐩𝐫𝐢𝐧𝐠", "en") == "en"


@pytest.mark.parametrize("tag", ["", "English", "und", "x", "{{lang}}", None, 7, [], "xx"])
def test_what_is_no_tag_is_null(tag: object) -> None:
    assert language_code(tag) is None


@pytest.mark.parametrize(("text", "code"), [(ENGLISH, "en"), (GERMAN, "de"), (RUSSIAN, "ru"), (JAPANESE, "ja"), (SPANISH, "es")])
def test_a_text_is_detected_whatever_is_declared(text: str, code: str) -> None:
    assert detect_language(text, None) == code
    assert detect_language(text, code) == code
    assert detect_language(text, "fi") == code


def test_a_short_text_is_not_guessed() -> None:
    assert detect_language("Havnen er åben", None) is None
    assert detect_language("Havnen er åben", "da") == "da"
    assert detect_language("", "en") == "en"


def test_the_varieties_of_a_language_are_that_language() -> None:
    """An identifier that tells them apart is sure of none: half of this it takes for Wu and for Cantonese."""
    chinese = "港务局周一宣布，新的渡轮将从春季第一周起每天往返两次，票价保持不变。居民对此表示欢迎，商家也期待更多游客。" * 8
    assert detect_language(chinese, None) == "zh"
    assert detect_language(chinese, "en") == "zh"
    egyptian = (
        "قال مكتب المينا يوم الاتنين إن المعدية الجديدة هتمشي مرتين في اليوم من أول أسبوع في الربيع ومفيش زيادة في التذاكر. " * 6
    )
    assert detect_language(egyptian, None) == "ar"


def test_neighbours_are_left_to_the_page() -> None:
    danish = "Havnemyndigheden oplyste mandag, at den nye færge vil sejle to gange om dagen fra den første uge i foråret. " * 6
    assert detect_language(danish, "no") == "no"


@pytest.mark.parametrize(
    ("attributes", "head", "code"),
    [
        ('lang="de-AT"', "", "de"),
        ("", '<meta http-equiv="content-language" content="fr">', "fr"),
        ("", '<meta property="og:locale" content="es_MX">', "es"),
        ('lang="en"', '<script type="application/ld+json">{"@type":"Article","headline":"x","inLanguage":"it-IT"}</script>', "it"),
        ("", "", None),
    ],
)
def test_declarations(attributes: str, head: str, code: str | None) -> None:
    html = f"<html {attributes}><head>{head}</head><body><p>x</p></body></html>"
    assert read_metadata(parse_html(html), None, html).language == code
