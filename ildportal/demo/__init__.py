"""The demonstration: 120 invented patients, chest CT phantoms measured by the real engine, and who may look at them.

`cohort.generate(seed, until)` is a pure function; `load.load_cohort` writes what it made; `volumes` makes the
scans; `start` runs everything. docs/demo.md says what the numbers follow and where they come from.
"""
