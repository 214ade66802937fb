"""How fast a lung loses function: slopes, mixed models, time to decline, forecasts. No Django here.

`slopes` one patient's own line and its windows; `mixed` the same shrunk to the cohort; `decline` the time to a loss of
5 or 10 %; `forecast` the value in 12 months with intervals; `coverage` what those intervals are worth on a cohort.
All of them take the table that `visits` describes. docs/trajectory.md says what was measured.
"""
