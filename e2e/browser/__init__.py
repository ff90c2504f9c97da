"""Stories of the dashboard in a real browser, against a real control plane."""
