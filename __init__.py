# SPDX-License-Identifier: GPL-3.0-or-later
"""Let Blender switch the extension on and off.

Nothing is imported here at module level: the same file is the root of the package `clearance` outside
Blender, and test runners import it where there is no bpy at all.

Blender's glTF add-on looks for its hooks by name on the root module of every add-on that is switched on, so
these stand here.
"""


def register() -> None:
    """Switch the add-on on."""
    from . import addon

    addon.register()


def unregister() -> None:
    """Switch the add-on off and leave nothing behind."""
    from . import addon

    addon.unregister()


def glTF2ExportUserExtension() -> object:  # noqa: N802 - the exporter's name for it
    """Return what writes licenses into one glTF file. Called before the exporter changes anything."""
    from .addon.alerting import exports
    from .addon.exporting import gltf_write

    exports.gltf_begins()

    return gltf_write.LicenseWriter()


def glTF2_pre_export_callback(settings: dict[str, object]) -> None:  # noqa: N802 - the exporter's name for it
    """Raise what ends an export that may not be: nothing of it is written yet."""
    from .addon.alerting import exports

    exports.before_gltf(settings)


def glTF2ImportUserExtension() -> object:  # noqa: N802 - the importer's name for it
    """Return what reads licenses out of glTF files."""
    from .addon.exporting import gltf_read

    return gltf_read.LicenseReader()
