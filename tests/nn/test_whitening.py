import torch

from core.nn.whitening import power, transport_map


def covariance(size, seed):
    x = torch.randn(
        size, 4 * size, generator=torch.Generator().manual_seed(seed), dtype=torch.float64
    )
    return x @ x.T / x.shape[1]


def test_square_root_squares_back():
    cov = covariance(6, 0)
    root = power(cov, 0.5)
    assert torch.allclose(root @ root, cov, atol=1e-10)


def test_map_reaches_the_styles_covariance():
    content, style = covariance(8, 1), covariance(8, 2)
    matrix = transport_map(content, style, ridge=0)
    assert torch.allclose(matrix @ content @ matrix.T, style, atol=1e-8)
    assert torch.allclose(matrix, matrix.T, atol=1e-8)


def test_map_onto_itself_is_the_identity():
    cov = covariance(8, 3)
    assert torch.allclose(transport_map(cov, cov), torch.eye(8, dtype=torch.float64), atol=1e-6)


def test_flat_content_stays_finite():
    matrix = transport_map(torch.zeros(4, 4), covariance(4, 4))
    assert bool(torch.isfinite(matrix).all())


def test_floor_bounds_the_gain_of_a_flat_content():
    flat, style = 1e-6 * covariance(4, 4), covariance(4, 5)
    free, bounded = (transport_map(flat, style, floor=f) for f in (0.0, 0.5))
    assert torch.linalg.matrix_norm(free, 2) > 30
    top = torch.linalg.eigvalsh(style)[-1]
    assert torch.linalg.matrix_norm(bounded, 2) <= ((top + 0.6) / 0.5).sqrt()
