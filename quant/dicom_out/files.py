"""Where the DICOM objects of a result lie. Standard library only: the web process reads it."""

FOLDER, REPORT = "dicom", "sr.dcm"


def name_of(label_map: str) -> str:
    """The file of a label map's segmentation."""
    return f"seg-{label_map}.dcm"


FILES = (*(name_of(name) for name in ("lungs", "lobes", "patterns")), REPORT)
