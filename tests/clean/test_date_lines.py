from __future__ import annotations

import tomllib
from importlib.resources import files

import pytest

from pipeline.clean.date_lines import is_date_line, is_time_stamp


@pytest.mark.parametrize(
    "line",
    [
        "4 May 2021",
        "Tuesday, May 4, 2021, 09:30 AM EDT",
        "04.05.2021, 09:30 Uhr",
        "2021-05-04T09:30:00Z",
        "4 mai 2021 à 9h30",
        "4 de mayo de 2021",
        "1 d’octubre de 2021",
        "4 мая 2021, 09:30",
        "2021年5月4日",
        "2021年5月4日(火) 09:30",
        "2021. 5. 4. 09:30",
        "12/05/2021",
        "2021年5月4日 凌晨9时30分",
        "4 พ.ค. 2564 เวลา 09:30 น.",
        "۲۲ اسفند ۱۴۰۲",
        "بدھ 7 فروری 2024",
        "செவ்வாய், 7 பிப்ரவரி 2024",
        "ოთხშაბათი, 7 თებერვალი, 2024",
        "7 փետրվարի, 2024 08:00",
        "ថ្ងៃទី៧ ខែកុម្ភៈ ឆ្នាំ២០២៤",
        "၂၀၂၄ ခုနှစ် ဖေဖော်ဝါရီလ ၇ ရက်",
        "terça-feira, 4 de maio de 2021 às 09h30",
        "二〇二一年五月四日（火）",
        "令和3年5月4日",
        "中華民國110年5月4日",
        "2021. gada 4. maijs, 10:05",
        "2021 m. gegužės 4 d.",
        "ሚያዝያ 26 ቀን 2013 ዓ.ም.",
    ],
)
def test_a_line_that_is_a_date_is_a_date_line(line: str) -> None:
    assert is_date_line(line)


def test_every_month_of_every_language_makes_a_date_also_one_that_is_another_month_elsewhere() -> None:
    months = tomllib.loads(files("pipeline.extract").joinpath("dates.toml").read_text(encoding="utf-8"))["months"]
    lines = [f"12 {name} 2026" for names in months.values() for variants in names for name in variants.split("/")]
    assert [line for line in lines if not is_date_line(line)] == []
    assert is_time_stamp("Opublikowano 12 listopada 2026, 10:30")


@pytest.mark.parametrize(
    "line",
    [
        "",
        "May",
        "2",
        "In May 2021 the bridge fell",
        "4 May 2021 was a Tuesday in the harbour",
        "Room 12",
        "12 monkeys",
        "3 - 2",
        "9/11 attacks",
        "100 m 2024",
        "創業百年",
    ],
)
def test_a_line_that_says_more_or_less_than_a_date_is_none(line: str) -> None:
    assert not is_date_line(line)


@pytest.mark.parametrize(
    "line",
    [
        "Published: 4 May 2021",
        "Updated 4 May 2021 at 10:15",
        "Last updated on Tuesday 4 May 2021",
        "Veröffentlicht am 4. Mai 2021",
        "Mis à jour le 4 mai 2021 à 10h15",
        "Опубликовано: 4 мая 2021",
        "公開日：2021年5月4日",
        "更新日：令和3年5月4日",
        "Posted 3 hours ago",
        "This article was updated on 4 May 2021.",
        "Dieser Artikel wurde zuletzt aktualisiert am 4. Mai 2021.",
        "Cet article a été mis à jour le 4 mai 2021.",
        "Este artículo fue actualizado el 4 de mayo de 2021.",
        "Artykuł zaktualizowano 4 maja 2021.",
        "Статья обновлена 4 мая 2021",
        "A cikket frissítettük: 2021. május 4.",
        "تم تحديث المقال في 4 أبريل 2021",
        "本文更新于2021年5月4日。",
    ],
)
def test_a_line_that_says_when_it_was_published_is_a_time_stamp(line: str) -> None:
    assert is_time_stamp(line)


@pytest.mark.parametrize(
    "line",
    [
        "Updated",
        "Published authors met on 4 May 2021 in Rome",
        "Date: 3 March",
        "Статья обновлена по решению суда 4 мая",
        "Updated 3 rules for 12 schools",
    ],
)
def test_a_line_that_only_begins_so_is_none(line: str) -> None:
    assert not is_time_stamp(line)


@pytest.mark.parametrize(
    "line",
    [
        "Publié le 03/03/2023 à 16:32, mis à jour le 03/03/2023 à 17:10",
        "Giriş Tarihi: 3.3.2023 16:32 Son Güncelleme: 3.3.2023 17:10",
        "تاریخ انتشار: ۱۲ اسفند ۱۴۰۱",
    ],
)
def test_two_stamps_and_another_calendar_are_time_stamps(line: str) -> None:
    assert is_time_stamp(line)


@pytest.mark.parametrize("line", ["03/03/2023 16:32 GMT+7", "Thứ sáu, 3/3/2023, 16:32 (GMT+7)", "Dzisiaj, 16:32"])
def test_days_and_zones_of_more_languages_are_dates(line: str) -> None:
    assert is_date_line(line)


@pytest.mark.parametrize(
    "line",
    [
        "公開 2021年5月4日 9時30分 更新 2021年5月5日",
        "2021年5月4日公開 / 2021年5月5日更新",
        "입력 2021.05.04 09:30 수정 2021.05.05 10:00",
    ],
)
def test_two_dates_with_what_they_are_behind_or_before_them_are_a_stamp(line: str) -> None:
    assert is_time_stamp(line)
    assert not is_time_stamp(f"{line} 東京")


def test_an_update_in_a_sentence_is_no_stamp() -> None:
    assert not is_time_stamp("2021年5月4日に規則が更新された。")
