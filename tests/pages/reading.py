"""Reads a page as its visitor does: words, table lines, links."""

from __future__ import annotations

import html
import re
from typing import Any

from django.utils.html import strip_tags


def words(response: Any) -> str:
    """The page's text with single spaces; status 200 or an assertion error."""
    assert response.status_code == 200, response.status_code
    return _words(response.content.decode())


def line(response: Any, name: str) -> str:
    """The text of the one table line that holds `name`, reasons of missing values in brackets."""
    lines = [row for row in lines_of(response) if name in row]
    assert len(lines) == 1, f"{len(lines)} lines with {name}"
    return lines[0]


def lines_of(response: Any) -> list[str]:
    """Every line of a table body, but for the charts' data."""
    return _lines(re.sub(r"<figure.*?</figure>", "", response.content.decode(), flags=re.S))


def chart(response: Any, key: str) -> str:
    """The text around the chart `key`: title, legend, summary and data."""
    return _words(_figure(response, key))


def chart_lines(response: Any, key: str) -> list[str]:
    """The data of the chart `key`, a text a line."""
    return _lines(_figure(response, key))


def _figure(response: Any, key: str) -> str:
    found = re.search(rf'<figure[^>]*id="(chart-)?{key}".*?</figure>', response.content.decode(), re.S)
    assert found, f"no chart {key}"
    return found[0]


def _lines(source: str) -> list[str]:
    bodies = re.findall(r"<tbody>(.*?)</tbody>", source, re.S)
    return [_words(row) for body in bodies for row in re.findall(r"<tr.*?</tr>", body, re.S)]


def _words(source: str) -> str:
    missing = r'<button[^>]*class="na"[^>]*data-why="([^"]*)"[^>]*>.*?</button>'
    told = re.sub(missing, r" — [\1] ", source, flags=re.S)
    spaced = re.sub(r"<(br|/t[dh]|/dt|/dd|/p|/li|/h[1-4]|/a)\b[^>]*>", " ", told)
    return re.sub(r"[ \n\t]+", " ", html.unescape(strip_tags(spaced))).strip()
