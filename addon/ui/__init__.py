"""What Blender shows: ``panels`` say where, ``drawing`` draws, ``views`` decide what, and know no bpy."""
