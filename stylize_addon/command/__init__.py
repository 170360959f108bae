"""``blender --command stylize``: the add-on without a window."""
