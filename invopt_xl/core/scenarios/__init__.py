"""What if an input were different: plans of changed inputs beside the current one, bands of projected stock, ways around a disruption."""
