"""One reader per subject. Each takes a root folder, so tests hand in a recorded tree."""
