"""What the texture network works with. It waits (docs/decisions/009), so none of this is among a result's settings."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Options:
    """Widths in blocks or mm, shares of probability, HU."""

    slab_mm: float = 2.5
    settle_slabs: float = 0.8
    settle_blocks: float = 1.4
    fibrosis_share: float = 0.35
    textured_share: float = 0.25
    least_fibrosis_ml: float = 1.0
    emphysema_share: float = 0.5
    no_emphysema_share: float = 0.1
    thin_hu: float = -935.0
    sure_share: float = 0.7
    possible_share: float = 0.3


DEFAULTS = Options()
WEIGHTS: dict[str, str] = {"patterns": "b6b1aa6f67ee30648bcf4620a7d4ea9c051fa8ca1da49f144a9ba2ef209a59b2"}
