"""From a wiki to suggestions: mentions, statistics, phrases, candidates, evidence, ranking."""
