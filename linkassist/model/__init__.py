"""The model of a wiki: how it is fitted, saved, extended by new pages, and asked for the suggestions of pages."""
