"""linkassist suggests the links that the pages of a Scrapbox wiki lack."""

import os

# OpenMP's threads spin while they wait unless told otherwise before they are loaded: on a busy machine of two cores a
# reindex of 247 pages took 94 s instead of 15 s.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
