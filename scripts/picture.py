"""Takes the README's picture of the sample wiki: `linkassist demo --no-browser &` and then
`python scripts/picture.py http://127.0.0.1:8000/`. Another page than the usual one is named by its title.
"""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

from linkassist.server.addresses import page_address

PICTURE = Path(__file__).parent.parent / ".pictures" / "page.png"
BROWSERS = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")


def main(server: str, title: str = "wikiの歴史") -> None:
    """Writes the picture of one page of the sample wiki as `server` shows it."""
    path = os.environ.get("LINKASSIST_CHROMIUM") or next(filter(None, map(shutil.which, BROWSERS)))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        # Twice as many pixels as the page has would make the letters sharp and the file four times as large.
        page = browser.new_page(viewport={"width": 1200, "height": 760}, locale="ja-JP", color_scheme="light")
        page.goto(server.rstrip("/") + page_address("linkassist", title))
        page.wait_for_load_state("networkidle")
        PICTURE.parent.mkdir(exist_ok=True)
        page.screenshot(path=PICTURE)
        browser.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
