"""The pool: order, streaming, and pages that cost only themselves."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.errors import Fatal, Reject
from pipeline.extract.page import PageInput, extract
from pipeline.extract.pool import ExtractPool
from pipeline.records import Article

pytestmark = pytest.mark.slow  # each test starts processes that import the extractors


def page(word: str) -> PageInput:
    return PageInput(f"https://example.org/{word}", "source", "example.org", f"<html><body><p>{word}</p></body></html>")


def misbehave(item: PageInput) -> Article:
    """Do what the page says: hang, eat memory, die, raise; else extract."""
    match (item.url or "").rpartition("/")[2]:
        case "hang":
            time.sleep(600)
        case "spin":
            sum(iter(int, 1))  # a C loop that no Python signal handler interrupts
        case "eat":
            bytearray(8 * 2**30)
        case "die":
            os.kill(os.getpid(), signal.SIGSEGV)
        case "raise":
            raise ValueError("a bug")
        case "print":
            os.write(1, b"noise on standard output")
    return extract(item)


def killed_once(item: PageInput) -> Article:
    """Be killed, as by a machine that has run out of memory, by the first try of a page whose name is a file's."""
    marker = Path(item.body.decode() if isinstance(item.body, bytes) else item.body)
    if marker.is_absolute() and not marker.exists():
        marker.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return extract(page("again"))


def fail_to_start() -> None:
    raise ImportError("no such library")


def find_no_room() -> None:
    raise OSError(28, "No space left on device", "/tmp/model")


def urls(results: Iterator[Article | Reject]) -> list[str | None]:
    return [result.code if isinstance(result, Reject) else result.url for result in results]


def children() -> set[int]:
    found = set()
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                fields = (folder / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if int(fields[1]) == os.getpid():
                found.add(int(folder.name))
    return found


def test_results_come_in_the_order_of_the_pages() -> None:
    pages = [page(f"page{n}") for n in range(150)]
    with ExtractPool(2) as pool:
        assert urls(pool.map(pages)) == [item.url for item in pages]


def test_a_bad_page_costs_only_itself() -> None:
    words = ["a", "hang", "b", "eat", "c", "die", "d", "raise", "e", "print", "f", "spin", "g"]
    with ExtractPool(2, timeout=1.5, memory=2**30, function=misbehave) as pool:
        codes = urls(pool.map(page(word) for word in words))
    failures = {
        "hang": "extract_timeout",
        "spin": "extract_timeout",
        "eat": "extract_memory",
        "die": "extract_crashed",
        "raise": "extract_error",
    }
    assert codes == [failures.get(word, f"https://example.org/{word}") for word in words]


@pytest.mark.parametrize("workers", [1, 3])
def test_a_page_whose_worker_was_killed_is_given_to_another(tmp_path: Path, workers: int) -> None:
    pages = [PageInput(None, "", "", str(tmp_path / f"{n}") if n % 3 == 2 else ".") for n in range(12)]
    with ExtractPool(workers, function=killed_once) as pool:
        assert urls(pool.map(pages)) == ["https://example.org/again"] * 12
    assert len(list(tmp_path.iterdir())) == 4


def test_pages_are_read_as_results_are_taken() -> None:
    read: list[int] = []

    def endless() -> Iterator[PageInput]:
        n = 0
        while True:
            read.append(n)
            yield page(f"page{n}")
            n += 1

    with ExtractPool(1) as pool:
        results = pool.map(endless())
        first = [next(results) for _ in range(3)]
    assert [r.url for r in first if isinstance(r, Article)] == [f"https://example.org/page{n}" for n in range(3)]
    assert len(read) < 100


def test_workers_are_replaced_after_so_many_pages() -> None:
    with ExtractPool(1, recycle=2, function=extract) as pool:
        assert len(list(pool.map(page(f"page{n}") for n in range(5)))) == 5


def test_one_start_serves_many_calls_and_none_is_made_for_no_page() -> None:
    before = children()
    with ExtractPool(2) as pool:
        assert list(pool.map([])) == []
        assert children() == before
        assert len(list(pool.map(page(f"page{n}") for n in range(5)))) == 5
        started = children()
        assert len(list(pool.map(page(f"page{n}") for n in range(5)))) == 5
        assert children() == started > before


def test_a_run_goes_on_when_the_fork_server_is_killed() -> None:
    before = children()
    with ExtractPool(1, recycle=2) as pool:
        results = pool.map(page(f"page{n}") for n in range(7))
        first = [next(results)]
        for pid in children() - before:
            os.kill(pid, signal.SIGKILL)
        assert urls(iter([*first, *results])) == [f"https://example.org/page{n}" for n in range(7)]
    assert children() == before


def test_no_process_stays_behind() -> None:
    before = children()
    with ExtractPool(2, function=misbehave) as pool:
        results = pool.map(page(word) for word in ["a", "hang", "hang"])
        next(results)
        results.close()  # type: ignore[attr-defined]
        assert list(pool.map([page("b")]))
    assert children() == before


def test_an_interrupt_leaves_no_process_behind() -> None:
    before = children()

    def interrupted() -> Iterator[PageInput]:
        yield page("a")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), ExtractPool(2) as pool:
        list(pool.map(interrupted()))
    assert children() == before


def test_a_worker_that_cannot_start_stops_the_run() -> None:
    with pytest.raises(Fatal, match="did not start"), ExtractPool(1, warm_up=fail_to_start) as pool:
        list(pool.map([page("a")]))


def test_a_worker_that_finds_no_room_says_so_without_a_trace(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(Fatal, match="did not start"), ExtractPool(1, warm_up=find_no_room) as pool:
        list(pool.map([page("a")]))
    said = capfd.readouterr().err
    assert "the disk is full (/tmp/model: No space left on device): make room where" in said
    assert "Traceback" not in said


def test_the_number_of_workers_changes_no_result() -> None:
    pages = [page(f"page{n}") for n in range(12)]
    with ExtractPool(1) as one, ExtractPool(3) as three:
        assert list(one.map(pages)) == list(three.map(pages))
