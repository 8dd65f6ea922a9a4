"""The neural renderer: what is known exactly is computed (skin, projection, visibility, texture), a small network paints the rest."""
