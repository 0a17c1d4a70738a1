"""The page as people meet it: in a browser, by keyboard, in the dark, on a telephone, on paper."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from bitspin.data import load
from bitspin.report import Options, write_report
from bitspin.run import fit

MEGABYTE = 1_000_000
SECONDS = 3.0
ATTEMPTS = 3


def colour(page, selector: str, style: str) -> str:
    return page.eval_on_selector(selector, f"element => getComputedStyle(element).{style}")


def brightness(colour: str) -> float:
    red, green, blue = (float(part) for part in re.findall(r"[\d.]+", colour)[:3])
    return (red + green + blue) / 3


def test_it_draws_without_complaint_and_asks_nothing_of_the_network(open_report, report_file):
    opened = open_report(report_file)
    opened.page.click("text=Open all runs")
    expect(opened.page.locator(".plot:not(.js-plotly-plot)")).to_have_count(0)
    assert opened.page.locator(".plot .main-svg").count() > 20
    assert opened.complaints == []
    assert [url for url in opened.requests if not url.startswith(("file:", "data:", "blob:"))] == []
    assert len([url for url in opened.requests if url.startswith("file:")]) == 1


def test_it_opens_and_draws_in_time(open_report, report_file):
    attempts = [
        open_report(report_file).page.evaluate("performance.now()") / 1000 for _ in range(ATTEMPTS)
    ]
    assert min(attempts) < SECONDS
    assert report_file.stat().st_size < 8 * MEGABYTE


@pytest.mark.slow
def test_ten_runs_on_mnist_are_small_and_quick(open_report, tmp_path):
    mnist = load("mnist")
    for seed in range(10):
        fit({"epochs": 3, "seed": seed}, data=mnist, out=tmp_path / f"run-{seed}")
    out = tmp_path / "report.html"
    write_report(sorted(tmp_path.glob("run-*")), out, Options(wear=True))
    assert out.stat().st_size < 8 * MEGABYTE
    attempts = [open_report(out).page.evaluate("performance.now()") for _ in range(ATTEMPTS)]
    assert min(attempts) / 1000 < SECONDS


def test_pictures_are_whole_and_described(open_report, report_file):
    page = open_report(report_file).page
    page.click("text=Open all runs")
    pictures = page.eval_on_selector_all(
        "img", "all => all.map(one => [one.alt, one.naturalWidth, one.naturalHeight])"
    )
    assert pictures
    assert all(alt and (width, height) == (8, 8) for alt, width, height in pictures)


def test_everything_is_reached_by_keyboard(open_report, plain_report_file):
    page = open_report(plain_report_file).page
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the summary"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "summary"
    for _ in range(300):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement === document.body"):
            break  # all around
        page.evaluate("document.activeElement.dataset.reached = 'yes'")
        assert page.evaluate("document.activeElement.matches(':focus-visible')")
    inside = page.locator("main").locator("a, button, input, summary, pre, .scroll")
    inside = inside.and_(page.locator(":visible"))
    assert inside.count() > 20
    unreached = inside.and_(page.locator(":not([data-reached])"))
    assert unreached.evaluate_all("all => all.map(one => one.outerHTML)") == []


def test_a_run_opens_by_keyboard_and_draws_then(open_report, report_file):
    page = open_report(report_file).page
    last = page.locator("details.run").last
    assert last.locator(".main-svg").count() == 0
    last.locator("summary").first.focus()
    page.keyboard.press("Enter")
    last.locator(".main-svg").first.wait_for()


def test_no_button_sends_a_figure_away(open_report, plain_report_file):
    page = open_report(plain_report_file).page
    buttons = page.locator("#accuracy .modebar-btn")
    titles = buttons.evaluate_all("all => all.map(one => one.dataset.title)")
    assert titles == ["Download plot as a PNG", "Zoom", "Pan", "Autoscale", "Reset axes"]


def test_switches_hide_groups_and_show_seeds(open_report, report_file):
    page = open_report(report_file).page

    def shown() -> list[str]:
        return page.evaluate(
            "document.getElementById('accuracy').data"
            ".filter(trace => trace.visible !== false && trace.name).map(trace => trace.name)"
        )

    before = shown()
    assert not [name for name in before if name.startswith("seed-")]
    page.check("#seeds")
    assert len([name for name in shown() if name.startswith("seed-1")]) == 2
    page.uncheck("[data-group='0']")
    assert not [name for name in shown() if name.startswith("seed-")]
    assert 0 < len(shown()) < len(before)


def test_pointing_at_a_curve_tells_its_values(open_report, plain_report_file):
    page = open_report(plain_report_file).page
    page.locator("#accuracy .nsewdrag").hover()
    page.locator("#accuracy .hoverlayer .legend").wait_for()
    assert "test accuracy" in page.locator("#accuracy .hoverlayer").text_content()


@pytest.mark.parametrize(("scheme", "dark"), [("light", False), ("dark", True)])
def test_light_and_dark_follow_the_system_and_the_button(
    open_report, plain_report_file, scheme, dark
):
    page = open_report(plain_report_file, color_scheme=scheme).page

    def is_dark() -> tuple[bool, bool]:
        return (
            brightness(colour(page, "body", "backgroundColor")) < 60,
            brightness(colour(page, "#accuracy .xtick text", "fill")) > 140,
        )

    assert is_dark() == (dark, dark)
    page.click("#theme")
    assert is_dark() == (not dark, not dark)


def test_it_fits_a_telephone(open_report, report_file):
    page = open_report(report_file, viewport={"width": 360, "height": 740}).page
    page.click("text=Open all runs")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_paper_is_light_and_whole_figures_fit_on_it(open_report, report_file):
    page = open_report(report_file, color_scheme="dark").page
    page.click("text=Close all runs")
    page.emulate_media(media="print")
    assert brightness(colour(page, "body", "backgroundColor")) > 240
    assert brightness(colour(page, "body", "color")) < 60
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    widths = page.eval_on_selector_all(
        ".plot .main-svg", "all => all.map(one => one.getBoundingClientRect().width)"
    )
    assert max(widths) <= 680
    page.evaluate("window.dispatchEvent(new Event('afterprint'))")
    page.emulate_media(media="screen")
    expect(page.locator("#accuracy .main-svg").first).not_to_have_css("width", "660px")
    assert page.pdf().startswith(b"%PDF")


def test_without_a_script_the_numbers_are_there(chromium, report_file):
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(report_file.as_uri())
    assert "Plots need JavaScript" in page.locator("noscript").inner_text()
    page.locator("#learning summary").click()
    assert page.locator("#learning tbody tr").first.is_visible()
    context.close()
