"""An avatar on disk: a folder or one `.avatar` file, checked before anything of it is used."""
