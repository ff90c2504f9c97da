"""HAProxy's configuration as versions: imported, edited, checked, rolled out with a soak, taken back, and its drift."""
