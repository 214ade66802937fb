"""Where the DICOM objects of a result lie. Standard library only: the web process reads it."""

from pathlib import Path

FOLDER, REPORT = "dicom", "sr.dcm"


def name_of(label_map: str) -> str:
    """The file of a label map's segmentation."""
    return f"seg-{label_map}.dcm"


FILES = (*(name_of(name) for name in ("lungs", "lobes", "patterns", "airways", "vessels")), REPORT)


def held(results: Path) -> tuple[str, ...]:
    """Those in a run's folder of results; the report is written last, so without it none is whole."""
    folder = results / FOLDER
    return tuple(name for name in FILES if (folder / name).is_file()) if (folder / REPORT).is_file() else ()
