"""A planner's world made up from a seed: the tables of the demo workbook, the sample and many tests. No stage of a plan.

How it is made, so that one can say what a good plan should find in it:

- every sku has a demand pattern: seasonal, level, trending, erratic, intermittent, lumpy, new, or dying; every location a share of it;
- demand of a week is negative binomial around level x season x trend x promotion uplift;
- stock is simulated week by week with the rule that many planners use (mean of 26 weeks, z = 1.28, minimum order), suppliers deliver late by
  their own habit, and what is not in stock is not sold: sales show less than demand, `on_hand` shows why;
- one supplier gets slower in the last half year; a few customers return goods; some items are bought far too much.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from invopt_xl.core.contracts import INPUT

#: Monday after the last week of the demo: a fixed date, so that the demo is the same on every day.
DEMO_END = np.datetime64("2026-11-16")

PATTERNS = ("seasonal", "level", "trend", "erratic", "intermittent", "lumpy", "new", "dying")
_PATTERN_SHARES = (0.28, 0.20, 0.10, 0.12, 0.16, 0.04, 0.05, 0.05)
_CATEGORIES = ("Tea", "Coffee", "Garden", "Tools", "Lighting", "Kitchen", "Toys", "Stationery")
_NOUNS = (
    "kettle",
    "set",
    "box",
    "lamp",
    "cable",
    "brush",
    "pot",
    "filter",
    "holder",
    "pack",
    "blend",
    "clip",
    "tray",
    "stand",
    "cover",
)
_SHADES = ("green", "blue", "oak", "steel", "classic", "large", "small", "travel", "refill", "premium")
#: Supplier: name, mean lead time [days], standard deviation [days], promised [days], minimum order value [money].
_SUPPLIERS = (
    ("Acme", 21, 6, 18, 500),
    ("Borealis", 10, 2, 10, 250),
    ("Cathay Trading", 60, 12, 55, 4000),
    ("Delta Works", 14, 3, 14, 0),
    ("Eastgate", 35, 9, 28, 1000),
    ("Fjord Supply", 7, 1, 7, 0),
    ("Gremio", 28, 5, 28, 600),
    ("Hofmann", 12, 4, 10, 300),
)
#: This supplier gets slower over the last half year by the given factor.
_SLOWER = ("Eastgate", 1.45)
_LOCATION_SHARES = (("MAIN", 0.60), ("NORTH", 0.25), ("SOUTH", 0.15))


@dataclass(frozen=True)
class _World:
    """Everything drawn before time starts: n series (sku x location) over `weeks` weeks."""

    skus: pd.DataFrame
    series: pd.DataFrame  # sku position, location, mean per week
    expected: np.ndarray  # (n, weeks) expected demand
    demand: np.ndarray  # (n, weeks) drawn demand
    promoted: np.ndarray  # (n, weeks) bool
    mondays: np.ndarray  # (weeks,) datetime64[D]


def demo_tables(
    *, seed: int = 7, skus: int = 200, locations: int = 3, weeks: int = 130, rng: np.random.Generator | None = None
) -> dict[str, pd.DataFrame]:
    """Return the demo's input tables by contract name, the same for the same arguments.

    Parameters
    ----------
    seed : int
        Seed of the random generator, unless `rng` is given.
    skus : int
        Number of items, at least 8.
    locations : int
        1 to 3.
    weeks : int
        Weeks of history, at least 30.

    Returns
    -------
    dict of str to DataFrame
        Sales, Items, Stock, OpenOrders, LeadTimes, Suppliers, Promotions, Settings with contract columns.

    Examples
    --------
    >>> tables = demo_tables(skus=8, locations=1, weeks=30)
    >>> sorted(tables)[:3], len(tables["Items"])
    (['Items', 'LeadTimes', 'OpenOrders'], 8)
    """
    rng = rng or np.random.default_rng(seed)
    world = _draw_world(rng, skus=skus, locations=locations, weeks=weeks)
    lived = _simulate(rng, world)
    tables = {
        "Sales": _sales(rng, world, lived),
        "Items": _items(world),
        "Stock": _stock(world, lived),
        "OpenOrders": _open_orders(world, lived),
        "LeadTimes": _receipts(world, lived),
        "Suppliers": _suppliers(),
        "Promotions": _planned_promotions(rng, world),
        "Settings": _rules(),
    }
    return {name: _in_contract_order(name, frame) for name, frame in tables.items()}


def _in_contract_order(name: str, frame: pd.DataFrame) -> pd.DataFrame:
    return frame[[column for column in INPUT[name].names if column in frame]].reset_index(drop=True)


def _draw_world(rng: np.random.Generator, *, skus: int, locations: int, weeks: int) -> _World:
    items = _draw_items(rng, skus)
    share = np.array([s for _, s in _LOCATION_SHARES[:locations]])
    share = share / share.sum()
    position = np.repeat(np.arange(skus), locations)
    where = np.tile([name for name, _ in _LOCATION_SHARES[:locations]], skus)
    tilt = rng.lognormal(0, 0.25, skus * locations)
    mean = items["level"].to_numpy()[position] * np.tile(share, skus) * tilt
    mondays = DEMO_END - 7 * np.arange(weeks, 0, -1).astype("timedelta64[D]")
    shape = _shapes(items, mondays)[position]
    promoted = np.repeat(rng.random((skus, weeks)) < items["promo_rate"].to_numpy()[:, None], locations, axis=0)
    uplift = np.where(promoted, items["uplift"].to_numpy()[position][:, None], 1.0)
    expected = mean[:, None] * shape * uplift
    series = pd.DataFrame({"item": position, "location": where, "mean": mean})
    return _World(items, series, expected, _draw_demand(rng, items, position, expected), promoted, mondays)


def _draw_items(rng: np.random.Generator, skus: int) -> pd.DataFrame:
    pattern = rng.choice(PATTERNS, size=skus, p=_PATTERN_SHARES)
    pattern[: len(PATTERNS)] = PATTERNS  # every pattern occurs, however small the demo
    category = rng.integers(0, len(_CATEGORIES), skus)
    cost = np.round(rng.lognormal(1.8, 0.9, skus), 2)
    slow = np.isin(pattern, ("intermittent", "lumpy"))
    level = np.where(slow, rng.lognormal(0.4, 0.6, skus), rng.lognormal(3.4, 0.9, skus))
    supplier = rng.integers(0, len(_SUPPLIERS), skus)
    shade, noun = rng.choice(_SHADES, skus), rng.choice(_NOUNS, skus)
    pack = np.where(slow, 1, rng.choice([1, 6, 12, 24], skus, p=[0.25, 0.25, 0.35, 0.15]))
    return pd.DataFrame(
        {
            "sku": [f"{100 + n:05d}" for n in range(skus)],  # leading zeros, as real item numbers have
            "description": [
                f"{s.capitalize()} {t} {_CATEGORIES[c].lower()}" for s, t, c in zip(shade, noun, category, strict=True)
            ],
            "category_no": category,
            "pattern": pattern,
            "supplier_no": supplier,
            "unit_cost": cost,
            "unit_price": np.round(cost * rng.uniform(1.5, 2.4, skus), 2),
            "pack_size": pack,
            "moq": pack * rng.choice([1, 2, 4, 10], skus, p=[0.5, 0.25, 0.15, 0.10]),
            "shelf_life_days": np.where(category <= 1, rng.choice([180, 270, 365], skus), np.nan),
            "level": level,
            "peak_week": rng.integers(0, 52, len(_CATEGORIES))[category],
            "amplitude": np.where(pattern == "seasonal", rng.uniform(0.3, 0.7, skus), rng.uniform(0.0, 0.1, skus)),
            "promo_rate": np.where(slow, 0.0, rng.choice([0.0, 0.04, 0.08], skus)),
            "uplift": rng.uniform(1.6, 3.0, skus),
            "overbought": rng.random(skus) < 0.05,
        }
    )


def _shapes(items: pd.DataFrame, mondays: np.ndarray) -> np.ndarray:
    """Return season x trend x life of each item, shape (skus, weeks), mean about 1 while on sale."""
    weeks = len(mondays)
    week_of_year = ((mondays - mondays.astype("datetime64[Y]")).astype("timedelta64[D]").astype(int) // 7)[None, :]
    season = 1 + items["amplitude"].to_numpy()[:, None] * np.cos(
        2 * np.pi * (week_of_year - items["peak_week"].to_numpy()[:, None]) / 52
    )
    pattern = items["pattern"].to_numpy()[:, None]
    elapsed = np.linspace(0, 1, weeks)[None, :]
    trend = np.where(pattern == "trend", 0.6 + 0.9 * elapsed, 1.0)
    left = weeks - 1 - np.arange(weeks)[None, :]
    born = np.where((pattern == "new") & (left >= 16), 0.0, 1.0)  # new: on sale for 16 weeks
    dying = np.where(pattern == "dying", np.clip((left - 12) / 60, 0, 1), 1.0)  # dying: nothing in the last 12 weeks
    result: np.ndarray = season * trend * born * dying
    return result


def _draw_demand(
    rng: np.random.Generator, items: pd.DataFrame, position: np.ndarray, expected: np.ndarray
) -> np.ndarray:
    """Return whole-number demand (n, weeks): gamma-Poisson with the pattern's dispersion, and the odd huge order for lumpy items."""
    pattern = items["pattern"].to_numpy()[position][:, None]
    spread = np.select([pattern == "erratic", pattern == "lumpy", pattern == "intermittent"], [0.9, 1.2, 0.5], 0.06)
    rate = expected * rng.gamma(1 / spread, spread, expected.shape)
    active = np.where(np.isin(pattern, ("intermittent", "lumpy")), rng.random(expected.shape) < 0.35, True)
    rate = np.where(active, rate * np.where(np.isin(pattern, ("intermittent", "lumpy")), 1 / 0.35, 1.0), 0.0)
    rate = np.where((pattern == "lumpy") & (rng.random(expected.shape) < 0.02), rate * 8, rate)
    drawn: np.ndarray = rng.poisson(rate)
    return drawn


@dataclass(frozen=True)
class _Lived:
    """What happened: arrays (n, weeks) and the order lines that were placed."""

    sold: np.ndarray
    on_hand: np.ndarray
    lines: pd.DataFrame  # series, ordered_week, ordered, promised, received (dates), quantity


def _simulate(rng: np.random.Generator, world: _World) -> _Lived:
    """Run the stock week by week under the planner's rule. All series at once, a loop over weeks."""
    n, weeks = world.demand.shape
    item = world.skus.iloc[world.series["item"].to_numpy()]
    supplier = item["supplier_no"].to_numpy()
    mean_days, sd_days, promised = (np.array([s[k] for s in _SUPPLIERS], dtype=float)[supplier] for k in (1, 2, 3))
    slower = supplier == [s[0] for s in _SUPPLIERS].index(_SLOWER[0])
    pack, moq = item["pack_size"].to_numpy(), item["moq"].to_numpy()
    protection = (mean_days + 7) / 7
    stock = np.ceil(world.series["mean"].to_numpy() * (protection + 3)) * (world.expected[:, 0] > 0)
    arriving = np.zeros((n, weeks + 60))
    pipeline = np.zeros(n)
    sold, on_hand = np.zeros((n, weeks)), np.zeros((n, weeks))
    lines = []
    for week in range(weeks):
        stock += arriving[:, week]
        pipeline -= arriving[:, week]
        sold[:, week] = np.minimum(stock, world.demand[:, week])
        stock -= sold[:, week]
        on_hand[:, week] = stock
        past = world.demand[:, max(0, week - 25) : week + 1]
        mean, sd = past.mean(axis=1), past.std(axis=1)
        point = mean * protection + 1.28 * sd * np.sqrt(protection)
        born = world.expected[:, week] > 0
        first = born & (week > 0) & (world.expected[:, max(week - 1, 0)] == 0) & (sold[:, :week].sum(axis=1) == 0)
        point = np.where(first, world.series["mean"].to_numpy() * (protection + 4), point)
        wish = np.where(item["overbought"].to_numpy() & (week % 26 == 20), mean * 40, 0)
        need = np.maximum(np.where(stock + pipeline <= point, point - stock - pipeline, 0), wish) * (born | (wish > 0))
        quantity = np.where(need > 0, np.ceil(np.maximum(need, moq) / pack) * pack, 0)
        placed = np.flatnonzero(quantity)
        drift = np.where(slower & (week >= weeks - 26), _SLOWER[1], 1.0)
        shape = (mean_days / sd_days) ** 2
        days = np.clip(np.round(rng.gamma(shape, mean_days / shape) * drift), 1, 7 * 55)[placed]
        arrive = week + np.ceil(days / 7).astype(int)
        np.add.at(arriving, (placed, arrive), quantity[placed])
        pipeline[placed] += quantity[placed]
        ordered = world.mondays[week] + np.timedelta64(6, "D")
        lines.append(
            pd.DataFrame(
                {
                    "series": placed,
                    "order_date": ordered,
                    "promised_date": ordered + promised[placed].astype("timedelta64[D]"),
                    "receipt_date": ordered + days.astype("timedelta64[D]"),
                    "quantity": quantity[placed],
                }
            )
        )
    return _Lived(sold, on_hand, pd.concat(lines, ignore_index=True))


def _names(world: _World, series: np.ndarray) -> dict[str, np.ndarray]:
    item = world.series["item"].to_numpy()[series]
    suppliers = np.array([s[0] for s in _SUPPLIERS])
    return {
        "sku": world.skus["sku"].to_numpy()[item],
        "location": world.series["location"].to_numpy()[series],
        "supplier": suppliers[world.skus["supplier_no"].to_numpy()[item]],
    }


def _sales(rng: np.random.Generator, world: _World, lived: _Lived) -> pd.DataFrame:
    """Weekly rows while an item is listed, oldest first, and about one return in 400 rows as its own negative line."""
    listed = np.maximum.accumulate(world.expected > 0, axis=1)
    week, series = np.nonzero(listed.T)
    names = _names(world, series)
    item = world.series["item"].to_numpy()[series]
    promoted = world.promoted[series, week]
    price = world.skus["unit_price"].to_numpy()[item]
    rows = pd.DataFrame(
        {
            "date": world.mondays[week],
            "sku": names["sku"],
            "location": names["location"],
            "quantity": lived.sold[series, week],
            "price": np.round(np.where(promoted, price * 0.8, price), 2),
            "promotion": promoted.astype(int),
            "on_hand": lived.on_hand[series, week],
        }
    )
    back = rows[(rng.random(len(rows)) < 0.0025) & (rows["quantity"] >= 4)].copy()
    back["date"] = np.minimum(back["date"].to_numpy() + np.timedelta64(7, "D"), world.mondays[-1])
    back["quantity"] = -np.ceil(back["quantity"] / 4)
    back[["price", "promotion", "on_hand"]] = np.nan
    return pd.concat([rows, back], ignore_index=True).sort_values(["date", "sku", "location"], kind="stable")


def _items(world: _World) -> pd.DataFrame:
    skus = world.skus
    return pd.DataFrame(
        {
            "sku": skus["sku"],
            "description": skus["description"],
            "category": [_CATEGORIES[n] for n in skus["category_no"]],
            "supplier": [_SUPPLIERS[n][0] for n in skus["supplier_no"]],
            "unit_cost": skus["unit_cost"],
            "unit_price": skus["unit_price"],
            "moq": skus["moq"],
            "pack_size": skus["pack_size"],
            "shelf_life_days": skus["shelf_life_days"],
            "status": np.where(skus["pattern"] == "dying", "ending", "active"),
        }
    )


def _stock(world: _World, lived: _Lived) -> pd.DataFrame:
    n = len(world.series)
    names = _names(world, np.arange(n))
    return pd.DataFrame({"sku": names["sku"], "location": names["location"], "on_hand": lived.on_hand[:, -1]})


def _order_lines(world: _World, lived: _Lived) -> pd.DataFrame:
    lines = lived.lines
    named = lines.assign(**_names(world, lines["series"].to_numpy()))
    named["order_id"] = [f"PO-{10000 + n}" for n in range(len(named))]
    return named


def _open_orders(world: _World, lived: _Lived) -> pd.DataFrame:
    # a line counts as received in the week whose opening stock it joined, as in the simulation
    lines = _order_lines(world, lived)
    weeks = world.demand.shape[1]
    ordered_week = (lines["order_date"].to_numpy().astype("datetime64[D]") - world.mondays[0]).astype(int) // 7
    days = (lines["receipt_date"] - lines["order_date"]).dt.days.to_numpy()
    still = ordered_week + np.ceil(days / 7).astype(int) >= weeks
    opened: pd.DataFrame = lines[still].rename(columns={"promised_date": "due_date"})
    return opened


def _receipts(world: _World, lived: _Lived) -> pd.DataFrame:
    lines = _order_lines(world, lived)
    done = lines[lines["receipt_date"].to_numpy() < DEMO_END]
    return done.rename(columns={"quantity": "quantity_ordered"}).assign(quantity_received=done["quantity"])


def _suppliers() -> pd.DataFrame:
    frame = pd.DataFrame(_SUPPLIERS, columns=["supplier", "mean", "sd", "lead_time_days", "min_order_value"])
    return frame.assign(review_period_days=7, order_cost=6, currency="EUR", status="active")


def _planned_promotions(rng: np.random.Generator, world: _World) -> pd.DataFrame:
    able = np.flatnonzero((world.skus["promo_rate"] > 0).to_numpy())
    chosen = np.sort(rng.choice(able, size=max(1, len(able) // 12), replace=False)) if len(able) else able
    start = DEMO_END + 7 * rng.integers(1, 6, len(chosen)).astype("timedelta64[D]")
    return pd.DataFrame(
        {
            "sku": world.skus["sku"].to_numpy()[chosen],
            "start_date": start,
            "end_date": start + np.timedelta64(6, "D"),
            "discount": 0.2,
            "mechanic": "leaflet",
            "uplift": np.round(world.skus["uplift"].to_numpy()[chosen], 1),
        }
    )


def _rules() -> pd.DataFrame:
    return pd.DataFrame(
        [
            ("service_level", "0.98", "abc=A"),
            ("service_level", "0.95", "abc=B"),
            ("service_level", "0.90", "abc=C"),
            ("currency", "EUR", ""),
        ],
        columns=["setting", "value", "scope"],
    )
