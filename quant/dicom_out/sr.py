"""The numbers of a measurement as a DICOM Structured Report, TID 1500, beside the segmentations they belong to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from highdicom import sr
from highdicom.seg import Segmentation
from pydicom import Dataset
from pydicom.sr.codedict import codes
from pydicom.uid import generate_uid

from quant.dicom_out.codes import (
    CT_CHEST,
    HU,
    LENGTH,
    LUNG,
    ML,
    MM,
    NO_UNITS,
    PARTS,
    PERCENT,
    VOLUME,
    Map,
    Part,
    concept,
    own,
)
from quant.dicom_out.seg import MANUFACTURER, MODEL, Maker, long_string
from quant.dicom_out.source import Source

SERIES = 9010
CAUTION = "Research use, not clinically validated"
PERCENT_OF_LUNG = ("PCT_OF_LUNG", "Percent of lung volume", PERCENT)
# Of both lungs: key in the document, concept of the portal's own, unit.
OF_LUNGS = (
    ("mean_density_hu", "MEAN_DENSITY", "Mean lung density", HU),
    ("haa_percent", "HAA", "High attenuation areas, -600 to -250 HU", PERCENT),
    ("laa950_percent", "LAA950", "Low attenuation areas, below -950 HU", PERCENT),
    ("perc15_hu", "PERC15", "15th percentile of lung density", HU),
    ("skewness", "SKEWNESS", "Skewness of lung density", NO_UNITS),
    ("kurtosis", "KURTOSIS", "Kurtosis of lung density", NO_UNITS),
)
OF_DISEASE = (
    ("lesion_percent", "LESION_PCT", "Lesion: ground glass and consolidation, percent of lung volume"),
    ("fibrosis_percent", "FIBROSIS_PCT", "Fibrosis: reticulation and honeycombing, percent of lung volume"),
    ("ild_percent", "ILD_PCT", "Interstitial lung disease, percent of lung volume"),
)


def report(
    source: Source, drawn: Mapping[Map, Segmentation], document: Mapping[str, Any], maker: Maker
) -> sr.Comprehensive3DSR:
    """The document of the contract as TID 1500. What is null in it is absent here, never 0.

    Args:
        source: the measured series.
        drawn: its segmentations, as far as there are any; each region's numbers name their segment.
        document: schema ildportal.quantification/1.
        maker: which engine measured.
    """
    algorithm = sr.AlgorithmIdentification(maker.name, maker.version, parameters=[CAUTION], manufacturer=MANUFACTURER)
    groups = [_whole(document, algorithm)]
    for part in PARTS:
        if found := _present(_numbers(part, document)):
            groups.append(_region(source, drawn.get(part.map), part, found, algorithm))
    content = sr.MeasurementReport(
        observation_context=_observer(maker),
        procedure_reported=CT_CHEST,
        imaging_measurements=groups,
        title=codes.DCM.ImagingMeasurementReport,
    )
    return sr.Comprehensive3DSR(
        evidence=[*source.datasets, *drawn.values()],
        content=content[0],
        series_instance_uid=generate_uid(),
        series_number=SERIES,
        sop_instance_uid=generate_uid(),
        instance_number=1,
        manufacturer=MANUFACTURER,
        is_complete=True,
        series_description=long_string(f"CT measurements, research use ({maker})"),
    )


def _observer(maker: Maker) -> sr.ObservationContext:
    device = sr.DeviceObserverIdentifyingAttributes(
        uid=generate_uid(entropy_srcs=[maker.name, maker.version]),
        name=str(maker),
        manufacturer_name=MANUFACTURER,
        model_name=MODEL,
    )
    return sr.ObservationContext(observer_device_context=sr.ObserverContext(codes.DCM.Device, device))


def _segment(drawn: Segmentation | None, part: Part) -> Dataset | None:
    """The segment of a region; None where nothing of it was found."""
    items = drawn.SegmentSequence if drawn else ()
    return next((item for item in items if item.SegmentLabel == part.label), None)


def _whole(document: Mapping[str, Any], algorithm: sr.AlgorithmIdentification) -> Any:
    lungs = document["lungs"]
    found = [_measured(concept(VOLUME), lungs["volume_ml"], ML)]
    found += [_measured(own(code, words), lungs[key], unit) for key, code, words, unit in OF_LUNGS]
    found += [_measured(own(code, words), document[key], PERCENT) for key, code, words in OF_DISEASE]
    severity = document["severity"]
    words = (
        f"Severity score, scheme {severity['scheme']}, 0 to 25{', lobes estimated' if severity['estimated'] else ''}"
    )
    found.append(_measured(own("SEVERITY", words[:64]), severity["total"], NO_UNITS))
    return sr.MeasurementsAndQualitativeEvaluations(
        tracking_identifier=sr.TrackingIdentifier(generate_uid(), "Both lungs"),
        finding_type=concept(LUNG),
        algorithm_id=algorithm,
        finding_sites=[sr.FindingSite(concept(LUNG))],
        measurements=_present(found),
    )


def _region(
    source: Source,
    drawn: Segmentation | None,
    part: Part,
    found: list[sr.Measurement],
    algorithm: sr.AlgorithmIdentification,
) -> Any:
    """What was measured of a region, with its segment where it has one: an extent of 0 has none."""
    segment = _segment(drawn, part)
    told: dict[str, Any] = {
        "finding_type": concept(part.type),
        "algorithm_id": algorithm,
        "finding_sites": [sr.FindingSite(concept(part.place), concept(part.side) if part.side else None)],
        "measurements": found,
    }
    if drawn is None or segment is None:
        return sr.MeasurementsAndQualitativeEvaluations(sr.TrackingIdentifier(generate_uid(), part.label), **told)
    series = sr.SourceSeriesForSegmentation(str(source.datasets[0].SeriesInstanceUID))
    number = int(segment.SegmentNumber)
    return sr.VolumetricROIMeasurementsAndQualitativeEvaluations(
        sr.TrackingIdentifier(str(segment.TrackingUID), part.label),
        referenced_segment=sr.ReferencedSegment(drawn.SOPClassUID, drawn.SOPInstanceUID, number, source_series=series),
        **told,
    )


def _numbers(part: Part, document: Mapping[str, Any]) -> list[sr.Measurement | None]:
    code, words, unit = PERCENT_OF_LUNG
    if part.map == "lungs":
        return [_measured(concept(VOLUME), document["lungs"][f"{part.name}_ml"], ML)]
    if part.map == "patterns":
        one = document["patterns"][part.name]
        return [_measured(concept(VOLUME), one["ml"], ML), _measured(own(code, words), one["percent"], unit)]
    if part.map == "vessels":
        return [_measured(concept(VOLUME), document["lungs"].get("vessel_ml"), ML)]
    if part.map == "airways":
        return _tree(document.get("airways") or {})
    lobe, scheme = document["lobes"][part.name], document["severity"]["scheme"]
    return [
        _measured(concept(VOLUME), lobe["ml"], ML),
        _measured(own("LESION_PCT", "Lesion, percent of the lobe"), lobe["lesion_percent"], PERCENT),
        _measured(own("SEVERITY", f"Severity score {scheme}, 0 to 5"), lobe["severity"], NO_UNITS),
    ]


def _tree(airways: Mapping[str, Any]) -> list[sr.Measurement | None]:
    """Of the airway tree; older documents know nothing of one."""
    generations = airways.get("generations")
    return [
        _measured(concept(VOLUME), airways.get("volume_ml"), ML),
        _measured(concept(LENGTH), airways.get("length_mm"), MM),
        _measured(own("AIRWAY_BRANCHES", "Branches of the airway tree"), airways.get("branches"), NO_UNITS),
        _measured(
            own("AIRWAY_DEEPEST", "Last generation of airways seen, trachea 0"),
            len(generations) - 1 if generations else None,
            NO_UNITS,
        ),
    ]


def _measured(name: sr.CodedConcept, value: float | None, unit: Any) -> sr.Measurement | None:
    return None if value is None else sr.Measurement(name=name, value=value, unit=concept(unit))


def _present(found: Sequence[sr.Measurement | None]) -> list[sr.Measurement]:
    return [one for one in found if one is not None]
