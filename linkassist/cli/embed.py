"""The command `embed`: a vector for each page or line, as a file."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from linkassist.cli.lazy_group import command
from linkassist.cli.options import (
    ConfigOption,
    LibraryOption,
    ProjectOption,
    VectorEncoderOption,
    WikiFile,
    read_wiki,
    require_one_wiki,
)
from linkassist.cli.output import say, say_notes
from linkassist.cli.progress import progress
from linkassist.embed.encoder import Encoder, EncoderWithNotes
from linkassist.embed.wiki_encoder import learn_encoder
from linkassist.evaluate.futures import distinct_pages
from linkassist.model.encoders import open_model
from linkassist.pipeline.embedding_file import texts_of, write_embeddings
from linkassist.progress import counting
from linkassist.scrapbox.page_text import read_page
from linkassist.settings import OWN_ENCODER, load_settings
from linkassist.suggest.corpus import build_corpus


class By(StrEnum):
    """What has a vector."""

    page = "page"
    line = "line"


@command(epilog="Example: linkassist embed notes.json --out vectors.npz --encoder intfloat/multilingual-e5-small")
def embed(
    export: WikiFile = None,
    output: Annotated[
        Path, typer.Option("--out", metavar="FILE", help="The file to write; it ends with .npz or .parquet.")
    ] = Path("vectors.npz"),
    by: Annotated[By, typer.Option("--by", help="A vector for each page, or for each title and line.")] = By.page,
    project_name: ProjectOption = None,
    library: LibraryOption = None,
    encoder: VectorEncoderOption = None,
    config: ConfigOption = None,
) -> None:
    """Write a vector for each page or line into a file.

    With them go ids, titles, hashes of the texts, and which encoder made them. "wiki" is learnt from these pages; a
    model is used alone, not combined with it. An interrupted output stays as FILE.part, and the same command continues
    it.
    """
    require_one_wiki(export, project_name, library)
    settings = load_settings(library, config=config, encoder=encoder)
    with progress() as on_progress:
        pages, _ = read_wiki(export, project_name, library, config, on_progress)
        pages = distinct_pages(pages)
        readings = [read_page(page) for page in pages]
        texts = list(texts_of(pages, readings, by.value))
        used: Encoder
        if settings.encoder == OWN_ENCODER:
            links = build_corpus(readings).links
            used = learn_encoder([each.text for each in readings], links, on_progress=counting(on_progress, "learn"))
        else:
            used = open_model(settings.encoder)
        write_embeddings(texts, used, settings.encoder, by.value, output, counting(on_progress, "encode"))
    say_notes(used.notes if isinstance(used, EncoderWithNotes) else ())
    say(f"{output}: {len(texts):,} vectors of {used.width} numbers, {by.value} by {by.value}.")
