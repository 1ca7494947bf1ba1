"""Where the files of the repository are."""

from __future__ import annotations

from pathlib import Path
from typing import Final

TESTS: Final = Path(__file__).parents[1]
ROOT: Final = TESTS.parent
PACKAGE: Final = ROOT / "linkassist"
SCRIPTS: Final = ROOT / "scripts"
DATA: Final = TESTS / "data"
GOLDEN: Final = DATA / "bert-golden"  # a small BERT with SentencePiece, and what the original code made of it
