"""Recipes: guided flows for one member, with preconditions, a preview, and a way back."""
