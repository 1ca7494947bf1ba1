"""Models that an earlier version saved, when its classes had other names."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from support.wiki_by_hand import corpus_of, find

from linkassist.model.wiki_model import learn_knowledge, load_knowledge, save_knowledge
from linkassist.suggest.phrases.extraction import find_phrases

FORMER = {
    "ContextLogOdds": "ContextOdds",
    "CategoryLogOdds": "Odds",
    "PhraseStatistics": "PhraseHabits",
    "PhraseCounts": "PhraseUse",
    "PhrasePostings": "Sayers",
}


def with_former_names(path: Path) -> None:
    """Writes the names of linkassist 0.1 into the header of a model file."""
    data = path.read_bytes()
    end = 8 + int.from_bytes(data[:8], "little")
    header = json.loads(data[8:end])
    tree = header["__metadata__"]["tree"]
    for name, former in FORMER.items():
        assert f'"class": "{name}"' in tree
        tree = tree.replace(f'"class": "{name}"', f'"class": "{former}"')
    header["__metadata__"]["tree"] = tree
    written = json.dumps(header).encode()
    written += b" " * (-len(written) % 8)
    path.write_bytes(len(written).to_bytes(8, "little") + written + data[end:])


def test_a_model_saved_under_the_former_names_of_its_classes_is_loaded(tmp_path: Path) -> None:
    found = find(corpus_of({"庭": "[道具]と検索と散歩", "道具": "[庭]の散歩", "手帖": "道具と検索\n[庭]"}))
    phrases, counts = find_phrases(found.corpus.readings)
    model = learn_knowledge("", ["a", "b", "c"], found.corpus, found.texts, found.mentions, phrases, counts)
    path = tmp_path / "model"
    save_knowledge(model, path)
    with_former_names(path)

    loaded = load_knowledge(path)

    rows = np.arange(len(phrases.page))
    before, after = (each.habits.rates.odds(phrases, rows).total for each in (model, loaded))
    assert len(rows) > 0 and np.array_equal(before, after)
    assert np.array_equal(loaded.odds.of(found.mentions), model.odds.of(found.mentions))
    assert np.array_equal(loaded.use.n_pages, counts.n_pages)
    hashes = phrases.hashes.tolist()
    assert [loaded.sayers.of(each) for each in hashes] == [model.sayers.of(each) for each in hashes]
