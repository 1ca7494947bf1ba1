"""The process that holds the models: its answers, its falls, its end. The wiki and the process are real."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest
from support.drafted_wiki import PROJECT, import_into, pages_of_a_wiki

from linkassist.errors import ModelError, NotFoundError
from linkassist.pipeline.draft import draft_page, load_search, prepare
from linkassist.server.jobs.model_worker import ModelWorker, StillPreparing
from linkassist.store.library import Library
from linkassist.store.pages import project
from linkassist.store.runs import put_artefact
from linkassist.suggest.feedback.rules import apply_floors
from linkassist.suggestion import Floors

LONG_S = 240.0  # on a machine that is busy with other things
TEXTS = ("雨の日には万年筆と付箋", "図書館で年表を読む", "散歩道の地図帳", "友人と読書会、庭仕事")


@pytest.fixture(scope="module")
def worker(drafted: Path) -> Iterator[ModelWorker]:
    made = ModelWorker(drafted)
    yield made
    made.close()


def until(holds: Callable[[], bool]) -> None:
    """Waits for it, a minute at most."""
    deadline = time.monotonic() + 60
    while not holds() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert holds()


def touch(worker: ModelWorker) -> None:
    """Sees that there is a process, without waiting for its answer."""
    with suppress(StillPreparing, ModelError):
        worker.nearest(PROJECT, "年表", 1, answer_s=0.0)


def is_running(process_id: int) -> bool:
    try:
        os.kill(process_id, 0)
    except ProcessLookupError:
        return False
    return True


def test_it_starts_on_first_use_tells_how_far_it_is_and_then_answers_as_the_recipe_does(
    worker: ModelWorker, drafted: Path
) -> None:
    assert worker.process_id is None
    with pytest.raises(StillPreparing) as waiting:
        worker.suggest(PROJECT, "題", TEXTS[0])
    assert waiting.value.progress.project == PROJECT

    found = worker.suggest(PROJECT, "題", TEXTS[0], wait_s=LONG_S, answer_s=LONG_S)

    with Library.open(drafted) as library:
        expected = prepare(library, project(library, None)).suggest(draft_page("題", TEXTS[0]))
    assert found == apply_floors(Floors(), expected)
    assert {"万年筆", "付箋"} <= {each.target for each in found}


def test_requests_at_once_each_get_their_own_answer(worker: ModelWorker) -> None:
    expected = {text: worker.suggest(PROJECT, "題", text, wait_s=LONG_S, answer_s=LONG_S) for text in TEXTS}
    near = worker.nearest(PROJECT, "万年筆", 3, answer_s=LONG_S)
    found: list[bool] = []

    def ask(text: str) -> None:
        found.append(worker.suggest(PROJECT, "題", text, answer_s=LONG_S) == expected[text])
        found.append(worker.nearest(PROJECT, "万年筆", 3, answer_s=LONG_S) == near)

    threads = [threading.Thread(target=ask, args=(text,)) for text in TEXTS * 2]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len({tuple(each.target for each in answers) for answers in expected.values()}) == len(TEXTS)
    assert found == [True] * 4 * len(TEXTS)


def test_the_search_by_meaning_is_that_of_the_index(worker: ModelWorker, drafted: Path) -> None:
    with Library.open(drafted) as library:
        expected = load_search(library, project(library, None)).nearest("散歩道について書いた", 7)

    assert worker.nearest(PROJECT, "散歩道について書いた", 7, answer_s=LONG_S) == expected


def test_an_answer_that_takes_too_long_is_given_up_and_the_next_one_is_right(worker: ModelWorker) -> None:
    right = worker.nearest(PROJECT, "年表", 2, answer_s=LONG_S)
    with pytest.raises(ModelError, match="it was given up. Try again"):
        worker.nearest(PROJECT, "地図帳", 3, answer_s=0.0)
    assert worker.process_id is None  # what it was at would hold up the next one

    assert worker.nearest(PROJECT, "年表", 2, answer_s=LONG_S) == right


def test_a_draft_that_takes_too_long_ends_the_process_and_not_the_server(worker: ModelWorker) -> None:
    right = worker.suggest(PROJECT, "題", TEXTS[0], wait_s=LONG_S, answer_s=LONG_S)
    with pytest.raises(ModelError, match="less text"):
        worker.suggest(PROJECT, "題", TEXTS[1], wait_s=LONG_S, answer_s=0.0)
    assert worker.process_id is None
    assert worker.suggest(PROJECT, "題", TEXTS[0], wait_s=LONG_S, answer_s=LONG_S) == right


def test_a_text_that_is_too_long_is_an_answer_and_no_fall(worker: ModelWorker) -> None:
    worker.suggest(PROJECT, "題", TEXTS[0], wait_s=LONG_S, answer_s=LONG_S)
    before = worker.process_id
    with pytest.raises(ModelError, match="in parts"):
        worker.suggest(PROJECT, "題", "あ" * 60_001, answer_s=LONG_S)

    assert worker.process_id == before


def test_a_newer_index_is_read_by_a_new_process(worker: ModelWorker, drafted: Path) -> None:
    touch(worker)
    before = worker.process_id
    with Library.open(drafted) as library:
        put_artefact(library, project(library, None).id, "suggestions", "")  # a reindex is under way
        touch(worker)
        assert worker.process_id == before
        put_artefact(library, project(library, None).id, "suggestions", "newer")
    touch(worker)

    assert before is not None and worker.process_id not in (None, before)
    assert not is_running(before)


def test_after_a_fall_the_reader_is_told_and_the_next_request_starts_afresh(worker: ModelWorker) -> None:
    touch(worker)
    before = worker.process_id
    assert before is not None
    os.kill(before, signal.SIGSTOP)  # so that it cannot answer before it falls
    with ThreadPoolExecutor(1) as reader:
        asked = reader.submit(worker.nearest, PROJECT, "年表", 1, answer_s=LONG_S)
        until(lambda: asked.done() or bool(worker._current and worker._current.answers))
        os.kill(before, signal.SIGKILL)
        with pytest.raises(ModelError, match="started anew when you try again"):
            asked.result()

    touch(worker)
    assert worker.process_id not in (None, before)


def test_a_search_tells_that_it_is_not_ready_and_the_process_ends_when_nobody_asks(drafted: Path) -> None:
    worker = ModelWorker(drafted, idle_s=0.2)
    with pytest.raises(StillPreparing):
        worker.nearest(PROJECT, "年表", 1, answer_s=0.0)
    assert worker.nearest(PROJECT, "年表", 1, answer_s=LONG_S)

    until(lambda: worker.process_id is None)


def test_a_project_that_was_never_reindexed_starts_nothing_and_says_what_to_do(tmp_path: Path) -> None:
    with Library.open(tmp_path) as library:
        import_into(library, pages_of_a_wiki()[:3])
    worker = ModelWorker(tmp_path)
    for ask in (lambda: worker.suggest(PROJECT, "題", "本文"), lambda: worker.nearest(PROJECT, "本文", 1)):
        with pytest.raises(ModelError, match="Run `linkassist reindex`"):
            ask()

    assert worker.process_id is None


def test_a_project_that_does_not_exist_starts_nothing(tmp_path: Path) -> None:
    Library.open(tmp_path).close()
    worker = ModelWorker(tmp_path)
    with pytest.raises(NotFoundError):
        worker.suggest("nobody", "題", "本文")

    assert worker.process_id is None


@pytest.mark.skipif(os.name != "posix", reason="a process is ended here as POSIX does it")
def test_it_ends_with_its_server_however_that_ends(drafted: Path) -> None:
    program = (
        "import sys, time; from pathlib import Path\n"
        "from linkassist.server.jobs.model_worker import ModelWorker, StillPreparing\n"
        "worker = ModelWorker(Path(sys.argv[1]))\n"
        "try: worker.suggest('niwa', '', 'x')\n"
        "except StillPreparing: print(worker.process_id, flush=True)\n"
        "time.sleep(600)"
    )
    with subprocess.Popen([sys.executable, "-c", program, str(drafted)], stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        process_id = int(server.stdout.readline())
        assert is_running(process_id)
        server.kill()
    until(lambda: not is_running(process_id))
