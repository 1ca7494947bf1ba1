"""The Scrapbox side: export files, the notation, edited lines."""
