"""Attacks on the program's promises: `python -m scripts.hostile`, or `make hostile`. One module per attack.

Each attack does rounds until its budget is used up and returns an `Outcome`: what was promised, how many rounds were
done, and in words what broke, with the seed that repeats it.
"""
