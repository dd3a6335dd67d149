"""Between two runs: what moved an order, split exactly among the inputs that changed."""
