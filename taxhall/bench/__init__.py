"""The hall against the least program that does the same work: ratios, never times.

One module per measure under `measures/`, listed by hand in `registry.py`. `hall.py` brings up servers that live
only for the bench; `__main__.py` measures inside them; `rounds.py` alternates and counts; `table.py` prints.
"""
