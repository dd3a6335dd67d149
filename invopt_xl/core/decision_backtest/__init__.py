"""The decision backtest: plans of past days, simulated on the demand that came afterwards, beside what a planner's rule would have done."""
