"""The neural renderer: what can be computed (skin, projection, visibility, texture) is; a small network paints the rest.

Its nouns: a `RenderPipeline` is one avatar with all that draws it, a `RenderTarget` the size that it is painted in,
`Conditioner` and `Condition` draw what the network is told, a `NetworkPass` is a network open for one size of picture and fills
and reads its tensors, `NetworkPasses` are those of one network for all regions, a `PicturePool` holds pictures to use again.
"""
