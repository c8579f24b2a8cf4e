"""The flash diagnostic: by keyboard, by touch, on two devices, in three languages."""

import json
import random
from pathlib import Path

import pytest

from emn.questionnaires.conditions import holds
from tests.diagnostics.factories import BAKER, published
from tests.e2e.conftest import PHONE

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]
SMALLEST = {"width": 320, "height": 640}


def codes_of(page):
    return page.eval_on_selector_all(
        "[data-emn-question]", "blocks => blocks.map(block => block.dataset.emnQuestion)"
    )


def bare(url):
    """Without what the skip link adds."""
    return url.partition("#")[0]


def values_of(code):
    value = BAKER[code]
    return value if isinstance(value, list) else [value]


def choose(page, act):
    """Answer the page that is open; return how many answers were chosen."""
    chosen = 0
    for code in codes_of(page):
        for value in values_of(code):
            act(page.locator(f"[data-emn-question={code}] label:has(input[value={value}])"))
            chosen += 1
    return chosen


def answer_all(page):
    while "/question/" in page.url:
        before = page.url
        choose(page, lambda label: label.click())
        page.locator("form.question-form .button-main").click()
        page.wait_for_url(lambda url, before=before: url != before)


@pytest.mark.parametrize("javascript", [True, False])
@pytest.mark.parametrize(
    ("prefix", "report"),
    [("", "Mon rapport en PDF"), ("/de", None), ("/en", None)],
)
def test_from_the_first_click_to_the_pdf(visit, prefix, report, javascript):
    published()
    page = visit(f"{prefix}/diagnostic/", viewport=PHONE, javascript=javascript)
    page.locator("main form button").click()
    page.wait_for_url("**/question/profile/")

    answer_all(page)
    page.locator("main form .button-main").click()
    page.wait_for_url("**/resultat/")
    if report:
        page.get_by_role("link", name=report).wait_for()
    with page.expect_download() as download:
        page.locator(".result-actions .button-main").click()

    assert download.value.suggested_filename.startswith("diagnostic-numerique-")
    assert Path(download.value.path()).read_bytes().startswith(b"%PDF")


def test_by_keyboard_alone(visit):
    published()
    page = visit("/diagnostic/")

    def to(selector):
        """From control to control, as somebody without a mouse."""
        page.wait_for_load_state()
        for _step in range(40):
            page.keyboard.press("Tab")
            if page.evaluate("s => document.activeElement.matches(s)", selector):
                return
        raise AssertionError(f"{selector} is not reached by Tab on {page.url}")

    to("main form button")
    page.keyboard.press("Enter")
    page.wait_for_url("**/question/profile/")
    while "/question/" in page.url:
        to("input[type=radio]")
        before = bare(page.url)
        for number, code in enumerate(codes_of(page)):
            if number:
                page.keyboard.press("Tab")
            for value in values_of(code):
                inputs = page.eval_on_selector_all(
                    f"[data-emn-question={code}] input:not([type=hidden])",
                    "all => all.map(input => input.value)",
                )
                page.keyboard.press(str(inputs.index(value) + 1))
        page.keyboard.press("Enter")
        page.wait_for_url(lambda url, before=before: bare(url) != before)
    to("main form .button-main")
    page.keyboard.press("Enter")

    page.wait_for_url("**/resultat/")
    page.get_by_role("heading", name="Vos données n’existent qu’une fois").wait_for()


def test_by_touch_on_the_smallest_screen_in_fewer_than_sixty_taps(browser, live_server):
    published()
    context = browser.new_context(
        base_url=live_server.url, viewport=SMALLEST, has_touch=True, is_mobile=True, locale="fr-FR"
    )
    page = context.new_page()
    page.goto("/diagnostic/")
    page.locator("main form button").tap()
    page.wait_for_url("**/question/profile/")
    taps = 1
    while "/question/" in page.url:
        before = page.url
        assert page.evaluate("document.documentElement.scrollWidth") <= SMALLEST["width"]
        taps += choose(page, lambda label: label.tap())
        page.locator("form.question-form .button-main").tap()
        taps += 1
        page.wait_for_url(lambda url, before=before: url != before)
    page.locator("main form .button-main").tap()
    taps += 1
    page.wait_for_url("**/resultat/")

    assert page.evaluate("document.documentElement.scrollWidth") <= SMALLEST["width"]
    assert taps < 60
    context.close()


def test_begun_on_one_device_and_finished_on_another(visit):
    published()
    first = visit("/diagnostic/", viewport=PHONE)
    first.get_by_role("button", name="Commencer").click()
    first.wait_for_url("**/question/profile/")
    for _page in range(4):
        before = first.url
        choose(first, lambda label: label.click())
        first.get_by_role("button", name="Continuer").click()
        first.wait_for_url(lambda url, before=before: url != before)
    reached = first.url
    first.get_by_role("link", name="Finir plus tard, ou sur un autre appareil").click()
    link = first.locator(".elsewhere-link a").get_attribute("href")

    second = visit("/diagnostic/" + link.split("/diagnostic/")[1])
    assert second.url == reached
    second.get_by_role("button", name="Précédente").click()
    second.locator("input[value=old]").wait_for()
    assert second.locator("input[value=old]").is_checked()
    second.get_by_role("button", name="Continuer").click()
    second.wait_for_url(reached)
    answer_all(second)
    second.get_by_role("button", name="Voir mon résultat").click()
    second.get_by_role("heading", name="Par quoi commencer").wait_for()


# --- The mirror of the conditions ---


def leaf(chance):
    operator, wanted = chance.choice(
        [
            ("is", chance.choice(["a", "b", 3])), ("in", ["a", "b"]), ("has", "a"),
            ("any_of", ["a", "c"]), ("starts", ["1", "a"]), ("answered", True),
            ("at_least", chance.choice([2, "2.5"])), ("at_most", chance.choice([2, "2.5"])),
        ]
    )  # fmt: skip
    return {"q": chance.choice("xyz"), "op": operator, "value": wanted}


def tree(chance, depth=3):
    kind = chance.choice(["leaf", "leaf", "all", "any", "not"]) if depth else "leaf"
    if kind == "leaf":
        return leaf(chance)
    if kind == "not":
        return {"not": tree(chance, depth - 1)}
    return {kind: [tree(chance, depth - 1) for _node in range(chance.randint(1, 3))]}


def test_the_browser_decides_as_the_server_does(visit):
    published()
    page = visit("/diagnostic/")
    page.get_by_role("button", name="Commencer").click()
    page.wait_for_url("**/question/profile/")
    chance = random.Random(57)  # noqa: S311 -- a draw, not a secret
    values = [None, "a", "b", 3, "2.5", "1x", ["a"], ["b", "c"], "unknown", "NaN", ""]
    cases = [
        (tree(chance), {question: chance.choice(values) for question in "xyz"})
        for _case in range(2_000)
    ]
    script = page.locator("script[src*=questionnaire]").get_attribute("src")

    decided = page.evaluate(
        """async ([script, cases]) => {
            const { holds } = await import(script);
            return JSON.parse(cases).map(([tree, answers]) => holds(tree, answers));
        }""",
        [script, json.dumps(cases)],
    )

    assert decided == [holds(condition, answers) for condition, answers in cases]
