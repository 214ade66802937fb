"""Which engine this is and every threshold it measures by. Standard library only: the web process reads it."""

from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True)
class Settings:
    """HU thresholds and lengths; a change of any of them makes a new result, so it enters the run's key."""

    coarse_mm: float = 2.2
    soft_hu_cap: float = 600.0
    air_hu: float = -500.0
    gas_hu: float = -962.0
    gas_sd_hu: float = 35.0
    gas_ml: float = 15.0
    lung_part_ml: float = 20.0
    airway_from_hu: int = -950
    airway_to_hu: int = -720
    airway_step_hu: int = 10
    airway_most_ml: float = 60.0
    airway_doubling_ml: float = 45.0
    airway_margin_mm: float = 2.6
    bronchus_ring: float = 2.1
    lung_border_hu: float = -400.0
    dense_border_hu: float = -180.0
    airy_hu: float = -820.0
    border_beside_mm: float = 3.0
    close_mm: float = 8.0
    hull_mm: float = 30.0
    side_hull_mm: float = 42.0
    wide_hull_mm: float = 80.0
    from_lung_mm: float = 40.0
    least_recovered_ml: float = 0.5
    grow_mm: float = 5.0
    rib_hu: float = 200.0
    dense_low_hu: float = -500.0
    dense_high_hu: float = 180.0
    seen_sure: float = 0.97
    seen_low: float = 0.3
    seen_middle: float = 0.6
    seen_beside_vessels: float = 0.35
    seen_hint: float = 0.2
    seen_never: float = 0.1
    solid_hu: float = -140.0
    fat_low_hu: float = -140.0
    fat_high_hu: float = -40.0
    pattern_mm: float = 1.4
    slab_mm: float = 2.5
    parenchyma_mm: float = 2.5
    fine_smoothing_mm: float = 1.0
    opening_mm: float = 4.0
    stands_out_hu: float = 120.0
    line_hu: float = -400.0
    border_mm: float = 2.5
    normal_low_hu: float = -895.0
    normal_high_hu: float = -765.0
    ground_glass_rise_hu: float = 115.0
    ground_glass_core_hu: float = 150.0
    ground_glass_edge: float = 0.45
    ground_glass_reach_mm: float = 6.0
    ground_glass_top_hu: float = 450.0
    consolidation_hu: float = -250.0
    consolidation_depth_mm: float = 3.5
    consolidation_ml: float = 0.5
    consolidation_edge_hu: float = -400.0
    consolidation_edge_mm: float = 1.8
    hilum_vessel_mm: float = 1.7
    hilum_reach_mm: float = 20.0
    hilum_edge_mm: float = 4.0
    enhanced_hu: float = 110.0
    shell_mm: float = 3.5
    least_lesion_ml: float = 0.1
    blood_hu: float = 40.0
    vessel_share: float = 0.45
    settle_slabs: float = 1.2
    settle_blocks: float = 1.8
    fibrosis_share: float = 0.4
    glass_odds: float = 0.5
    coarse_glass_odds: float = 1.2
    honeycombing_odds: float = 2.5
    coarse_honeycombing_odds: float = 0.9
    least_fibrosis_ml: float = 1.0
    emphysema_share: float = 0.5
    no_emphysema_share: float = 0.1
    row_mm: float = 10.0
    hollow_share: float = 0.3
    hole_hu: float = -990.0
    hole_most_hu: float = -920.0
    hole_mm: float = 0.7
    doubt_hu: float = 25.0
    doubt_share: float = 0.1
    doubt_edge_mm: float = 0.8
    limit_points: float = 1.5
    limit_times: float = 0.75
    haa_low_hu: int = -600
    haa_high_hu: int = -250
    laa_hu: int = -950
    histogram_low_hu: int = -1024
    histogram_high_hu: int = -200


DEFAULTS = Settings()
ENGINE_NAME = "density"
# Invented numbers of the demonstration cohort: no engine made them, no analysis of real ones may hold them.
SIMULATED_ENGINE = "simulated"
ENGINE_VERSION = "0.8.1"
# Who names each pattern: the way that measured better on scans and drawings kept from training (docs/decisions/009).
METHODS: dict[str, str] = {
    "ground_glass": "rules",
    "consolidation": "rules",
    "reticulation": "network",
    "honeycombing": "network",
    "emphysema": "rules and network",
}
SETTINGS: dict[str, float | int | str] = {
    **asdict(DEFAULTS),
    **{f"{pattern}_by": way for pattern, way in METHODS.items()},
    "severity_scheme": "guiot2025",
}
WEIGHTS: dict[str, str] = {
    "lungs": "3481a6558d07e2bb8fa6f83e77910911cecead79044c2fa6dd3d5644436b0983",
    "patterns": "5f58dab549d71f88255a44672c4c02cca451304a25265bfd4895a271624ecbf9",
    "levels": "e5f4af8dc6f5bba1c98ceb7c9739440d8e515e6a234192e9d488282343526cfc",
}


def combined(other: str) -> str:
    """The name of our engine with parts by another: never ours alone, whose numbers these are not."""
    return f"{ENGINE_NAME}+{other}"


def whole_name(engine: str) -> str:
    """The name of the engine that measures where `engine` is asked for: `lungmask` is `density+lungmask`."""
    return engine if engine == ENGINE_NAME or engine.startswith(combined("")) else combined(engine)
