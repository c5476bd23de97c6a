"""What a Keras model sees: the field of each unit, the patches that excite it most, and the pixels behind an answer."""

from __future__ import annotations
