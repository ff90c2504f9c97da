"""A pool: one deployment whose public name must stay on a live member."""
