"""What stands above and below an article goes on evidence, never for being short."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest

from pipeline.clean import label
from tests.clean.articles import PROSE, article, block, dropped


@pytest.mark.parametrize("line", ["Harbour wall to be raised", "HARBOUR WALL TO BE RAISED", "“Harbour wall to be raised”"])
def test_a_repeated_title_goes(line: str) -> None:
    assert dropped(label(article(line, *PROSE))) == {line: "headline"}


def test_of_a_page_without_prose_nothing_but_the_title_at_its_top_is_known() -> None:
    title = "Harbour wall to be raised"
    lines = (title, "By Jane Doe", "4 May 2021", title)
    cleaned = label(article(*lines))
    assert [block.dropped_by for block in cleaned.blocks] == ["headline", None, None, None]


@pytest.mark.parametrize(
    "line",
    [
        "By Jane Doe",
        "By Jane Doe and John Roe",
        "BY JANE DOE",
        "Von Petra Vogel",
        "Por Ana Ruiz",
        "Par Luc Blanc",
        "Автор: Анна Белова",
        "ავტორი: ნინო ბერიძე",
        "Հեղինակ՝ Անի Սարգսյան",
        "Das Interview führte Petra Vogel.",
        "Propos recueillis par Luc Blanc.",
    ],
)
def test_a_byline_at_the_top_goes(line: str) -> None:
    assert dropped(label(article(line, *PROSE))) == {line: "author-line"}


@pytest.mark.parametrize(
    "line",
    [
        "AFP",
        "(ANSA)",
        "Von dpa",
        "Da Redação, com Agência Brasil",
        "Door onze redactie",
        "Jan Novák, ČTK",
        "Jane Doe, Transport Correspondent",
    ],
)
def test_an_agency_and_the_newsroom_sign_a_text(line: str) -> None:
    assert dropped(label(article(line, *PROSE))).get(line) in ("author-line", "agency-credit")


@pytest.mark.parametrize(
    "line", ["Staff shortage", "Reuters building burns", "Paris, Berlin", "Editors resign", "Desk", "AFP and the war"]
)
def test_what_only_sounds_like_them_stays(line: str) -> None:
    assert dropped(label(article(line, *PROSE))) == {}


@pytest.mark.parametrize(
    "line",
    [
        "By the sea, nothing changes",
        "By Friday the water had gone.",
        "Von wegen",
        "By 2030",
        "Von Petra Vogel.",
        "Geschrieben von der See.",
    ],
)
def test_a_line_that_only_begins_like_a_byline_stays(line: str) -> None:
    assert dropped(label(article(line, *PROSE))) == {}


def test_an_author_named_in_the_metadata_is_known_without_by() -> None:
    assert dropped(label(article("Jane Doe", *PROSE, authors=("Jane Doe",)))) == {"Jane Doe": "author-line"}
    assert dropped(label(article("Jane Doe / PARIS, (DHA)", *PROSE, authors=("Jane Doe",)))) != {}
    assert dropped(label(article("Jane Doe", *PROSE))) == {}


@pytest.mark.parametrize(
    "line",
    [
        "Jane Doe 4 May 2021",
        "By Jane Doe • 4 May 2021, 10:05",
        "By Jane Doe 4 de mayo de 2021 Actualizado el: 5 de mayo de 2021 a las 10:05",
        "佐藤花子 記者 2021年5月4日 8時00分",
        "Írta Jane Doe, 2021. május 4.",
        "4 May 2021, by Jane Doe",
        "Veröffentlicht am 4. Mai 2021 von Jane Doe",
        "4 May 2021 Jane Doe",
        "4 พฤษภาคม 2564, โดย Jane Doe",
        "12 ต.ค. 2568 - 08:15 น. โดย กองบรรณาธิการ",
    ],
)
def test_a_byline_with_the_date_goes(line: str) -> None:
    assert dropped(label(article(line, *PROSE, authors=("Jane Doe", "佐藤花子")))) == {line: "author-line"}
    assert dropped(label(article("Jane Doe 4 May 2021 was the day", *PROSE, authors=("Jane Doe",)))) == {}


@pytest.mark.parametrize("line", ["1984 by George Orwell", "4 May 2021 by the river", "4 May 2021 Ann Poe"])
def test_a_date_and_what_names_no_writer_stay(line: str) -> None:
    assert dropped(label(article(line, *PROSE, authors=("Jane Doe",)))) == {}


def test_byline_and_date_go_below_a_standfirst_too() -> None:
    lines = {"By Jane Doe": "author-line", "4 May 2021": "date-line"}
    assert dropped(label(article(PROSE[0], *lines, *PROSE[1:]))) == lines
    assert dropped(label(article(PROSE[0], "By Jane Doe", PROSE[1], "4 May 2021", *PROSE[2:]))) == {"By Jane Doe": "author-line"}


@pytest.mark.parametrize(
    "line",
    [
        "Geschrieben von: Jane Doe 2 Jahre, 5 Monate her",
        "Posté par: Jane Doe Il y a 2 années, 8 mois",
        "Написал(а): Jane Doe 2 года, 4 месяца назад",
        "作者: 佐藤花子 2 年，5 月 ago",
        "كتبه: Jane Doe منذ ٢ سنتين، ٦ أشهر",
    ],
)
def test_a_byline_with_its_age_in_any_language_goes(line: str) -> None:
    authors = ("Jane Doe", "佐藤花子")
    assert dropped(label(article(line, *PROSE, authors=authors))) == {line: "author-line"}
    assert dropped(label(article(line.replace("Jane Doe", "Ann Poe").replace("佐藤花子", "佐藤"), *PROSE, authors=authors))) == {}
    prose = "By Jane Doe 3 years ago the pier was painted and then forgotten by everybody in the town"
    assert dropped(label(article(prose, *PROSE, authors=authors))) == {}


@pytest.mark.parametrize(
    "line",
    [
        "12 March 2024 · Last updated: 14 March 2024 · 812 words · 4 min read",
        "7 mai 2026 ·Mis à jour le: 7 mai 2026·157 mots·1 min de lecture",
        "1 d’octubre de 2026 · 153 paraules · 1 min de lectura",
        "2026年5月22日 · 298 字 · 1 分钟",
        "12 March 2024 - By Jane Doe - Reading time: 2 minutes",
        "发布时间：2025-09-28 来源：滨江日报 作者：李明 字号：[大 中 小]",
        "2025年09月28日 10:12 来源：滨江日报 记者 李晓梅 字号：大 中 小",
        "发布时间：2026-11-18 09:30 信息来源：县文旅局 浏览次数：128 字体：【大 中 小】",
        "Dodano: 21 listopada 2026, 11:32 Autor: (jk) Komentarze: 3",
        "เผยแพร่: 21 พ.ย. 2569 10:33 ปรับปรุง: 21 พ.ย. 2569 10:40 โดย: ข่าวเช้า",
        "19.11.2026 14:05 Print",
    ],
)
def test_a_date_with_other_details_goes(line: str) -> None:
    assert dropped(label(replace(article(line, *PROSE), authors=("Jane Doe",)))) == {line: "date-line"}


@pytest.mark.parametrize(
    "line",
    [
        *("12 March 2024 · The harbour", "4 min read · 812 sheep", "12 March 2024 | 3 boats sank | more", "dpa - 12 March 2024"),
        *("12 March 2024 London", "12 March 2024 12 boats", "Saturday 5 December 2026 8 pm Town Hall"),
    ],
)
def test_a_date_with_something_else_stays(line: str) -> None:
    assert dropped(label(article(line, *PROSE))) == {}


def test_a_date_goes_at_the_edges_and_stays_in_the_middle() -> None:
    cleaned = label(article("4 May 2021", *PROSE[:2], block("5 May 2021", "heading"), *PROSE[2:]))
    assert dropped(cleaned) == {"4 May 2021": "date-line"}


def test_the_headline_of_another_story_at_the_tail_goes() -> None:
    line = "Island council wants second ferry before the summer"
    assert dropped(label(article(*PROSE, line))) == {line: "related-headline"}


def test_a_last_sentence_without_its_stop_stays_where_the_article_s_paragraphs_stand() -> None:
    line = "Without a harbour of its own the island has no winter"
    place = "article>div.story>p"
    paragraphs = [replace(block(text), path=place) for text in PROSE]
    assert dropped(label(article(*paragraphs, replace(block(line), path=place)))) == {}
    elsewhere = replace(block(line), path="article>div.more>p")
    assert dropped(label(article(*paragraphs, elsewhere))) == {line: "related-headline"}


@pytest.mark.parametrize("mark", ["1", "[1][2]", "”3", "1,2", "¹²"])
def test_a_sentence_with_the_number_of_a_note_behind_it_is_no_headline(mark: str) -> None:
    assert dropped(label(article(*PROSE, "That Is What the Law Says." + mark))) == {}


def test_two_of_them_go_and_so_does_an_advertisement_between() -> None:
    first, second = "Island council wants second ferry before the summer", "Fishermen ask for new wall in the eastern basin"
    cleaned = label(article(*PROSE, first, "Advertisement", second))
    assert dropped(cleaned) == {first: "related-headline", "Advertisement": "advertisement", second: "related-headline"}


@pytest.mark.parametrize(
    "last",
    [
        "Nobody knows.",
        "“It is done.”",
        "Is it done?",
        "He laughed…",
        "and then he went home",
        "Jane Doe",
        "Result: 3-1",
        "Island council wants second ferry. Or so",
        "The ferries run again from Jan. 14-27. (Writing by Jane Doe; Editing by John Roe)",
        "Tickets at harbour-museum.example.org or at the door",
    ],
)
def test_a_real_last_line_stays_however_short(last: str) -> None:
    assert label(article(*PROSE, last)).text.endswith(last)


def test_a_page_that_does_not_end_its_sentences_or_is_short_keeps_its_last_line() -> None:
    lines = [text.rstrip(".") for text in PROSE]
    for page in (lines, PROSE[:2]):
        assert dropped(label(article(*page, "Island council wants second ferry before the summer"))) == {}


def test_a_list_at_the_end_stays() -> None:
    items = [block(f"A boat that came in on the night of day {n}", "list_item") for n in range(4)]
    assert dropped(label(article(*PROSE, *items))) == {}


def test_an_advertisement_never_ends_an_article() -> None:
    cleaned = label(article(PROSE[0], "Advertisement", *PROSE[1:3], "Advertisement", PROSE[3]))
    assert cleaned.text == "\n\n".join(PROSE)


def test_subheads_in_the_middle_stay() -> None:
    cleaned = label(article(*PROSE[:2], block("What the engineers found there", "heading"), *PROSE[2:]))
    assert dropped(cleaned) == {}


def test_headlines_below_a_label_go_also_in_the_middle() -> None:
    links = [block("Island council wants second ferry", links=1.0), block("Fishermen ask for new wall", links=1.0)]
    cleaned = label(article(*PROSE[:2], "Related articles", *links, *PROSE[2:]))
    assert cleaned.text == "\n\n".join(PROSE)


def test_straight_quotes_on_a_page_of_curly_ones_are_evidence() -> None:
    curly = [f"“{text}” said the harbour’s master." for text in PROSE]
    line = "Council's second ferry"
    assert dropped(label(article(*curly, block(line + " rejected")))) == {line + " rejected": "related-headline"}
    for few_or_mixed in ([*curly[:2], *PROSE[2:]], [*curly[:3], "The harbour's master said it: nobody's boat is safe there."]):
        assert dropped(label(article(*few_or_mixed, block(line + " rejected")))) == {}


def test_what_begins_with_the_author_s_name_below_it_is_about_the_author() -> None:
    bio = "Erika Mustermann kam 2001 zur Zeitung und war lange in New York."
    signed = [replace(block(line), dropped_by="byline") for line in ("Veröffentlicht von Erika Mustermann", "www.hafen.example")]
    told = {"authors": ("Erika Mustermann",), "language": "de"}
    assert dropped(label(article(*PROSE[:2], *signed, bio, *PROSE[2:], **told)))[bio] == "author-bio"  # type: ignore[arg-type]
    assert bio not in dropped(label(article(*PROSE[:2], bio, *signed, *PROSE[2:], **told)))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "line",
    [
        "Jane Doe is a reporter for the Example.",
        "Jane Doe is an award-winning science writer who lives by the sea.",
        "John Roe covers shipping for the Example.",
        "John Roe writes about shipping.",
        "John Roe joined the Example as a reporter in 2019.",
        "Petra Vogel ist Redakteurin im Ressort Wirtschaft.",
        "jane.doe@example.org",
        "Contact the author at jane.doe@example.org",
        "Jane Doe can be reached at jane.doe@example.org.",
        "To contact the reporter on this story: Jane Doe in Alverton at jane.doe@example.org",
        "To contact the editor responsible for this story: John Roe at john.roe@example.org",
    ],
)
def test_who_the_author_is_goes_at_the_tail(line: str) -> None:
    assert dropped(label(article(*PROSE, line))) == {line: "author-bio"}


@pytest.mark.parametrize(
    "line",
    [
        "The Alverton Example reports she had pains in the harbour but is well.",
        "Harbour News reports that its editor resigned.",
        "John Roe joined the club from Bremen in 2019.",
        "The Harbour Act covers boats of ten metres and more.",
        "John Roe was a professor of sailing at the harbour school for ten years.",
    ],
)
def test_what_a_house_reports_and_what_somebody_else_did_is_the_story(line: str) -> None:
    assert dropped(label(article(*PROSE, line, authors=("Jane Doe",)))) == {}


@pytest.mark.parametrize("times", [("9:25 p.m.", "9:15 p.m.", "8:10 p.m."), ("18:12", "14:35", "09:10")])
def test_the_time_of_the_first_entry_of_a_live_blog_stays_as_those_of_the_others(times: tuple[str, str, str]) -> None:
    lines = [line for pair in zip(times, PROSE[:3], strict=True) for line in pair]
    assert dropped(label(article(*lines))) == {}
    assert dropped(label(article(times[0], *PROSE))) == {times[0]: "date-line"}


def test_who_somebody_is_stays_inside() -> None:
    line = "Jane Doe is a reporter for the Example."
    assert dropped(label(article(PROSE[0], line, *PROSE[1:]))) == {}


def test_a_heading_goes_with_the_text_below_it() -> None:
    below = block("We paint signs, build jetties, mend nets, sell bait, and teach sailing in summer to all over ten").drop(
        "not-content"
    )
    for lead in (block("Our services", "heading"), block("What we do for you all year round:")):
        assert dropped(label(article(*PROSE, lead, below)))[lead.text] == "orphan-heading"
    sentence = "On the way back the harbour master told all who had come in from the sea that night one thing and no more:"
    assert sentence not in dropped(label(article(*PROSE, sentence, below)))


def test_a_heading_stays_above_open_text_or_a_caption() -> None:
    heading, caption = block("Our services", "heading"), block("The harbour at dusk").drop("caption")
    assert dropped(label(article(*PROSE, heading, caption))) == {caption.text: "caption"}
    assert dropped(label(article(*PROSE[:2], heading, *PROSE[2:]))) == {}


def test_a_line_with_a_gap_of_a_megabyte_is_read() -> None:
    """It took the square of the gap: a page of plain text could have tabs enough for days."""
    assert dropped(label(article(*PROSE, f"Share{' ' * 1_000_000}this"))) == {}
    assert dropped(label(article(f"Home{' ' * 1_000_000}> News", *PROSE))) == {}
    assert dropped(label(article("Home > News > Harbour", *PROSE))) != {}


def test_a_word_of_nothing_but_signs_is_read_once() -> None:
    begin = time.process_time()
    assert dropped(label(article(*PROSE, "@" * 100_000))) == {}
    assert time.process_time() - begin < 2


def test_signs_alone_part_nothing_at_the_end_and_stay_between_two_parts() -> None:
    cleaned = label(article(*PROSE[:2], "* * *", *PROSE[2:], "___", "Jane Doe contributed to this report.", "___"))
    assert cleaned.text.split("\n\n") == [*PROSE[:2], "* * *", *PROSE[2:]]


def test_a_byline_and_a_date_go_in_khmer_which_has_a_full_stop_of_its_own() -> None:
    prose = "ក្រុមប្រឹក្សាក្រុងបានបោះឆ្នោតនៅយប់ថ្ងៃអង្គារ ឱ្យផ្លាស់ប្តូរផ្សារត្រីចេញពីកំពង់ផែចម្ងាយបួនផ្លូវ។"
    cleaned = label(article("ថ្ងៃទី៧ ខែកុម្ភៈ ឆ្នាំ២០២៤ | ដោយ៖ សុខ សុភា", prose, "ប្រភព៖ ភ្នាក់ងារឆ្នេរ", title=None, language="km"))
    assert cleaned.text == prose


@pytest.mark.parametrize(
    "line",
    [
        "Jane Doe at the Mill Road Ground",
        "Jane Doe in New York",
        "Jane Doe en Madrid",
        "Interview: Jane Doe",
        "Translation: Jane Doe",
    ],
)
def test_a_known_author_signs_with_a_place_and_behind_a_label(line: str) -> None:
    assert dropped(label(article(line, *PROSE, authors=("Jane Doe",)))) == {line: "author-line"}
    assert dropped(label(article(line.replace("Doe", "Moe"), *PROSE, authors=("Jane Doe",)))) == {}


@pytest.mark.parametrize(
    "line", ["Jane Doe in the lead", "Jane Doe at war with the council", "The man who paid for it all: Jane Doe"]
)
def test_a_line_about_the_author_stays(line: str) -> None:
    assert dropped(label(article(line, *PROSE, authors=("Jane Doe",)))) == {}


def test_what_a_writer_is_goes_below_a_byline_alone() -> None:
    lines = {"By Jane Doe": "author-line", "Courier Staff Writer": "author-line"}
    assert dropped(label(article(*lines, *PROSE))) == lines
    assert dropped(label(article("Courier Staff Writer", *PROSE))) == {}


def test_a_name_between_headline_and_date_signs() -> None:
    lines = {"Harbour wall to be raised": "headline", "Jane Doe": "author-line", "4 May 2021": "date-line"}
    assert dropped(label(article(*lines, *PROSE))) == lines
    assert "Jane Doe" not in dropped(label(article("Harbour wall to be raised", "Jane Doe", *PROSE)))


def test_a_name_with_what_its_bearer_is_signs_below_the_headline() -> None:
    lines = {"Harbour wall to be raised": "headline", "Jane Doe": "author-line", "Courier Staff Writer": "author-line"}
    assert dropped(label(article(*lines, *PROSE))) == lines


@pytest.mark.parametrize(
    "lead", ["Also read", "Read next", "Lees ook", "Читайте также", "اقرأ أيضا", "यह भी पढ़ें", "Lasi arī", "Soma pia", "ಇದನ್ನೂ ಓದಿ"]
)
def test_a_label_that_says_also_announces_a_headline_in_the_middle(lead: str) -> None:
    headline = "Island council wants second ferry before the summer"
    lines = dropped(label(article(PROSE[0], PROSE[1], lead, headline, PROSE[2], PROSE[3])))
    assert lines == {lead: "read-more", headline: "related-headline"}


def test_a_sentence_of_thai_below_an_announced_link_is_the_articles() -> None:
    first = "ชาวบ้านกว่า 200 คนร่วมกันปลูกต้นโกงกางที่ปากแม่น้ำ เพื่อฟื้นฟูแหล่งอาศัยของปูดำที่ลดลงกว่าครึ่งในรอบห้าปีที่ผ่านมา"
    last = "กิจกรรมนี้จะจัดทุกเดือนจนถึงเมษายนปีหน้า"
    other = block("นักวิจัยพบหญ้าทะเลฟื้นตัวที่เกาะลิบง", links=1.0)
    cleaned = label(article(first, "อ่านข่าวที่เกี่ยวข้อง", other, last, title="ชาวบ้านปลูกป่าชายเลน", language="th"))
    assert cleaned.text.split("\n\n") == [first, last]


def test_in_thai_nothing_but_a_link_is_announced() -> None:
    first = "ชาวบ้านกว่า 200 คนร่วมกันปลูกต้นโกงกางที่ปากแม่น้ำ เพื่อฟื้นฟูแหล่งอาศัยของปูดำที่ลดลงกว่าครึ่งในรอบห้าปีที่ผ่านมา"
    last = "ครูโรงเรียนริมน้ำพานักเรียนมาดูงานและจะทำโครงการวิทยาศาสตร์เรื่องป่าชายเลนร่วมกับชุมชนต่อเนื่องอีกสามปีข้างหน้า"
    said, label_text = "กิจกรรมนี้จะจัดทุกเดือนจนถึงเมษายนปีหน้า", "อ่านข่าวที่เกี่ยวข้อง"
    listed = replace(block("นักวิจัยพบหญ้าทะเลฟื้นตัวที่เกาะลิบงหลังปิดอ่าวนานสามเดือน", links=1.0), kind="list_item")
    for lines in ((first, label_text, listed, said, last), (first, label_text, said, last)):
        cleaned = label(article(*lines, title="ชาวบ้านปลูกป่าชายเลน", language="th"))
        assert cleaned.text.split("\n\n") == [first, said, last]


def test_what_stands_below_a_label_at_the_end_of_a_plain_text_goes_to_its_end() -> None:
    lines = ("Topics", "Ports", "Audit", "Most read", "1", "Buoys blown ashore", "2", "Council to buy patrol boat")
    cleaned = label(article(*PROSE, *lines))
    assert cleaned.text.split("\n\n") == list(PROSE)
    assert label(cleaned) == cleaned
    in_page = [replace(block(line), path="article>p") for line in lines[:2]]
    assert "Ports" in label(article(*[replace(block(text), path="article>p") for text in PROSE], *in_page)).text


def test_a_breadcrumb_goes_and_a_path_of_other_things_stays() -> None:
    for line in ("Home > News > Harbour", "Startseite › Lokales", "Главная / Порт"):
        assert dropped(label(article(line, *PROSE))) == {line: "breadcrumb"}
    for line in ("Settings > Privacy > Location", "Home is where the harbour > the town"):
        assert dropped(label(article(line, *PROSE))) == {}


@pytest.mark.parametrize("line", ["El Litoral | 11/11/2026 07:30", "Вчера, 18:40", "Ana Ruiz · 4 May 2026"])
def test_a_house_and_a_day_go_above_the_text_and_not_below(line: str) -> None:
    assert dropped(label(article(line, *PROSE))) == {line: "date-line"}


def test_a_writer_and_where_that_one_was_sent_are_a_byline() -> None:
    line = "Par Claire Astier, envoyée spéciale à Port-Cros"
    assert dropped(label(article(line, *PROSE))) == {line: "author-line"}
    assert dropped(label(article("Par amour, il quitte tout", *PROSE))) == {}


def test_a_button_in_the_middle_announces_nothing() -> None:
    subhead = "What the council says about the ferry"
    assert dropped(label(article(PROSE[0], PROSE[1], "Read more", subhead, PROSE[2], PROSE[3]))) == {"Read more": "read-more"}
