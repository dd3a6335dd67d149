"""From policy to orders: quantities under minimum and pack, dates, grouping by supplier."""
