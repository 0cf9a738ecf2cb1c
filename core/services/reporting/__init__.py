"""What a scene may be used for: reports, alerts, scans of productions, recognition, exported rights."""
