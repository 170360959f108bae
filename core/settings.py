"""Settings that photorealistic methods share: each returns the declaration of one field of their Params."""

from typing import Any

from .fields import param

SMOOTHINGS = ("closed", "guided", "none")


def declare_smoothing(*more: str, help: str) -> Any:  # noqa: A002  # as in card.param
    """Declare what makes a result a photograph again; ``more`` are further choices."""
    return param("closed", choices=(*more, *SMOOTHINGS), help=help)


def declare_fidelity() -> Any:
    """Declare lambda of the closed-form smoothing."""
    return param(
        1e-4,
        min=1e-6,
        max=0.1,
        help="closed: how much stylized colours count against the photograph's structure; less is smoother",
    )


def declare_follow() -> Any:
    """Declare whether the photograph itself takes the local colours of the result."""
    return param(
        default=True,
        help="give the photograph itself the colours around each pixel, so that all its detail is kept",
    )
