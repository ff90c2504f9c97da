"""The floor of the house: it imports nothing of ours."""
