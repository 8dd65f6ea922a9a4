"""The neural renderer: what can be computed (skin, projection, visibility, texture) is; a small network paints the rest.

Its words are a theatre's and a painter's: an `Act` is one avatar with all that draws it, a `Stand` the size that it is painted
in, `Conditioner` and `Condition` draw what the network is told, an `Easel` is a network open for one size of picture and fills
and reads its tensors, `Easels` are those of one network for all regions, a `Canvas` is a finished picture that is used again.
"""
