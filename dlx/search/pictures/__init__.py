"""Pictures of a search: all trials across all knobs, the score over each knob, and the boxes of coarse to fine.

Each is an SVG drawing for a page that holds :data:`STYLE`; :func:`standalone` makes a file of one, :func:`page` a page
of several.
a page of several.
"""

from dlx.search.pictures._style import STYLE, page, standalone
from dlx.search.pictures.boxes import boxes
from dlx.search.pictures.panels import panels, sheet
from dlx.search.pictures.parallel import parallel

__all__ = ["STYLE", "boxes", "page", "panels", "parallel", "sheet", "standalone"]
