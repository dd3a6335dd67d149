from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from invopt_xl.core.checks import check
from invopt_xl.core.contracts import INPUT
from invopt_xl.core.lead_times import NODES
from invopt_xl.core.receipts import group_statistics, receipt_lines
from invopt_xl.core.tables import Tables
from invopt_xl.core.weighted_nodes import weighted_nodes
from invopt_xl.settings import Settings
from tests.reference.slow_lead_times import blended_mean, slice_means
from tests.sample_tables import DATA, checked, sold, staged

_SALES = sold("A", [10.0] * 20) + sold("B", [1.0] * 20)


def _receipts(sku, days, *, supplier="Acme", start="2023-01-02", **more):
    ordered = pd.date_range(start, periods=len(days), freq="7D")
    return [
        {"sku": sku, "supplier": supplier, "order_date": day, "receipt_date": day + pd.Timedelta(days=wait)} | more
        for day, wait in zip(ordered, days, strict=True)
    ]


def _lead(settings=None, **rows):
    past, _, _, lead = staged(None, settings, Sales=_SALES, **rows)
    return lead.frame.assign(sku=past.series["sku"]).set_index("sku"), lead


def test_without_receipts_or_agreement_the_default_is_named():
    frame, lead = _lead()
    assert frame["mean_days"].tolist() == [14, 14]
    assert frame["source"]["A"] == "default: 14 days, no receipts found"
    assert lead.atoms.shape == (2, NODES)
    assert (lead.atoms == 14).all()


def test_the_agreed_lead_time_counts_without_receipts():
    frame, _ = _lead(
        Items=[{"sku": "A", "supplier": "Acme"}, {"sku": "B", "supplier": "Best"}],
        Suppliers=[
            {"supplier": "Acme", "lead_time_days": 21, "lead_time_sd_days": 4},
            {"supplier": "Best", "lead_time_days": 9},
        ],
        Sources=[{"sku": "B", "supplier": "Best", "lead_time_days": 6}],
    )
    assert frame["mean_days"].tolist() == pytest.approx([21, 6])
    assert frame["sd_days"].tolist() == pytest.approx([4, 0], abs=0.15)
    assert frame["source"].tolist() == ["supplier Acme: 21 days as agreed", "source Best: 6 days as agreed"]


def test_blended_mean_agrees_with_the_obvious_sum():
    own, other = [10.0, 12, 14], [30.0, 34, 29, 41, 30]
    frame, lead = _lead(
        Settings(lead_time_shrinkage=5),
        Items=[{"sku": "A", "supplier": "Acme"}, {"sku": "B", "supplier": "Acme"}],
        Suppliers=[{"supplier": "Acme", "lead_time_days": 20}],
        LeadTimes=_receipts("A", own) + _receipts("B", other),
    )
    assert frame["mean_days"]["A"] == pytest.approx(blended_mean(own, own + other, [20.0], 5))
    assert frame["mean_days"]["B"] == pytest.approx(blended_mean(other, own + other, [20.0], 5))
    assert lead.atoms.mean(axis=1) == pytest.approx(frame["mean_days"].to_numpy())
    assert frame["receipts"].tolist() == [3, 5]


def test_without_an_agreement_all_receipts_stand_behind():
    frame, _ = _lead(Items=[{"sku": "A", "supplier": "New"}], LeadTimes=_receipts("B", [10, 20, 30]))
    assert frame["mean_days"]["A"] == pytest.approx(20)
    assert frame["source"]["A"] == "all 3 receipts"


def test_no_shrinkage_takes_the_own_receipts_alone():
    frame, lead = _lead(Settings(lead_time_shrinkage=0), LeadTimes=_receipts("A", list(range(1, 12))))
    assert lead.atoms[0] == pytest.approx(np.arange(1, 12))
    assert frame["source"]["A"] == "11 receipts of A at Acme"


@given(
    st.lists(st.tuples(st.integers(0, 60), st.integers(1, 5)), min_size=1, max_size=12),
    st.lists(st.tuples(st.integers(0, 60), st.integers(1, 5)), min_size=1, max_size=12),
)
@settings(max_examples=150, deadline=None)
def test_nodes_agree_with_filling_slices_one_by_one(one, other):
    rows = [(0, *pair) for pair in one] + [(1, *pair) for pair in other]
    group, value, weight = (np.array(column) for column in zip(*rows, strict=True))
    got = weighted_nodes(group, value.astype(float), weight.astype(float), groups=2, nodes=NODES)
    for row, pairs in zip(got, (one, other), strict=True):
        # running sums over all groups leave a little dust
        assert row == pytest.approx(
            slice_means([float(v) for v, _ in pairs], [float(w) for _, w in pairs], NODES), abs=1e-6
        )
        assert (np.diff(row) >= 0).all()


def test_several_receipts_of_one_order_line_count_once_by_quantity():
    rows = [
        {
            "sku": "A",
            "order_id": "1",
            "order_date": "2024-01-01",
            "receipt_date": "2024-01-11",
            "promised_date": "2024-01-12",
            "quantity_received": 90,
        },
        {
            "sku": "A",
            "order_id": "1",
            "order_date": "2024-01-01",
            "receipt_date": "2024-02-10",
            "promised_date": "2024-01-12",
            "quantity_received": 10,
        },
        {"sku": "A", "order_id": None, "order_date": "2024-01-01", "receipt_date": "2024-01-08"},
        {"sku": "A", "order_id": None, "order_date": "2024-01-01", "receipt_date": "2024-01-08"},
    ]
    good = checked(Sales=_SALES, LeadTimes=rows)
    lines = receipt_lines(good.frames["LeadTimes"], good.frames["Items"])
    assert lines["days"].tolist() == pytest.approx([0.9 * 10 + 0.1 * 40, 7, 7])
    assert lines["delay_days"].tolist()[0] == pytest.approx(13 - 11)
    # not all of it had arrived on the promised day
    assert lines["on_time"].tolist()[0] == 0
    assert np.isnan(lines["on_time"].tolist()[1])


def test_receipts_of_another_supplier_do_not_speak_for_the_present_one():
    frame, _ = _lead(
        Items=[{"sku": "A", "supplier": "Now"}],
        Suppliers=[{"supplier": "Now", "lead_time_days": 30}],
        LeadTimes=_receipts("A", [5] * 10, supplier="Before"),
    )
    assert frame["mean_days"]["A"] == 30
    assert frame["receipts"]["A"] == 0


def test_receipts_of_the_location_come_first():
    _, _, _, lead = staged(
        None,
        Settings(lead_time_shrinkage=0),
        Sales=sold("A", [1.0] * 9, location="X") + sold("A", [1.0] * 9, location="Y"),
        LeadTimes=_receipts("A", [5] * 4, location="X") + _receipts("A", [20] * 4),
    )
    assert lead.frame["mean_days"].tolist() == pytest.approx([5, 20])


def test_a_standing_decision_comes_first_and_keeps_the_relative_spread():
    receipts = _receipts("A", [8, 10, 12])
    plain, _ = _lead(LeadTimes=receipts)
    frame, lead = _lead(LeadTimes=receipts, Overrides=[{"sku": "A", "field": "lead_time_days", "value": "30"}])
    assert frame["mean_days"]["A"] == 30
    assert lead.atoms[0].mean() == pytest.approx(30)
    assert frame["sd_days"]["A"] / 30 == pytest.approx(plain["sd_days"]["A"] / plain["mean_days"]["A"])
    assert frame["source"]["A"] == "override: 30 days"


def test_nothing_arrives_before_a_disruption_ends():
    frame, lead = _lead(
        Items=[{"sku": "A", "supplier": "Acme"}],
        Suppliers=[{"supplier": "Acme", "lead_time_days": 10, "disrupted_until": "2024-06-19"}],
    )
    assert lead.atoms[0].min() == 31
    assert frame["source"]["A"] == "supplier Acme: 10 days as agreed; nothing before 2024-06-19"


def test_a_moved_lead_time_is_seen_and_followed():
    frame, lead = _lead(LeadTimes=_receipts("A", [10, 11, 9, 10, 12, 10, 9, 11, 25, 26, 24, 25]))
    assert frame["drift"].to_dict() == {"A": True, "B": False}
    assert frame["recent_mean_days"]["A"] == pytest.approx(25)
    assert frame["earlier_mean_days"]["A"] == pytest.approx(10.25)
    assert frame["source"]["A"] == "latest 4 of 12 receipts of A at Acme"
    assert frame["mean_days"]["A"] > 20
    assert lead.suppliers["drift"].tolist() == [True]


def test_chance_is_rarely_taken_for_a_move():
    random = np.random.default_rng(3)
    lines = pd.DataFrame(
        {
            "days": random.gamma(6, 4, 20 * 400).round(),
            "order_date": np.tile(pd.date_range("2024-01-01", periods=20).to_numpy(), 400),
            "delay_days": 0.0,
            "on_time": 1.0,
        }
    )
    found = group_statistics(lines, np.repeat(np.arange(400), 20), groups=400)
    # 1 % are expected by chance; 2.25 % is 2.5 standard errors above
    assert found["drift"].mean() < 0.0225


def test_rank_test_agrees_with_scipy():
    from scipy.stats import mannwhitneyu

    from invopt_xl.core.receipts import _shift_score

    random = np.random.default_rng(8)
    days = random.integers(5, 15, 21).astype(float)
    recent = np.arange(21) >= 14
    rows = pd.DataFrame({"group": 0, "days": days})
    p = mannwhitneyu(days[recent], days[~recent], use_continuity=False, method="asymptotic").pvalue
    from scipy.stats import norm

    assert 2 * norm.sf(abs(_shift_score(rows, recent)[0])) == pytest.approx(p)


def test_on_time_share_and_delay_are_told():
    rows = _receipts("A", [10, 20, 30])
    for row in rows:
        row["promised_date"] = row["order_date"] + pd.Timedelta(days=20)
    frame, lead = _lead(LeadTimes=rows)
    assert frame["on_time_share"]["A"] == pytest.approx(2 / 3)
    assert frame["mean_delay_days"]["A"] == pytest.approx(0)
    assert lead.suppliers.loc[0, ["supplier", "receipts"]].tolist() == ["Acme", 3]


def test_suppliers_without_receipts_are_listed_with_what_they_agreed():
    _, lead = _lead(Suppliers=[{"supplier": "Acme", "lead_time_days": 10}, {"supplier": "Idle"}])
    assert lead.suppliers["supplier"].tolist() == ["Acme"]
    assert lead.suppliers["agreed_days"].tolist() == [10]


def test_a_rule_may_set_the_default():
    frame, _ = _lead(**{"Settings": [{"setting": "default_lead_time_days", "value": "40", "scope": "sku=A"}]})
    assert frame["mean_days"].to_dict() == {"A": 40, "B": 14}


@pytest.mark.realdata
def test_scms_lead_times_match_the_published_figures():
    path = DATA / "scms_lead_times" / "receipts.parquet"
    if not path.exists():
        pytest.skip("scms_lead_times is not beside the repository")
    raw = pd.read_parquet(path)
    given = pd.DataFrame(
        {
            "sku": raw["item"],
            "supplier": raw["vendor"],
            "order_date": pd.to_datetime(raw["order_date"]).astype("datetime64[s]"),
            "receipt_date": pd.to_datetime(raw["received_date"]).astype("datetime64[s]"),
            "promised_date": pd.to_datetime(raw["promised_date"]).astype("datetime64[s]"),
        }
    )
    assert set(given) <= set(INPUT["LeadTimes"].names)
    sales = checked(Sales=_SALES).frames["Sales"]
    good = check(Tables({"Sales": sales, "LeadTimes": given}), settings=Settings())
    kept = good.frames["LeadTimes"]
    assert len(kept) == 3042 - 2
    out = {each.text: each.rows_kept_out for each in good.findings if each.table == "LeadTimes"}
    assert sorted(out.values(), reverse=True)[:2] == [4712, 2]
    lines = receipt_lines(kept, good.frames["Items"])
    days = lines["days"]
    # with the 2 negative ones: median 91, mean 107.0, sd 72.7
    assert days.median() == pytest.approx(91, abs=0.5)
    assert days.mean() == pytest.approx(107.2, abs=0.1)
    assert days.std() == pytest.approx(72.2, abs=0.3)
