"""The desk as a page in the browser, served on this machine only."""

from __future__ import annotations

from dlx.desk.page._serve import serve

__all__ = ["serve"]
