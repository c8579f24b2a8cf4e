"""Take the pictures of the staff guides: `make run`, then `make pictures` beside it.

Not a test: nobody runs it but who changes a guide. It refuses a portal that is no demonstration.
"""

import sys
from io import BytesIO
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from tests.conftest import CHROMIUM

FOLDER = Path(__file__).parents[2] / "docs" / "guides" / "pictures"
AGENT, PASSWORD = "agent@emn.example", "demo-emn-2026"  # printed by `make run`
WIDTH, HEIGHT = 1280, 800  # pixels
LESS_HIGH = {"conseil-visites": 444, "accueil-entrees": 400}  # what is below is of no use there
# The list of every subject takes a fifth of the width.
NO_SIDEBAR = "localStorage.setItem('django.admin.navSidebarIsOpen', 'false')"
MOST_BYTES = 60_000
# Guide and what is seen → where.
SHOTS = {
    "accueil-a-faire": "/admin/",
    "accueil-entrees": "/agenda/accueil/",
    "administration-etat": "/admin/etat/",
    "administration-comptes": "/admin/accounts/user/",
    "annuaire-fiches": "/admin/directory/provider/",
    "annuaire-plaintes": "/admin/directory/complaint/",
    "communication-envois": "/admin/mailings/campaign/",
    "communication-pages": "/admin/pages/page/",
    "communication-menus": "/admin/pages/menuentry/",
    "conseil-visites": "/diagnostic/conseil/",
    "conseil-besoins": "/admin/directory/need/",
    "evenements-sessions": "/admin/events/session/",
    "evenements-formations": "/admin/events/trainingsession/",
    "observatoire-enquetes": "/admin/observatory/survey/",
    "observatoire-chiffres": "/admin/observatory/release/",
}


def main(address: str) -> None:
    """Take them all."""
    FOLDER.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = _signed_in(browser, address)
        for name, path in SHOTS.items():
            answer = page.goto(path)
            if answer is None or not answer.ok:
                sys.exit(f"{path}: {answer and answer.status}")
            part = {"x": 0, "y": 0, "width": WIDTH, "height": LESS_HIGH.get(name, HEIGHT)}
            png = _light(page.screenshot(animations="disabled", clip=part))
            (FOLDER / f"{name}.png").write_bytes(png)
            print(f"{name}: {len(png) // 1000} kB")  # noqa: T201 -- a script
        browser.close()


def _signed_in(browser: Browser, address: str) -> Page:
    page = browser.new_page(
        base_url=address, locale="fr-FR", color_scheme="light",
        viewport={"width": WIDTH, "height": HEIGHT},
    )  # fmt: skip
    page.add_init_script(NO_SIDEBAR)
    page.goto("/")
    if not page.locator(".demo-banner").count():
        sys.exit("These pictures are of the demonstration, and this portal is none.")
    page.goto("/compte/connexion/")
    page.fill("input[name=login]", AGENT)
    page.fill("input[name=password]", PASSWORD)
    page.press("input[name=password]", "Enter")
    page.wait_for_url(lambda url: "connexion" not in url)
    return page


def _light(png: bytes) -> bytes:
    """Return the picture in as many colours as its weight allows."""
    picture = Image.open(BytesIO(png)).convert("RGB")
    for colours in (64, 32, 16):
        written = BytesIO()
        drawn = picture.quantize(colours, dither=Image.Dither.NONE)
        drawn.save(written, "PNG", optimize=True)
        if written.tell() <= MOST_BYTES:
            return written.getvalue()
    sys.exit(f"too heavy: {written.tell()} bytes")


if __name__ == "__main__":
    main(sys.argv[1])
