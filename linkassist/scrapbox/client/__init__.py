"""A client of the Scrapbox HTTP API: keys, requests, reading a project, editing its pages.

The API is unofficial (https://scrapbox.io/help-jp/API, types in https://github.com/scrapbox-jp/types) and may change;
answers are parsed leniently. Nothing outside this package knows its addresses, headers and formats.
"""
