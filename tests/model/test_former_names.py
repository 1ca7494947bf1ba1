"""Models that an earlier version saved, when its classes had other names."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from support.wiki_by_hand import corpus_of, find

from linkassist.model.scan import Scan
from linkassist.model.wiki_model import fit_wiki_model, load_wiki_model, save_wiki_model
from linkassist.suggest.phrases.extraction import find_phrases

FORMER_CLASSES = {
    "WikiModel": "Knowledge",
    "TargetPostings": "Holders",
    "ContextLogOdds": "ContextOdds",
    "CategoryLogOdds": "Odds",
    "PhraseStatistics": "PhraseHabits",
    "PhraseCounts": "PhraseUse",
    "PhrasePostings": "Sayers",
}
FORMER_FIELDS = {"target_postings": "holders", "phrase_postings": "sayers"}


def with_former_names(path: Path) -> None:
    """Writes the names that linkassist 0.1 had into the header of a model file."""
    data = path.read_bytes()
    end = 8 + int.from_bytes(data[:8], "little")
    header = json.loads(data[8:end])
    tree = header["__metadata__"]["tree"]
    for name, former in FORMER_CLASSES.items():
        assert f'"class": "{name}"' in tree
        tree = tree.replace(f'"class": "{name}"', f'"class": "{former}"')
    for name, former in FORMER_FIELDS.items():
        assert f'"{name}": ' in tree
        tree = tree.replace(f'"{name}": ', f'"{former}": ')
    header["__metadata__"]["tree"] = tree
    written = json.dumps(header).encode()
    written += b" " * (-len(written) % 8)
    path.write_bytes(len(written).to_bytes(8, "little") + written + data[end:])


def test_a_model_saved_under_the_former_names_of_its_classes_is_loaded(tmp_path: Path) -> None:
    found = find(corpus_of({"庭": "[道具]と検索と散歩", "道具": "[庭]の散歩", "手帖": "道具と検索\n[庭]"}))
    phrases, counts = find_phrases(found.corpus.readings)
    model = fit_wiki_model(
        Scan(found.corpus, found.mentions, found.texts, phrases, counts, frozenset()), "", ["a", "b", "c"]
    )
    path = tmp_path / "model"
    save_wiki_model(model, path)
    with_former_names(path)

    loaded = load_wiki_model(path)

    rows = np.arange(len(phrases.page))
    before, after = (each.habits.rates.odds(phrases, rows).total for each in (model, loaded))
    assert len(rows) > 0 and np.array_equal(before, after)
    assert np.array_equal(loaded.odds.of(found.mentions), model.odds.of(found.mentions))
    assert np.array_equal(loaded.use.n_pages, counts.n_pages)
    hashes = phrases.hashes.tolist()
    assert [loaded.phrase_postings.of(each) for each in hashes] == [model.phrase_postings.of(each) for each in hashes]
