"""Pages made to hurt: what each costs a worker, and what becomes of it.

    python -m benchmarks.pathological_pages [NAME …]

Each page goes through a worker process of its own with the limits of the settings. It must end in time and in memory: with an
article whose sentence is still there, or with a reason. A page after it shows that the worker, or its successor, is well.
"""

from __future__ import annotations

import argparse
import resource
import time
from collections.abc import Callable

from pipeline.clean import label
from pipeline.config import Settings
from pipeline.errors import Reject
from pipeline.extract.page import PageInput
from pipeline.extract.pool import ExtractPool
from pipeline.records import Article

URL = "https://news.example.org/story.html"
SENTENCE = "The mayor said on Friday that the bridge will be open again before the winter comes."
STORY = "".join(f"<p>{SENTENCE} This is paragraph {n} of the story, and it is long enough.</p>" for n in range(5))
PLAIN = f"<html><head><title>A story</title></head><body><article><h1>A bridge</h1>{STORY}</article></body></html>"


def _with(more: str) -> bytes:
    return PLAIN.replace("<article>", more + "<article>").encode("utf-8", "surrogatepass")


def _declared(encoding: str) -> bytes:
    return PLAIN.replace("<head>", f"<head><meta charset={encoding}>").encode()


def _entities() -> bytes:
    levels = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    return f'<?xml version="1.0"?><!DOCTYPE html [<!ENTITY l0 "lol">{levels}]>'.encode() + _with("<p>&l9;</p>")


LD = '{"@type":"NewsArticle"},'
PAGES: dict[str, Callable[[], bytes]] = {
    "50,000 nested div": lambda: _with("<div>" * 50_000),
    "50,000 nested b": lambda: _with("<b>" * 50_000),
    "5,000 nested tables": lambda: _with("<table><tr><td>" * 5_000),
    "200,000 tiny paragraphs": lambda: _with("<p>a</p>" * 200_000),
    "200,000 different short lines": lambda: _with("".join(f"<p>line {n} of it</p>" for n in range(200_000))),
    "text node of 30 MB": lambda: _with("<p>" + "word " * 6_000_000 + "</p>"),
    "one word of 30 MB": lambda: _with("<p>" + "w" * 30_000_000 + "</p>"),
    "100,000 classes": lambda: _with(f'<div class="{" ".join(f"c{n}" for n in range(100_000))}">'),
    "100,000 attributes": lambda: _with("<div " + " ".join(f"a{n}=1" for n in range(100_000)) + ">"),
    "style sheet of 10 MB": lambda: _with("<style>" + "a{b:url(" * 1_250_000 + "</style>"),
    "inline style of 1 MB": lambda: _with(f'<p style="{"display:none;" * 80_000}">x</p>'),
    "entity bomb": _entities,
    "1,000,000 entities": lambda: _with("<p>" + "&amp;&#x41;" * 500_000 + "</p>"),
    "frames in a circle": lambda: _with('<iframe src="/story.html"></iframe>' * 2_000 + '<frameset><frame src="/story.html">'),
    "base that points to itself": lambda: _with('<base href="/story.html"><link rel="canonical" href="">' * 1_000),
    "JSON-LD nested 100,000 deep": lambda: _with('<script type="application/ld+json">' + "[" * 100_000 + "</script>"),
    "JSON-LD of 5 MB": lambda: _with(
        '<script type="application/ld+json">[' + '{"@type":"NewsArticle"},' * 200_000 + "{}]</script>"
    ),
    "20,000 ld+json scripts": lambda: _with('<script type="application/ld+json">{"@type":"x"}</script>' * 20_000),
    "copyright bait, 15,000 lines": lambda: _with("".join(f"<p>© {n} {'a b ' * 75}</p>" for n in range(15_000))),
    "label bait, 20,000 lines": lambda: _with("".join(f"<p>{'share tweet ' * 20}{n}!</p>" for n in range(20_000))),
    "date bait": lambda: _with(f"<time datetime='{'1' * 100_000}'>{'12 ' * 100_000}</time><p>{'1/1/' * 100_000}</p>"),
    "author bait": lambda: _with(f"<p class=byline>By {'A. B. and ' * 50_000}</p>"),
    "18,000 dates, bylines and headings in 1,500 elements": lambda: _with(
        "<div class=z>" * 1_500 + "<b class=date>5 May</b><i class=author>By</i><h2>One</h2>" * 18_000
    ),
    "link farm, 50,000": lambda: _with("".join(f"<a href='/{n}'>Headline number {n} of many</a>" for n in range(50_000))),
    "unclosed comment": lambda: _with("<!--" + "-" * 1_000_000),
    "unclosed tag": lambda: _with("<p " + "<" * 500_000),
    "svg and math, 100,000 deep": lambda: _with("<svg><math>" * 50_000),
    "templates, 20,000 deep": lambda: _with("<template>" * 20_000),
    "optgroup nest": lambda: _with("<select><optgroup>" * 20_000),
    "a in a, formatting": lambda: _with("<a href=x><b><i><nobr>" * 5_000),
    "NUL in every place": lambda: b"\0".join(PLAIN.encode()[i : i + 40] for i in range(0, len(PLAIN), 40)),
    "invalid UTF-8": lambda: PLAIN.encode().replace(b"mayor", b"m\xff\xc3\xf5\x80yor"),
    "UTF-16 with an odd byte": lambda: b"\xff\xfe" + PLAIN.encode("utf-16-le") + b"\0",
    "UTF-16 cut in a surrogate": lambda: b"\xff\xfe" + PLAIN.encode("utf-16-le") + b"\x3d\xd8",
    "UTF-32": lambda: b"\xff\xfe\0\0" + PLAIN.encode("utf-32-le"),
    "UTF-7 declared": lambda: _declared("utf-7").replace(b"<p>", b"+ADw-script+AD4-<p>"),
    # Escapes and shifts in the midst of the text.
    "ISO-2022-JP escapes": lambda: (
        PLAIN.replace("<head>", "<head><meta charset=iso-2022-jp>")
        .encode()
        .replace(b"The mayor", b"\x1b$B5-;v\x1b(B The mayor\x1b$B")
    ),
    "ISO-2022-KR shift": lambda: (
        PLAIN.replace("<head>", "<head><meta charset=iso-2022-kr>").encode().replace(b"<p>", b"<p>\x1b$)C\x0e")
    ),
    "two encodings": lambda: PLAIN.encode() + "é".encode() * 2_000 + "é".encode("latin-1") * 2_000,
    "BOM in the middle": lambda: PLAIN.replace("mayor", "may\ufeffor").encode() + b"\xef\xbb\xbf\xff\xfe",
    "lone surrogates": lambda: _with("<p>\ud800\udfff</p>" * 1_000),
    "combining marks, 1,000,000": lambda: _with("<p>a" + "\u0301" * 1_000_000 + "</p>"),
    "bidi and zero width, 1,000,000": lambda: _with("<p>" + "\u202e\u200b" * 500_000 + "</p>"),
}


def judge(result: Article | Reject) -> str:
    """Say what became of a page, cleaned as the next stage does."""
    if isinstance(result, Reject):
        return f"rejected: {result}"[:90]
    begin = time.process_time()
    cleaned = label(result)
    seconds = time.process_time() - begin
    kept = "the story" if SENTENCE[:60] in cleaned.text.replace("\ufeff", "") else f"{len(cleaned.text)} characters"
    return f"{cleaned.page_kind}: {kept}, {len(cleaned.blocks)} blocks, cleaned in {seconds:.2f} CPU-s"


def main() -> None:
    """Print a line a page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"some of: {', '.join(PAGES)}")
    chosen = parser.parse_args().names or list(PAGES)
    settings = Settings()
    print("| page | MB | CPU-s | peak MB so far | outcome |\n|---|---|---|---|---|")
    for name in chosen:
        body = PAGES[name]()
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        with ExtractPool(1, settings.extract_timeout, settings.extract_memory, settings.extract_recycle) as pool:
            pages = [
                PageInput("https://news.example.org/story.html", "s", "example.org", each, "text/html") for each in (body, PLAIN)
            ]
            result, well = pool.map(iter(pages))
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        assert isinstance(well, Article), f"the page after {name!r} suffered: {well}"
        used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        print(f"| {name} | {len(body) / 1e6:.1f} | {used:.1f} | {after.ru_maxrss / 1024:.0f} | {judge(result)} |", flush=True)


if __name__ == "__main__":
    main()
