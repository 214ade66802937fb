"""Fields of what is computed: a type and what it means."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers


def text(said: str) -> Any:
    return serializers.CharField(help_text=said)


def texts(said: str) -> Any:
    return serializers.ListField(child=serializers.CharField(), help_text=said)


def day(said: str) -> Any:
    return serializers.DateField(help_text=said, allow_null=True)


def number(said: str) -> Any:
    return serializers.FloatField(help_text=said, allow_null=True)


def count(said: str, *, null: bool = False) -> Any:
    return serializers.IntegerField(help_text=said, allow_null=null)
