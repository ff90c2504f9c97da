"""Ordered jobs that survive a crash at any point: recipes, restores, rebuilds and rollouts are made of them."""
