"""Programs that stand in for TotalSegmentator and nnU-Net: they draw by density and keep how they were called."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from quant.engine.external.nnunet import CHECKPOINT

READS = """#!{python}
import json, os, pathlib, sys
import nibabel, numpy as np
from scipy import ndimage
asked = sys.argv[1:]
if asked == ["--version"]:
    print("2.4.0")
    sys.exit()
home = os.environ.get("TOTALSEG_HOME_DIR")
told = json.loads((pathlib.Path(home) / "config.json").read_text()) if home else None
pathlib.Path(__file__).with_suffix(".asked").write_text(json.dumps({"words": asked, "told": told}))
def largest(mask):
    found, _ = ndimage.label(mask)
    counts = np.bincount(found.ravel())
    counts[0] = 0
    return found == counts.argmax()
given, out = (pathlib.Path(asked[asked.index(flag) + 1]) for flag in ("-i", "-o"))
"""
TOTALSEGMENTATOR = """
scan = nibabel.load(given)
hu = np.asarray(scan.dataobj)
out.mkdir()
right, left = largest((hu > -950) & (hu < -780)), largest((hu > -780) & (hu < -600))
height = np.indices(hu.shape)[2] / hu.shape[2]
upward = scan.affine[2, 2] > 0
height = height if upward else 1 - height - 1 / hu.shape[2]
parts = {"lung_upper_lobe_right": right & (height >= 0.6),
         "lung_middle_lobe_right": right & (height < 0.6) & (height >= 0.5),
         "lung_lower_lobe_right": right & (height < 0.5), "lung_upper_lobe_left": left & (height >= 0.5),
         "lung_lower_lobe_left": left & (height < 0.5)}
for name, mask in parts.items():
    nibabel.save(nibabel.Nifti1Image(mask.astype(np.uint8), scan.affine), out / f"{name}.nii.gz")
"""
NNUNET = """
scan = nibabel.load(given / "ct_0000.nii.gz")
hu = np.asarray(scan.dataobj)
labels = (8 * largest((hu > -950) & (hu < -780)) + 9 * largest((hu > -780) & (hu < -600))).astype(np.uint8)
nibabel.save(nibabel.Nifti1Image(labels, scan.affine), out / "ct.nii.gz")
"""


def stand_in(path: Path, body: str) -> Path:
    path.write_text(READS.replace("{python}", sys.executable) + body)
    path.chmod(0o755)
    return path


def asked(path: Path) -> list[str]:
    """The words it was last called with."""
    found: list[str] = json.loads(path.with_suffix(".asked").read_text())["words"]
    return found


def told(path: Path) -> dict[str, object]:
    """What TotalSegmentator's own settings said when it was last called."""
    found: dict[str, object] = json.loads(path.with_suffix(".asked").read_text())["told"]
    return found


def model_folder(parent: Path) -> Path:
    """Of nnU-Net, with two folds, whose labels 8 and 9 are the lungs."""
    made = parent / "Dataset501_Lungs" / "nnUNetTrainer__nnUNetPlans__3d_fullres"
    for fold in ("0", "1"):
        (made / f"fold_{fold}").mkdir(parents=True)
        (made / f"fold_{fold}" / CHECKPOINT).write_bytes(fold.encode())
    (made / "ildportal.json").write_text(json.dumps({"lungs": {"8": "right", "9": "left"}}))
    return made


def totalsegmentator_weights(folder: Path) -> Path:
    """As its own loader leaves them, empty as they are."""
    for name in ("Dataset291_organs", "Dataset292_v", "Dataset293_c", "Dataset294_m", "Dataset295_r", "Dataset298_6mm"):
        fold = folder / name / "nnUNetTrainer__nnUNetPlans__3d_fullres" / "fold_0"
        fold.mkdir(parents=True)
        (fold / "checkpoint_final.pth").write_bytes(name.encode())
    return folder
