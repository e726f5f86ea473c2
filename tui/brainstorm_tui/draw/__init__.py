"""Drawing: from a session to lines of cells. Pure; no widget, no engine call."""
