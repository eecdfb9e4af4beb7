"""What stands in one box with a label goes with it; what stands in the article's own box does not."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace

import pytest

from pipeline.clean import label
from pipeline.clean.boxes import label_boxes
from pipeline.clean.rules import match_line
from pipeline.records import Block
from tests.clean.articles import PROSE, article, dropped

STORY = "div.page>article>div.story>p"
FORM = "div.page>article>div.story>form.signup>p"
PICTURE = "div.page>article>div.story>div.pic>div.text"
COMMENTS = "div.page>article>div.story>div.below>p"


def at(path: str, *lines: str, kind: str = "paragraph", dropped_by: str | None = None) -> list[Block]:
    return [Block(0, kind, line, dropped_by, path=path) for line in lines]  # type: ignore[arg-type]


STORY_LINES = at(STORY, *PROSE)


def test_the_promise_of_a_newsletter_goes_with_its_heading_and_its_field() -> None:
    promise = "Tides, storms and who pays for them, sent on Fridays."
    form = at(FORM, "Subscribe to our newsletter", promise, "Your email address")
    assert dropped(label(article(*STORY_LINES[:2], *form, *STORY_LINES[2:])))[promise] == "newsletter"


def test_it_goes_when_the_extractor_took_the_heading_out_already() -> None:
    promise = "Ebbe, Flut und wer dafür zahlt: freitags."
    form = [*at(FORM, "Newsletter abonnieren", dropped_by="not-content"), *at(FORM, promise)]
    assert dropped(label(article(*STORY_LINES[:2], *form, *STORY_LINES[2:], language="de")))[promise] == "newsletter"


def test_the_head_of_an_article_is_no_form_for_a_button_in_it() -> None:
    head = "div.page>article>h2"
    lines = at(head, "Harbour wall to be raised", "Berths will pay for it, the council says", "Follow us on Google News")
    assert dropped(label(article(*lines, *STORY_LINES))) == {lines[0].text: "headline", lines[2].text: "follow"}


def test_prose_beside_a_label_in_the_storys_own_box_stays() -> None:
    cleaned = label(article(*STORY_LINES[:2], *at(STORY, "Subscribe to our newsletter"), *STORY_LINES[2:]))
    assert cleaned.text.split("\n\n") == list(PROSE)


def test_a_line_between_two_labels_of_one_form_goes_wherever_it_stands() -> None:
    promise = "Tides, storms and who pays for them, sent on Fridays."
    form = at(STORY, "Subscribe to our newsletter", promise, "Your email address")
    assert promise not in label(article(*STORY_LINES[:2], *form, *STORY_LINES[2:])).text


def test_a_paragraph_between_two_of_them_stays() -> None:
    """In a plain text nothing says where the form ends and the story goes on."""
    story = "Work on the wall is to start in August, the council said, and it will be paid for by a levy on berths in the harbour."
    cleaned = label(article(*PROSE[:2], "Subscribe to our newsletter", story, "Newsletter", *PROSE[2:]))
    assert story in cleaned.text


def test_a_long_text_in_a_box_with_a_label_stays() -> None:
    long = " ".join(PROSE) + " " + " ".join(PROSE)
    assert long in label(article(*STORY_LINES, *at(FORM, "Subscribe to our newsletter", long))).text


def test_a_caption_goes_with_the_credit_of_its_picture() -> None:
    caption = "The old wall at low tide, before the storm"
    picture = at(PICTURE, caption, "Photo: Ana Ruiz")
    assert dropped(label(article(STORY_LINES[0], *picture, *STORY_LINES[1:]))) == {
        caption: "picture-caption",
        "Photo: Ana Ruiz": "photo-credit",
    }


@pytest.mark.parametrize("credit", ["Ana Ruiz / Example Press Agency", "Ana Ruiz/Example Images"])
def test_a_name_and_an_agency_are_a_credit(credit: str) -> None:
    assert dropped(label(article(STORY_LINES[0], *at(PICTURE, credit), *STORY_LINES[1:]))) == {credit: "photo-credit"}


@pytest.mark.parametrize(
    ("language", "caption"),
    [
        ("en", "The old wall at low tide (Photo: Jane Doe)"),
        ("en", "The old wall at low tide, before the storm. Photo: Jane Doe/Example."),
        ("de", "Die alte Mauer bei Ebbe (Foto: Erika Mustermann/dpa)"),
        ("tr", "Eski duvar ocak ayında (Fotoğraf: Ayşe Yılmaz)"),
        ("vi", "Bức tường cũ hồi tháng Giêng. Ảnh: Lan Anh"),
        ("ur", "پرانی دیوار جنوری میں (تصویر: سارہ خان)"),
        ("ka", "ძველი კედელი იანვარში (ფოტო: ნინო ბერიძე)"),
        ("am", "አሮጌው ግድግዳ በጥር (ፎቶ፦ አበበ ከበደ)"),
        ("zh", "一月的旧墙（摄影：王小明）"),
    ],
)
def test_a_line_that_ends_in_its_credit_is_a_caption(language: str, caption: str) -> None:
    cleaned = label(article(*PROSE[:2], caption, *PROSE[2:], language=language))
    assert dropped(cleaned) == {caption: "picture-caption"}


def test_so_is_a_long_one() -> None:
    caption = "FILE - " + "The old wall at low tide, as the board saw it. " * 9 + "(AP Photo/Jane Doe, File)"
    text = [f"{line} " * 4 for line in PROSE]
    assert dropped(label(article(*text, caption, PROSE[0]))) == {caption: "picture-caption"}


@pytest.mark.parametrize(
    "line",
    ["The wall was photographed in 1911 (see 4: the crane).", "He wrote it down (see: Harbour Board).", "Shares fell (Reuters)"],
)
def test_a_line_that_ends_in_another_bracket_stays(line: str) -> None:
    assert dropped(label(article(*PROSE[:2], line, *PROSE[2:]))) == {}


def test_readers_go_with_the_heading_above_them() -> None:
    readers = at(COMMENTS, "Jonas Berg", "It will never be finished, as always here.", "Mia", "Good.")
    heading = at("div.page>article>div.story>div.below>h4", "Comments (2)", kind="heading", dropped_by="not-content")
    cleaned = label(article(*STORY_LINES, *heading, *readers))
    assert cleaned.text.split("\n\n") == list(PROSE)
    assert set(dropped(cleaned).values()) == {"not-content", "reader-comment"}


def test_readers_go_on_a_page_without_boxes_when_a_name_stands_below_the_heading() -> None:
    readers = at(STORY, "Komentarze (1)", "Jan Nowak", "Znowu nic z tego nie będzie, jak zawsze.")
    cleaned = label(article(*STORY_LINES, *readers, language="pl"))
    assert cleaned.text.split("\n\n") == list(PROSE)


def test_a_counter_of_comments_above_the_story_takes_nothing_with_it() -> None:
    cleaned = label(article(*at(STORY, "12 comments"), *STORY_LINES))
    assert cleaned.text.split("\n\n") == list(PROSE)


def test_a_standfirst_that_the_first_paragraph_says_again_goes() -> None:
    first = PROSE[0] + " " + PROSE[1]
    cleaned = label(article(PROSE[0], f"ALVERTON (Example) — {first}", *PROSE[2:]))
    assert dropped(cleaned) == {PROSE[0]: "standfirst"}


def test_a_standfirst_of_its_own_words_stays_and_so_does_a_quote_said_again_further_down() -> None:
    assert label(article("The sea has not waited for any vote so far.", *PROSE)).text.startswith("The sea")
    quote = Block(0, "quote", PROSE[3])
    assert label(article(*PROSE[:3], quote, PROSE[3])).text.count(PROSE[3]) == 2


def test_a_box_that_says_again_what_the_page_is_goes() -> None:
    facts = at(
        "div.page>div.about>ul>li",
        "タイトル: Harbour wall to be raised",
        "作者: 佐藤 由美子",
        "で作成されました : 2024-10-21 09:30:00",
        "著作権宣言: この文章は CC BY-NC-SA 4.0 を使用して許可します。",
        kind="list_item",
    )
    cleaned = label(article(*STORY_LINES, *facts, authors=("佐藤 由美子",)))
    assert cleaned.text.split("\n\n") == list(PROSE)
    assert set(dropped(cleaned).values()) == {"page-facts"}


@pytest.mark.parametrize(
    "lines",
    [
        ("Title: Harbour wall to be raised", "Publisher: Alverton Press"),
        ("Author: Jane Doe", "Date: 21 October 2024"),
        ("Title: The harbour in winter", "Author: Jane Doe"),
    ],
)
def test_a_box_about_something_else_stays(lines: tuple[str, str]) -> None:
    facts = at("div.page>div.about>ul>li", *lines, kind="list_item")
    assert not dropped(label(article(*STORY_LINES, *facts, authors=("Jane Doe",))))


def test_facts_above_the_text_are_no_box_of_the_tail() -> None:
    facts = at("div.page>div.about>ul>li", "Title: Harbour wall to be raised", "Author: Jane Doe", kind="list_item")
    assert "Title: Harbour wall to be raised" in label(article(*facts, *STORY_LINES, authors=("Jane Doe",))).text


def test_headlines_below_read_also_at_the_tail_go_and_below_a_button_in_the_text_do_not() -> None:
    first, second = "Island council wants second ferry before the summer", "Fishermen ask for new wall"
    cleaned = label(article(*PROSE, "Read also", first, second))
    assert cleaned.text.split("\n\n") == list(PROSE)
    in_the_text = label(article(*PROSE[:2], "Read more", block_subhead(), *PROSE[2:]))
    assert "What the wall will cost the town" in in_the_text.text


def block_subhead() -> Block:
    return Block(0, "heading", "What the wall will cost the town")


def test_a_list_that_the_article_announces_is_no_list_of_headlines() -> None:
    demands = ("A second ferry in service before the summer", "44 new berths for boats of the town")
    cleaned = label(
        article(
            *PROSE, "The council asked for these terms:", *demands, "Share", "Material from Example Press was used in this report."
        )
    )
    assert cleaned.text.split("\n\n") == [*PROSE, "The council asked for these terms:", *demands]


def test_labelling_twice_changes_nothing() -> None:
    form = at(FORM, "Subscribe to our newsletter", "Tides and storms, sent on Fridays.")
    picture = at(PICTURE, "The old wall at low tide", "Photo: Ana Ruiz")
    readers = at(COMMENTS, "Comments (2)", "Jonas Berg", "It will never be finished.")
    once = label(article(PROSE[0], *picture, *STORY_LINES, *form, *readers))
    assert label(once) == once


MORE = tuple(f"{text[:-1]}, and nobody in the room of the council spoke against it." for text in PROSE)
CUT = (
    "The harbour commission asked the ministry on Tuesday for a second ferry that could sail in winter as well, and the…",
    "Prices at the fish market rose for the third month in a row, the guild said, and restaurants on the quay have [...]",
)


@pytest.mark.parametrize("byline", [[], at(STORY, "22 July 2019", dropped_by="byline")])
def test_beginnings_of_other_stories_go_with_the_headlines_above_them(byline: list[Block]) -> None:
    teasers = [part for text in CUT for part in (*at(STORY, "Another vote in sight", text), *byline, *at(STORY, "Read more"))]
    cleaned = label(article(*at(STORY, *MORE), *teasers))
    assert cleaned.text.split("\n\n") == [*MORE]
    assert [dropped(cleaned)[text] for text in CUT] == ["teaser", "teaser"]


def test_those_whose_button_is_their_last_word_go_too() -> None:
    teasers = ("Was ist ein Hafen? Alle Fragen im Überblick. mehr", "Wer die Fähre bezahlt, sagt das Glossar. mehr")
    linked = [replace(block, link_density=0.05) for block in at(STORY, *teasers)]
    assert dropped(label(article(*at(STORY, *MORE), *linked, language="de"))) == dict.fromkeys(teasers, "teaser")


def test_a_text_that_is_cut_off_itself_stays() -> None:
    assert label(article(*at(STORY, *MORE, CUT[0], "Read more"))).text.split("\n\n") == [*MORE, CUT[0]]
    of_teasers = label(article(*at(STORY, PROSE[0], CUT[0], "Read more", CUT[1], "Read more")))
    assert all(text in of_teasers.text for text in CUT)


OTHERS = (
    ("Ferry line sails on without its oldest boat", "Ann Berg - 10/18/02", "Its other two boats carry all."),
    ("Wall at the eastern pier gives way again", "Staff - 10/18/02 9:02 AM", "Nobody was hurt, but two yards are shut."),
    ("Council sells the old customs house", "Per Dahl - 10/17/02", "A hotel is to open there in three years."),
)


def stories_below(stories: Sequence[tuple[str, str, str]]) -> list[Block]:
    blocks = [at(STORY, *lines) for lines in stories]
    return [part for headline, *below in blocks for part in (replace(headline, link_density=1.0), *below)]


def test_headlines_with_their_dates_and_sentences_below_a_label_go_with_it() -> None:
    cleaned = label(article(*at(STORY, *MORE), *at(STORY, "Today's Top Stories"), *stories_below(OTHERS)))
    assert cleaned.text.split("\n\n") == list(MORE)
    assert {dropped(cleaned)[about] for _, _, about in OTHERS} == {"teaser"}


def test_a_paragraph_of_the_story_behind_them_keeps_what_stands_before_it() -> None:
    long = " ".join(PROSE)
    cleaned = label(article(*at(STORY, *MORE), *at(STORY, "Today's Top Stories"), *stories_below(OTHERS), *at(STORY, long)))
    assert OTHERS[0][2] in cleaned.text
    assert long in cleaned.text


def test_two_linked_headings_and_their_texts_stay() -> None:
    cleaned = label(article(*at(STORY, *MORE), *at(STORY, "Today's Top Stories"), *stories_below(OTHERS[:2])))
    assert OTHERS[0][2] in cleaned.text


@pytest.mark.parametrize("path", ["", "div.below{}>p"])
def test_a_page_of_very_many_headings_for_comments_costs_as_much_as_it_is_long(path: str) -> None:
    heading = match_line("Comments (12)")
    assert heading is not None
    blocks = [*STORY_LINES, *(block for n in range(60_000) for block in at(path.format(n), "Comments (12)"))]
    begin = time.process_time()
    label_boxes(article(*PROSE), blocks, dict.fromkeys(range(len(STORY_LINES), len(blocks)), heading))
    assert time.process_time() - begin < 4
