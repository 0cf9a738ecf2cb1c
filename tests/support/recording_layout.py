"""A stand-in for `UILayout` that checks what Blender would: operators, their properties, icons, settings."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import bpy


def known_icons() -> set[str]:
    """Return the names of all icons that this Blender has."""
    parameter: Any = bpy.types.UILayout.bl_rna.functions["label"].parameters["icon"]
    return {item.identifier for item in parameter.enum_items}


class Layout:
    """Records labels and operators; raises for whatever Blender would not take."""

    def __init__(self, log: list[tuple[str, Any]] | None = None, icons: set[str] | None = None) -> None:
        self.log = [] if log is None else log
        self.icons = known_icons() if icons is None else icons
        for name in ("active", "alert", "enabled", "use_property_split", "use_property_decorate"):
            setattr(self, name, True)
        self.scale_y = 1.0

    def __setattr__(self, name: str, value: Any) -> None:
        if name not in {"log", "icons"} and name not in bpy.types.UILayout.bl_rna.properties:
            raise AttributeError(f"UILayout has no {name}")
        object.__setattr__(self, name, value)

    def _inside(self, function: str, **given: Any) -> Layout:
        self._check(function, given)
        return Layout(self.log, self.icons)

    def _check(self, function: str, given: dict[str, Any]) -> None:
        parameters: Any = bpy.types.UILayout.bl_rna.functions[function].parameters
        for name, value in given.items():
            if name not in parameters:
                raise TypeError(f"UILayout.{function} has no {name}")
            if name == "icon" and value not in self.icons:
                raise TypeError(f"there is no icon {value}")
            if name == "text" and not isinstance(value, str):
                raise TypeError(f"text is {value!r}")

    def row(self, **given: Any) -> Layout:
        """Record nothing; give a layout."""
        return self._inside("row", **given)

    def column(self, **given: Any) -> Layout:
        """Record nothing; give a layout."""
        return self._inside("column", **given)

    def box(self) -> Layout:
        """Record nothing; give a layout."""
        return self._inside("box")

    def split(self, **given: Any) -> Layout:
        """Record nothing; give a layout."""
        return self._inside("split", **given)

    def grid_flow(self, **given: Any) -> Layout:
        """Record nothing; give a layout."""
        return self._inside("grid_flow", **given)

    def separator(self, **given: Any) -> None:
        """Check."""
        self._check("separator", given)

    def label(self, **given: Any) -> None:
        """Record a text."""
        self._check("label", given)
        self.log.append(("label", given.get("text", "")))

    def progress(self, **given: Any) -> None:
        """Record a bar."""
        self._check("progress", given)
        assert 0.0 <= given["factor"] <= 1.0
        self.log.append(("progress", given["factor"]))

    def template_icon(self, **given: Any) -> None:
        """Record a picture."""
        self._check("template_icon", given)
        self.log.append(("icon", given["icon_value"]))

    def prop(self, data: Any, name: str, **given: Any) -> None:
        """Record a field."""
        self._check("prop", given)
        properties = data.bl_rna.properties if hasattr(data, "bl_rna") else vars(data)
        if name not in properties:
            raise AttributeError(f"{data} has no {name}")
        self.log.append(("prop", name))

    def prop_enum(self, data: Any, name: str, value: str, **given: Any) -> None:
        """Record one choice of a field."""
        self._check("prop_enum", given)
        self.log.append(("prop_enum", value))

    def operator(self, idname: str, **given: Any) -> Any:
        """Record a button; its properties may only be those of the operator."""
        self._check("operator", given)
        module, _, name = idname.partition(".")
        rna: Any = getattr(getattr(bpy.ops, module), name).get_rna_type()
        self.log.append(("operator", idname))
        return _Properties(set(rna.properties.keys()))

    def operator_menu_enum(self, idname: str, name: str, **given: Any) -> Any:
        """Record a menu of a button's choices; the property has to be one of the operator's."""
        self._check("operator_menu_enum", given)
        module, _, function = idname.partition(".")
        rna: Any = getattr(getattr(bpy.ops, module), function).get_rna_type()
        assert rna.properties[name].type == "ENUM"
        self.log.append(("operator_menu_enum", idname))
        return _Properties(set(rna.properties.keys()))

    def texts(self) -> list[str]:
        """Return every label."""
        return [what for kind, what in self.log if kind == "label"]

    def buttons(self) -> list[str]:
        """Return every operator."""
        return [what for kind, what in self.log if kind == "operator"]


class _Properties:
    def __init__(self, names: set[str]) -> None:
        object.__setattr__(self, "names", names)

    def __setattr__(self, name: str, value: Any) -> None:
        if name not in self.names:
            raise AttributeError(f"the operator has no {name}")


def context_of_width(width: int) -> Any:
    """Return a context like Blender's, whose region is a sidebar of that width in pixels."""
    view = SimpleNamespace(region_to_view=lambda x, y: (float(x), float(y)))
    context: Any = bpy.context
    return SimpleNamespace(
        preferences=context.preferences,
        scene=context.scene,
        window_manager=context.window_manager,
        view_layer=context.view_layer,
        mode=context.mode,
        region=SimpleNamespace(width=width, view2d=view),
    )
