"""What may be made smaller when something is imported. All of it is off unless the user asks for it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Optimize:
    """What to do with the copy that is imported; the stored original is never changed."""

    texture_limit_px: int = 0
    """Longest side that a texture of a model may have; 0: as it came."""
    merge_duplicates: bool = False
    """Keep one of equal materials and pictures of an import."""
    proxy_ratio: float = 0.0
    """Share of the faces that the viewport shows of a heavy mesh, by a Decimate modifier; 0: all of them."""

    @property
    def is_off(self) -> bool:
        """Say whether everything stays as it came."""
        return self == AS_IT_CAME

    def __post_init__(self) -> None:
        """Refuse what cannot be."""
        if self.texture_limit_px < 0 or not 0.0 <= self.proxy_ratio < 1.0:
            raise ValueError("a limit is not negative, and a proxy has less than all faces")


AS_IT_CAME = Optimize()
