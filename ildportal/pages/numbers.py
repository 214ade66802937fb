"""Template filters: numbers as the design guide prints them."""

from django import template

register = template.Library()
