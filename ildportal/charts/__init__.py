"""Tables of dated values -> plotly figures, as plain dictionaries. Knows no Django; one file a chart.

A frame has one row a value:

    date       ISO, a day
    name       what was measured: "FVC", "GGO"
    value      number in the unit of the chart
    method     comparable only where equal: the equation set, or the engine with its settings
    label      the method in words
    flagged    of doubtful quality: drawn hollow
    simulated  invented, no scan was measured: drawn open and light
    note       why flagged, for the tooltip

Colours are named by their token, `var(--c-fvc)`: static/timeline.js puts in the value of the theme that is on.
"""
