"""The neural renderer: what can be computed (skin, projection, visibility, texture) is; a small network paints the rest."""
