"""The folder index: what it answers is what one batch of everything would have answered."""

from __future__ import annotations

import dataclasses
import random
import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.dedup import DedupParams, DedupResult, Document, find_duplicates
from pipeline.dedup.index import open_index
from pipeline.errors import ConfigError, Fatal
from tests.dedup.articles import article, document, sentence

PARAMS = DedupParams()


def add(folder: Path, documents: Iterable[Document], window: int = 30) -> DedupResult:
    with open_index(str(folder), window) as index:
        return index.add({document.id: document for document in documents}, PARAMS)


def add_without_room(folder: Path, documents: Iterable[Document]) -> None:
    with open_index(str(folder), 30) as index:
        index._connection.execute("PRAGMA max_page_count = 1")  # SQLite's own full disk
        index.add({document.id: document for document in documents}, PARAMS)


def answers(result: DedupResult, ids: Iterable[str]) -> dict[str, tuple[object, ...]]:
    """What is said of each document but the proof: story, canonical, relation, score and passages."""
    wanted = set(ids)
    return {
        m.article_id: (
            m.story_id,
            m.canonical_article_id,
            m.relation,
            m.score,
            tuple((r.source_article_id, r.start, r.end) for r in result.reuse if r.article_id == m.article_id),
        )
        for m in result.members
        if m.article_id in wanted
    }


def news(rng: random.Random) -> list[Document]:
    """Originals, cut and edited copies, a stitched article, a form filled twice, equal texts, an empty one."""
    base = [article(seed) for seed in range(5)]
    documents = [document(f"o{n}", text, 1 + n, f"s{n}.example") for n, text in enumerate(base)]
    for n, text in enumerate(base[:4]):
        paragraphs = text.split("\n\n")
        edits = [text[: len(text) * 2 // 3], "\n\n".join([article(50 + n, 1), *paragraphs[:-1]]), text]
        documents += [document(f"c{n}{k}", edit, 6 + n + k, f"t{k}.example") for k, edit in enumerate(edits) if rng.random() < 0.7]
    stitched = "\n\n".join("\n\n".join(text.split("\n\n")[2:5]) for text in base[:3])
    frame = article(9, 4).split(" ")
    forms = [" ".join(w if i % 9 else str(rng.randint(1, 9999)) for i, w in enumerate(frame)) for _ in range(2)]
    documents += [document("m", stitched, 12, "b.example"), document("e", "", 3)]
    return documents + [document(f"f{n}", form, 4) for n, form in enumerate(forms)]


@settings(max_examples=12, deadline=None)
@given(st.randoms(use_true_random=False), st.integers(2, 4))
def test_the_last_night_answers_as_one_batch_would_however_the_documents_were_split(
    tmp_path_factory: pytest.TempPathFactory, rng: random.Random, nights: int
) -> None:
    documents = news(rng)
    rng.shuffle(documents)
    folder = tmp_path_factory.mktemp("index")
    parts = [documents[n::nights] for n in range(nights)]
    for part in parts[:-1]:
        add(folder, part)
    ids = [d.id for d in parts[-1]]
    batch = find_duplicates(documents)
    assert answers(add(folder, parts[-1]), ids) == answers(batch, ids)
    assert answers(add(folder, documents), (d.id for d in documents)) == answers(batch, (d.id for d in documents))


def test_a_date_counts_once_for_what_can_be_believed_also_where_its_article_is_read_again(tmp_path: Path) -> None:
    def late(number: int, text: str) -> Document:
        found = document(f"l{number}", text, site=f"l{number}.example")
        return dataclasses.replace(found, published_at=f"2024-09-0{number}T08:00:00Z")

    copies = [document(f"c{n:02}", f"{article(1)} {sentence(random.Random(n))}", 1 + n % 9, f"{n}.example") for n in range(94)]
    first, whole = late(1, article(2, 7)), late(2, article(2, 8))  # the first leads by its date alone
    others = [late(n, article(n)) for n in range(3, 7)]
    add(tmp_path, [*copies[1:], first, *others], window=400)
    tonight = [copies[0], whole]
    batch = answers(find_duplicates([*copies, first, whole, *others]), (d.id for d in tonight))
    assert answers(add(tmp_path, tonight, window=400), (d.id for d in tonight)) == batch


def test_which_site_is_first_does_not_hang_on_the_night_in_which_a_wrong_date_came(tmp_path: Path) -> None:
    first = [document(f"w{n}", article(300 + n), 5, "wire.example") for n in range(3)]
    prints = [document(f"p{n}", article(300 + n) + "\n\nprinted", 5, "print.example") for n in range(3)]
    first += [dataclasses.replace(d, published_at="2023-02-01T08:00:00Z") for d in prints]
    second = [document(f"u{n}", article(310 + n, 1), 6 + n % 20, "u.example") for n in range(80)]
    undated = [document(name, article(309) + f"\n\n{name}", 1, f"{site}.example") for name, site in (("a", "wire"), ("b", "print"))]
    second += [dataclasses.replace(d, published_at=None) for d in undated]
    add(tmp_path, first)
    ids = {d.id for d in second}
    assert answers(add(tmp_path, second), ids) == answers(find_duplicates([*first, *second]), ids)


def test_a_phrase_that_two_texts_repeat_counts_once_in_a_later_night_too(tmp_path: Path) -> None:
    phrase = " ".join(article(40).split(" ")[:14])

    def captions(seed: int) -> str:
        return "\n\n".join(f"{' '.join(part.split(' ')[:6])} {phrase}" for part in article(seed, 6).split("\n\n"))

    documents = [document(f"d{seed}", captions(seed), seed, f"{seed}.example") for seed in (1, 2)]
    for d in documents:
        add(tmp_path, [d])
    ids = [d.id for d in documents]
    assert answers(add(tmp_path, documents), ids) == answers(find_duplicates(documents), ids)


def test_the_same_call_again_answers_the_same_and_adds_nothing(tmp_path: Path) -> None:
    documents = news(random.Random(1))
    first = add(tmp_path, documents)
    rows = count(tmp_path, "parts")
    assert add(tmp_path, documents) == first
    assert count(tmp_path, "parts") == rows


def count(folder: Path, table: str) -> int:
    with closing(sqlite3.connect(folder / "index.sqlite")) as connection:
        return int(connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0])


def test_a_story_splits_when_the_article_that_held_it_together_changes(tmp_path: Path) -> None:
    left, right = article(1, 9), article(2, 9)
    bridge = document("bridge", left, 2)
    add(tmp_path, [document("a", left, 1), bridge, document("b", right, 1)])
    changed = dataclasses.replace(bridge, text=right, published_at="2024-03-03T08:00:00Z")
    result = answers(add(tmp_path, [changed]), ["bridge", "b"])
    assert result["bridge"][1] == "b"
    assert result["b"][0] == result["bridge"][0]
    again = answers(add(tmp_path, [document("a2", left, 4)]), ["a", "a2", "bridge"])
    assert again["a2"][0] == again["a"][0]
    assert "bridge" not in again


def test_a_text_is_still_found_when_the_first_of_the_articles_that_had_it_changes(tmp_path: Path) -> None:
    text = article(30)
    first = document("first", text, 1)
    add(tmp_path, [first, document("same", text, 1, "b.example")])
    result = answers(add(tmp_path, [dataclasses.replace(first, text=article(31))]), ["first", "same"])
    assert [said[2] for said in result.values()] == ["unique", "unique"]
    result = answers(add(tmp_path, [document("late", text, 3, "d.example")]), ["same", "late"])
    assert [result[name][1:3] for name in ("same", "late")] == [("same", "canonical"), ("same", "copy")]


def test_a_copy_is_decided_on_again_when_its_original_that_came_a_night_later_is_withdrawn(tmp_path: Path) -> None:
    text = article(38)
    original = document("original", text, 1)
    add(tmp_path, [document("copy", text, 2, "b.example")])
    assert answers(add(tmp_path, [original]), ["copy"])["copy"][1] == "original"
    result = add(tmp_path, [dataclasses.replace(original, text="This article was withdrawn.")])
    assert answers(result, ["copy"])["copy"][1:3] == ("copy", "unique")


def test_what_was_taken_from_an_article_is_no_longer_said_to_be_when_that_is_withdrawn(tmp_path: Path) -> None:
    source = document("source", article(35), 1)
    taker = document("taker", "\n\n".join([article(36), *source.text.split("\n\n")[2:4]]), 2, "b.example")
    assert {r.source_article_id for r in add(tmp_path, [source, taker]).reuse} == {"source"}
    result = add(tmp_path, [dataclasses.replace(source, text="This article was withdrawn.")])
    assert result.reuse == ()
    assert "taker" in {member.article_id for member in result.members}


def test_a_passage_is_not_common_for_an_article_that_no_longer_has_it(tmp_path: Path) -> None:
    passage = article(60, 2)
    first = [document(f"h{n}", f"{article(61 + n, 4)}\n\n{passage}", 1, f"h{n}.example") for n in range(3)]
    add(tmp_path, first)
    add(tmp_path, [dataclasses.replace(first[2], text=article(70))])
    taker = document("taker", f"{article(71, 4)}\n\n{passage}", 3, "taker.example")
    assert {r.source_article_id for r in add(tmp_path, [taker]).reuse if r.article_id == "taker"} == {"h0"}


def test_a_passage_counts_once_of_a_text_whose_first_article_no_longer_has_it(tmp_path: Path) -> None:
    passage = article(60, 2)
    first, second = (document(f"h{n}", f"{article(61 + n, 4)}\n\n{passage}", 1 + n, f"h{n}.example") for n in range(2))
    copy = dataclasses.replace(second, id="copy", site="copy.example", published_at="2024-03-03T08:00:00Z")
    add(tmp_path, [first, second])
    add(tmp_path, [copy])
    changed = dataclasses.replace(second, text=article(70))
    add(tmp_path, [changed])
    taker = document("taker", f"{article(71, 4)}\n\n{passage}", 4, "taker.example")
    batch = find_duplicates([first, changed, copy, taker])
    assert {r.source_article_id for r in batch.reuse if r.article_id == "taker"} == {"h0"}
    assert answers(add(tmp_path, [taker]), ["taker"]) == answers(batch, ["taker"])


@pytest.mark.parametrize("added", ["", "\n\n" + article(32, 1)])
def test_an_article_that_comes_again_leads_the_story_of_its_copies_of_an_earlier_night(tmp_path: Path, added: str) -> None:
    text = article(33)
    before = answers(add(tmp_path, [document("first", text, 1), document("same", text, 1, "b.example")]), ["first"])
    after = answers(add(tmp_path, [document("first", text + added, 1), document("z", article(34), 2)]), ["first", "same"])
    assert [after[name][:3] for name in ("first", "same")] == [
        (before["first"][0], "first", "canonical"), (before["first"][0], "first", "copy")
    ]  # fmt: skip


def test_the_name_of_a_story_whose_original_comes_late_leads_on_to_the_new_one(tmp_path: Path) -> None:
    text = article(3)
    before = answers(add(tmp_path, [document("copy", text, 5), document("other", text[: len(text) * 3 // 4], 6)]), ["copy"])
    after = answers(add(tmp_path, [document("original", text, 1)]), ["original", "copy", "other"])
    assert len({story for story, *_ in after.values()}) == 1
    with closing(sqlite3.connect(tmp_path / "index.sqlite")) as connection:
        rows = connection.execute("SELECT story_id, merged_into FROM aliases").fetchall()
    assert rows == [(before["copy"][0], after["original"][0])]


def test_an_article_that_took_a_passage_is_told_when_its_source_comes_a_night_later(tmp_path: Path) -> None:
    source = article(20)
    taker = "\n\n".join([article(21), *source.split("\n\n")[2:4]])
    assert add(tmp_path, [document("taker", taker, 2, "b.example")]).reuse == ()
    result = add(tmp_path, [document("source", source, 1)])
    assert {(r.article_id, r.source_article_id) for r in result.reuse} == {("taker", "source")}


def test_beyond_the_window_a_copy_is_found_by_the_article_that_stood_for_its_story(tmp_path: Path) -> None:
    text = article(4)
    old = answers(add(tmp_path, [document("o", text, 1), document("c", text[: len(text) * 2 // 3], 2)]), "oc")
    add(tmp_path, [document("x", article(5), 20)])
    later = Document("late", None, "z.example", None, f"{text}\n\n{article(6, 1)}", "2024-06-01T08:00:00Z")
    new = answers(add(tmp_path, [later, document("y", article(7), 30)]), ["late", "o", "c"])
    assert {story for story, *_ in new.values()} == {old["o"][0]}
    assert new["late"][1] == "o"


def test_a_night_that_is_made_up_for_finds_the_copies_of_nights_beyond_its_window(tmp_path: Path) -> None:
    text = article(4)
    later = [document("copy", f"{text}\n\n{article(6, 1)}", 1), document("cut", text[: len(text) * 2 // 3], 2)]
    add(tmp_path, later, window=3)
    early = Document("early", None, "z.example", None, text, "2023-12-01T08:00:00Z")
    ids = ["early", "copy", "cut"]
    found = answers(add(tmp_path, [early], window=3), ids)
    assert len({story for story, *_ in found.values()}) == 1
    assert found == answers(find_duplicates([early, *later]), ids)


def test_a_late_copy_of_a_large_story_parts_nobody_from_it(tmp_path: Path) -> None:
    """The last by id of its members is the first to be published, and another stands for it."""
    text = article(4)
    agency = Document("agency", "https://reuters.com/agency", "reuters.com", None, text, "2024-03-02T08:00:00Z")
    prints = [
        dataclasses.replace(document(f"p{n:02d}", f"{text}\n\n{article(901 + n, 1)}", 3, f"{n}.example"), wire_credit="Reuters")
        for n in range(60)
    ]
    first = document("the-first", f"{text}\n\n{article(900, 1)}", 1, "first.example")
    before = add(tmp_path, [agency, first, *prints])
    late = Document("late", None, "late.example", None, text, "2024-06-01T08:00:00Z")
    after = add(tmp_path, [late])
    assert {m.story_id for m in after.members} == {m.story_id for m in before.members}
    assert {m.canonical_article_id for m in after.members} == {"agency"}
    early = add(tmp_path, [dataclasses.replace(late, id="early", published_at="2023-11-01T08:00:00Z")])
    assert len(early.members) == len(after.members) + 1


def test_a_late_copy_takes_no_date_from_the_story_that_lies_beyond_the_window(tmp_path: Path) -> None:
    """The dates of its articles lie far outside of those of the window."""

    def month(number: int) -> list[Document]:
        days = [f"2024-{number:02d}-{1 + n:02d}T08:00:00Z" for n in range(25)]
        return [Document(f"{day}", None, f"{n}.example", None, article(1000 * number + n, 2), day) for n, day in enumerate(days)]

    text = article(4)
    story = [document(f"p{n}", f"{text}\n\n{article(901 + n, 1)}", 1 + n, f"p{n}.example") for n in range(8)]
    add(tmp_path, [*story, *month(3)])
    late = Document("late", None, "late.example", None, text, "2024-06-10T08:00:00Z")
    found = {m.article_id: m for m in add(tmp_path, [late, *month(6)]).members}
    assert {(found[d.id].canonical_article_id, found[d.id].canonical_reason) for d in [*story, late]} == {
        ("p0", "earliest publication")
    }  # fmt: skip


def test_nights_without_a_date_are_of_the_first_day_that_comes_after_them(tmp_path: Path) -> None:
    """They lay in 1970, so what was taken from their articles was not found."""
    undated = [dataclasses.replace(document(f"u{n}", article(40 + n)), published_at=None) for n in range(2)]
    for one in undated:
        add(tmp_path, [one])
    taker = document("taker", "\n\n".join([article(43, 2), *(part for u in undated for part in u.text.split("\n\n")[2:5])]), 5)
    batch = find_duplicates([*undated, taker])
    assert {r.source_article_id for r in batch.reuse} == {"u0", "u1"}
    assert answers(add(tmp_path, [taker]), ["taker"]) == answers(batch, ["taker"])


def test_a_night_of_nothing_but_copies_may_lie_beyond_the_window(tmp_path: Path) -> None:
    text = article(33)
    add(tmp_path, [document("first", text, 1)], window=1)
    add(tmp_path, [document("copy", text, 2, "b.example")], window=1)
    add(tmp_path, [document("other", article(34), 20, "c.example")], window=1)
    assert answers(add(tmp_path, [document("late", text, 40, "d.example")], window=1), ["late"])["late"][1] == "first"


def test_nights_that_an_earlier_version_sketched_are_still_compared_with(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    original = article(1)
    nights = [
        [document("o", original, 1, "a.example"), document("x", article(2), 1, "a.example")],
        [document("c", original[: len(original) * 2 // 3], 2, "b.example"), document("x", article(3), 2, "a.example")],
        [document("d", original[len(original) // 4 :], 3, "c.example")],
        [document("y", article(3), 4, "c.example")],
    ]
    for number, night in enumerate(nights):
        monkeypatch.setattr("pipeline.dedup.parts.SKETCH_VERSION", number)
        result = add(tmp_path, night)
        batch = find_duplicates([nights[0][0], *nights[1], *nights[2], *nights[3]][: (1, 3, 4, 5)[number]])
        if number:
            wanted = [d.id for d in night]
            assert answers(result, wanted) == answers(batch, wanted)


def test_a_hot_form_is_still_one_story_or_none_when_it_comes_in_many_nights(tmp_path: Path) -> None:
    rng = random.Random(2)
    base = article(8).split(" ")
    family = [
        document(f"d{n:03d}", " ".join(w if rng.random() > 0.03 else rng.choice(base) for w in base), 1 + n % 20)
        for n in range(120)
    ]
    latest: dict[str, object] = {}
    for start in range(0, len(family), 30):
        part = family[start : start + 30]
        latest |= {identity: said[0] for identity, said in answers(add(tmp_path, part), (d.id for d in family)).items()}
    assert len(set(latest.values())) == 1


def test_a_file_that_is_no_index_is_named_with_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "index.sqlite").write_bytes(b"no database" * 1000)
    with pytest.raises(ConfigError, match=r"index\.sqlite: .*start a new index folder"):
        add(tmp_path, [document("a", article(1))])


@pytest.mark.parametrize("texts", [[""], ["word"], ["\ud800 lone", "\ud800 lone"], ["🙂"] * 3])
def test_texts_that_say_little_have_an_answer_each(tmp_path: Path, texts: Sequence[str]) -> None:
    documents = [document(f"d{n}", text) for n, text in enumerate(texts)]
    add(tmp_path, documents)
    result = add(tmp_path, [dataclasses.replace(d, id=f"{d.id}b") for d in documents])
    assert {f"d{n}b" for n in range(len(texts))} <= {m.article_id for m in result.members}


def test_a_full_disk_is_told_as_that_and_the_index_stays(tmp_path: Path) -> None:
    """It was told to start a new folder, which would have cost all that the old one knows."""
    add(tmp_path, [document("a", article(1))])
    with pytest.raises(Fatal, match="is full: make room"):
        add_without_room(tmp_path, [document(str(n), article(n)) for n in range(2, 300)])
    assert answers(add(tmp_path, [document("b", article(1))]), ["b"])["b"][2] == "copy"
