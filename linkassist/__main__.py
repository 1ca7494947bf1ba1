"""`python -m linkassist` is `linkassist`."""

from __future__ import annotations

from linkassist.cli.app import main

main()
