"""Every rule drops its examples, keeps its counter-examples, and costs no more than the line is long."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from re import _constants as regex_names  # type: ignore[attr-defined]
from re import _parser as regex_parser  # type: ignore[attr-defined]
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.clean import rules
from pipeline.clean.bulk import clean_file
from pipeline.clean.date_lines import TIME_STAMP, is_time_stamp
from pipeline.clean.heads import first_characters, longest_match
from pipeline.clean.lines import bare, fold
from pipeline.clean.rules import PATTERN_LENGTH, RULES_FILE, Rule, fold_pattern, load_rules, match_line
from pipeline.config import Settings
from pipeline.errors import ConfigError

RULES = load_rules()
A_RULE: dict[str, Any] = {"id": "a", "about": "A", "where": "any", "drops": [], "keeps": []}
FEW_LANGUAGES = (
    *("affiliate-note", "agency-credit", "copyright", "newsletter-offer", "photo-credit", "publication-note", "shop-button"),
    *("template-residue", "views-note", "embed-consent"),
)
LABELLED = [rule for rule in RULES if rule.id not in FEW_LANGUAGES]
REPEATS = (regex_names.MAX_REPEAT, regex_names.MIN_REPEAT, regex_names.POSSESSIVE_REPEAT)


def _drops(line: str) -> str | None:
    if is_time_stamp(line):
        return TIME_STAMP
    match = match_line(line)
    return match.rule.id if match else None


@pytest.mark.parametrize(("rule", "line"), [(rule, line) for rule in RULES for line in rule.drops])
def test_a_rule_drops_its_examples(rule: Rule, line: str) -> None:
    assert _drops(line) == rule.id


@pytest.mark.parametrize(("rule", "line"), [(rule, line) for rule in RULES for line in rule.keeps])
def test_no_rule_drops_a_counter_example(rule: Rule, line: str) -> None:
    assert _drops(line) is None


@pytest.mark.parametrize("line", ["Share prices fell", "Share prices fell.", "Advertisement spending rose 4 %.", "Print", "PRINT"])
def test_a_label_is_a_whole_line_or_nothing(line: str) -> None:
    assert (_drops(line) is not None) == (fold(line) == "print")


@pytest.mark.parametrize(
    ("line", "rule"),
    [
        ("(Foto: EFE)", "photo-credit"),
        ("👉 Leia também: Ministro pede demissão", "read-more"),
        ("📲 Participe do canal no WhatsApp", "follow"),
        ("【関連記事】", "related"),
    ],
)
def test_brackets_and_pictures_around_a_line_hide_nothing(line: str, rule: str) -> None:
    assert _drops(line) == rule


@pytest.mark.parametrize("line", ["👉 Leia o livro.", "(Foto e filme)", "(risos)", "「決して」", "🔴 What we know"])
def test_they_make_no_label_of_a_line(line: str) -> None:
    assert _drops(line) is None


@pytest.mark.parametrize("rule", RULES, ids=[rule.id for rule in RULES])
def test_every_label_matches_its_own_rule(rule: Rule) -> None:
    for language, labels in rule.labels.items():
        for line in labels:
            match = match_line(line)
            assert match is not None, (language, line)
            assert match.rule.id == rule.id, (language, line, match.rule.id)


def test_no_label_stands_in_two_rules() -> None:
    places = Counter(label for rule in RULES for label in {bare(fold(word)) for words in rule.labels.values() for word in words})
    assert [label for label, rules in places.items() if rules > 1] == []


@pytest.mark.parametrize("rule", LABELLED, ids=[rule.id for rule in LABELLED])
def test_a_rule_knows_many_languages(rule: Rule) -> None:
    assert len(rule.languages) >= 30


def test_a_strict_label_holds_on_pages_of_its_language_and_of_an_unknown_one() -> None:
    assert match_line("Del", "da") is not None
    assert match_line("Del") is not None
    assert match_line("Del", "es") is None


@pytest.mark.parametrize(
    "line", ["Comments (12)", "12 Comments", "Share 1.2k", "» Read more »", "[Anzeige]", "ＳＨＡＲＥ", "Share\u200b"]
)
def test_decorations_and_counters_do_not_hide_a_label(line: str) -> None:
    assert match_line(line) is not None


@pytest.mark.parametrize("line", ["", " ", "—", "12", "4. Deel", "\u0301"])
def test_a_line_without_words_is_nobodys(line: str) -> None:
    assert match_line(line, "en") is None


def _patterns() -> Iterator[tuple[str, str]]:
    for rule in RULES:
        for patterns in rule.patterns.values():
            yield from ((rule.id, pattern) for pattern in patterns)


def _nodes(parsed: object) -> Iterator[tuple[object, object]]:
    for operator, argument in parsed:  # type: ignore[attr-defined]
        yield operator, argument
        for part in _parts(operator, argument):
            yield from _nodes(part)


def _parts(operator: object, argument: object) -> list[object]:
    if operator in REPEATS:
        return [argument[2]]  # type: ignore[index]
    if operator is regex_names.SUBPATTERN:
        return [argument[3]]  # type: ignore[index]
    if operator is regex_names.BRANCH:
        return list(argument[1])  # type: ignore[index]
    return []


@pytest.mark.parametrize(("rule", "pattern"), list(_patterns()))
def test_no_pattern_repeats_a_repeat_or_is_unbounded(rule: str, pattern: str) -> None:
    for operator, argument in _nodes(regex_parser.parse(fold_pattern(pattern))):
        if operator not in REPEATS:
            continue
        _, most, body = argument  # type: ignore[misc]
        assert most <= PATTERN_LENGTH, "a repeat without an end"
        if most > 1:
            assert not any(inner in REPEATS and a[1] > 1 for inner, a in _nodes(body)), "a repeat inside a repeat"  # type: ignore[index]


def test_a_line_longer_than_any_label_is_not_looked_at() -> None:
    assert match_line("share " * PATTERN_LENGTH) is None


@given(st.text(max_size=400))
@settings(max_examples=150)
def test_matching_takes_any_text(line: str) -> None:
    match_line(line)
    is_time_stamp(line)


@given(st.text(max_size=80))
@settings(max_examples=150)
def test_folding_twice_is_folding_once(line: str) -> None:
    assert fold(fold(line)) == fold(line)
    assert not re.search(r"\s\s", fold(line))


@pytest.mark.parametrize(
    ("pattern", "heads"),
    [
        ("read more", "r"),
        ("(?:read|see) more", "rs"),
        ("(?:please )?(?:log|sign) in", "pls"),
        (r"[(\[]?photo", "([p"),
        (r"\d{1,3} min|views?", "0123456789v"),
        (r"\(?with", "(w"),
        (r"x?[^.]{2,9}", None),
        (r".{0,9}rights", None),
        (r"\w{2}", None),
        ("a(?:b|c)", "a"),
    ],
)
def test_the_first_characters_of_a_pattern_are_found(pattern: str, heads: str | None) -> None:
    assert first_characters(pattern) == (None if heads is None else frozenset(heads))


@pytest.mark.parametrize(
    ("pattern", "longest"),
    [
        ("read more", 9),
        (r"(?:please )?(?:log|sign)-?in\b", 7 + 4 + 1 + 2),
        (r"[^.]{0,9}rights(?! of)\.?|by", 9 + 6 + 1),
        (r"\d{2}[ap]m", 4),
        (r"(?:[\w-]{1,9} ){1,3}?said", 34),
        ("follow.*", None),
        (r"(?:(?:a|b) )+", None),
        (r"\w{2,}", None),
        (r"(a)\1", None),
    ],
)
def test_the_longest_match_of_a_pattern_is_found(pattern: str, longest: int | None) -> None:
    assert longest_match(pattern) == longest


@cache
def every_pattern() -> list[tuple[re.Pattern[str], frozenset[str] | None, int | None]]:
    """Return all patterns, compiled once: `re` keeps fewer than there are, and would compile each anew for each line."""
    folded = (fold_pattern(pattern) for rule in RULES for patterns in rule.patterns.values() for pattern in patterns)
    return [(re.compile(pattern), first_characters(pattern), longest_match(pattern)) for pattern in folded]


@pytest.mark.parametrize("rule", RULES, ids=[rule.id for rule in RULES])
def test_asking_few_patterns_gives_the_answer_of_asking_all(rule: Rule) -> None:
    for line in (*rule.drops, *rule.keeps):
        folded = fold(line)
        for pattern, heads, longest in every_pattern():
            if pattern.fullmatch(folded):
                assert heads is None or folded[0] in heads, (pattern, line)
                assert longest is None or len(folded) <= longest, (pattern, line)


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({"id": "follow", "pattern": "follow us"}, "rule 'follow': unknown key 'pattern'; the keys are about, "),
        ({"id": "follow", "where": "any"}, "rule 'follow': about is missing; a rule needs id, about, "),
        ({"id": "a", "about": "A", "where": "all", "drops": [], "keeps": []}, "rule 'a': where must be any, top, tail or edges"),
        (
            A_RULE | {"patterns": ["a .*"]},
            "rule 'a': patterns must be a table of lists by language, such as {en",
        ),
        (A_RULE | {"labels": {"en": "more"}}, "rule 'a': labels.en must be a list of strings, got 'more'; write it as"),
        (A_RULE | {"drops": "More"}, "rule 'a': drops must be a list of strings, got 'More'; write it as"),
        (A_RULE | {"prefix": "yes"}, "rule 'a': prefix must be true or false, got 'yes'"),
    ],
)
def test_a_rule_that_cannot_be_read_is_named_with_the_mend(table: dict[str, Any], message: str) -> None:
    """A misspelt key was passed over, and a missing one ended in a stack trace."""
    with pytest.raises(ConfigError, match=re.escape(message)):
        rules._rule(table)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('[rule]\nid = "a', "rules.toml: not valid TOML"),
        (f"{RULES_FILE.read_text()}\n[[rule]]\nid = 'a'\nwhere = 'any'\n", "rule 'a': about is missing"),
        (
            f"{RULES_FILE.read_text()}\n[[rule]]\nid = 'a'\nabout = ''\nwhere = 'any'\ndrops = []\nkeeps = []\npatterns.en = ['(']",
            "rule 'a': patterns.en: '(' is no regular expression: missing ), unterminated subpattern",
        ),
    ],
)
def test_a_rule_file_that_cannot_be_read_ends_the_work_before_its_first_page(
    text: str, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was told of every page as an error of the page, and `replay --diff` said that none was an article any more."""
    (tmp_path / "rules.toml").write_text(text)
    (tmp_path / "in.jsonl").write_text('{"id": "1", "html": "<p>The council decided on Tuesday to rebuild the old bridge.</p>"}\n')
    monkeypatch.setattr(rules, "RULES_FILE", tmp_path / "rules.toml")
    for name in ("load_rules", "_all_patterns"):
        monkeypatch.setattr(rules, name, cache(getattr(rules, name).__wrapped__))
    with pytest.raises(ConfigError, match=re.escape(message)):
        clean_file(str(tmp_path / "in.jsonl"), str(tmp_path / "out.jsonl"), Settings())
    assert not (tmp_path / "out.jsonl").exists()
