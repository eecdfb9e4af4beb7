"""Bylines in Chinese, Japanese and Korean, where no space need part the name from the word that says what the person does."""

from __future__ import annotations

import re

HAN = r"\u3400-\u9fff"
WIDE = re.compile(rf"[{HAN}\u3040-\u30ff\uac00-\ud7af]")
# "(서울=연합뉴스) …", "[뉴스] …", "【记者 …": a dateline, or a bracket around the byline.
DATELINE = re.compile(r"^\s*(?:\([^()]{1,30}\)|\[[^\[\]]{1,30}\]|（[^（）]{1,30}）|【[^【】]{1,30}】)\s*(?=\S)")
AROUND = re.compile(r"^\s*[(（【\[](.+)[)）】\]]\s*$")
# What stands before a name, with or without a sign between them; "文" and "글" are also how names begin, and need the sign.
BEFORE = re.compile(
    r"^(?:(?:\S{0,7}[报報社网網台刊席约約习習派])?(?:记者|記者|通讯员|通訊員|撰稿人?|撰文|采写|採訪|作者|ライター|執筆者?|著者|投稿者|筆者)\s*[:：/／|｜＝=・]?"
    rf"|\S{{1,8}}记者\s+(?=[{HAN}]{{2,4}}(?:[\s、，]|$))"
    r"|(?:取材・文|撮影・文|文・写真|圖文|文|聞き手|글·사진|글|취재|기자명|기자|編集委員|論説委員)(?:\s*[:：/／|｜＝=・]|\s))\s*"
)
CHINESE = re.compile(r"^\S{0,7}(?:记者|通讯员|撰稿|撰文|采写|作者)")
# What stands behind it: "기자" (reporter), "記者", "北京报道" (reports from Beijing), and the e-mail that Korean papers add.
BEHIND = re.compile(
    rf"\s*(?:[\w.+-]+@[\w.-]+|(?:[/／]\s*|\s)[{HAN}]{{2,8}}(?:报道|報導|報道|电|電)|[{HAN}]{{2}}(?:报道|報導|報道|\d\d?日[电電])"
    r"|\s(?:报道|報導|報道)"
    r"|\s?(?:(?:선임|인턴|수습|객원|전문|사진|영상)?기자|특파원|논설위원|편집위원|편집장|통신원|칼럼니스트|에디터|리포터)"
    r"|\s?(?:記者|记者|特派員|編集長|編集委員|論説委員|编辑|編輯|主笔|主筆))\s*[=＝]?\s*$"
)
REPORTERS = frozenset(("기자", "특파원", "논설위원", "선임기자", "記者", "记者", "特派員"))
# Between two names, who the second is; and what another label or a date says behind the names.
WITHIN = re.compile(r"(?<=\S)[\s、，,]*(?:通讯员|通訊員|实习生|實習生|(?:见习|特约|摄影|實習)?(?:记者|記者))\s?[:：]?\s*(?=\S)")
NEXT = re.compile(
    rf"(?<=\S)\s+(?:[{HAN}\u3040-\u30ff・]{{1,6}}\s?[:：/／＝=]\s?\S|(?:写真|撮影|構成|編集)\s?・\s?\S|(?:中華民國|民國)?\d{{2,4}}\s?[年./-]\s?\d).*$"
)
# When it was put out: "陈思远 发布于 2024年4月9日".
PUT_OUT = re.compile(r"(?<=\S)\s*(?:发布|發布|發佈|发表|發表|更新|撰写|撰寫|写|寫)(?:于|於|时间|時間|日期).*$")
_KOREANS = r"(?P<names>[\uac00-\ud7af]{2,4}(?:\s?[·,]\s?[\uac00-\ud7af]{2,4}){0,4})"
# A line that opens with a name, a space and what the person does: "장유진 기자 = …", "佐藤花子 記者 2024年…".
SIGNED = re.compile(
    rf"(?:[\uac00-\ud7af]{{1,8}}\s?=\s?)?{_KOREANS}\s(?:(?:선임|인턴|수습|객원|전문)?(?:기자|특파원)|논설위원|편집위원|칼럼니스트)(?=$|[\s=|·(@])"
    rf"|(?P<name>[{HAN}\u3040-\u30ff]{{2,8}})\s(?:記者|记者|特派員|論説委員|編集委員)(?=$|[\s|·(（])"
)
# With the paper before it, all in brackets, and the text behind them: "[항구일보 김민수 기자] …", "[서울=항구일보 김민수 기자] …".
SIGNED_INSIDE = re.compile(
    rf"\s*[\[(【](?:[^\[\]()【】]{{1,20}}[\s=])?{_KOREANS}\s?(?:선임|인턴|수습|객원|전문)?(?:기자|특파원)\s*[\])】]"
)
# Who reports: "…3日电（记者陈思远、李海）", "〔記者陳思遠／台北報導〕…", "陳思遠／綜合報導", "来源：… 作者：陈思远". What stands in
# brackets behind "记者" alone may be the name of a column, and two letters before a stroke that of a desk.
FILED = rf"(?:记者|記者)\s?[{HAN}、·]{{2,20}}\s?[/／]\s?[{HAN}]{{0,8}}(?:報導|报道|報道|電)"
REPORTED = re.compile(
    r"[^，。,！？!?]{2,24}?(?:电|電|讯|訊|消息|报道|報導|報道)\s?[（(]\s?([^（）()]{0,8}(?:记者|記者)[^（）()]{2,40})[）)]"
    rf"|\s*[（(【\[〔]\s?([{HAN}]{{0,8}}(?:记者|記者)(?:\s?[:：]\s?|\s)[{HAN}、·\s]{{2,20}}|[{HAN}]{{0,8}}(?:{FILED}|記者[{HAN}]{{4,8}}(?:\d\d?日電|報導)))[）)】\]〕]"
    rf"|(?:\S{{1,16}}\s){{0,3}}?\S{{0,8}}?[〔\[（(]?({FILED})"
    rf"|([{HAN}]{{2}}(?![心組组部譯译網网社報报聞闻])[{HAN}]\s?[/／]\s?[{HAN}]{{2,6}}(?:報導|报道|報道))$"
    rf"|(?:\S{{1,24}}\s){{1,4}}?(作者\s?[:：]\s?[{HAN}·、，]{{2,20}})(?=$|[\s|｜/])"
)
# Behind a lead: "…話を聞いた。（聞き手・佐藤花子）".
IN_THE_END = re.compile(rf"[（(](?:聞き手|取材・文|文|構成)\s?[・:：＝=／]\s?([{HAN}\u3040-\u30ff]{{2,8}})[）)]$")
# A line that opens with what stands before names, and a sign or a space behind it.
OPENED = re.compile(
    rf"(?:[{HAN}]{{0,6}}(?:记者|記者)|作者|撰文|撰稿人?|采写|ライター|執筆者?|著者|取材・文|撮影・文|文・写真|聞き手)\s?(?:[:：/／|｜＝=・]|\s)\s?\S"
    r"|(?:圖文|文)\s?[:：/／＝=]\s?\S|(?:編集委員|論説委員)\s\S"
)
MAX_OPENED = 60  # characters; more is a sentence
KOREAN_LIST = re.compile(r"(?<=[\uac00-\ud7af])\s*·\s*(?=[\uac00-\ud7af])")
HAN_SPACE = re.compile(rf"(?<=[{HAN}])\s+(?=[{HAN}]{{2,4}}(?:\s|、|$))")


def plain_byline(text: str) -> str:
    """Return the names of a byline, lists with commas; a text without such letters as it is."""
    if not WIDE.search(text):
        return text
    if around := AROUND.match(text):
        text = around[1]
    text = DATELINE.sub("", text)
    is_chinese = CHINESE.match(text) is not None
    text = NEXT.sub("", PUT_OUT.sub("", BEFORE.sub("", text)))
    while (shorter := BEHIND.sub("", text)) != text and shorter:
        text = shorter
    text = KOREAN_LIST.sub("、", text)
    return HAN_SPACE.sub("、", WITHIN.sub("、", text)) if is_chinese else text


def signed_by(line: str) -> str | None:
    """Return the byline with which a line opens or ends, when it says what the person does; None when there is none."""
    if not WIDE.search(line[:MAX_OPENED]):
        return None
    if found := SIGNED_INSIDE.match(line) or SIGNED.match(DATELINE.sub("", line)):
        return next(group for group in found.groups() if group)
    if found := REPORTED.match(line) or IN_THE_END.search(line):
        return next(group for group in found.groups() if group)
    return line if len(line) <= MAX_OPENED and OPENED.match(line) else None
