"""Files, ports and processes of this machine."""
