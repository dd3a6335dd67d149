"""Demand as a distribution over the protection interval. Sixth stage: see `choose.forecast`."""
