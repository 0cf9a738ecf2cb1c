# SPDX-License-Identifier: GPL-3.0-or-later
"""Small geometry node trees, built link by link."""

from __future__ import annotations

from typing import Any


class NodeTree:
    """A tree under construction: what was added last feeds what comes next."""

    def __init__(self, data: Any) -> None:
        self._data = data
        self.tree = data.node_groups.new("Own nodes", "GeometryNodeTree")
        self.tree.interface.new_socket("Geometry", in_out="INPUT", socket_type="NodeSocketGeometry")
        self.tree.interface.new_socket("Geometry", in_out="OUTPUT", socket_type="NodeSocketGeometry")
        self._in = self.tree.nodes.new("NodeGroupInput")
        self._last: Any = self._in.outputs[0]

    def keep(self) -> None:
        """Start from the object that is modified."""
        self._last = self._in.outputs[0]

    def take(self, item: Any) -> None:
        """Start from an object."""
        node = self.tree.nodes.new("GeometryNodeObjectInfo")
        node.transform_space = "RELATIVE"
        node.inputs["Object"].default_value = item
        if "As Instance" in node.inputs:
            node.inputs["As Instance"].default_value = True
        self._last = node.outputs["Geometry"]

    def take_collection(self, collection: Any) -> None:
        """Start from a collection."""
        node = self.tree.nodes.new("GeometryNodeCollectionInfo")
        node.transform_space = "RELATIVE"
        node.inputs["Collection"].default_value = collection
        self._last = next(socket for socket in node.outputs if socket.type == "GEOMETRY")

    def then(self, kind: str) -> None:
        """Add a node; JOIN, BOOLEAN, PROFILE and INSTANCES bring in the user's own geometry."""
        match kind:
            case "JOIN":
                node = self.tree.nodes.new("GeometryNodeJoinGeometry")
                self.tree.links.new(self._in.outputs[0], node.inputs[0])
                self.tree.links.new(self._last, node.inputs[0])
            case "BOOLEAN":
                node = self.tree.nodes.new("GeometryNodeMeshBoolean")
                node.operation = "UNION"
                inputs = [socket for socket in node.inputs if socket.type == "GEOMETRY"]
                self.tree.links.new(self._in.outputs[0], inputs[-1])
                self.tree.links.new(self._last, inputs[-1])
            case "PROFILE":
                circle = self.tree.nodes.new("GeometryNodeCurvePrimitiveCircle")
                circle.inputs["Radius"].default_value = 0.05
                node = self.tree.nodes.new("GeometryNodeCurveToMesh")
                self.tree.links.new(self._last, node.inputs[0])
                self.tree.links.new(circle.outputs[0], node.inputs["Profile Curve"])
            case "INSTANCES":
                node = self.tree.nodes.new("GeometryNodeInstanceOnPoints")
                self.tree.links.new(self._in.outputs[0], node.inputs["Points"])
                self.tree.links.new(self._last, node.inputs["Instance"])
            case _:
                node = self.tree.nodes.new(kind)
                geometry = next(socket for socket in node.inputs if socket.type == "GEOMETRY")
                self.tree.links.new(self._last, geometry)
                if kind == "GeometryNodeSetMaterial":
                    node.inputs["Material"].default_value = self._data.materials["Mine"]
                if kind == "GeometryNodeMeshToVolume":
                    for socket in node.inputs:
                        if socket.name == "Voxel Amount":
                            socket.default_value = 24.0
        self._last = next(socket for socket in node.outputs if socket.type == "GEOMETRY")

    def done(self) -> Any:
        """End the tree and return it."""
        out = self.tree.nodes.new("NodeGroupOutput")
        self.tree.links.new(self._last, out.inputs[0])
        return self.tree
