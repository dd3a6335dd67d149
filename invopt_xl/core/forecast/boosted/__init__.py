"""Boosted trees, pooled over all series: the challenger of the statistical forecast. See `boost.boost`."""
