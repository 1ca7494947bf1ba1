"""linkassist suggests the links that the pages of a Scrapbox wiki lack."""
