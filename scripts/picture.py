"""Takes the pictures of the sample wiki for the documents, into docs/images/: `python scripts/picture.py`.

It shows a copy of the library of `linkassist demo`, made up to date first, and answers some cards of the queue there
for a picture of the outbox. `python scripts/picture.py LIBRARY` shows a copy of another library of the sample wiki.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import zlib
from pathlib import Path

from page_times import BROWSERS, served
from playwright.sync_api import Page, expect, sync_playwright

from linkassist.pipeline.demo import prepare_demo
from linkassist.server.urls import draft_address, outbox_address, page_address, project_address, queue_address
from linkassist.settings import Settings, default_folder

FOLDER = Path(__file__).parents[1] / "docs" / "images"
PROJECT = "linkassist"
PAGE = "wikiの歴史"
DRAFT_TITLE = "カードと索引"
DRAFT = """索引カードに書いたことは、あとで全文検索からも見つかる。
でも言葉を忘れたら、リンクをたどるしかない
 京大式カードは並べかえて使う
 Zettelkastenは番号でつなぐ
次の読書会までに、アトミックノートとハブページの違いをまとめる
 タイトルの付け方しだいで、あとのリンクが変わる"""
LONG_MS = 240_000.0  # the models are read first


def main(library: Path) -> None:
    """Writes the pictures of a copy of the library, each below 150 kB."""
    FOLDER.mkdir(exist_ok=True)
    path = os.environ.get("LINKASSIST_CHROMIUM") or next(filter(None, map(shutil.which, BROWSERS)))
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        copied = shutil.copytree(library, Path(folder) / "library")
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        with served(copied) as origin:
            # Twice as many pixels as the page has would make the letters sharp and the files four times as large.
            page = browser.new_page(
                base_url=origin, viewport={"width": 1080, "height": 612}, locale="ja-JP", color_scheme="light"
            )
            take(page, "home", project_address(PROJECT))
            page.set_viewport_size({"width": 980, "height": 620})  # a text as large as 150 kB hold
            take(page, "page", page_address(PROJECT, PAGE))
            page.set_viewport_size({"width": 1080, "height": 700})  # a card and its buttons
            take(page, "queue", queue_address(PROJECT))
            answer_cards(page)
            page.set_viewport_size({"width": 1080, "height": 660})
            take(page, "outbox", outbox_address(PROJECT))
            page.goto(draft_address(PROJECT))
            page.locator("#draft-title").fill(DRAFT_TITLE)
            page.locator("#draft-text").fill(DRAFT)
            expect(page.locator(".card").first).to_be_visible(timeout=LONG_MS)
            shoot(page, "draft")
        browser.close()


def take(page: Page, name: str, address: str) -> None:
    """A picture of the screen at the address."""
    page.goto(address)
    page.wait_for_load_state("networkidle")
    shoot(page, name)


def shoot(page: Page, name: str) -> None:
    """A picture of what is there, packed as small as PNG can without losing anything."""
    (FOLDER / f"{name}.png").write_bytes(packed(page.screenshot(animations="disabled", caret="hide")))


def answer_cards(page: Page) -> None:
    """Accepts what comes in the queue, the third card excepted."""
    for key in ("a", "a", "r", "a", "a"):
        answered = page.locator(".day-count b")
        before = int(answered.inner_text())
        page.keyboard.press(key)
        expect(answered).to_have_text(str(before + 1))


def packed(png: bytes) -> bytes:
    """The same picture with its data compressed as far as zlib goes; Chromium compresses for speed."""
    start, place, data = png[:8], 8, b""
    kept = []
    while place < len(png):
        length = int.from_bytes(png[place : place + 4], "big")
        kind, content = png[place + 4 : place + 8], png[place + 8 : place + 8 + length]
        if kind == b"IDAT":
            data += content
        else:
            kept.append((kind, content))
        place += 12 + length
    kept.insert(-1, (b"IDAT", zlib.compress(zlib.decompress(data), 9)))
    return start + b"".join(
        len(content).to_bytes(4, "big") + kind + content + zlib.crc32(kind + content).to_bytes(4, "big")
        for kind, content in kept
    )


if __name__ == "__main__":
    if len(sys.argv) > 1:
        main(Path(sys.argv[1]))
    else:
        demo = Settings(default_folder("demo"))
        prepare_demo(demo, lambda *_: None)
        main(demo.library)
