"""Authors are people: no "By", no roles, no places, no agencies, no site."""

from __future__ import annotations

import json

import pytest

from pipeline.clean.author_lines import is_byline
from pipeline.extract.agencies import agency_in
from pipeline.extract.bylines import split_names
from pipeline.extract.metadata import Metadata, read_metadata
from pipeline.extract.parse import parse_html

URL = "https://www.alvertoncourier.example/news/ferry-17"


def read(body: str = "", head: str = "") -> Metadata:
    html = f"<html><head>{head}</head><body><h1>Ferry sails again</h1>{body}<p>Story.</p></body></html>"
    return read_metadata(parse_html(html), URL, html)


def from_jsonld(author: object, **more: object) -> Metadata:
    node = {"@type": "NewsArticle", "headline": "Ferry sails again", "author": author, **more}
    return read(head=f'<script type="application/ld+json">{json.dumps(node)}</script>')


@pytest.mark.parametrize(
    ("byline", "names"),
    [
        ("By Jane Doe", ["Jane Doe"]),
        ("BY JANE DOE", ["Jane Doe"]),
        ("Jane Doe and John Roe", ["Jane Doe", "John Roe"]),
        ("By Jane Doe, John Roe, and Ann Poe", ["Jane Doe", "John Roe", "Ann Poe"]),
        ("By Jane Doe, political editor, and John Roe in Ashby", ["Jane Doe", "John Roe"]),
        ("By Jane Doe in New York, John Roe in Rome and Ann Poe in Paris", ["Jane Doe", "John Roe", "Ann Poe"]),
        ("By Michael A Cohen and John E Roe", ["Michael A Cohen", "John E Roe"]),
        ("Por Ana Ruiz y Luis Gil", ["Ana Ruiz", "Luis Gil"]),
        ("POR ANA RUIZ Y LUIS GIL", ["Ana Ruiz", "Luis Gil"]),
        ("Di Anna Bianchi e Marco Rossi", ["Anna Bianchi", "Marco Rossi"]),
        ("By Jane Doe, John Roe and Ann Poe", ["Jane Doe", "John Roe", "Ann Poe"]),
        ("Written by: Jane Doe | Staff Writer", ["Jane Doe"]),
        ("Jane Doe, Political Correspondent", ["Jane Doe"]),
        ("Jane Doe Staff Writer", ["Jane Doe"]),
        ("By Mary Ann Poe and John Roe Sports Editors", ["Mary Ann Poe", "John Roe"]),
        *((role, []) for role in ("Courier Staff Writer", "Our Special Correspondent", "Our Own Correspondent")),
        ("Jane Doe, Middle East Editor", ["Jane Doe"]),
        ("Jane Doe in London", ["Jane Doe"]),
        ("By Jane Doe – 12 March 2024, 10:05", ["Jane Doe"]),
        ("By Jane Doe Published March 12, 2024", ["Jane Doe"]),
        ("Jane Doe jane.doe@courier.example @janedoe", ["Jane Doe"]),
        ("Von Erika Mustermann und Max Mustermann", ["Erika Mustermann", "Max Mustermann"]),
        ("Par Anne Dupont et Luc Martin", ["Anne Dupont", "Luc Martin"]),
        ("Por María Núñez y José Pérez", ["María Núñez", "José Pérez"]),
        ("di Marco Rossi", ["Marco Rossi"]),
        ("Postado por Ana Souza", ["Ana Souza"]),
        ("Escrit per: Mercè Puig", ["Mercè Puig"]),
        ("كتب بواسطة: ليلى حداد", ["ليلى حداد"]),
        ("Eingestellt von Erika Mustermann um 10:05", ["Erika Mustermann"]),
        ("Diposting oleh Budi Santoso", ["Budi Santoso"]),
        ("Gönderen Ayşe Yılmaz", ["Ayşe Yılmaz"]),
        ("بواسطة سارة الخطيب", ["سارة الخطيب"]),
        ("投稿者：佐藤花子", ["佐藤花子"]),
        ("Автор: Анна Иванова", ["Анна Иванова"]),
        ("Ludwig van Beethoven", ["Ludwig van Beethoven"]),
        ("Di Stefano", ["Di Stefano"]),
        ("Martin Luther King, Jr.", ["Martin Luther King, Jr."]),
        ("Martin Luther King, Jr. and John Roe", ["Martin Luther King, Jr.", "John Roe"]),
        ("Jane Doe, Sr. Director of Harbours", ["Jane Doe"]),
        ("Sinéad O’Connor", ["Sinéad O’Connor"]),
        ("Nelson C.J.", ["Nelson C.J."]),
        ("作者：王小明", ["王小明"]),
        ("Staff", []),
        ("Admin", []),
        ("Editorial Team", []),
        ("标签", []),
        ("探索感兴趣的内容", []),
        ("장유진 기자", ["장유진"]),
        ("(서울=보기통신) 장유진·김민수 선임기자 jang@paper.example", ["장유진", "김민수"]),
        ("글 장유진", ["장유진"]),
        ("글로벌 경제팀", ["글로벌 경제팀"]),
        ("本报记者 王小明 李华", ["王小明", "李华"]),
        ("记者约翰·史密斯 北京报道", ["约翰·史密斯"]),
        ("陈思远 发布于 2024年4月9日", ["陈思远"]),
        ("作者：陳思遠 發佈於2024-04-09 10:05", ["陳思遠"]),
        ("記者王小明／台北報導", ["王小明"]),
        ("文：王小明", ["王小明"]),
        ("文在寅", ["文在寅"]),
        ("責任編輯：王小明", []),
        ("佐藤花子記者", ["佐藤花子"]),
        ("取材・文：佐藤花子", ["佐藤花子"]),
        ("โดย สมชาย ใจดี", ["สมชาย ใจดี"]),
        ("लेखक: कमल शर्मा", ["कमल शर्मा"]),
        ("تحریر: سارہ خان", ["سارہ خان"]),
        ("লেখা: সারা রহমান", ["সারা রহমান"]),
        ("எழுதியவர்: கமலா ராஜன்", ["கமலா ராஜன்"]),
        ("ავტორი: ნინო ბერიძე", ["ნინო ბერიძე"]),
        ("Հեղինակ՝ Անի Սարգսյան", ["Անի Սարգսյան"]),
        ("ដោយ៖ សុខ សុភា", ["សុខ សុភា"]),
        ("ጸሐፊ፦ አበበ ከበደ", ["አበበ ከበደ"]),
        ("Interview by Jane Doe", ["Jane Doe"]),
        ("به قلم علی رضایی", ["علی رضایی"]),
        ("كتبت سارة أحمد", ["سارة أحمد"]),
        ("Viết bởi Nguyễn Văn An", ["Nguyễn Văn An"]),
        ("Redaktion", []),
        ("Alverton Courier", []),
        ("12 March 2024", []),
        ("5 min read", []),
        ("https://courier.example/jane", []),
        ("Harbour7", []),
        ("Ferry in the Fog", []),
        ("Sailing On", []),
        ("JO MCFARLAND", ["Jo McFarland"]),
        ("JOHN G. McNEIL Jr.", ["John G. McNeil Jr."]),
        ("JANE DOE Courier Staff Writer", ["Jane Doe"]),
        ("JANE McDOE The Courier", ["Jane McDoe"]),
        ("JANE DOE AP Sports Writer", ["Jane Doe"]),
        ("BBC NEWS Staff Writer", []),
        ("JT ROE and AJ DOE", ["JT Roe", "AJ Doe"]),
        ("Google", []),
        ("Filed Under", []),
        ("All Columns", []),
        ("Kate on March 3", ["Kate"]),
        ("Kate, Staff Writer", ["Kate"]),
        ("Kate and Ann", ["Kate", "Ann"]),
        ("Center for Harbour Evaluation and Research", []),
        ("The Harbourmaster", []),
        ("Par Jeanne Dupont avec AFP", ["Jeanne Dupont"]),
        ("أحمد علي، مريم حسن", ["أحمد علي", "مريم حسن"]),
        ("अनीता शर्मा और मीरा देवी", ["अनीता शर्मा", "मीरा देवी"]),
        ("Анна Іваненко та Петро Бойко", ["Анна Іваненко", "Петро Бойко"]),
        ("Prof. Dr. med. Hans Müller", ["Prof. Dr. med. Hans Müller"]),
        ("prof. Anna Kowalska", ["prof. Anna Kowalska"]),
        ("Juana Pérez con EFE", ["Juana Pérez"]),
        ("By Jane Doe and Con Roe", ["Jane Doe", "Con Roe"]),
        ("Jean d'Ormeval", ["Jean d'Ormeval"]),
        ("Ahmed al-Masri und Lina el-Khatib", ["Ahmed al-Masri", "Lina el-Khatib"]),
        ("María de los Ríos", ["María de los Ríos"]),
        ("João do Carmo", ["João do Carmo"]),
        ("Автор: Иванова А. В.", ["Иванова А. В."]),
        ("社会部", []),
        ("作者：佚名", []),
        ("记者：为什么？", []),
        ("记者 陈思远 通讯员 李海 报道", ["陈思远", "李海"]),
        ("记者 陈思远 来源：港口日报", ["陈思远"]),
        ("記者 陳思遠／港都報導　2024年5月3日", ["陳思遠"]),
        ("澎湃新闻记者 陈思远", ["陈思远"]),
        ("Jane Doe, USA TODAY", ["Jane Doe"]),
        ("Jane Doe, CNN Business, and John Roe", ["Jane Doe", "John Roe"]),
        ("By Jane Doe for Harbour Voice", ["Jane Doe"]),
        ("Campaign for Quiet Harbours", []),
        ("Von Max Mustermann aus Rom", ["Max Mustermann"]),
        ("Von unserer Redakteurin Erika Mustermann", ["Erika Mustermann"]),
        ("Staff Writer Jane Doe", ["Jane Doe"]),
        ("Journalist Ola Nordmann", ["Ola Nordmann"]),
        ("PV Nguyễn Văn An", ["Nguyễn Văn An"]),
        ("Nhóm PV", []),
        ("Interview: Erika Mustermann und Max Mustermann", ["Erika Mustermann", "Max Mustermann"]),
        ("Muhabir: Ayşe Yılmaz", ["Ayşe Yılmaz"]),
        ("Haber Merkezi", []),
        ("Curated By: Anita Sharma", ["Anita Sharma"]),
        ("oprac. Anna Kowalska", ["Anna Kowalska"]),
        ("Ana Ruiz, corresponsal en Roma", ["Ana Ruiz"]),
        ("João Silva, do Rio de Janeiro", ["João Silva"]),
        ("María José de la Cruz y Ortega", ["María José de la Cruz y Ortega"]),
        ("Antoni Puig i Cornet", ["Antoni Puig i Cornet"]),
        ("Ana Ruiz y Agencias", ["Ana Ruiz"]),
        ("Ana Ruiz, Luis Gil y Marina", ["Ana Ruiz", "Luis Gil", "Marina"]),
        ("O'Brien, Conor", ["Conor O'Brien"]),
        ("القاهرة: محمد أحمد", ["محمد أحمد"]),
        ("القاهرة - محمد أحمد", ["محمد أحمد"]),
        ("MADRID | Ana Ruiz", ["Ana Ruiz"]),
        ("كتب- محمد أحمد", ["محمد أحمد"]),
        ("محمد أحمد وعلي حسن", ["محمد أحمد", "علي حسن"]),
        ("محمد أحمد ووكالات", ["محمد أحمد"]),
        ("محمد أحمد وليد حسن", ["محمد أحمد وليد حسن"]),
        ("أحمد محمد واصل علي", ["أحمد محمد واصل علي"]),
        ("רות לוי ומשה כהן", ["רות לוי", "משה כהן"]),
        ("Last Update: 1/16 3:36 pm", []),
        ("فريق التحرير", []),
        ("নিজস্ব প্রতিবেদক, ঢাকা", []),
        ("न्यूज डेस्क", []),
        ("온라인뉴스팀", []),
        ("聯合報／ 記者", []),
        ("Jane Doe Alverton Courier", ["Jane Doe"]),
        ("Jane Doe March 4, 2024", ["Jane Doe"]),
        ("Jane Doe Monday 4 March 2024", ["Jane Doe"]),
        ("Jean Dupont le 4 mars 2024", ["Jean Dupont"]),
        ("Anna May 3 hours ago", ["Anna May"]),
        ("By JANE DOE, AP Business Writer 47 minutes ago", ["Jane Doe"]),
        ("Jane Doe Community Contributor", ["Jane Doe"]),
        ("Compiled by Jane Doe", ["Jane Doe"]),
        ("FOTO: Jane Doe", []),
        ("Source: Jane Doe", []),
        ("تصوير: محمد أحمد", []),
        ("Getty Images", []),
        ("None", []),
        ("Opinion", []),
        ("取材・文／佐藤花子 撮影／鈴木一郎", ["佐藤花子"]),
    ],
)
def test_a_byline_gives_names(byline: str, names: list[str]) -> None:
    assert list(read(head=f'<meta name="author" content="{byline}">').authors) == names


@pytest.mark.parametrize(
    ("author", "names"),
    [
        ({"@type": "Person", "name": "Jane Doe"}, ["Jane Doe"]),
        ([{"@type": "Person", "name": "Jane Doe"}, {"@type": "Person", "name": "John Roe"}], ["Jane Doe", "John Roe"]),
        ("Jane Doe and John Roe", ["Jane Doe", "John Roe"]),
        (["Jane Doe", "John Roe"], ["Jane Doe", "John Roe"]),
        ({"name": ["Jane Doe", "John Roe"]}, ["Jane Doe", "John Roe"]),
        ({"@type": "Person", "givenName": "Jane", "familyName": "Doe"}, ["Jane Doe"]),
        ({"@type": "Organization", "name": "Alverton Courier"}, []),
        ({"@type": "Organization", "name": "Roper & Gamble"}, []),
        ({"@type": "Organization", "name": "Jane Doe and John Roe"}, ["Jane Doe", "John Roe"]),
        ([{"@type": "Person", "name": "Jane Doe"}, {"@type": "Organization", "name": "Bleak House Media"}], ["Jane Doe"]),
        ({"@type": "Person", "name": "Alverton Courier Staff"}, []),
        ({"@type": "Person", "name": ""}, []),
        ({"@type": "Person", "name": "Doe, Jane"}, ["Jane Doe"]),
        ({"@type": "Person", "name": "Reuters, AFP"}, []),
        ({"@type": "Person", "name": "Jane Doe, Ashby"}, ["Jane Doe"]),
        ({"@type": "Person", "name": "共同通信"}, []),
        (None, []),
        (17, []),
        ([[{"name": {}}]], []),
    ],
)
def test_json_ld_authors_in_all_their_forms(author: object, names: list[str]) -> None:
    assert list(from_jsonld(author).authors) == names


def test_authors_of_a_paper_stand_surname_first() -> None:
    head = '<meta name="citation_author" content="Doe, Jane"><meta name="citation_author" content="van Roe, John T.">'
    assert read(head=head).authors == ("Jane Doe", "John T. van Roe")


@pytest.mark.parametrize(
    ("creator", "names"),
    [
        ("Doe, Jane", ("Jane Doe",)),
        ("Jane Doe, John Roe", ("Jane Doe", "John Roe")),
        ("dpa, Jane Doe", ("Jane Doe",)),
        ("Jane Doe, dpa", ("Jane Doe",)),
    ],
)
def test_the_creator_of_dublin_core_may_stand_surname_first(creator: str, names: tuple[str, ...]) -> None:
    assert read(head=f'<meta name="DC.creator" content="{creator}">').authors == names
    assert read(head=f'<meta property="dc:creator" content="{creator}">').authors == names


def test_an_agency_behind_a_stroke_makes_an_author_no_address() -> None:
    assert read(head='<meta name="author" content="Jane Doe / dpa">').authors == ("Jane Doe",)
    assert read(head='<meta name="author" content="authors/jane-doe">').authors == ()


def test_the_author_of_rdfa_is_named() -> None:
    person = '<span property="author" typeof="Person"><span property="name">Jane Doe</span> <i>Harbour</i></span>'
    assert read(f'<article vocab="https://schema.org/" typeof="NewsArticle">{person}</article>').authors == ("Jane Doe",)


def test_a_person_who_publishes_their_own_site_is_its_author() -> None:
    """A site that is one person's types its publisher as both, and names the author by that object's id."""
    person = {"@type": ["Person", "Organization"], "@id": "https://alvertoncourier.example/#jane", "name": "Jane Doe"}
    node = {
        "@type": "Article",
        "headline": "Ferry sails again",
        "author": {"name": "Jane Doe", "@id": person["@id"]},
        "publisher": {"@id": person["@id"]},
    }
    graph = json.dumps({"@graph": [node, person]})
    assert read(head=f'<script type="application/ld+json">{graph}</script>').authors == ("Jane Doe",)
    house = graph.replace('["Person", "Organization"]', '"Organization"')
    assert read(head=f'<script type="application/ld+json">{house}</script>').authors == ()


def test_a_house_whose_name_opens_with_the_site_s_is_no_person_who_owns_it() -> None:
    assert from_jsonld({"@type": "Person", "name": "Alvertoncourier Haber"}).authors == ()


def test_the_publisher_is_no_author() -> None:
    publisher = {"@type": "NewsMediaOrganization", "name": "Harbour Voice"}
    assert from_jsonld({"@type": "Person", "name": "Harbour Voice"}, publisher=publisher).authors == ()


@pytest.mark.parametrize(
    "body",
    [
        '<a rel="author" href="/x">Jane Doe</a>',
        '<span itemprop="author" itemscope><span itemprop="name">Jane Doe</span></span>',
        '<div class="byline">By <a href="/staff/jane">Jane Doe</a>, Staff Writer</div>',
        (
            '<div class="ArticleByline__root"><span>By</span><span>Jane '
            "Doe</span><span>Harbour Editor</span><time>1 March</time></div>"
        ),
        '<p class="post-author"><img alt="">Jane Doe</p>',
        '<div><a href="/author/jane-doe/">Jane Doe</a></div>',
        "<div>By Jane Doe</div>",
        "<div>By</div><div>Jane Doe</div>",
        "<p>Von <strong>Jane Doe</strong></p>",
        '<div class="byline"><span>JD</span><span>Jane Doe</span></div>',
        '<div class="author"><span class="first">Jane</span> <span class="last">Doe</span></div>',
        '<a rel="author" href="/x"><span>Jane <em>Doe</em></span></a>',
        '<p class="byline">By <b>Jane</b> <b>Doe</b><span>Harbour Editor</span></p>',
        '<div class="byline">Jane Doe, Alverton Courier Sports</div>',
    ],
)
def test_a_byline_on_the_page_is_found(body: str) -> None:
    assert read(body).authors == ("Jane Doe",)


@pytest.mark.parametrize(
    "body",
    [
        "<div class=authors><p class=author>Jane Doe<br>Harbour Expert</p><p class=author>John Roe<br>Old Salt</p></div>",
        "<p>BY JANE DOE<br>AND JOHN ROE</p>",
        "<ul class=article__byline><li><a href=/profile/jane>Jane Doe</a></li><li><a href=/profile/john>John Roe</a></li></ul>",
    ],
)
def test_each_of_several_bylines_names_its_author(body: str) -> None:
    assert read(body).authors == ("Jane Doe", "John Roe")


@pytest.mark.parametrize(
    ("body", "names"),
    [
        ("<div>Posted on <a><time>March 4, 2024</time></a> by <a>Jane Doe</a></div>", ("Jane Doe",)),
        ("<p>By <b><a href=/x>Jane Doe</a></b>, <i>Harbour Editor</i></p>", ("Jane Doe",)),
        ("<a href=/signataires/jean-dupont>Jean Dupont</a>", ("Jean Dupont",)),
        ("<a href=/redaktion/jane-doe-17.html>Jane Doe</a>", ("Jane Doe",)),
        ("<div class=redacteur>Jan de Vries</div>", ("Jan de Vries",)),
        ("<div class=szerzo>Kovács János</div>", ("Kovács János",)),
        ("<p class=writer>佐藤花子</p>", ("佐藤花子",)),
        ("<div class=name><a>김민수</a> 기자</div>", ("김민수",)),
        ("<span class=info_writer>김민수</span>", ("김민수",)),
        ("<p class=article-author>文・佐藤花子　写真・鈴木一郎</p>", ("佐藤花子",)),
        ("<div class=author><span class=author-name>Jane Doe</span><span class=author-title>Old Salt</span></div>", ("Jane Doe",)),
    ],
)
def test_elements_that_are_called_so_name_the_author(body: str, names: tuple[str, ...]) -> None:
    assert read(body).authors == names


@pytest.mark.parametrize(
    ("bio", "names"),
    [
        ("<p>Written by <strong>Jane Doe</strong> who lives in Alverton. <a href=/x>Follow her</a></p>", ("Jane Doe",)),
        ("<p>Escrito por <a href=/about>Jane Doe</a>.</p>", ("Jane Doe",)),
        ("<p>Written by the sea.</p>", ()),
        ("<p>Written by <em>the whole newsroom</em></p>", ()),
    ],
)
def test_who_wrote_the_article_is_said_in_its_own_footer(bio: str, names: tuple[str, ...]) -> None:
    article = f"<article><header><h1>Ferry sails again</h1></header><p>Story.</p><footer>{bio}</footer></article>"
    assert read_metadata(parse_html(f"<html><body>{article}</body></html>"), URL, article).authors == names


@pytest.mark.parametrize(
    ("item", "found"),
    [
        ("itemscope itemtype='https://schema.org/Article'", (("Jane Doe",), "2024-03-01")),
        ("itemscope itemtype='https://schema.org/Organization'", ((), None)),
        ("", ((), None)),
    ],
)
def test_what_microdata_says_of_the_article_counts_in_any_part_of_it(item: str, found: tuple[tuple[str, ...], str | None]) -> None:
    stated = "<time itemprop=datePublished datetime=2024-03-01>1 March</time> <b itemprop=author>Jane Doe</b>"
    article = f"<div class=article {item}><h1>Ferry sails again</h1><div class=footer>{stated}</div><p>Story.</p></div>"
    metadata = read_metadata(parse_html(f"<html><body>{article}</body></html>"), URL, article)
    assert (metadata.authors, metadata.published_at) == found


@pytest.mark.parametrize(
    "line",
    [
        "Posted on January 1, 2023 by Jane Doe",
        "Posted on January 1, 2023 by <a href=/x>Jane Doe</a>",
        "1 January 2023, 10:05 | by Jane Doe",
        "Veröffentlicht am 1. März 2023 von Jane Doe",
        "Publicado el 27 de mayo de 2024 por Jane Doe",
        "Опубликовано 15 февраля 2024, автор: Jane Doe",
        "2024年10月21日 投稿者：Jane Doe",
    ],
)
def test_the_date_may_stand_before_the_by(line: str) -> None:
    assert read(f"<div class=muted>{line}</div>").authors == ("Jane Doe",)


@pytest.mark.parametrize("line", ["Seen in 2023 by Jane Doe", "Posted on January 1, 2023 by admin", "27 de mayo de 2024"])
def test_a_by_behind_something_else_names_nobody(line: str) -> None:
    assert read(f"<div class=muted>{line}</div>").authors == ()


@pytest.mark.parametrize(
    ("lines", "names"),
    [
        (("12 de noviembre de 2026", "Por Ana Ruiz y Luis Gil"), ("Ana Ruiz", "Luis Gil")),
        (("Por primera vez sale el ferry", "Por Ana Ruiz"), ("Ana Ruiz",)),
        (("By Reuters", "By Jane Doe"), ()),
    ],
)
def test_the_byline_may_stand_below_a_line_that_opens_with_the_same_word(lines: tuple[str, ...], names: tuple[str, ...]) -> None:
    assert read("".join(f"<p>{line}</p>" for line in lines)).authors == names


def test_the_element_of_a_signature_names_the_author() -> None:
    assert read("<div class=c-signature><strong>Lia Moraes</strong><br><span>Tutóia (MA)</span></div>").authors == ("Lia Moraes",)


def test_two_bylines_side_by_side_are_both_authors() -> None:
    body = '<div class="byline"><a rel="author" href="/a">Jane Doe</a> and <a rel="author" href="/b">John Roe</a></div>'
    assert read(body).authors == ("Jane Doe", "John Roe")


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("장유진 기자 | 입력 2024.03.12 08:00", "장유진"),
        ("입력 2024.03.12 08:00 | 장유진 기자", "장유진"),
        ("(서울=보기통신) 장유진 기자 = 한강 유람선이 다시 운항한다.", "장유진"),
        ("佐藤花子 記者 2024年3月12日 8時00分", "佐藤花子"),
    ],
)
def test_a_line_that_opens_with_a_name_and_what_the_person_does_names_the_author(line: str, name: str) -> None:
    assert read(f"<p>{line}</p>").authors == (name,)


@pytest.mark.parametrize(
    ("line", "names"),
    [
        ("〔記者陳思遠／台北報導〕港務局3日宣布，渡輪復駛。", ("陳思遠",)),
        ("2024-05-03 10:05 港都報／ 記者陳思遠／台北即時報導", ("陳思遠",)),
        ("陳思遠／綜合報導", ("陳思遠",)),
        ("（中央社記者陳思遠台北3日電）港務局宣布渡輪復駛。", ("陳思遠",)),
        ("新华社北京5月3日电（记者陈思远、李海）港务局宣布渡轮恢复运营。", ("陈思远", "李海")),
        ("本报讯（记者 陈思远 通讯员 李海）港务局宣布渡轮恢复运营。", ("陈思远", "李海")),
        ("来源：港口日报 作者：陈思远 编辑：李明", ("陈思远",)),
        ("本报记者 陈思远 李海", ("陈思远", "李海")),
        ("聞き手・佐藤花子", ("佐藤花子",)),
        ("船長が来月引退する。艦橋で話を聞いた。（聞き手・佐藤花子）", ("佐藤花子",)),
        ("[항구일보 김민수 기자] 흰 여객선이 다시 떠났다.", ("김민수",)),
        ("항구=김민수 기자 kimms@hanggu.example", ("김민수",)),
        ("【记者手记】漫长的冬天", ()),
        ("记者从港务局获悉，渡轮已恢复运营。", ()),
        ("國際／綜合報導", ()),
        ("生活中心／綜合報導", ()),
        ("国际部／综合报道", ()),
    ],
)
def test_a_dateline_names_the_reporter_as_papers_of_the_east_write_it(line: str, names: tuple[str, ...]) -> None:
    assert read(f"<p>{line}</p>").authors == names


@pytest.mark.parametrize(
    "body",
    ["By <b>Jane Doe</b> and <b>John Roe</b>", "By Jane Doe <i>and John Roe</i>", "By <b>Jane Doe</b>, <b>John Roe</b>"],
)
def test_names_that_are_set_apart_are_read_to_the_last(body: str) -> None:
    assert read(f"<p>{body}</p><p>And so it sails.</p>").authors == ("Jane Doe", "John Roe")


def test_the_author_of_a_comment_is_none_of_the_page() -> None:
    comment = '<div itemprop="comment" itemscope itemtype="http://schema.org/Comment"><span itemprop="author">Ann Poe</span></div>'
    assert read(f'<article itemscope itemtype="http://schema.org/Article">{comment}</article>').authors == ()


@pytest.mark.parametrize(
    ("body", "names"),
    [
        ("<p>By Jane Doe <span>Edited by <a href=/x>John Roe</a></span></p>", ("Jane Doe",)),
        ("<p>By Jane Doe</p><p>Photography by</p><p>John Roe</p>", ("Jane Doe",)),
        ("<p>Von Jane Doe und John Roe</p><p>Foto: John Roe</p>", ("Jane Doe", "John Roe")),
        ("<p>Edited by Jane Doe and John Roe</p>", ("Jane Doe", "John Roe")),
        ("<figcaption>Foto: John Roe</figcaption>", ("Jane Doe", "John Roe")),
    ],
)
def test_who_did_something_else_for_a_text_is_none_of_several_authors(body: str, names: tuple[str, ...]) -> None:
    node = {"@type": "NewsArticle", "headline": "Ferry sails again", "author": [{"name": "Jane Doe"}, {"name": "John Roe"}]}
    assert read(body, f'<script type="application/ld+json">{json.dumps(node)}</script>').authors == names


def test_in_a_byline_of_several_details_the_reporter_is_the_author() -> None:
    details = ("입력 2024.05.03. 오전 10:05", "수정 2024.05.03. 오전 11:20", "기사원문", "김민수 기자")
    assert read(f"<div class=byline>{''.join(f'<span>{text}</span>' for text in details)}</div>").authors == ("김민수",)
    assert read("<div class=byline><span>입력 2024.05.03. 오전 10:05</span></div>").authors == ()


@pytest.mark.parametrize("by", ["Opinion by", "Eine Kolumne von", "Dal nostro inviato", "Rozmawiała:"])
def test_what_somebody_wrote_may_stand_before_the_by(by: str) -> None:
    assert read(f"<p>{by} Jane Doe</p>").authors == ("Jane Doe",)


def test_the_writer_of_the_next_article_of_an_endless_page_is_no_author() -> None:
    story = "<p>The ferry sailed from Alverton at dawn, as it had done for sixty years, and nobody was on the pier.</p>" * 10
    by = '<p class="byline">By {0} Doe</p>'
    body = f"<main><article>{by.format('Jane')}{story}</article><article><h2>Other</h2>{by.format('John')}{story}</article></main>"
    assert read(body).authors == ("Jane Doe",)


def test_a_link_to_the_staff_of_another_site_names_no_author() -> None:
    there = '<p>We asked <a href="https://www.uni.example/staff/prof-ann-poe">Ann Poe</a> about it.</p>'
    assert read(there).authors == ()
    assert read(there + '<p><a href="https://www.alvertoncourier.example/staff/jane">Jane Doe</a></p>').authors == ("Jane Doe",)


@pytest.mark.parametrize("where", ["aside", "footer", 'div class="comments"', 'section class="related-stories"', "figcaption"])
def test_names_elsewhere_on_the_page_are_no_authors(where: str) -> None:
    tag = where.split()[0]
    assert read(f'<{where}><a rel="author" href="/author/jane">Jane Doe</a></{tag}>').authors == ()


def test_a_house_is_the_author_where_nobody_signs() -> None:
    item = {"@type": "ClaimReview", "author": {"@type": "Organization", "name": "Coast Check"}}
    head = f'<script type="application/ld+json">{json.dumps(item)}</script>'
    assert read("<div class=byline>By Jane Doe</div>", head).authors == ("Jane Doe",)
    assert read("<div class=byline>11 March 2024</div>", head).authors == ("Coast Check",)


@pytest.mark.parametrize(
    ("related", "author"),
    [("related", None), ("widget", "Jane Doe")],
)
def test_what_every_part_of_a_page_is_called_says_nothing_of_a_part(related: str, author: str | None) -> None:
    head = "<div class='box widget'><h1>Ferry sails again</h1></div>"
    sign = f"<div class='{related}'><span class=post-author>Jane Doe</span><span class=post-date>11 March 2024</span></div>"
    html = f"<html><body><article>{head}{sign}<div class='box widget'><p>Story.</p></div></article></body></html>"
    found = read_metadata(parse_html(html), URL, html)
    assert (found.authors, found.published_at) == (((author,), "2024-03-11") if author else ((), None))


def test_the_name_that_programmers_gave_a_byline_counts_like_a_class() -> None:
    assert read("<h1>Ferry sails</h1><div data-testid='byline-new'><span class='sc-1'>Jane Doe</span></div>").authors == (
        "Jane Doe",
    )


SIGNED = '<time datetime="2024-03-11T08:00:00Z">11 March</time> <a rel="author" href="/author/jane">Jane Doe</a>'


@pytest.mark.parametrize(
    "article",
    [
        f"<article><h1>Ferry sails again</h1><p>Story.</p><footer class='entry-footer'>{SIGNED}</footer></article>",
        f"<article><h2>Ferry sails again</h2><div><footer>{SIGNED}</footer><p>Story.</p></div></article>",
        "<article><h1>Ferry sails again</h1><p>Story.</p><footer><time datetime='2024-03-11'>11 March</time> by Jane Doe, "
        "Speaker of the Harbour Committee</footer></article>",
        f"<article><h1>Ferry sails again</h1><blockquote><p>Ahoy.</p><footer>Ann Poe</footer></blockquote><footer>{SIGNED}</footer>"
        "<div class='comments'><footer>1 May 2024</footer></div></article>"
        "<article><h2>Next</h2><footer>By Ann Poe</footer></article>",
    ],
)
def test_the_footer_of_the_article_itself_says_who_wrote_it_and_when(article: str) -> None:
    metadata = read(article)
    assert metadata.authors == ("Jane Doe",)
    assert (metadata.published_at or "")[:10] == "2024-03-11"


@pytest.mark.parametrize("name", ["footer class='node__meta'", "div class='node__submitted'"])
def test_a_page_of_drupal_says_who_wrote_it_and_when_in_an_article_without_heading(name: str) -> None:
    """The heading stands in a block of its own, the article is called promoted, and teasers are articles too."""
    signed = "<span>By <a rel='author' href='/user/7'>Jane Doe</a></span><time datetime='2024-03-11'>11 March 2024</time>"
    head = f"<{name}>{signed}</{name.split()[0]}>"
    story = f"<article class='node node--type-article node--promoted'>{head}{'<p>Story. </p>' * 200}</article>"
    teaser = "<article class='node node--promoted node--view-mode-teaser'><h2>Pier</h2><p>Old pier closed.</p></article>"
    metadata = read(f"<main>{story}</main>{2 * teaser}")
    assert (metadata.authors, metadata.published_at) == (("Jane Doe",), "2024-03-11")


@pytest.mark.parametrize(
    "article",
    [
        f"<article><h1>Ferry sails again</h1><p>Story.</p><footer class='related-footer'>{SIGNED}</footer></article>",
        f"<article><h1>Ferry</h1>{2 * f'<div><footer>{SIGNED}</footer></div>'}</article>",
        f"<article><h1>Ferry</h1><article><footer>{SIGNED}</footer></article></article>",
        f"<article><h2>Old pier</h2><footer>{SIGNED}</footer></article><article><h2>Ferry</h2></article>",
    ],
)
def test_the_footers_of_other_stories_say_nothing_of_this_one(article: str) -> None:
    metadata = read(article)
    assert (metadata.authors, metadata.published_at) == ((), None)


@pytest.mark.parametrize(
    ("byline", "names", "agency"),
    [
        ("The Associated Press", [], "Associated Press"),
        ("AP", [], "Associated Press"),
        ("Reuters Staff", [], "Reuters"),
        ("Jane Doe, Associated Press Writer", ["Jane Doe"], "Associated Press"),
        ("Jane Doe The Associated Press", ["Jane Doe"], "Associated Press"),
        ("dpa", [], "dpa"),
        ("AFP", [], "Agence France-Presse"),
        ("Jane Doe", ["Jane Doe"], None),
        ("Jane Doe (Reuters)", ["Jane Doe"], "Reuters"),
        ("Jane Doe (mit dpa)", ["Jane Doe"], "dpa"),
        ("Jane Doe/dpa", ["Jane Doe"], "dpa"),
        ("Jane Doe | AP", ["Jane Doe"], "Associated Press"),
        ("Jane Doe (Ashby)", ["Jane Doe"], None),
        ("연합뉴스", [], "Yonhap"),
        ("PR Newswire", [], "PR Newswire"),
    ],
)
def test_agencies_are_credited_and_are_no_authors(byline: str, names: list[str], agency: str | None) -> None:
    metadata = from_jsonld(byline)
    assert (list(metadata.authors), metadata.wire_credit) == (names, agency)


@pytest.mark.parametrize(
    ("byline", "names"),
    [
        ("Story and photos by Jane Doe", ["Jane Doe"]),
        ("Photos and Story By Jane Doe", ["Jane Doe"]),
        ("Text & Photos by Jane Doe and John Roe", ["Jane Doe", "John Roe"]),
        ("By Jane Doe, photographs by John Roe", ["Jane Doe"]),
        ("Text und Fotos: Anna Muster", ["Anna Muster"]),
        ("Von Anna Muster (Text) und Max Muster (Fotos)", ["Anna Muster"]),
        ("Texte : Jean Dupont, photos : Anne Martin", ["Jean Dupont"]),
        ("Texto: Ana García / Fotos: Luis Pérez", ["Ana García"]),
        ("Tekst en foto's: Jan de Vries", ["Jan de Vries"]),
        ("Text: Anna Svensson Foto: Lars Berg", ["Anna Svensson"]),
        ("Tekst i zdjęcia: Jan Kowalski", ["Jan Kowalski"]),
        ("Текст и фото: Иван Иванов", ["Иван Иванов"]),
    ],
)
def test_who_made_the_pictures_too_is_the_writer_and_who_made_them_alone_is_not(byline: str, names: list[str]) -> None:
    assert split_names(byline) == names
    assert is_byline(byline)


def test_a_sentence_about_texts_and_pictures_is_no_byline() -> None:
    for line in ("Text and photos of the agreement were published", "Fotos und Videos vom Brand", "Text: 12 Uhr, Fotos: unten"):
        assert not is_byline(line)


def test_initials_are_an_agency_only_in_capitals() -> None:
    assert agency_in("AP") == "Associated Press"
    assert agency_in("ap") is None


def test_hostile_names_are_harmless() -> None:
    assert from_jsonld("a" * 100_000).authors == ()
    assert from_jsonld([{"name": f"Jane Doe{'x' * n}"} for n in range(500)]).authors.__len__() <= 20
    assert split_names(" and " * 1000) == []


BLOG = (
    "<div class='widget Blog' id='Blog1'><h2 class='date-header'><span>Friday, 1 March 2024</span></h2><div class='post hentry'>"
    "<h3 class='post-title entry-title'>Ferry sails again</h3><div class='post-body'>Story.</div><div class='post-footer'>"
    "<span class='post-author vcard'>Posted by <span class='fn'>Jane Doe</span></span> at "
    "<abbr class='published' title='2024-03-01T05:11:00-05:00'>5:11 AM</abbr></div></div></div>"
)


@pytest.mark.parametrize("header", ["", "<h1>The Harbour Notes</h1>"])
def test_a_weblog_whose_post_is_a_widget_says_who_wrote_it_and_when(header: str) -> None:
    html = f"<html><body>{header}{BLOG}</body></html>"
    found = read_metadata(parse_html(html), URL, html)
    assert (found.authors, found.published_at) == (("Jane Doe",), "2024-03-01T05:11:00-05:00")


def test_of_several_posts_none_says_it() -> None:
    html = f"<html><body>{BLOG}{BLOG.replace('Jane Doe', 'Ann Poe')}</body></html>"
    assert read_metadata(parse_html(html), URL, html).authors == ()


@pytest.mark.parametrize("name", ["auteurs", "autoren", "artikelAutor", "beitrag-autor", "verfasser", "author_name"])
def test_the_class_of_a_byline_may_be_of_another_language(name: str) -> None:
    assert read(f"<p>par <span class='{name}'>Jane Doe</span>, 21 juin 2018</p>").authors == ("Jane Doe",)


def test_behind_the_house_a_writer_may_be_named() -> None:
    byline = "<div>By <b>The Alverton Courier</b> - 1 March 2024</div><p><em>Written by: <a>Jane Doe</a></em></p>"
    assert read(byline).authors == ("Jane Doe",)


@pytest.mark.parametrize(
    ("byline", "names"),
    [
        ("Jane Doe, Product Manager, Alverton Ferries", ("Jane Doe",)),
        ("Jane Doe, Harbour Engineer and John Roe, Director", ("Jane Doe", "John Roe")),
        ("Engineer Doe, Jane Roe", ("Engineer Doe", "Jane Roe")),
    ],
)
def test_what_somebody_does_and_for_which_house_is_no_other_writer(byline: str, names: tuple[str, ...]) -> None:
    assert read(f"<p class='byline'>Posted by {byline}</p>").authors == names


@pytest.mark.parametrize(
    "byline", ["<a>Sport</a> <a>Harbour</a>", "<p>Sport</p><p>Harbour</p>", "<span>JD</span> <span>Harbour</span>"]
)
def test_words_that_stand_apart_are_no_name(byline: str) -> None:
    assert read(f"<div class=byline>{byline}</div>").authors == ()


def test_the_name_of_the_site_is_not_parted_into_two_people() -> None:
    head = '<meta property="og:site_name" content="Wind &amp; Tide"><meta name="author" content="Wind&amp;Tide">'
    assert read(head=head).authors == ()
