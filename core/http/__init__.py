"""Talking HTTP: messages (pure), and the client that sends them with auth, throttle and retry."""
