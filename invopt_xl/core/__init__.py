"""The pure core: tables and numbers in; tables, numbers and text out. Knows no Excel, file, clock or global random state.

Conventions that hold everywhere
--------------------------------
- A period is a planning bucket: a day, a week (starting Monday) or a month. `as_of` is the last day with known sales; a partial last
  bucket is never used as a full one.
- `protection_periods` = lead time + review period, in periods. Demand over it is random in demand and in lead time.
- error = forecast - actual: positive is over-forecast.
- Service is a probability in (0, 1). "cycle" is the chance of no stock-out in a replenishment cycle; "fill" is the share of units delivered
  from stock.
- inventory position = on hand + on order - backorders - reserved.
- Sales while out of stock are lost demand, not low demand.

>>> forecast, actual = 12.0, 10.0
>>> forecast - actual  # over-forecast is positive
2.0
"""
