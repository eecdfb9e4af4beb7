from __future__ import annotations

import json
import random
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.dedup import DedupResult, Document, find_duplicates
from pipeline.dedup.members import composites_of
from pipeline.dedup.reuse import Passage
from tests.dedup.articles import ALPHABETS, UNDIVIDED, article, document, sentence


def stories(result: DedupResult) -> set[frozenset[str]]:
    groups: dict[str, set[str]] = {}
    for member in result.members:
        groups.setdefault(member.story_id, set()).add(member.article_id)
    return {frozenset(group) for group in groups.values()}


def test_an_equal_text_that_nothing_else_resembles_is_a_whole_copy() -> None:
    result = find_duplicates([document("a", article(1), 1), document("b", article(1), 2)])
    assert [(member.relation, member.score) for member in result.members] == [("canonical", None), ("copy", 1.0)]


@pytest.mark.parametrize("alphabet", ALPHABETS)
def test_a_truncated_copy_with_a_dateline_and_an_advert_belongs_to_its_original(alphabet: str) -> None:
    text = article(1, alphabet=alphabet)
    cut = "LONDON, March 2 - " + text[: len(text) // 3] + "\n\nRead more on our site."
    result = find_duplicates([document("a", text, 1), document("b", cut, 2), document("c", article(2, alphabet=alphabet), 1)])
    assert stories(result) == {frozenset("ab"), frozenset("c")}
    copy = next(member for member in result.members if member.article_id == "b")
    assert (copy.relation, copy.canonical_article_id, copy.canonical_reason) == ("copy", "a", "earliest publication")
    assert copy.score is not None
    assert copy.score > 0.8


def test_a_rewrite_that_replaces_every_sixth_word_is_a_copy() -> None:
    rng = random.Random(3)
    words = article(3).split(" ")
    spun = " ".join(w if i % 6 or not w.islower() else "".join(rng.sample("abcdefgh", 5)) for i, w in enumerate(words))
    assert len(stories(find_duplicates([document("a", article(3)), document("b", spun, 2)]))) == 1


def _reworded(text: str, seed: int) -> str:
    """Return the text with every fifth of its small words, by chance, replaced by one that no other text has."""
    rng = random.Random(seed)
    return re.sub(r"\b[a-z]+\b", lambda m: "".join(rng.sample("abcdefgh", 5)) if rng.random() < 0.22 else m[0], text)


def test_copies_that_are_each_reworded_elsewhere_belong_to_their_original() -> None:
    text = article(7, 12)
    others = [document(name, _reworded(text, seed), 3, f"{name}.example") for seed, name in enumerate("cdef")]
    again = document("b", text + "\n\nRead more on our site.", 2, "b.example")
    assert len(stories(find_duplicates([document("a", text), again, *others]))) == 1


@pytest.mark.parametrize(("alphabet", "paragraphs", "every"), [("latin", 24, 50), ("arabic", 32, 60)])
def test_copies_that_each_have_words_of_their_own_here_and_there_and_lack_paragraphs_are_one_story(
    alphabet: str, paragraphs: int, every: int
) -> None:
    text, letters = article(7, paragraphs, alphabet), ALPHABETS[alphabet]

    def changed(number: int) -> str:
        rng = random.Random(number)
        cut = "\n\n".join(part for n, part in enumerate(text.split("\n\n")) if n not in (2 + 2 * number, 3 + 2 * number))
        return "".join(rng.choice(letters) if i % every == 0 and c in letters else c for i, c in enumerate(cut))

    copies = [document(f"c{n}", changed(n), 3, "b.example") for n in range(4)]
    assert len(stories(find_duplicates([document("a", text), *copies]))) == 1


def test_a_truncated_copy_belongs_to_a_longer_text_that_says_a_phrase_of_it_again_and_again() -> None:
    phrase = "ranodi klemba vitoru masano peldak burima"
    text = "\n\n".join(f"{paragraph} {phrase}." for paragraph in article(7, 12).split("\n\n"))
    assert len(stories(find_duplicates([document("a", text), document("b", text[: len(text) // 6], 2)]))) == 1


def test_figures_that_are_converted_here_and_there_in_a_long_article_make_no_form_of_it() -> None:
    places = iter(range(1000))
    text = re.sub(r"\b\d+\b", lambda m: m[0] if next(places) % 6 == 0 else "kalemi", article(7, 12))
    converted = re.sub(r"\b\d+\b", lambda m: str(round(int(m[0]) * 1.609)), text)
    assert len(stories(find_duplicates([document("a", text), document("b", converted, 2)]))) == 1


def test_an_article_whose_figures_were_all_brought_up_to_date_is_no_form_unless_names_differ_too() -> None:
    places = iter(range(1000))
    text = re.sub(r"\b\d+\b", lambda m: m[0] if next(places) % 2 else "kalemi", article(7, 12))
    later = re.sub(r"\b\d+\b", lambda m: str(int(m[0]) + 7), text)
    assert len(stories(find_duplicates([document("a", text), document("b", later, 2)]))) == 1
    filled = re.sub(r"(?<=[a-z] )[A-Z][a-z]+", lambda m: f"{m[0]}y", later)
    assert len(stories(find_duplicates([document("a", text), document("b", filled, 2)]))) == 2


def test_names_that_are_spelled_in_another_way_throughout_make_no_form_of_an_article_whose_figures_agree() -> None:
    text = article(7, 12)
    spelled = re.sub(r"(?<=[a-z] )[A-Z][a-z]+", lambda m: f"{m[0]}y", text)
    assert len(stories(find_duplicates([document("a", text), document("b", spelled, 2)]))) == 1
    filled = re.sub(r"\b\d+\b", lambda m: str(int(m[0]) + 7), spelled)
    assert len(stories(find_duplicates([document("a", text), document("b", filled, 2)]))) == 2


def test_versions_of_a_live_story_with_running_figures_are_one_story() -> None:
    told = article(9, 2).split("\n\n")
    lead = "A ferry sank off the island of Samos on Monday, and at least {} people were killed and {} more injured, police said."
    versions = [
        document(f"v{number}", "\n\n".join([lead.format(12 + 3 * number, 47 + 9 * number), *told]), 1 + number, "live.example")
        for number in range(5)
    ]
    assert len(stories(find_duplicates(versions))) == 1


@pytest.mark.parametrize(("own", "first", "count", "expected"), [(25, 0, 5, 1), (60, 0, 5, 2), (25, 3, 5, 2), (28, 0, 2, 1)])
def test_a_cut_copy_may_stand_below_a_short_introduction_and_a_passage_from_the_midst_is_none(
    own: int, first: int, count: int, expected: int
) -> None:
    paragraphs = article(1, 5 * count).split("\n\n")
    cut = " ".join(article(2, 3).split()[:own]) + ".\n\n" + "\n\n".join(paragraphs[first : first + count]) + " …"
    result = find_duplicates([document("a", article(1, 5 * count), 1), document("cut", cut, 2, "b.example")])
    assert len(stories(result)) == expected


def test_an_abridged_copy_is_found_where_its_sentences_stand_all_through_the_article() -> None:
    text = article(7, 20)
    sentences = [paragraph.split(". ")[0] + "." for paragraph in text.split("\n\n")]
    abridged = document("short", " ".join(sentences[1::2]), 2)
    assert len(stories(find_duplicates([document("a", text), abridged]))) == 1
    passage = document("part", "\n\n".join(text.split("\n\n")[8:12]), 2)
    assert len(stories(find_duplicates([document("a", text), passage]))) == 2


def test_a_reworded_article_without_any_name_or_figure_is_no_form_where_it_is_long_enough() -> None:
    rng = random.Random(5)
    words = re.sub(r"\d+", "", article(7, 4, "arabic")).split(" ")
    spun = " ".join(w if rng.random() > 0.2 or "\n" in w else "".join(rng.sample("ابتثجحخ", 5)) for w in words)
    assert len(stories(find_duplicates([document("a", " ".join(words)), document("b", spun, 2)]))) == 1


def test_what_a_later_text_took_of_an_article_does_not_part_it_from_an_undated_truncated_copy() -> None:
    paragraphs = article(1).split("\n\n")
    cut = Document("cut", None, "c.example", None, "\n\n".join(paragraphs[:3]) + " …", None)
    later = document("later", "\n\n".join([*article(2).split("\n\n")[:6], *paragraphs[3:]]), 6, "d.example")
    result = find_duplicates([document("a", article(1), 3), document("b", article(2), 2), cut, later])
    assert frozenset({"a", "cut"}) in stories(result)


def test_forms_filled_with_other_names_and_figures_are_not_copies_but_a_syndicated_one_is() -> None:
    frame = article(4, 4).split(" ")

    def form(seed: int) -> str:
        rng = random.Random(seed)
        return " ".join(w if i % 9 else f"{rng.randint(1, 9999)}" for i, w in enumerate(frame))

    filled = [document(f"d{seed}", form(seed)) for seed in range(8)]
    again = document("again", form(0) + "\n\nSubscribe to our newsletter today.", 2)
    result = find_duplicates([*filled, again])
    assert stories(result) == {frozenset({"d0", "again"})} | {frozenset({f"d{seed}"}) for seed in range(1, 8)}
    assert result.reuse == ()


def test_the_beginning_of_a_form_that_says_nothing_yet_does_not_make_one_story_of_two() -> None:
    head, frame = article(4, 1), article(5, 3).split(" ")
    one, other = (head + "\n\n" + " ".join(w if i % 9 else f"{i * k}" for i, w in enumerate(frame)) for k in (17, 23))
    found = stories(find_duplicates([document("a", one), document("b", other, 2), document("cut", head, 3, "b.example")]))
    assert found in ({frozenset({"a", "cut"}), frozenset("b")}, {frozenset({"b", "cut"}), frozenset("a")})


def test_a_cut_copy_belongs_to_the_prints_of_its_article_though_the_figures_of_its_lines_were_corrected_in_one() -> None:
    text = article(5, 10)
    figures = re.findall(r"\d+", text)[:2]
    corrected = text.replace(figures[0], "17").replace(figures[1], "23")
    prints = [document(f"p{n}", f"{text}\n\nPage {n}", 2, f"{n}.example") for n in range(4)]
    cut = document("cut", f"LONDON, March 3 - {text.split(chr(10))[0]} …", 3, "cut.example")
    assert len(stories(find_duplicates([*prints, document("corrected", corrected, 4, "c.example"), cut]))) == 1


UNNAMED = {
    "hi": "[पटना|जयपुर] में [शुक्रवार|शनिवार] का मौसम: [सुबह घाटियों में कोहरा और बूंदाबांदी|सुबह से ही तेज धूप], इसके बाद"
    " [दोपहर में आसमान साफ|आंशिक बादल] रहने का अनुमान है। हवा [दक्षिण पश्चिम से हल्की|उत्तर से मध्यम] चलेगी। तापमान सामान्य से"
    " [थोड़ा ऊपर|नीचे] बना रहेगा। रात [गुनगुनी और बादलों वाली|साफ और ठंडी] रहेगी, कुछ इलाकों में [हल्की बौछार|पाला] संभव है।"
    " आने वाले दिनों में मौसम [अस्थिर|सूखा] रहेगा। मौसम विभाग ने वाहन चालकों से सावधानी बरतने की अपील की है।"
    " अगला बुलेटिन तय समय पर जारी किया जाएगा।",
    "tr": "[Bursa|İzmir] için [cuma|cumartesi] günü hava durumu: [Sabah saatlerinde sis ve çisenti|Gün boyunca bol güneş], ardından"
    " [parçalı bulutlu|az bulutlu] bir hava bekleniyor. Rüzgar [güneybatıdan hafif|kuzeyden orta kuvvette] esecek. Hava sıcaklığı"
    " mevsim normallerinin [biraz üzerinde|altında] seyredecek. Gece [ılık ve bulutlu|açık ve soğuk] geçecek, yer yer [hafif"
    " yağmur|don] görülecek. Önümüzdeki günlerde hava [değişken|kuru] olacak. Sürücülerin buzlanmaya karşı dikkatli olması"
    " isteniyor. Bir sonraki rapor her zamanki saatte yayımlanacak.",
}


@pytest.mark.parametrize("language", UNNAMED)
def test_a_short_form_in_which_no_name_or_figure_agrees_is_no_copy_when_it_comes_twice(language: str) -> None:
    one, other = (re.sub(r"\[(.*?)\|(.*?)\]", choice, UNNAMED[language]) for choice in (r"\1", r"\2"))
    result = find_duplicates([document("a", one), document("b", other, 2)])
    assert len(stories(result)) == 2
    assert result.reuse == ()
    edited = re.sub(r"\[(.*?)\|(.*?)\]", r"\2", UNNAMED[language], count=4)
    edited = re.sub(r"\[(.*?)\|(.*?)\]", r"\1", edited)
    assert len(stories(find_duplicates([document("a", one), document("b", edited, 2)]))) == 1


WETTER = (
    "In Kassel bringt der {} {}. Die Werte steigen bis zum Nachmittag auf {} Grad, in der Nacht sinken sie auf {} Grad. Der Wind "
    "kommt aus {}. Die Belastung durch Pollen ist gering, die Gefahr von Bränden in Wäldern und auf Wiesen ebenso. Eine Karte mit "
    "den Werten aller Orte des Kreises und eine Vorhersage für die Woche finden Leser auf der letzten Seite dieser Ausgabe."
)
UNFALL = (
    "Bei einem Unfall nahe Kassel sind am Dienstag {} Menschen verletzt worden, {} von ihnen schwer. Ein Bus kam auf dem Weg nach "
    "Melsungen in einer Kurve von der Straße ab und stürzte in den Graben. Die Polizei sucht Zeugen. Die Ursache war nach ersten "
    "Angaben ein Versagen der Bremsen, für die Bergung wurde die Straße bis zum Abend in beiden Richtungen gesperrt."
)


def test_a_form_is_told_by_its_figures_where_every_noun_has_a_capital_and_an_update_is_none() -> None:
    tuesday = WETTER.format("Dienstag", "viel Sonne", 21, 9, "Westen")
    wednesday = WETTER.format("Mittwoch", "Schauer und Gewitter", 17, 11, "Norden")
    assert len(stories(find_duplicates([document("a", tuesday), document("b", wednesday, 2)]))) == 2
    first, later = UNFALL.format(12, 3), UNFALL.format(14, 5)
    assert len(stories(find_duplicates([document("a", first), document("b", later)]))) == 1


STATISTIK = (
    "Die Quote ist auf {} Prozent gesunken. Wie die Direktion mitteilte, waren {} Menschen ohne Stelle, {} weniger als im Mai "
    "und {} mehr als vor einem Jahr. Die Zahl der offenen Stellen ging um {} auf {} zurück. In Kurzarbeit waren vermutlich {} "
    "Beschäftigte, vor allem in der Autoindustrie. Die Betriebe halten ihre Leute, aber sie stellen kaum ein, sagte der Leiter."
)


@pytest.mark.parametrize(
    "figures",
    [
        ("5,4", "312 480", "4 120", "9 870", "2 340", "88 150", "21 700"),
        ("5,4", "312480", "4120", "9870", "2340", "88150", "21700"),
        ("fünf Komma vier", "dreihunderttausend", "viertausend", "zehntausend", "zweitausend", "achtzigtausend", "zwanzigtausend"),
    ],
)
def test_a_copy_that_writes_its_figures_in_another_way_is_no_form(figures: tuple[str, ...]) -> None:
    text = STATISTIK.format("5,4", "312.480", "4.120", "9.870", "2.340", "88.150", "21.700")
    later = STATISTIK.format("5,6", "314.910", "2.430", "11.230", "3.010", "85.140", "22.900")
    assert len(stories(find_duplicates([document("a", text), document("b", STATISTIK.format(*figures), 2)]))) == 1
    assert len(stories(find_duplicates([document("a", text), document("b", later, 2)]))) == 2


QUAKE = (
    "A magnitude {} earthquake was reported {} at {} {} miles from {}, the geological survey said. It struck at a depth of {}"
    " miles.\n\nAccording to the survey the epicenter was {} miles from {}, {} miles from {} and {} miles from {}.\n\nIn the past"
    " days there were hardly any others of its strength nearby.\n\nDid you feel this earthquake? Report what you felt to the"
    " survey. This information comes from its notification service, and this post was written by a program that reads it."
)


def test_a_short_form_is_told_by_figures_that_stand_beside_what_is_aligned() -> None:
    one = QUAKE.format(4.2, "Wednesday", "7:15 a.m.", 28, "Elston", 1.2, 22, "Quorn", 25, "Norwell", 73, "Selby")
    other = QUAKE.format(5.2, "Monday", "3:11 p.m.", 11, "Farnham", 13.6, 16, "Denby", 51, "Elston", 66, "Ashford")
    assert len(stories(find_duplicates([document("a", one), document("b", other, 2)]))) == 2
    reworded = "(Newsdesk) " + one.replace("strength nearby", "size around there")
    assert len(stories(find_duplicates([document("a", one), document("b", reworded)]))) == 1


PRICES = (
    "इंदौर सर्राफा बाजार में {} को सोने के भाव में {} रुपये प्रति 10 ग्राम की {} दर्ज की गई। कारोबारियों के अनुसार सोना {} रुपये और चांदी {} रुपये"
    " प्रति किलोग्राम बिकी। अंतरराष्ट्रीय बाजार में सोना {} डॉलर प्रति औंस और चांदी {} डॉलर प्रति औंस रही।"
)


def test_a_short_form_that_is_sent_again_with_a_figure_corrected_is_a_copy_among_others_of_its_kind() -> None:
    days = ("सोमवार", "मंगलवार", "बुधवार", "गुरुवार", "शुक्रवार", "शनिवार")
    filled = [
        (day, 130 + 70 * n, ("तेजी", "गिरावट")[n % 2], 51200 + 710 * n, 61300 + 930 * n, 1810 + 43 * n, 21 + n)
        for n, day in enumerate(days)
    ]
    corrected = (*filled[2][:3], filled[2][3] + 100, *filled[2][4:])
    forms = [document(f"d{n}", PRICES.format(*facts), n + 1) for n, facts in enumerate(filled)]
    found = stories(find_duplicates([*forms, document("again", PRICES.format(*corrected), 3, "b.example")]))
    assert found == {frozenset({"d2", "again"})} | {frozenset({f"d{n}"}) for n in range(len(days)) if n != 2}


def test_short_columns_in_one_frame_are_neither_copies_nor_taken_from_each_other_but_a_printed_one_is_a_copy() -> None:
    head, foot = article(94, 1), article(95, 1)
    columns = [f"{head}\n\n{article(940 + n, 1)}\n\n{foot}" for n in range(3)]
    of_site = [document(f"d{n}", text, 1 + 7 * n) for n, text in enumerate(columns)]
    printed = [document(f"p{n}", f"By a guest\n\n{columns[0]}", 2, f"{n}.example") for n in range(2)]
    result = find_duplicates([*of_site, *printed])
    assert stories(result) == {frozenset({"d0", "p0", "p1"}), frozenset({"d1"}), frozenset({"d2"})}
    assert result.reuse == ()


WITNESSES = (
    "Ein bislang unbekannter Täter hat in der Nacht zum {} in der {} in Rheinfelden einen geparkten {} beschädigt. Der Schaden"
    " beträgt etwa {} Euro. Der Polizeiposten Rheinfelden, Telefon 07623 74040, sucht Zeugen, die Angaben zum Verursacher machen"
    " können."
)
HEARING = (
    "NOTICE IS HEREBY GIVEN that the Zoning Board of the Town of Holt will hold a public hearing on Monday, March 23, at {} p.m. in"
    " the Town Hall, 14 Main Street, on the application of {}. All interested persons may appear and be heard. Plans are available"
    " at the office of the Town Clerk."
)


@pytest.mark.parametrize(
    ("form", "one", "other"),
    [
        (WITNESSES, ("Dienstag", "Gartenstraße", "Opel Corsa", "1.500"), ("Mittwoch", "Lindenallee", "VW Golf", "2.800")),
        (
            HEARING,
            ("7:00", "Denise Marlow for a variance from the side yard setback at 77 Quarry Road to construct a garage"),
            ("7:30", "Ferro Brothers Inc. for a special permit to operate a car wash at 210 State Street"),
        ),
    ],
)
def test_two_short_forms_are_told_apart_where_names_differ_and_the_words_around_them_do_not(
    form: str, one: tuple[str, ...], other: tuple[str, ...]
) -> None:
    first, again = document("a", form.format(*one)), document("b", form.format(*other), 2)
    assert len(stories(find_duplicates([first, again]))) == 2
    printed = document("c", f"(Newsdesk) {form.format(*one)}", 3, "b.example")
    assert stories(find_duplicates([first, again, printed])) == {frozenset("ac"), frozenset("b")}


@pytest.mark.parametrize(
    ("names", "expected"), [(("Adele Fonsi", "Adela Fonsi"), 1), (("Adele Fonsi", "Marc Toledo"), 2)]
)  # fmt: skip
def test_a_name_in_another_spelling_makes_no_form_of_a_short_text_but_another_name_does(
    names: tuple[str, str], expected: int
) -> None:
    text = "It hung in an office until the building was cleared. Curator {} said it was the only Vermeij to show the old crane"
    texts = [f"{text.format(name)} and that the {end} was kept." for name, end in zip(names, ("wheel", "big wheel"), strict=True)]
    assert len(stories(find_duplicates([document(str(n), text, 1 + n) for n, text in enumerate(texts)]))) == expected


def test_a_form_of_which_each_title_names_what_it_is_filled_with_is_no_copy() -> None:
    frame = article(91, 3).split(" ")

    def found(title: str, other_title: str) -> int:
        one, other = (
            " ".join(names[i // 23 % 2] if i % 23 == 5 else w for i, w in enumerate(frame))
            for names in (("Norfolk", "Friday"), ("Cumbria", "Sunday"))
        )
        return len(stories(find_duplicates([document("a", one, 1, title=title), document("b", other, 2, title=other_title)])))

    assert found("Forecast: Norfolk on Friday", "Forecast: Cumbria on Sunday") == 2
    assert found("Forecast: Norfolk on Friday", "What the skies hold") == 1


QUAKE_IN_TURKISH = (
    "Van'ın Erciş ilçesinde sabah 05.42'de {}. Afet ve Acil Durum Yönetimi Başkanlığı (AFAD), depremin yerin 9 kilometre"
    " derinliğinde olduğunu bildirdi.\n\nVali Murat Ekinci, depremde {} kişinin hafif yaralandığını, can kaybı olmadığını söyledi."
    " Yaralıların çoğunun panikle pencereden atlayan kişiler olduğunu belirten Ekinci, {} kaydetti.\n\nEkipler, kırsal"
    " mahallelerde yıkılan kerpiç evlerde arama yaptı. Enkaz altında kimsenin kalmadığı belirlendi."
)


def test_an_update_under_another_headline_is_a_copy_in_a_language_that_bends_the_words_of_headlines() -> None:
    first = QUAKE_IN_TURKISH.format("5,1 büyüklüğünde deprem meydana geldi", 14, "hastanelerde tedavilerinin sürdüğünü")
    news = "meydana gelen 5,1 büyüklüğündeki depremde yaralananların sayısı 23'e yükseldi"
    later = QUAKE_IN_TURKISH.format(news, 23, "17'sinin taburcu edildiğini")
    titles = "Van'da 5,1 büyüklüğünde deprem: 14 yaralı", "Van'daki depremde yaralı sayısı 23'e yükseldi"
    versions = [document("a", first, title=titles[0]), document("b", later, title=titles[1])]
    assert len(stories(find_duplicates(versions))) == 1


def retold(seed: int) -> tuple[str, str]:
    """Return a text and another after the same source: a third of each is its own, and few sentences are left as they were."""
    rng = random.Random(seed)
    sentences = article(seed).split(". ")
    other = article(seed + 1000).split(". ")
    changed = [s if n % 3 == 0 else " ".join(w if i % 7 else rng.choice("abcdef") * 5 for i, w in enumerate(s.split(" ")))
               for n, s in enumerate(sentences)]  # fmt: skip
    own = len(sentences) // 4
    return ". ".join([*sentences[:-own], *other[:own]]), ". ".join([*other[-own:], *changed[:-own]])


def test_a_text_told_anew_after_the_same_source_is_no_copy_on_the_word_of_one_pair() -> None:
    one, other = retold(60)
    assert len(stories(find_duplicates([document("a", one), document("b", other, 2)]))) == 2


def notice(seed: int) -> str:
    """Return a short notice: standing words around a name, a figure and a sentence of its own, none of which others have."""
    rng, frame = random.Random(seed), article(90, 3).lower().translate({ord(digit): None for digit in "0123456789"}).split()
    name = " ".join(word.capitalize() for word in words_of(rng, 2))
    parts = [" ".join(frame[low:high]) for low, high in ((0, 9), (9, 16), (16, 36), (36, 43))]
    begin = f"{parts[0]} {name} {rng.randint(10, 99)} {parts[1]}."
    return f"{begin}\n\n{sentence(rng)}\n\n{parts[2]} {' '.join(words_of(rng, 2))} {parts[3]}."


def words_of(rng: random.Random, count: int) -> list[str]:
    return ["".join(rng.choice("abcdefghiklmnoprstuvz") for _ in range(7)) for _ in range(count)]


def test_prints_of_one_filled_form_are_no_two_witnesses_for_another_filling() -> None:
    prints = [document(name, notice(1) + note, 1, f"{name}.example") for name, note in (("a", ""), ("b", ""), ("c", "\n\nread on"))]
    assert stories(find_duplicates([*prints, document("d", notice(2), 2)])) == {frozenset("abc"), frozenset("d")}


def test_a_text_in_which_most_words_are_others_all_through_is_no_cut_copy() -> None:
    rng = random.Random(3)
    frame = [words_of(rng, 8) for _ in range(20)]
    texts = [" ".join(" ".join([*run, *words_of(rng, 6)]) for run in frame) for _ in range(2)]
    assert len(stories(find_duplicates([document("a", texts[0], 1), document("b", texts[1], 2)]))) == 2


@pytest.mark.parametrize(("order", "expected"), [((3, 0, 5, 1, 2, 4), 1), ((0, 1, 2, 3, 4, 5), 2)])
def test_an_edited_text_is_a_copy_on_the_word_of_one_pair_where_its_paragraphs_were_turned_around(
    order: tuple[int, ...], expected: int
) -> None:
    rng = random.Random(6)
    paragraphs = article(64, 6).split("\n\n")
    edited = [" ".join(w if i % 8 else rng.choice("abcdef") * 5 for i, w in enumerate(p.split(" "))) for p in paragraphs]
    whole = document("a", "\n\n".join([*paragraphs, article(65, 1)]))
    local = document("b", "\n\n".join([*(edited[n] for n in order), article(66, 1)]), 2, "b.example")
    assert len(stories(find_duplicates([whole, local]))) == expected


@pytest.mark.parametrize(("every", "expected"), [(10, 1), (5, 2)])
def test_an_edited_text_is_a_copy_on_the_word_of_one_pair_where_the_words_that_were_kept_stand(every: int, expected: int) -> None:
    sentences = article(67, 10).replace("\n\n", " ").split(". ")
    own = article(68, 4).replace("\n\n", " ").split(". ")
    parts = [s.split(" ") for n, s in enumerate(sentences) if n % 4 < 3]
    kept = [" ".join("xyz" if i % every == every - 1 else w for i, w in enumerate(part)) for part in parts]
    local = document("b", ". ".join([*kept[:4], *own[:3], *kept[4:8], *own[3:5], *kept[8:], *own[5:]]), 2, "b.example")
    assert len(stories(find_duplicates([document("a", ". ".join(sentences)), local]))) == expected


def test_a_cut_copy_of_a_text_with_a_new_beginning_on_an_older_end_is_in_its_story() -> None:
    first, news = article(69, 6), article(690, 3)
    second = f"{news}\n\n{first}"
    cut = f"(Newsdesk) {news} Read more"
    versions = [document("first", first, 1), document("second", second, 2), document("cut", cut, 3, "b.example")]
    found = stories(find_duplicates(versions))
    assert any({"second", "cut"} <= story for story in found)
    # what came before it and is covered by nothing else is what it was put together from
    early = [document("first", first, 1), document("second", second, 3), document("cut", cut, 2, "b.example")]
    assert not any({"first", "cut"} <= story for story in stories(find_duplicates(early)))


def test_a_statement_with_other_words_in_the_mouth_is_no_copy_on_the_word_of_one_pair() -> None:
    rng = random.Random(4)
    words = article(61, 5).replace("\n\n", " ").split(" ")
    invented = " ".join(rng.choice("abcdef") * 5 if i % 7 == 3 else w for i, w in enumerate(words))
    head = article(62, 1)
    said = document("a", f"{head}\n\n“{' '.join(words)}”"), document("b", f"{head}\n\n“{invented}”", 2)
    assert len(stories(find_duplicates(said))) == 2
    told = document("a", f"{head}\n\n{' '.join(words)}"), document("b", f"{head}\n\n{invented}", 2)
    assert len(stories(find_duplicates(told))) == 1


@pytest.mark.parametrize("count", [3, 5])
def test_a_text_below_leads_of_several_sites_is_one_story_and_what_one_site_puts_beside_its_articles_none(count: int) -> None:
    text = article(63, 14)
    leads = [article(630 + n, 2).rsplit(". ", 1)[0] for n in range(count)]  # of three sentences
    printed = [f"{lead}.\n\n{text}" for lead in leads]
    several = [document(f"d{n}", t, 1 + n, f"{n}.example") for n, t in enumerate(printed)]
    assert len(stories(find_duplicates(several))) == 1
    assert len(stories(find_duplicates([document(f"d{n}", t, 1 + n) for n, t in enumerate(printed)]))) == count


def test_a_phrase_that_each_of_two_texts_repeats_says_once_what_they_have_in_common() -> None:
    phrase = " ".join(article(40).split(" ")[:18])

    def captions(seed: int) -> str:
        return "\n\n".join(f"{' '.join(part.split(' ')[:6])} {phrase}" for part in article(seed, 6).split("\n\n"))

    galleries = [document(f"d{seed}", captions(seed), seed) for seed in (1, 2, 3)]
    printed = document("copy", "\n\n".join(captions(1).split("\n\n")[:4]), 4, "b.example")
    assert stories(find_duplicates([*galleries, printed])) == {frozenset({"d1", "copy"}), frozenset({"d2"}), frozenset({"d3"})}


@pytest.mark.parametrize("copies", [60, 200])
def test_a_large_family_is_one_story_and_a_stranger_in_its_words_is_not(copies: int) -> None:
    rng = random.Random(5)
    base = article(70).split(" ")
    family = [
        document(f"d{n:03d}", " ".join(w if rng.random() > 0.03 else rng.choice(base) for w in base), 1 + n % 20)
        for n in range(copies)
    ]
    strangers = [document(f"x{n}", f"{article(80 + n)}\n\n{article(70, 1)}", 3) for n in range(3)]
    result = find_duplicates([*family, *strangers])
    assert stories(result) == {frozenset(d.id for d in family)} | {frozenset({d.id}) for d in strangers}


def test_a_stitched_article_is_its_own_story_and_names_each_source_with_offsets() -> None:
    sources = {f"s{n}": article(10 + n) for n in range(3)}
    parts = {name: "\n\n".join(text.split("\n\n")[2:5]) for name, text in sources.items()}
    stitched = "\n\n".join(parts.values())
    documents = [document(name, text, 1) for name, text in sources.items()]
    result = find_duplicates([*documents, document("m", stitched, 3, "b.example")])
    assert len(stories(result)) == 4
    member = next(member for member in result.members if member.article_id == "m")
    assert member.relation == "unique"
    assert json.loads(member.proof or "{}") | {"share": 1} == {"composite": True, "sources": 3, "share": 1}
    assert [m.article_id for m in result.members if m.proof] == ["m"]
    taken: dict[str, str] = {}
    for passage in result.reuse:
        assert passage.article_id == "m"
        taken[passage.source_article_id] = taken.get(passage.source_article_id, "") + stitched[passage.start : passage.end]
    for name, part in parts.items():
        assert abs(len(taken[name]) - len(part)) < 0.05 * len(part)


def test_a_whole_article_with_hardly_less_of_another_below_it_is_a_copy_with_a_box() -> None:
    other = article(12, 9).split("\n\n")
    copy = "\n\n".join([article(11, 6), *other[2:7]])
    wires = [document("a", article(11, 6)), document("b", "\n\n".join(other))]
    result = find_duplicates([*wires, document("copy", copy, 2, "b.example")])
    assert stories(result) == {frozenset({"a", "copy"}), frozenset("b")}
    assert {(passage.article_id, passage.source_article_id) for passage in result.reuse} == {("copy", "b")}


def test_cut_copies_do_not_deny_a_version_with_a_new_lead_of_which_they_have_a_part() -> None:
    paragraphs = article(1, 10).split("\n\n")
    version = "\n\n".join([*article(2, 4).split("\n\n"), *paragraphs[3:]])
    cuts = [document(f"cut{n}", "\n\n".join(paragraphs[: 6 + n % 2]) + f" … {n}", 2, f"{n}.example") for n in range(4)]
    result = find_duplicates([document("a", article(1, 10), 1), document("version", version, 3), *cuts])
    assert len(stories(result)) == 1


@pytest.mark.parametrize("day", [3, None])
def test_briefs_that_are_merged_whole_with_words_between_them_are_no_copy_of_the_first(day: int | None) -> None:
    briefs = [article(60 + n, 1) for n in range(4)]
    merged = "\n\n".join(f"{brief}\n\n{article(90 + n, 1)[:60]}" for n, brief in enumerate(briefs))
    when = f"2024-03-{day:02d}T08:00:00Z" if day else None
    documents = [document(f"s{n}", brief, 1) for n, brief in enumerate(briefs)]
    result = find_duplicates([*documents, Document("m", None, "b.example", None, merged, when)])
    assert len(stories(result)) == 5
    assert reuse(result) == {("m", document.id) for document in documents}


@pytest.mark.parametrize("notes", [1, 2])
def test_notices_below_a_short_text_that_others_have_too_do_not_part_it_from_its_copy(notes: int) -> None:
    text, notices = article(50, 1), [article(70 + n, 1) for n in range(notes)]
    below = [document(f"o{n}", "\n\n".join([article(30 + n), *notices]), 1, "c.example") for n in range(4)]
    copy = document("copy", "\n\n".join([text, *notices]), 2, "c.example")
    assert frozenset({"a", "copy"}) in stories(find_duplicates([document("a", text, 1), copy, *below]))


def reuse(result: DedupResult) -> set[tuple[str, str]]:
    return {(passage.article_id, passage.source_article_id) for passage in result.reuse}


@pytest.mark.parametrize(("day", "expected"), [(2, {("later", "x")}), (9, {("x", "inserted")})])
def test_a_passage_that_only_copies_have_is_from_the_first_of_them_or_was_put_in(day: int, expected: set[tuple[str, str]]) -> None:
    wire, other = article(92), article(93)
    grown = wire + "\n\n" + "\n\n".join(other.split("\n\n")[2:5])
    documents = [document("wire", wire, 1), document("copy", wire, 1, "b.example"), document("x", other, day, "x.example")]
    documents.append(document("later", grown, 10, "c.example"))
    if day > 2:
        documents.append(document("inserted", grown + " " + article(94, 1), 5, "d.example"))
    result = find_duplicates(documents)
    assert len(stories(result)) == 2
    assert reuse(result) == expected


def test_of_two_stories_each_may_take_from_the_other_in_a_copy_of_its_own() -> None:
    one, other = article(1), article(2)
    box, other_box = ("\n\n".join(text.split("\n\n")[2:4]) for text in (one, other))
    documents = [document("a", one, 1), document("b", other, 2)]
    documents += [
        document("a-box", f"{one}\n\n{other_box}", 3, "c.example"),
        document("b-box", f"{other}\n\n{box}", 4, "d.example"),
    ]
    documents += [document(f"{name}-late", text, 6, "e.example") for name, text in (("a", one), ("b", other))]
    result = find_duplicates(documents)
    assert stories(result) == {frozenset({"a", "a-box", "a-late"}), frozenset({"b", "b-box", "b-late"})}
    found = {(reuse.article_id, reuse.source_article_id) for reuse in result.reuse}
    assert {("a-box", "b"), ("b-box", "a")} <= found
    assert {taker for taker, _ in found} == {"a-box", "b-box"}


def test_a_passage_is_from_the_canonical_where_that_has_it_and_else_from_a_copy_that_has() -> None:
    wire, more = article(95), article(96, 2)
    first, *_, last = wire.split("\n\n")
    update = wire + "\n\n" + more
    taker = "\n\n".join([article(97), more, first, last])
    documents = [document("wire", wire, 1), document("update", update, 2), document("taker", taker, 3, "b.example")]
    result = find_duplicates(documents)
    text_of = {d.id: d.text for d in documents}
    assert reuse(result) == {("taker", "wire"), ("taker", "update")}
    assert all(taker[p.start : p.end] in text_of[p.source_article_id] for p in result.reuse)


def test_two_versions_of_one_story_are_one_source() -> None:
    halves = [(1, 0, 50), (2, 50, 100)]
    one_story = [Passage(0, text, 1, start, end, 9) for text, start, end in halves]
    two_stories = [Passage(0, text, text, start, end, 9) for text, start, end in halves]
    assert composites_of(one_story, [100]) == {}
    assert composites_of(two_stories, [100]) == {0: {"composite": True, "sources": 2, "share": 1.0}}


@pytest.mark.parametrize("alphabet", UNDIVIDED)
def test_passages_are_found_in_languages_that_do_not_divide_words(alphabet: str) -> None:
    sources = {f"s{n}": article(10 + n, alphabet=alphabet) for n in range(3)}
    parts = {name: "\n\n".join(text.split("\n\n")[2:5]) for name, text in sources.items()}
    stitched = "\n\n".join(parts.values())
    documents = [document(name, text, 1) for name, text in sources.items()]
    result = find_duplicates([*documents, document("m", stitched, 3, "b.example")])
    assert len(stories(result)) == 4
    taken: dict[str, int] = {}
    for passage in result.reuse:
        assert passage.article_id == "m"
        assert stitched[passage.start : passage.end] in sources[passage.source_article_id]
        taken[passage.source_article_id] = taken.get(passage.source_article_id, 0) + passage.end - passage.start
    assert all(taken[name] > 0.95 * len(part) for name, part in parts.items())


def test_the_long_title_of_a_minister_is_no_passage_where_words_are_not_divided() -> None:
    title = "พลเอกประยุทธ์ จันทร์โอชา นายกรัฐมนตรีและรัฐมนตรีว่าการกระทรวงกลาโหม"
    texts = (f"{article(70 + n, 4, 'thai')} {title} {article(80 + n, 4, 'thai')}" for n in range(2))
    assert find_duplicates([document(f"d{n}", text, 1 + n) for n, text in enumerate(texts)]).reuse == ()


def test_a_chinese_text_in_the_other_characters_and_the_words_of_the_other_house_is_a_copy() -> None:
    traditional = (
        "東港市議會週二晚間以七票對四票通過，將魚市場從碼頭遷往四條街外的舊倉庫。市長陳麗華表示，新址的屋頂將裝設太陽能板，並設置冷藏設備，預計明年五月完工。"
        "反對的議員認為，三百二十名攤商沒有足夠的時間搬遷，而且租金將上漲一成二。漁會理事長林國棟說，他們已經向法院提出訴訟，並要求市政府公開評估報告。"
        "這座市場自一九三四年啟用，每天清晨有超過六十艘漁船在此卸貨。"
    )
    simplified = (
        "东港市议会周二晚间以七票对四票通过，将鱼市场从码头迁往四条街外的旧仓库。市长陈丽华表示，新址的屋顶将安装太阳能板，并设置冷藏设备，预计明年五月完工。"
        "反对的议员认为，三百二十名摊贩没有足够的时间搬迁，而且租金将上涨一成二。渔会理事长林国栋说，他们已经向法院提起诉讼，并要求市政府公开评估报告。"
        "这座市场自一九三四年启用，每天清晨有超过六十艘渔船在此卸货。"
    )
    assert stories(find_duplicates([document("a", traditional, 1), document("b", simplified, 2)])) == {frozenset("ab")}


@pytest.mark.parametrize("digits", ["๐๑๒๓๔๕๖๗๘๙", "໐໑໒໓໔໕໖໗໘໙", "០១២៣៤៥៦៧៨៩", "၀၁၂၃၄၅၆၇၈၉"])
def test_digits_of_other_scripts_are_figures(digits: str) -> None:
    text = article(12, alphabet="thai")
    other = text.translate(str.maketrans("0123456789", digits))
    assert len(stories(find_duplicates([document("a", text), document("b", other, 2)]))) == 1
    assert [m.score for m in find_duplicates([document("a", text), document("b", other, 2)]).members] == [None, 1.0]


def test_offsets_are_code_points_also_after_characters_outside_of_the_basic_plane() -> None:
    source = article(20)
    paragraph = source.split("\n\n")[3]
    text = "🙂 " * 5 + article(21, 3) + "\n\n" + paragraph + "\n\n" + article(22, 3)
    result = find_duplicates([document("s", source, 1), document("m", text, 2)])
    assert [text[r.start : r.end] for r in result.reuse] == [paragraph.rstrip(".")]


def test_an_agency_that_others_credit_is_canonical_although_its_page_is_later() -> None:
    text = article(30)
    agency = Document("z", "https://dpa.example/z", "dpa.example", None, text, "2024-03-02T08:00:00Z")
    client = Document(
        "a", "https://paper.example/a", "paper.example", None, text + " dpa", "2024-03-01T08:00:00Z", wire_credit="dpa"
    )
    canonical = {(m.canonical_article_id, m.canonical_reason) for m in find_duplicates([client, agency]).members}
    assert canonical == {("z", "wire credit")}


def test_a_canonical_link_decides_before_the_date() -> None:
    text = article(31)
    linked = Document("b", "https://b.example/b", "b.example", None, text, "2024-03-02T08:00:00Z")
    linking = Document(
        "a", "https://a.example/a", "a.example", None, text, "2024-03-01T08:00:00Z", canonical_url="https://b.example/b"
    )
    assert {m.canonical_article_id for m in find_duplicates([linked, linking]).members} == {"b"}


@pytest.mark.parametrize("text", ["", " \n", "🙂!", "…"])
def test_texts_without_a_word_are_nobodys_copies(text: str) -> None:
    result = find_duplicates([document("a", text), document("b", text)])
    assert [m.relation for m in result.members] == ["unique", "unique"]


def test_lone_surrogates_and_nul_do_not_stop_the_run() -> None:
    result = find_duplicates([document("a", article(40) + "\ud800 \x00"), document("b", article(40) + "\udfff", 2)])
    assert len(stories(result)) == 1


def test_equal_texts_are_one_story_in_linear_time() -> None:
    result = find_duplicates([document(f"d{n:05d}", article(41, 2)) for n in range(5000)])
    assert len(stories(result)) == 1


@settings(max_examples=15)
@given(st.randoms(use_true_random=False))
def test_the_answer_does_not_depend_on_the_order_of_the_documents(rng: random.Random) -> None:
    base = [article(seed) for seed in range(4)]
    documents = [document(f"o{n}", text, 1 + n) for n, text in enumerate(base)]
    documents += [document(f"c{n}", text[: len(text) * 2 // 3], 6 + n, "b.example") for n, text in enumerate(base)]
    documents += [document("m", "\n\n".join(text.split("\n\n")[n] for n, text in enumerate(base)), 12)]
    expected = find_duplicates(documents)
    rng.shuffle(documents)
    assert find_duplicates(documents) == expected
