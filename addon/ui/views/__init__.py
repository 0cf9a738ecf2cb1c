"""What the panels show, as rows: from the session's state to words and icons. Pure: no bpy."""
