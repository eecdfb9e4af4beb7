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
    r"|(?:取材・文|撮影・文|文・写真|文|글·사진|글|취재|기자명|기자)(?:\s*[:：/／|｜＝=・]|\s))\s*"
)
CHINESE = re.compile(r"^\S{0,7}(?:记者|通讯员|撰稿|撰文|采写|作者)")
# What stands behind it: "기자" (reporter), "記者", "北京报道" (reports from Beijing), and the e-mail that Korean papers add.
BEHIND = re.compile(
    rf"\s*(?:[\w.+-]+@[\w.-]+|(?:[/／]\s*|\s)[{HAN}]{{2,8}}(?:报道|報導|報道|电|電)|[{HAN}]{{2}}(?:报道|報導|報道)"
    r"|\s?(?:(?:선임|인턴|수습|객원|전문|사진|영상)?기자|특파원|논설위원|편집위원|편집장|통신원|칼럼니스트|에디터|리포터)"
    r"|\s?(?:記者|记者|特派員|編集長|編集委員|論説委員|编辑|編輯|主笔|主筆))\s*[=＝]?\s*$"
)
# When it was put out: "陈思远 发布于 2024年4月9日".
PUT_OUT = re.compile(r"(?<=\S)\s*(?:发布|發布|發佈|发表|發表|更新|撰写|撰寫|写|寫)(?:于|於|时间|時間|日期).*$")
# A line that opens with a name, a space and what the person does: "장유진 기자 = …", "佐藤花子 記者 2024年…".
SIGNED = re.compile(
    rf"(?P<names>[\uac00-\ud7af]{{2,4}}(?:\s?[·,]\s?[\uac00-\ud7af]{{2,4}}){{0,4}})\s(?:선임|인턴|수습|객원|전문)?(?:기자|특파원)(?=$|[\s=|·(@])"
    rf"|(?P<name>[{HAN}\u3040-\u30ff]{{2,8}})\s(?:記者|记者|特派員|論説委員|編集委員)(?=$|[\s|·(（])"
)
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
    text = PUT_OUT.sub("", BEFORE.sub("", text))
    while (shorter := BEHIND.sub("", text)) != text and shorter:
        text = shorter
    text = KOREAN_LIST.sub("、", text)
    return HAN_SPACE.sub("、", text) if is_chinese else text


def signed_by(line: str) -> str | None:
    """Return the names with which a line opens, when what they do follows; None when it opens otherwise."""
    found = SIGNED.match(DATELINE.sub("", line)) if WIDE.search(line[:60]) else None
    return (found["names"] or found["name"]) if found else None
