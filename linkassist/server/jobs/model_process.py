"""The start of the process that holds the models, which `model_worker.py` begins."""

from __future__ import annotations

import signal
from multiprocessing.connection import Connection
from pathlib import Path


def run_models(pipe: Connection, library: Path) -> None:
    """Answers requests until the pipe is closed, which happens too when the server dies, however it does."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the server, which ends this one in order
    # It brings torch and FAISS, which the server, where this module is imported too, is to do without.
    from linkassist.server.jobs.model_answers import answer_requests

    answer_requests(pipe, library)
