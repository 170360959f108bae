"""Building blocks that methods share: encoder, decoder, statistics, whitening, losses."""
