"""A material as somebody else's program described it, in words that any DCC can rebuild it from. No I/O.

What the description did not say keeps its default; nothing here guesses.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

Color = tuple[float, float, float, float]
"""Red, green, blue, alpha; scene-linear, usually 0 to 1."""
WHITE: Color = (1.0, 1.0, 1.0, 1.0)
BLACK: Color = (0.0, 0.0, 0.0, 1.0)


class AlphaMode(StrEnum):
    """What a material's alpha does."""

    OPAQUE = "opaque"
    """It is ignored."""
    CLIP = "clip"
    """Below ``MaterialSpec.alpha_cutoff`` nothing is drawn, above it everything."""
    BLEND = "blend"


class SmoothnessSource(StrEnum):
    """Where a material's smoothness (roughness is one minus it) comes from."""

    VALUE = "value"
    """``MaterialSpec.smoothness`` alone."""
    METALLIC_ALPHA = "metallic_alpha"
    """Alpha of ``MaterialSpec.metallic_smoothness``: 0 is ``MaterialSpec.smoothness_floor``, 1 is
    ``MaterialSpec.smoothness``, and so for the other pictures' alpha."""
    ALBEDO_ALPHA = "albedo_alpha"
    """Alpha of ``MaterialSpec.albedo``."""
    POLISH_ALPHA = "polish_alpha"
    """Alpha of ``MaterialSpec.polish``."""
    POLISH_ROUGHNESS = "polish_roughness"
    """Red of ``MaterialSpec.polish``, which is the roughness itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MaterialSpec:
    """One material. Paths are pictures in the folder of the import; None: there is none.

    Albedo and emission are color pictures; all others hold plain numbers (non-color data).
    """

    name: str
    guid: str
    """Names it within its package; ``ImportPlan.material_slots`` points to it."""
    albedo: Path | None = None
    base_color: Color = WHITE
    """Multiplies ``albedo``, alpha too; alone without it."""
    normal: Path | None = None
    """Tangent space, green up (OpenGL), ordinary RGB. With ``normal_is_height``: a grey height picture."""
    normal_strength: float = 1.0
    normal_is_height: bool = False
    metallic_smoothness: Path | None = None
    """Red: metallic. Alpha: smoothness, when ``smoothness_source`` says so."""
    metallic: float = 0.0
    """Used where ``metallic_smoothness`` is None."""
    metallic_range: tuple[float, float] = (0.0, 1.0)
    """What red 0 and red 1 of ``metallic_smoothness`` stand for."""
    polish: Path | None = None
    """A picture of nothing but how smooth it is, or of which nothing else has a place here."""
    smoothness: float = 0.5
    smoothness_floor: float = 0.0
    """What alpha 0 of a picture of smoothness stands for."""
    smoothness_source: SmoothnessSource = SmoothnessSource.VALUE
    occlusion: Path | None = None
    """Green: ambient occlusion. May be the same picture as ``metallic_smoothness``."""
    occlusion_strength: float = 1.0
    emission: Path | None = None
    emission_color: Color = BLACK
    """Multiplies ``emission``, alone without it; black: it does not glow. May be above 1."""
    alpha_mode: AlphaMode = AlphaMode.OPAQUE
    alpha_cutoff: float = 0.5
    tiling: tuple[float, float] = (1.0, 1.0)
    offset: tuple[float, float] = (0.0, 0.0)
    """How all pictures are repeated and moved in UV space: ``uv * tiling + offset``."""
    double_sided: bool = False
    unknown: tuple[str, ...] = ()
    """Pictures that the material has and that have no place here, by the other program's names."""
    missing: tuple[str, ...] = ()
    """Pictures that the material names and that are not in the package, by the other program's names."""
