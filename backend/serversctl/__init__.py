"""ServersCTL: keeps a pool's hostname on a live member."""

__version__ = "0.1.0"
