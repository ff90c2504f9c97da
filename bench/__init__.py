"""Load numbers: ratios within one run, because absolute values are the machine's."""
