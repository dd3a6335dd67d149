"""Safety stock, reorder point and order-up-to level. Seventh stage: see `policy.set_policy`; formulas on plain numbers beside it."""
