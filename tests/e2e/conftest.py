"""A real browser (Debian's chromium) on a real server, with the database of the test."""

import os

import pytest

from tests.conftest import CHROMIUM
from tests.lib.test_supervisor import eventually

# Playwright runs an event loop in the thread of the test, where Django would refuse the database.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"

PHONE = {"width": 390, "height": 844}
DESK = {"width": 1280, "height": 900}


def until(page, expression):
    """Wait until the page says so. Playwright's own wait asks again by what the pages forbid."""
    eventually(lambda: page.evaluate(expression))


def kept_in_the_clear(page, name):
    """All that the browser keeps of the offline pages of that name, not encrypted, as text."""
    return page.evaluate(
        """async (name) => {
      const cache = await caches.open(name);
      const keys = await cache.keys();
      const pages = await Promise.all(keys.map(async (key) => (await cache.match(key)).text()));
      const db = await new Promise((done) => {
        const asked = indexedDB.open(name);
        asked.onsuccess = () => done(asked.result);
      });
      const rows = await Promise.all(["kept", "queue"].map((drawer) => new Promise((done) => {
        const asked = db.transaction(drawer).objectStore(drawer).getAll();
        asked.onsuccess = () => done(asked.result.map((box) => new TextDecoder().decode(box.data)));
      })));
      return pages.join() + rows.flat().join();
    }""",
        name,
    )


@pytest.fixture(scope="session", autouse=True)
def static_folder():
    """WhiteNoise wants its folder to exist; the live server finds the files by itself."""
    from django.conf import settings

    settings.STATIC_ROOT.mkdir(parents=True, exist_ok=True)


@pytest.fixture(scope="session")
def browser():
    """One chromium for the session; it reaches nothing but this machine."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        yield chromium
        chromium.close()


@pytest.fixture
def offline_errors():
    """Ask for this where the network is cut: the console then says so, which is no fault."""


@pytest.fixture
def visit(browser, live_server, settings, request):
    """Open a page as a new visitor; fail on any error that the browser's console shows."""
    settings.EMAIL_BACKEND = "emn.mailings.backend.OutboxBackend"  # as outside the tests
    contexts, errors = [], []

    def open_(path, *, viewport=DESK, javascript=True):
        context = browser.new_context(
            base_url=live_server.url,
            viewport=viewport,
            java_script_enabled=javascript,
            locale="fr-FR",
        )
        context.set_default_timeout(60_000)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda said: errors.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(path)
        return page

    yield open_
    for context in contexts:
        context.close()
    if "offline_errors" in request.fixturenames:
        cut = ("net::ERR_INTERNET_DISCONNECTED", "net::ERR_FAILED")
        errors = [said for said in errors if not any(reason in said for reason in cut)]
    assert errors == []
