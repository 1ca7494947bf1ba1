"""Why a suggestion is made: the share of each feature, the reasons in words, and the pages that support them."""
