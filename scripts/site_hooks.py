"""What `make docs` adds to mkdocs: README.md as the first page, and anchors and `lang="ja"` for the Japanese pages."""

from __future__ import annotations

import re
from pathlib import Path

from markdown.extensions.toc import slugify_unicode
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

README = Path(__file__).parents[1] / "README.md"


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Headings get the anchors that Git hosts give them; the usual ones leave out every Japanese letter."""
    config.mdx_configs["toc"]["slugify"] = slugify_unicode
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """README.md as index.md: links go from docs/, and names of files outside of it are no links."""
    text = README.read_text("utf-8").replace("](docs/", "](")
    text = re.sub(r"(?<!!)\[([^\]]+)\]\(((?!https?:|#)[^)]+)\)", _link_within_the_site, text)
    files.append(File.generated(config, "index.md", content=text))
    return files


def on_post_page(output: str, page: Page, config: MkDocsConfig) -> str:
    """Says the language of a Japanese page: fonts and screen readers go by it."""
    return output.replace('<html lang="en"', '<html lang="ja"', 1) if page.url.startswith("ja/") else output


def _link_within_the_site(link: re.Match[str]) -> str:
    words, target = link.groups()
    return link[0] if (README.parent / "docs" / target.partition("#")[0]).is_file() else words
