"""hottoSNS-BERT's normalisation of tweets before SentencePiece: links and user names become one piece each.

Source: twitter_normalizer_for_bert_encoder in https://github.com/hottolink/hottoSNS-bert
(src/preprocess/normalizer.py), step by step.
"""

from __future__ import annotations

import html
import re
import unicodedata

_QUESTION_MARKS = re.compile(r"\?+")
_CUT_OFF = re.compile("…$")
_RETWEET = re.compile("rt (?=@)", re.IGNORECASE)
_HALF_A_LINK = re.compile("(((https|http)(.{1,3})?)|(htt|ht))$", re.IGNORECASE)
_NAME = re.compile("@[a-z0-9_]+:?", re.IGNORECASE)
_LINK = re.compile("https?://[-_.!~*'()a-z0-9;/?:@&=+$,%#]+", re.IGNORECASE)
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f]")


def normalised_tweet(text: str) -> str:
    """The normalised text.

    >>> normalised_tweet("RT @someone: これ見て？ https://example.com/a ")
    '<mention> これ見て? <url>'
    """
    text = _QUESTION_MARKS.sub(" ", html.unescape(text)).strip()
    text = unicodedata.normalize("NFKC", _CUT_OFF.sub("", text))
    text = _HALF_A_LINK.sub("", _RETWEET.sub("", text))
    text = _LINK.sub("<url>", _NAME.sub("<mention>", text))
    return _CONTROL.sub(" ", text).strip()
