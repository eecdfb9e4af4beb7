from __future__ import annotations

from pipeline.dedup import find_duplicates
from pipeline.dedup.pair import COPY, FORM, NOTHING, REUSE, SLIGHT, compare_texts, side_by_side
from tests.dedup.articles import article, document


def test_a_pair_is_shown_side_by_side_with_what_it_shares() -> None:
    source = article(1)
    paragraphs = source.split("\n\n")
    other = "\n\n".join([*article(2, 5).split("\n\n"), paragraphs[3], article(3, 4)])
    report = compare_texts(source, other)
    assert report.verdict == REUSE
    (passage,) = report.passages
    assert source[passage.start : passage.end] == other[passage.other_start : passage.other_end]
    assert source[passage.start : passage.end] + "." == paragraphs[3]
    lines = list(side_by_side(source, other, report))
    shared = [line.split(" = ") for line in lines if " = " in line]
    assert all(len(columns) == 2 for columns in shared)
    assert all(left.strip() == right.strip() for left, right in shared[1:])
    words = {word.strip(".,") for text in (source, other) for word in text.split()}
    assert words <= {word.strip(".,") for line in lines for word in line.split()}


def test_a_cut_copy_and_two_strangers_are_told_apart() -> None:
    assert compare_texts(article(4), article(4)[:700]).verdict == COPY
    assert compare_texts(article(4), article(5)).verdict == NOTHING
    assert compare_texts("", "word").verdict == NOTHING


def test_a_pair_is_said_to_share_what_is_told_of_it_among_others() -> None:
    phrase = " ".join(article(9, 2).split(" ")[:17])
    quotation = f"“{' '.join(article(9, 3).split()[:30])}”, said the mayor."
    title = "พลเอกประยุทธ์ จันทร์โอชา นายกรัฐมนตรีและรัฐมนตรีว่าการกระทรวงกลาโหม"
    for shared, alphabet, verdict in ((phrase, "latin", SLIGHT), (quotation, "latin", SLIGHT), (title, "thai", NOTHING)):
        one, other = (f"{article(4 + n, 4, alphabet)}\n\n{shared}\n\n{article(14 + n, 4, alphabet)}" for n in range(2))
        assert compare_texts(one, other).verdict == verdict
        assert find_duplicates([document("a", one), document("b", other, 2)]).reuse == ()


def test_passages_in_another_order_are_all_shown() -> None:
    one, two = article(6, 3), article(7, 3)
    report = compare_texts(f"{one}\n\n{two}", f"{two}\n\n{one}")
    lines = "\n".join(side_by_side(f"{one}\n\n{two}", f"{two}\n\n{one}", report))
    assert len(report.passages) == 2
    assert "[2]" in lines


def test_a_form_that_is_filled_with_a_list_of_figures_is_no_copy_but_a_syndicated_one_is() -> None:
    def rates(day: str, figures: str) -> str:
        names = ("dollar", "pound", "yen", "franc", "krone", "zloty", "rand", "rupee", "peso")
        listed = ", ".join(f"{name} {figure}" for name, figure in zip(names, figures.split(), strict=True))
        intro = (
            "publishes the rates of the main currencies every working day, and the banks use them for their customers on the next."
        )
        notice = (
            "They serve as information only; fees of the exchange offices are not in them, and the bank is not liable for them."
        )
        return f"Currency rates on {day}. The central bank {intro} The rates are: {listed}. {notice}"

    monday = rates("Monday", "1.0821 0.8412 161.22 0.9433 11.2310 4.3110 19.8821 90.1270 18.1123")
    tuesday = rates("Tuesday", "1.0799 0.8388 160.93 0.9471 11.2845 4.2988 19.9010 89.9971 18.2240")
    assert compare_texts(monday, tuesday).verdict == FORM
    assert compare_texts(monday, "BRENTMOUTH - " + monday + " Source: agency, 14.11.2026, 16:02").verdict == COPY
