"""What each command of `invopt` does: parsed words in, an outcome out. Prints nothing."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from invopt_xl.adapters.doctor import examine
from invopt_xl.adapters.progress import progress
from invopt_xl.adapters.sources import Source, find_sources
from invopt_xl.errors import InputError, InvOptError, WorkbookError

if TYPE_CHECKING:
    from pathlib import Path

    from invopt_xl.adapters.last_plan import LastPlan
    from invopt_xl.core.plan import Plan
    from invopt_xl.core.scenarios.change import Change
    from invopt_xl.core.tables import Tables


@dataclass(frozen=True)
class Outcome:
    """`data` is for `--json`, `lines` for people, `errors` for the error stream."""

    exit_code: int
    data: Mapping[str, Any]
    lines: tuple[str, ...] = ()
    errors: tuple[str, ...] = ()


def plan_command(arguments: argparse.Namespace) -> Outcome:
    """Plan every source; one that fails never stops the others."""
    sources = find_sources(arguments.sources)
    if arguments.out and len(sources) > 1 and arguments.out.suffix:
        raise InputError(
            f"--out {arguments.out} names one file, but there are {len(sources)} sources. Give a folder instead."
        )
    if arguments.models and len(sources) > 1 and arguments.models.suffix and not arguments.models.is_dir():
        raise InputError(
            f"--models {arguments.models} names one file, but there are {len(sources)} sources. Give a folder instead."
        )
    if arguments.picture_skus and not arguments.pictures:
        raise InputError("--picture-sku: give the folder to draw into, too, with --pictures DIR.")
    return _each(sources, lambda source: _plan_one(source, arguments, alone=len(sources) == 1))


def check_command(arguments: argparse.Namespace) -> Outcome:
    """Check every source and list what was found."""
    return _each(find_sources(arguments.sources), lambda source: _check_one(source, arguments))


def backtest_command(arguments: argparse.Namespace) -> Outcome:
    """Replay past days of every source; one that fails never stops the others."""
    from invopt_xl.adapters.backtest_output import ENDING

    return _each(_replayed(arguments, ENDING), lambda source: _backtest_one(source, arguments))


def simulate_command(arguments: argparse.Namespace) -> Outcome:
    """Simulate past plans of every source; one that fails never stops the others."""
    from invopt_xl.adapters.simulate_output import ENDING

    return _each(_replayed(arguments, ENDING), lambda source: _simulate_one(source, arguments))


def _replayed(arguments: argparse.Namespace, ending: str) -> Sequence[Source]:
    """Return the sources of a command that writes a workbook of its own beside each, with names that end in `ending`."""
    found = find_sources(arguments.sources)
    # what an earlier run left in a folder of workbooks is no source
    sources = [source for source in found if not source.path.name.endswith(ending)] or found
    if arguments.out and len(sources) > 1 and arguments.out.suffix:
        raise InputError(
            f"--out {arguments.out} names one file, but there are {len(sources)} sources. Give a folder instead."
        )
    return sources


def _each(sources: Sequence[Source], work: Callable[[Source], Outcome]) -> Outcome:
    outcomes = []
    for source in sources:
        try:
            outcomes.append(work(source))
        except InvOptError as error:
            line = f"{source.name}: {error}"
            outcomes.append(Outcome(error.exit_code, {"source": str(source.path), "error": str(error)}, (), (line,)))
    lines = [line for outcome in outcomes for line in outcome.lines]
    if len(outcomes) > 1:
        failed = sum(outcome.exit_code >= 2 for outcome in outcomes)
        lines.append(f"{len(outcomes)} sources: {len(outcomes) - failed} done, {failed} failed.")
    return Outcome(
        max(outcome.exit_code for outcome in outcomes),
        {"sources": [{"exit_code": outcome.exit_code, **outcome.data} for outcome in outcomes]},
        tuple(lines),
        tuple(line for outcome in outcomes for line in outcome.errors),
    )


def _plan_one(source: Source, arguments: argparse.Namespace, *, alone: bool = True) -> Outcome:
    from invopt_xl.adapters.last_plan import last_plan
    from invopt_xl.adapters.plan_output import write_plan_files
    from invopt_xl.adapters.reading import read_tables
    from invopt_xl.pipeline import STAGES

    with progress(len(STAGES) + 2, source.name, quiet=arguments.quiet or arguments.json) as shown:
        shown.step("reading")
        tables = read_tables(source.path, settings=arguments.settings)
        last = last_plan(source, out=arguments.out, form=arguments.format)
        made, notes = _made(tables, source, arguments, last, shown.step)
        shown.step("writing")
        written = write_plan_files(made, source, out=arguments.out, form=arguments.format)
        drawn, more = _drawn(made, source, arguments, alone=alone)
    data = {
        "source": str(source.path),
        "written": str(written.path),
        "backup": str(written.backup or ""),
        "pictures": [str(path) for path in drawn],
        "notes": [*notes, *more],
        **made.summary,
    }
    if made.scenarios is not None:
        from invopt_xl.adapters.scenario_output import scenario_data

        data["scenarios"] = scenario_data(made.scenarios)
    lines = [*_plan_lines(source, made, written), *(f"  {note}" for note in [*notes, *more])]
    lines += [f"  Pictures written to {drawn[0].parent}: {', '.join(path.name for path in drawn)}"] if drawn else []
    return Outcome(int(made.summary["rows_in_error"] > 0), data, tuple(lines))


def _made(
    tables: Tables,
    source: Source,
    arguments: argparse.Namespace,
    last: LastPlan,
    progress: Callable[[str], None],
) -> tuple[Plan, tuple[str, ...]]:
    """Return the plan, with saved trees where `--models` names them, and what is to be said of these."""
    from invopt_xl.pipeline import plan

    asked: tuple[Change, ...] = ()
    if arguments.scenario:
        from invopt_xl.adapters.scenario_file import read_scenario_file

        asked = read_scenario_file(arguments.scenario)

    def make(learned: Mapping[str, Any] | None) -> Plan:
        words = {
            "as_of": arguments.as_of,
            "settings": arguments.settings,
            "previous": last.recommendations,
            "previous_basis": last.basis,
            "scenarios": asked,
        }
        return plan(tables, **words, learned=learned, progress=progress)

    if arguments.models is None:
        return make(None), ()
    from invopt_xl.adapters.model_reuse import models_path, plan_with_models
    from invopt_xl.core.checks import check
    from invopt_xl.core.settings_sheet import day_of, settings_of

    settings, _ = settings_of(tables, arguments.settings)
    checked = check(tables, settings=settings, as_of=day_of(arguments.as_of))
    planned = plan_with_models(
        make,
        models_path(arguments.models, source.path.stem),
        as_of=checked.as_of,
        skus=checked.frames["Sales"]["sku"].unique(),
        settings=settings,
    )
    return planned.plan, (str(planned.finding),)


def _drawn(
    made: Plan, source: Source, arguments: argparse.Namespace, *, alone: bool
) -> tuple[tuple[Path, ...], tuple[str, ...]]:
    """Return the pictures that `--pictures` asks for, and what is to be said of them; of several sources each has its folder."""
    if arguments.pictures is None:
        return (), ()
    from invopt_xl.adapters.pictures import draw_pictures

    folder = arguments.pictures if alone else arguments.pictures / source.path.stem
    try:
        drawn = draw_pictures(made.trees, folder, items=arguments.picture_skus)
    except WorkbookError as error:
        # the plan is written by now; pictures are beside it
        return (), (f"No pictures: {error}",)
    return drawn.files, drawn.notes


def _counted(number: int, word: str) -> str:
    """Return a number with its word.

    >>> _counted(1, "row"), _counted(1200, "row")
    ('1 row', '1,200 rows')
    """
    return f"{number:,d} {word}{'' if number == 1 else 's'}"


def _plan_lines(source: Source, made: Any, written: Any) -> tuple[str, ...]:
    s = made.summary

    def money(value: float | None) -> str:
        return "an unknown value (no unit costs)" if value is None else f"{value:,.2f} {made.currency}".rstrip()

    ordered = (
        f"  Order {s['order_lines']:,d} lines for {money(s['order_value'])}; {s['stocked_out']} stocked out, "
        f"{s['will_stock_out']} will stock out; excess stock of {money(s['excess_value'])}."
    )
    if not s["stock_known"]:
        ordered = "  No stock figure was found, so nothing can be ordered: add a sheet Stock with sku and on_hand."
    lines = [
        f"{source.name}: {s['series']:,d} items x locations planned on sales up to {s['as_of']}.",
        ordered,
        f"  {_counted(s['exceptions_error'], 'exception')} to act on now, {s['exceptions_warning']:,d} to look at; "
        f"{_counted(s['findings'], 'data finding')}, {_counted(s['rows_kept_out'], 'row')} kept out.",
    ]
    lines += [f"  {finding}" for finding in written.findings]
    if made.scenarios is not None:
        from invopt_xl.adapters.scenario_output import scenario_lines

        lines += scenario_lines(made.scenarios)
    return (*lines, f"  Written to {written.path}")


def _check_one(source: Source, arguments: argparse.Namespace) -> Outcome:
    from invopt_xl.adapters.reading import read_tables
    from invopt_xl.core.checks import check
    from invopt_xl.core.findings import findings_frame
    from invopt_xl.core.settings_sheet import day_of, settings_of

    with progress(2, source.name, quiet=arguments.quiet or arguments.json) as shown:
        shown.step("reading")
        tables = read_tables(source.path, settings=arguments.settings)
        shown.step("checking")
        settings, said = settings_of(tables, arguments.settings)
        try:
            checked = check(tables, settings=settings, as_of=day_of(arguments.as_of))
        except InputError as error:
            lines = [f"{source.name}: nothing can be planned.", *_recognised_lines(tables)]
            told = {"source": str(source.path), "error": str(error)}
            return Outcome(error.exit_code, told, tuple(lines), (f"{source.name}: {error}",))
    found = findings_frame([*said, *checked.findings])
    kept_out = int(found["rows_kept_out"].sum())
    in_error = int(found.loc[found["severity"] == "error", "rows_kept_out"].sum())
    lines = [f"{source.name}: sales up to {checked.as_of:%Y-%m-%d}.", *_recognised_lines(tables)]
    lines += [f"  [{row.severity}] {row.place}: {row.text} {row.fix}" for row in found.itertuples()]
    lines.append(f"  {_counted(len(found), 'finding')}, {_counted(kept_out, 'row')} kept out.")
    data = {
        "source": str(source.path),
        "as_of": f"{checked.as_of:%Y-%m-%d}",
        "rows_kept_out": kept_out,
        "findings": found.to_dict("records"),
    }
    return Outcome(int(in_error > 0), data, tuple(lines))


def _recognised_lines(tables: Tables) -> list[str]:
    lines = []
    for (table, sheet), part in tables.recognised.groupby(["table", "sheet"], sort=False):
        first = part.iloc[0]
        lines.append(
            f"  {table}: sheet {sheet}, {first['layout']} layout, header in row {first['header_row']}, "
            f"{first['rows']} rows, columns {', '.join(part['column'])}"
        )
    return lines


def _backtest_one(source: Source, arguments: argparse.Namespace) -> Outcome:
    from invopt_xl.adapters.backtest_output import backtest_data, backtest_lines, backtest_path, write_backtest
    from invopt_xl.adapters.reading import read_tables
    from invopt_xl.core.backtest import backtest

    target = backtest_path(source, arguments.out)
    settings = arguments.settings if arguments.seed is None else {**arguments.settings, "seed": arguments.seed}
    with progress(arguments.rounds + 4, source.name, quiet=arguments.quiet or arguments.json) as shown:
        shown.step("reading")
        tables = read_tables(source.path, settings=settings)
        made = backtest(tables, rounds=arguments.rounds, as_of=arguments.as_of, settings=settings, progress=shown.step)
        shown.step("writing")
        written = write_backtest(made, target)
    in_error = any(finding.severity == "error" and finding.rows_kept_out for finding in made.findings)
    lines = [*backtest_lines(made, source.name), f"  Written to {written.path}"]
    data = {"source": str(source.path), "written": str(written.path), **backtest_data(made)}
    return Outcome(int(in_error), data, tuple(lines))


def _simulate_one(source: Source, arguments: argparse.Namespace) -> Outcome:
    from invopt_xl.adapters.reading import read_tables
    from invopt_xl.adapters.simulate_output import (
        simulation_data,
        simulation_lines,
        simulation_path,
        write_simulation,
    )
    from invopt_xl.core.decision_backtest.simulate_decisions import simulate_decisions

    target = simulation_path(source, arguments.out)
    settings = arguments.settings if arguments.seed is None else {**arguments.settings, "seed": arguments.seed}
    with progress(arguments.rounds + 5, source.name, quiet=arguments.quiet or arguments.json) as shown:
        shown.step("reading")
        tables = read_tables(source.path, settings=settings)
        made = simulate_decisions(
            tables,
            rounds=arguments.rounds,
            apart_periods=arguments.apart,
            as_of=arguments.as_of,
            settings=settings,
            lost_sales=arguments.lost_sales,
            crossover=arguments.overtaking,
            lead_hold_periods=arguments.lead_hold,
            replications=arguments.replications,
            progress=shown.step,
        )
        shown.step("writing")
        written = write_simulation(made, target)
    in_error = any(finding.severity == "error" and finding.rows_kept_out for finding in made.findings)
    lines = [*simulation_lines(made, source.name), f"  Written to {written.path}"]
    data = {"source": str(source.path), "written": str(written.path), **simulation_data(made)}
    return Outcome(int(in_error), data, tuple(lines))


def addin_command(arguments: argparse.Namespace) -> Outcome:
    """Build, install or remove the add-in."""
    if arguments.action == "build":
        return _addin_built(arguments)
    if arguments.out is not None:
        raise InputError(f"--out belongs to build; leave it out with {arguments.action}.")
    if arguments.host == "calc":
        if arguments.dry_run:
            raise InputError("--dry-run is for Excel; Calc's own installer has none. Leave it out.")
        from invopt_xl.adapters.calc_addin import command

        said = command.install() if arguments.action == "install" else command.uninstall()
        data: dict[str, Any] = {"said": said}
        lines: tuple[str, ...] = (said,)
    else:
        from invopt_xl.adapters.addin import installing

        work = installing.install if arguments.action == "install" else installing.uninstall
        found = work(dry_run=arguments.dry_run)
        planned = () if found.done else tuple(f"  {json.dumps(each.described())}" for each in found.actions)
        data, lines = found.data, (*found.lines, *planned)
    if arguments.action == "install" and not arguments.dry_run:
        told = _compiled(arguments)
        data, lines = {**data, "compiled": told}, (*lines, told)
    return Outcome(0, data, lines)


def _compiled(arguments: argparse.Namespace) -> str:
    """Compile what plans compute with, and return what came of it: the add-in is in place by now, whatever happens here."""
    from invopt_xl.adapters.warming import STEPS, warm_apart

    with progress(len(STEPS), "compiling, once", quiet=arguments.quiet or arguments.json) as shown:
        return warm_apart(shown.step)


def _addin_built(arguments: argparse.Namespace) -> Outcome:
    if arguments.host == "calc":
        from invopt_xl.adapters.calc_addin.command import build
    else:
        from invopt_xl.adapters.addin.command import build
    path = build(arguments.out)
    size = path.stat().st_size
    return Outcome(0, {"written": str(path), "bytes": size}, (f"Add-in of {size:,d} bytes written to {path}",))


def template_command(arguments: argparse.Namespace) -> Outcome:
    """Write a blank planner workbook."""
    from invopt_xl.adapters.template_output import write_template

    path = write_template(arguments.out)
    return Outcome(0, {"written": str(path)}, (f"Template written to {path}",))


def demo_command(arguments: argparse.Namespace) -> Outcome:
    """Generate the demo workbook and plan it."""
    from invopt_xl.adapters.template_output import write_filled
    from invopt_xl.core.demo import demo_tables

    path = arguments.out / "invopt_demo.xlsx"
    with progress(1, "demo", quiet=arguments.quiet or arguments.json) as shown:
        shown.step("generating 200 items x 3 locations x 130 weeks")
        write_filled(demo_tables(seed=arguments.seed), path)
    words = argparse.Namespace(
        **{
            **vars(arguments),
            "out": None,
            "format": "xlsx",
            "as_of": None,
            "settings": {},
            "models": None,
            "scenario": None,
            "pictures": None,
            "picture_skus": [],
        }
    )
    outcome = _plan_one(Source(path), words)
    more = ("Open it and look at Dashboard, Recommendations and Exceptions; its input sheets come before them.",)
    return Outcome(0, {**outcome.data, "seed": arguments.seed}, (*outcome.lines, *more), outcome.errors)


def doctor_command(arguments: argparse.Namespace) -> Outcome:
    """Examine this installation."""
    checks = examine()
    bad = [each for each in checks if not each.ok]
    lines = [
        f"[{'ok' if each.ok else 'PROBLEM'}] {each.what}: {each.found}" + (f" {each.fix}" if not each.ok else "")
        for each in checks
    ]
    lines.append("Everything that is needed is there." if not bad else f"{len(bad)} problems; see above what to do.")
    data = {"checks": [vars(each) for each in checks]}
    return Outcome(2 if bad else 0, data, tuple(lines))


COMMANDS: dict[str, Callable[[argparse.Namespace], Outcome]] = {
    "plan": plan_command,
    "check": check_command,
    "backtest": backtest_command,
    "simulate": simulate_command,
    "addin": addin_command,
    "template": template_command,
    "demo": demo_command,
    "doctor": doctor_command,
}
