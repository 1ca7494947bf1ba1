"""The server starts without the libraries that models need."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

HEAVY = ("torch", "faiss", "transformers", "lightgbm", "sentencepiece", "scipy", "numpy")


def test_the_server_starts_without_any_model_library(tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path\n"
        "from linkassist.server.app import create_app; from linkassist.settings import Settings\n"
        "create_app(Settings(Path(sys.argv[1])))\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program, str(tmp_path)], capture_output=True, text=True, check=False)
    assert (done.stdout.strip(), done.stderr) == ("[]", "")
