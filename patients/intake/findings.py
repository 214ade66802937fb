"""What the headers of a series already say about its fitness to be measured. No Django here."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from patients.intake import geometry, kernels
from patients.intake.assemble import SeriesGroup
from patients.intake.geometry import Geometry
from patients.intake.header import InstanceHeader

MIN_COVERAGE_MM = 150.0
MIN_SLICES = 15
TILTED_ABOVE_DEG = 1.0
THICK_ABOVE_MM = 3.0
UNEVEN_SHARE = 0.1
MISSING_SHARE = 1.5
APART_SHARE = 1.5
NOT_CHEST = re.compile(
    r"HEAD|BRAIN|SKULL|NECK|[CL]SPINE|PELVIS|HIP|KNEE|ANKLE|FOOT|HAND|WRIST|ELBOW|SHOULDER|EXTREMITY|LEG|ARM|"
    r"SINUS|JAW|EAR|ORBIT|COLON"
)
# Word starts in Image Type that say: computed from other images ("CT_SOM5 MPR", "MAX_IP").
REFORMATS = re.compile(
    r"(?<![A-Z0-9])(MPR|MIP|MINIP|MAX|MIN|AVERAGE|REFORMAT|CSA|RENDER|VRT|3D|SCREEN|SUBTRACT|PERFUSION|MONO|IODINE|VNC)"
)
# A series with one of these is never measured; every other code is a flag.
UNFIT = frozenset(
    {
        "not_axial",
        "mixed_orientation",
        "no_position",
        "mixed_geometry",
        "repeated_positions",
        "not_hu",
        "colour",
        "short_coverage",
        "few_slices",
        "reformatted",
        "not_chest",
    }
)


@dataclass(frozen=True, slots=True)
class Finding:
    """A quality code of docs/intake.md, with the values that led to it."""

    code: str
    detail: str

    @property
    def unfit(self) -> bool:
        """The series cannot be measured; otherwise it can, with this flag."""
        return self.code in UNFIT


def inspect(series: SeriesGroup) -> tuple[Finding, ...]:
    """Everything that the headers say about the fitness of a series, in a fixed order."""
    headers = _without_copies(series.headers)
    stack = geometry.measure(headers)
    first = headers[0]
    return (
        *_shape(headers, stack),
        *_stack(stack),
        *_extent(stack),
        *_thickness(first, stack),
        *_values(headers),
        *_kind(first),
    )


def _without_copies(headers: Sequence[InstanceHeader]) -> list[InstanceHeader]:
    """One of each picture: the same pixels at the same place under two UIDs are no second reconstruction."""
    return list({(h.planes, h.pixel_digest): h for h in headers}.values())


def _shape(headers: Sequence[InstanceHeader], stack: Geometry) -> list[Finding]:
    grids = {(h.rows, h.columns, h.pixel_spacing) for h in headers}
    found = []
    if len(grids) > 1:
        found.append(Finding("mixed_geometry", f"{len(grids)} different image sizes or pixel spacings"))
    if not stack.placed or any(h.pixel_spacing is None for h in headers):
        found.append(Finding("no_position", "slices without position, orientation or pixel spacing"))
    return found


def _stack(stack: Geometry) -> list[Finding]:
    found = []
    if stack.orientation == "mixed":
        found.append(Finding("mixed_orientation", "slices of different orientation in one series"))
    if stack.orientation in ("coronal", "sagittal", "oblique"):
        found.append(Finding("not_axial", f"{stack.orientation} slices"))
    elif stack.tilt is not None and stack.tilt > TILTED_ABOVE_DEG:
        found.append(Finding("tilted", f"tilted by {stack.tilt:.1f} degrees"))
    if stack.repeated:
        found.append(Finding("repeated_positions", f"{stack.repeated} slices at a position already taken"))
    return found


def _extent(stack: Geometry) -> list[Finding]:
    found = []
    if stack.placed and len(stack.positions) < MIN_SLICES:
        found.append(Finding("few_slices", f"{len(stack.positions)} slices; {MIN_SLICES} are needed"))
    if stack.coverage is not None and stack.coverage < MIN_COVERAGE_MM:
        detail = f"covers {stack.coverage / 10:.1f} cm; lungs need {MIN_COVERAGE_MM / 10:.0f} cm"
        found.append(Finding("short_coverage", detail))
    missing = missing_slices(stack)
    if missing:
        found.append(Finding("missing_slices", f"{missing} slices missing between the first and the last"))
    elif uneven(stack):
        low, high = min(stack.steps), max(stack.steps)
        found.append(Finding("uneven_spacing", f"slices {low:.2f} to {high:.2f} mm apart"))
    return found


def missing_slices(stack: Geometry) -> int:
    """Slices that an even stack would have between the first and the last, and this one has not."""
    usual = stack.spacing
    if not usual:
        return 0
    return sum(round(step / usual) - 1 for step in stack.steps if step > MISSING_SHARE * usual)


def uneven(stack: Geometry) -> bool:
    """Some slices lie more than a tenth nearer or farther than usual."""
    usual = stack.spacing
    return bool(usual) and any(abs(step - usual) > UNEVEN_SHARE * usual for step in stack.steps if usual)


def _thickness(first: InstanceHeader, stack: Geometry) -> list[Finding]:
    found = []
    thickness = first.slice_thickness or stack.spacing
    if thickness is not None and thickness > THICK_ABOVE_MM:
        found.append(Finding("thick", f"slices {thickness:g} mm thick; at most {THICK_ABOVE_MM:g} mm is good"))
    if first.slice_thickness and stack.spacing and stack.spacing > APART_SHARE * first.slice_thickness:
        detail = f"{first.slice_thickness:g} mm slices every {stack.spacing:g} mm: tissue between is not seen"
        found.append(Finding("gaps_between_slices", detail))
    return found


def _values(headers: Sequence[InstanceHeader]) -> list[Finding]:
    found = []
    first = headers[0]
    if any(h.samples != 1 for h in headers):
        found.append(Finding("colour", "colour images hold no densities"))
    if not all(h.has_rescale and h.rescale_slope for h in headers):
        found.append(Finding("not_hu", "no rescale slope and intercept: densities are not in HU"))
    elif first.rescale_type not in ("", "HU", "HU_MOD"):
        found.append(Finding("not_hu", f"values are in {first.rescale_type}, not in HU"))
    if kernels.kernel_class(first.kernel) == "sharp":
        found.append(Finding("sharp_kernel", f"sharp kernel {first.kernel}: densities spread wider"))
    if kernels.contrast(first) == "yes":
        found.append(Finding("contrast", f"contrast medium ({first.contrast_agent or 'by description'})"))
    return found


def _kind(first: InstanceHeader) -> list[Finding]:
    found = []
    if any(REFORMATS.search(word) for word in first.image_type[1:]) or first.image_type[1:2] == ("SECONDARY",):
        kind = "\\".join(first.image_type)
        found.append(Finding("reformatted", f"made from other images ({kind})"))
    elif first.image_type[:1] == ("DERIVED",):
        found.append(Finding("derived", "marked as derived from other images"))
    if NOT_CHEST.fullmatch(first.body_part.replace(" ", "")) and not _names_chest(first):
        found.append(Finding("not_chest", f"body part {first.body_part}"))
    if breath(first) == "expiration":
        found.append(Finding("expiration", "taken in expiration, by its description"))
    if first.patient_position.endswith("P"):
        found.append(Finding("prone", f"patient position {first.patient_position}"))
    return found


def _names_chest(first: InstanceHeader) -> bool:
    said = " ".join((first.series_description, first.study_description, first.protocol)).upper()
    return any(word in said for word in ("CHEST", "THORAX", "LUNG", "HRCT"))


def breath(header: InstanceHeader) -> str:
    """Inspiration, expiration or unknown, as far as the description says."""
    said = f"{header.series_description} {header.protocol}".upper()
    if "EXPIR" in said or "EXSP" in said:
        return "expiration"
    return "inspiration" if "INSP" in said else "unknown"
