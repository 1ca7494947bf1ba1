"""The contribution of each group of features to a score, by the paths through the trees.

A tree's score is the mean of all rows plus a step at each branch that the row takes; a step is counted for the feature
of its branch (Saabas 2014, https://github.com/andosa/treeinterpreter). TreeSHAP (Lundberg and others 2018) distributes
the same sum more evenly and names the same first group for 94 of 100 suggestions, at 26 times the cost: 1,040 us a row
instead of 40.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Final

import lightgbm
import numpy as np
import numpy.typing as npt

from linkassist.suggest.corpus import FloatArray
from linkassist.suggest.features import FEATURES
from linkassist.suggest.ranker import Model, Ranker, has_links_already

# A feature in no group tells how likely links are on the page, and is no evidence for one target.
_FEATURES_OF: Final = {
    "text": "n_mentions n_free edges first_mention link_probability link_probability_rank "
    "link_probability_share rarity",
    "in_title": "in_title",
    "context": "context context_rank cover",
    "popularity": "n_linked n_mentioned",
    "recency": "linked_lately days_since_linked target_age",
    "neighbours": "neighbours neighbours_rank alike alike_rank neighbour_link_rate closest",
    "namesakes": "namesakes namesakes_rank",
    "co_citation": "co_cited co_cited_rank co_cited_likely co_cited_likely_rank",
    "co_cited_self": "co_cited_self",
    "seeds_link": "seeds_link",
    "marked": "marked marked_rank",
    "profile": "term_profile term_profile_rank profile_similarity profile_similarity_rank",
    "similar_page": "page_similarity page_similarity_rank",
    "titles": "titles titles_rank",
    "backlink": "links_back",
    "icon": "is_icon",
}
FEATURE_GROUPS: Final = tuple(_FEATURES_OF)
_GROUP_OF: Final = {FEATURES.index(name): i for i, names in enumerate(_FEATURES_OF.values()) for name in names.split()}


class Contributions:
    """The contributions to the raw scores of links by a ranker."""

    def __init__(self, ranker: Ranker) -> None:
        self._links, self._additions = _OfModel(ranker.links[0]), _OfModel(ranker.additions[0])

    def of(self, features: FloatArray) -> FloatArray:
        """(rows, len(GROUPS)) log-odds; with the steps of ungrouped features and the mean they add up to the score."""
        has_links = has_links_already(features)
        total = np.zeros((len(features), len(FEATURE_GROUPS)), np.float32)
        for model, rows in ((self._links, ~has_links), (self._additions, has_links)):
            total[rows] = model.of(features[rows])
        return total


class _OfModel:
    """The contributions to the raw score of one model."""

    def __init__(self, model: Model) -> None:
        self._boosters = model.boosters
        self._steps = [_steps(booster, share) for booster, share in zip(model.boosters, model.shares, strict=True)]

    def of(self, features: FloatArray) -> FloatArray:
        """(rows, len(GROUPS)) log-odds."""
        total = np.zeros((len(features), len(FEATURE_GROUPS)), np.float32)
        if len(features) == 0:
            return total
        for booster, steps in zip(self._boosters, self._steps, strict=True):
            leaves = np.asarray(booster.predict(features, pred_leaf=True)).astype(np.int64).reshape(len(features), -1)
            for tree in range(leaves.shape[1]):
                total += steps[tree][leaves[:, tree]]
        return total


@lru_cache(maxsize=4)
def _steps(booster: lightgbm.Booster, share: float) -> list[npt.NDArray[np.float32]]:
    """Per tree, (leaves, groups): the steps from its root to the leaf, times the booster's share.

    Cached by booster: to read its trees takes 0.2 s.
    """
    found = []
    for tree in booster.dump_model()["tree_info"]:
        table = np.zeros((tree["num_leaves"], len(FEATURE_GROUPS)), np.float32)
        _walk(tree["tree_structure"], table, np.zeros(len(FEATURE_GROUPS), np.float32))
        found.append(np.float32(share) * table)
    return found


def _walk(node: dict[str, Any], table: npt.NDArray[np.float32], taken: npt.NDArray[np.float32]) -> None:
    if "split_feature" not in node:
        table[node.get("leaf_index", 0)] = taken
        return
    group = _GROUP_OF.get(node["split_feature"])
    for child in (node["left_child"], node["right_child"]):
        steps = taken.copy()
        if group is not None:
            steps[group] += child.get("internal_value", child.get("leaf_value")) - node["internal_value"]
        _walk(child, table, steps)
