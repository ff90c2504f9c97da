"""The recipes: one file each, with a RECIPE. Found by folder."""
