"""Recipes: one flat YAML file that says what an experiment does."""

from dlx.recipe.copying import new
from dlx.recipe.loading import check, load
from dlx.recipe.recipe import Recipe

__all__ = ["Recipe", "check", "load", "new"]
