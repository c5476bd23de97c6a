"""Trained networks to begin from: where they come from, what they see, how much of them is trained on.

A source's last layer is taken off; what is left turns raw inputs into features. Where all of it stays as it is, the
features of every example are computed once and kept on disk, and a new head is trained on them at the speed of a table.
"""

from __future__ import annotations

from dlx.transfer._applications import architecture
from dlx.transfer._depth import Depth, depth
from dlx.transfer._features import Features
from dlx.transfer._saved import cut
from dlx.transfer._source import Block, Network, Source, source

__all__ = ["Block", "Depth", "Features", "Network", "Source", "architecture", "cut", "depth", "source"]
