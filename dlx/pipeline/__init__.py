"""From a recipe to a verdict: each command's work, one file each."""
