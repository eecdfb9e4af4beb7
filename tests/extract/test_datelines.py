"""Which agency a text is from, by its own dateline or the brackets at its end."""

from __future__ import annotations

import pytest

from pipeline.extract.datelines import agency_of_text

REST = "Nobody had waited on the pier."


@pytest.mark.parametrize(
    ("lead", "agency"),
    [
        ("LONDON (Reuters) – The ferry sailed.", "Reuters"),
        ("LONDON, Nov 20 (Reuters) - The ferry sailed.", "Reuters"),
        ("(Reuters) - The ferry sailed.", "Reuters"),
        ("BOSTON, Mass. (AP) — The ferry sailed.", "Associated Press"),
        ("Hamburg/Kiel (dpa/bb) – Die Fähre fährt wieder.", "dpa"),
        ("Paris, 3 mai 2024 (AFP) - Le ferry est reparti.", "Agence France-Presse"),
        ("(ANSA) - ROMA, 03 MAG - Il traghetto è ripartito.", "ANSA"),
        ("Madrid, 3 may (EFE).- El ferri zarpó.", "EFE"),
        ("Rio de Janeiro (Reuters) - A balsa voltou.", "Reuters"),
        ("Budapest, 2024. május 3., péntek (MTI) - Elindult a komp.", "MTI"),
        ("МОСКВА, 3 мая - РИА Новости. Паром вышел в море.", "RIA Novosti"),
        ("МОСКВА, 3 мая. /ТАСС/. Паром вышел в море.", "TASS"),
        ("Москва. 3 мая. ИНТЕРФАКС - Паром вышел в море.", "Interfax"),
        ("NEW YORK, May 3, 2024 /PRNewswire/ -- The ferry company sails.", "PR Newswire"),
        ("SAN FRANCISCO--(BUSINESS WIRE)--The ferry company sails.", "Business Wire"),
        ("New Delhi, May 3 (PTI) The ferry sailed.", "Press Trust of India"),
        ("नयी दिल्ली, 3 मई (भाषा) नौका चली।", "Press Trust of India"),
        ("دبي (رويترز) - أبحرت العبارة.", "Reuters"),
        ("القاهرة - أ ش أ: أبحرت العبارة.", "Middle East News Agency"),
        ("ירושלים (רויטרס) - המעבורת הפליגה.", "Reuters"),
        ("新华社北京5月3日电（记者陈思远）渡轮恢复运营。", "Xinhua"),
        ("（中央社記者陳思遠台北3日電）渡輪復駛。", "Central News Agency"),
        ("据法新社巴黎5月3日电，渡轮恢复运营。", "Agence France-Presse"),
        ("【ワシントン共同】フェリーが運航を再開した。", "Kyodo News"),
        ("【ロンドン時事】フェリーが運航を再開した。", "Jiji Press"),
        ("[東京 3日 ロイター] - フェリーが運航を再開した。", "Reuters"),
        ("(서울=연합뉴스) 김민수 기자 = 여객선이 다시 떠났다.", "Yonhap"),
    ],
)
def test_a_dateline_names_the_agency_as_its_language_writes_it(lead: str, agency: str) -> None:
    assert agency_of_text([lead, REST]) == agency
    assert agency_of_text(["The harbour waited six weeks.", lead, REST]) == agency
    assert agency_of_text([REST, REST, lead, REST]) is None, "of a piece of news in the midst"


@pytest.mark.parametrize(
    "lead",
    [
        "People's Action Party (PAP) - The party of the harbour won.",
        "Alcoholics Anonymous (AA) – a fellowship of 1935.",
        "The Associated Press (AP) – an agency – was founded in 1846.",
        "Er sagte der Agentur (dpa) - er bleibt.",
        "Ein Mann am Strand (Foto: dpa)",
        "トランプ大統領（ロイター）",
        "The report - Reuters said - was wrong.",
        "港务局周五表示，渡轮（新华社）恢复运营。",
        "Das Buch ist da. Reuters. Und nun?",
        "Efe (Galatasaray) - der Torwart - bleibt.",
        "Der Fährmann (dpa) war da.",
    ],
)
def test_an_agency_that_a_text_speaks_of_is_not_whom_it_is_from(lead: str) -> None:
    assert agency_of_text([lead, REST]) is None


@pytest.mark.parametrize(
    ("end", "agency"),
    [
        ("„Sie fährt wieder“, sagte er. (dpa)", "dpa"),
        ("Elle est repartie. (avec AFP)", "Agence France-Presse"),
        ("再開したと述べた。（共同）", "Kyodo News"),
        ("渡轮恢复运营。（新华社）", "Xinhua"),
        ("أبحرت العبارة. (رويترز)", "Reuters"),
        ("Sie fährt wieder. (Foto: dpa)", None),
        ("She sails again. (Photo AFP)", None),
        ("She sails again. (PA)", None),
        ("He works for an agency (dpa)", None),
    ],
)
def test_brackets_behind_the_last_sentence_name_the_agency(end: str, agency: str | None) -> None:
    assert agency_of_text([REST, end]) == agency


def test_hostile_texts_are_harmless() -> None:
    for piece in ("(", "A, (", "- ", "/a", "新华社", ". A"):
        assert agency_of_text([piece * 50_000] * 3) is None
    assert agency_of_text([]) is None
