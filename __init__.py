"""Stylize as a Blender extension. Nothing is imported before Blender enables it."""


def register() -> None:
    """Enable the extension."""
    from .stylize_addon import register as register_addon

    register_addon()


def unregister() -> None:
    """Disable the extension."""
    from .stylize_addon import unregister as unregister_addon

    unregister_addon()
