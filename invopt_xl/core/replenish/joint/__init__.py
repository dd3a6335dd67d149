"""Orders of all lines together under shared limits: supplier minimums, containers, capacities, storage, budgets, price breaks."""
