"""What an editor does in the browser, step by step: each test goes on where the one before it stopped."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import FrameLocator, Locator, Page, expect

from tests.browser.conftest import ANSWER_WITHIN, DESKTOP, NIGHT, PASSWORD, USER, Desk
from tests.dags.serving import PATIENCE

pytestmark = pytest.mark.slow

expect.set_options(timeout=ANSWER_WITHIN)

DAG = "/dags/nightly_articles"
PHONE = {"width": 390, "height": 844}
BACKFILLED = ("2026-10-05", "2026-10-06", "2026-10-07")


def test_nobody_gets_in_without_the_password(desk: Desk) -> None:
    page = desk.page
    desk.go("/")
    expect(page).to_have_url(re.compile("/auth/login"))
    assert page.request.get(f"{desk.airflow.url}/copydesk/").status == 401
    page.locator("input[name=username]").fill(USER)
    page.locator("input[name=password]").fill("guessed")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_text(re.compile("invalid credentials", re.IGNORECASE))).to_be_visible()
    page.locator("input[name=password]").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("link", name="Report", exact=True)).to_be_visible()
    desk.shot("home")


def test_the_form_explains_each_field_and_a_dry_run_stops_before_the_load(desk: Desk) -> None:
    form = open_form(desk)
    for title in ("Run date", "Sources", "Stages", "Page limit", "Dry run"):
        expect(form.locator("label").filter(has_text=title).first).to_be_visible()
    expect(form.get_by_text("for example")).to_have_count(5)
    form.locator("input[name=element_run_date]").fill(str(NIGHT))
    choose(desk.page, form, "sources", "Meridian Press Agency")
    form.get_by_label("Remove publish").click()
    limit = form.locator("input[name=element_page_limit]")
    limit.fill("0")
    limit.blur()
    expect(limit).to_have_value("1")  # what is out of range cannot be said
    limit.fill("2")
    form.locator("label", has=desk.page.locator("input[name=element_dry_run]")).click()
    desk.shot("form")
    submit(desk, form)
    wait_for_success(desk)
    desk.page.get_by_role("link", name="Task Instances").click()
    expect(row(desk.page, "dedup")).to_contain_text("Success")
    for task in ("load", "publish"):
        expect(row(desk.page, task)).to_contain_text("Skipped")
    expect(row(desk.page, "pages.fetch")).to_contain_text("meridian-press.localhost")


def test_a_run_goes_green_and_its_tab_shows_the_night(desk: Desk) -> None:
    form = open_form(desk)
    form.locator("input[name=element_run_date]").fill(str(NIGHT))
    submit(desk, form)
    wait_for_success(desk)
    tab = report_tab(desk)
    expect(tab.get_by_role("heading", level=1)).to_contain_text("20 November 2026")
    expect(tab.get_by_text("harbour-courier").first).to_be_visible()
    desk.shot("tab")


def test_from_the_story_to_an_article_to_the_page_as_it_came(desk: Desk) -> None:
    tab = desk.page.frame_locator("iframe")
    story = tab.get_by_role("region", name="Most copied stories").get_by_role("link").first
    title = story.inner_text()
    story.click()
    expect(tab.get_by_role("heading", level=1)).to_contain_text(title[:30])
    expect(tab.get_by_text("canonical").first).to_be_visible()
    desk.shot("story")
    tab.get_by_role("region", name="Who ran it, and when").get_by_role("link").first.click()
    text = tab.get_by_role("region", name="The clean text with its dropped lines struck")
    expect(text.locator("p").first).to_be_visible()
    struck = text.locator("p.dropped")
    assert struck.count() > 0
    assert all(":" in (line.get_attribute("title") or "") for line in struck.all()), "each names its rule"
    raw = tab.locator("iframe[sandbox]")
    assert raw.get_attribute("sandbox") == "", "scripts, forms and links are off"
    raw.scroll_into_view_if_needed()
    expect(tab.frame_locator("iframe[sandbox]").locator("body")).to_contain_text(struck.first.locator("s").inner_text()[:30])
    desk.shot("article")


def test_an_article_is_found_by_its_words(desk: Desk) -> None:
    tab = desk.page.frame_locator("iframe")
    title = tab.get_by_role("heading", level=1).inner_text()
    box = tab.get_by_role("searchbox", name="Find articles")
    box.fill(f'"{title}"')  # side by side: another story may have the same words
    box.press("Enter")
    hits = tab.locator("ul.list > li")
    expect(hits.first).to_contain_text(title)
    hits.first.get_by_role("link").first.click()
    expect(tab.get_by_role("heading", level=1)).to_contain_text(title)


def test_three_days_are_backfilled_from_the_form(desk: Desk) -> None:
    form = open_form(desk)
    form.get_by_text("Backfill", exact=True).click()
    for number, day in enumerate((BACKFILLED[0], BACKFILLED[-1])):
        form.get_by_test_id("datetime-input").nth(number).click()
        desk.page.get_by_placeholder("YYYY/MM/DD").last.fill(day.replace("-", "/"))
        desk.page.get_by_placeholder("HH:mm").last.fill("02:00")
        desk.page.keyboard.press("Escape")
    limit = form.locator("input[name=element_page_limit]")
    limit.fill("1")
    limit.blur()
    expect(form.get_by_text("3 runs will be triggered")).to_be_visible()
    desk.shot("backfill")
    form.get_by_role("button", name=re.compile("Run Backfill")).click()
    expect(form).to_be_hidden()
    desk.go(f"{DAG}/runs?run_type=backfill")
    done = desk.page.get_by_role("row").filter(has_text="backfill__").filter(has_text="Success")
    expect(done).to_have_count(len(BACKFILLED), timeout=PATIENCE * 1000)
    desk.shot("backfilled")
    desk.go("/copydesk/runs")
    for day in BACKFILLED:
        expect(desk.page.locator(f"main a[href$='/run/{day}']")).to_be_visible()


def test_the_menu_opens_the_report_and_the_home_page_shows_the_night(desk: Desk) -> None:
    desk.go("/")
    expect(desk.page.get_by_text("Copydesk").first).to_be_visible()
    desk.shot("dashboard")
    desk.page.get_by_role("link", name="Report", exact=True).click()
    expect(desk.page.frame_locator("iframe").get_by_role("heading", level=1)).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_every_page_can_be_read_by_everyone_on_every_screen(desk: Desk, scheme: str, size: dict[str, int]) -> None:
    with another_page(desk, scheme, size) as page:
        for name, path in pages(page, desk.airflow.url):
            page.goto(desk.airflow.url + path)
            violations = Axe().run(page).response["violations"]
            serious = [v for v in violations if v["impact"] in ("serious", "critical")]
            assert serious == [], (name, [(v["id"], v["nodes"][0]["html"][:200]) for v in serious])
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{name} is wider than the screen"
            desk.shot(f"{name}-{scheme}-{size['width']}", page)
            if name == "article":
                page.emulate_media(media="print")
                expect(page.get_by_role("heading", name="The clean text")).to_be_visible()
                expect(page.locator("iframe[sandbox]")).to_be_hidden()  # half of a sheet, for its first lines
                page.emulate_media(media="screen")


def open_form(desk: Desk) -> Locator:
    desk.go(DAG)
    desk.page.get_by_role("button", name="Trigger").first.click()
    return desk.page.get_by_role("dialog").first


def choose(page: Page, form: Locator, field: str, label: str) -> None:
    form.locator(f"#element_{field} input[role=combobox]").click()
    page.get_by_role("option", name=label).click()


def submit(desk: Desk, form: Locator) -> None:
    form.get_by_role("button", name="Trigger", exact=True).click()
    desk.page.wait_for_url(re.compile("/runs/manual__"))


def wait_for_success(desk: Desk) -> None:
    """Wait until Airflow says that the run on the page has ended well; the page says "Success" of its tasks before."""
    (run,) = re.findall(r"/runs/([^/?]+)", desk.page.url)
    deadline = time.monotonic() + PATIENCE
    while (state := desk.page.request.get(f"{desk.airflow.url}/api/v2{DAG}/dagRuns/{run}").json()["state"]) != "success":
        assert state != "failed"
        assert time.monotonic() < deadline, state
        time.sleep(1)
    desk.page.get_by_role("link", name="Details").click()
    expect(desk.page.get_by_text("Success", exact=True).first).to_be_visible()


def report_tab(desk: Desk) -> FrameLocator:
    desk.page.get_by_role("link", name="Report", exact=True).last.click()
    return desk.page.frame_locator("iframe")


def row(page: Page, task: str) -> Locator:
    return page.get_by_role("row").filter(has=page.get_by_text(task, exact=True))


@contextmanager
def another_page(desk: Desk, scheme: Any, size: Any) -> Iterator[Page]:
    """Open a page of another size and colour scheme, logged in as before."""
    context = desk.browser.new_context(viewport=size, color_scheme=scheme, storage_state=desk.page.context.storage_state())
    context.set_default_timeout(ANSWER_WITHIN)
    yield context.new_page()
    context.close()


def pages(page: Page, url: str) -> list[tuple[str, str]]:
    """Return one page of each kind, found by the links that lead to it."""
    run = f"/copydesk/run/{NIGHT}"
    found = [("nights", "/copydesk/runs"), ("run", run), ("articles", f"{run}/articles"), ("rejects", f"{run}/rejects")]
    for name in ("story", "article"):
        page.goto(url + found[-1][1] if name == "article" else url + run)
        href = page.locator(f"main a[href*='/copydesk/{name}/']").first.get_attribute("href")
        assert href
        found.append((name, href))
    return [*found, ("search", "/copydesk/search?q=harbour"), ("rules", "/copydesk/rules")]
