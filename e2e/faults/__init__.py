"""The failure table's large counts, one file per fault. Each has CODE, WHAT, `count(runs)` and `play(count, long, say)`."""
