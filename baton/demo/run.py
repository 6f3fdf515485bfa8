"""`baton demo`: put the house together, live through the days, say what came of it."""

from __future__ import annotations

import json
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

from rich.console import Console

from baton.demo.comparing import Comparison, compare
from baton.demo.display import Progress, print_results, print_showpieces
from baton.demo.mail_folder import MailFolder, write_mail_folder
from baton.demo.options import DemoOptions
from baton.demo.play import play
from baton.demo.results import Results, count_results
from baton.demo.scenario import Scenario, scenario_for
from baton.demo.world import World, open_world
from baton.domain.rep import Team
from baton.store.showpieces import showpieces


def run_demo(options: DemoOptions) -> None:
    """Play the demo to its end and print what came of every lead.

    Raises:
        InputError: A given file or folder cannot be used.
        BatonError: The leads do not add up to what was imported, or something does not start.
    """
    began = time.monotonic()
    home = _home(options)
    scenario = scenario_for(options, home / "scenario")
    # With --json stdout belongs to the one object; people look at stderr.
    console = Console(stderr=options.as_json)
    with open_world(scenario, home) as world:
        with Progress(console) as progress:
            _introduce(progress, world, scenario)
            play(world, scenario, progress)
        results = count_results(world.runtime)
        with world.runtime.transaction() as session:
            seen = showpieces(session)
        mail = write_mail_folder(home / "mail", world.post_office.everything())
        comparison = compare(scenario.funnel, results.ends) if scenario.funnel else None
        seconds = time.monotonic() - began
        if options.as_json:
            summary = _summary(results, mail, comparison, world.house.prefect_ui_url, seconds)
            summary |= {"on_the_way": {one.what: one.leads for one in seen}}
            sys.stdout.write(json.dumps(summary) + "\n")
            sys.stdout.flush()
        else:
            print_showpieces(console, seen)
            print_results(console, results, comparison)
            _say_where_to_look(console, mail, world, seconds)
        if options.stay:
            _stay(console, world)


def _home(options: DemoOptions) -> Path:
    if options.home is None:
        return Path(tempfile.mkdtemp(prefix="baton-demo-"))
    options.home.mkdir(parents=True, exist_ok=True)
    return options.home.resolve()


def _introduce(progress: Progress, world: World, scenario: Scenario) -> None:
    marketing, sales = world.signed_by[Team.MARKETING], world.signed_by[Team.SALES]
    progress.say(
        f"The agreement is signed by {marketing} for marketing and {sales} for sales (both are "
        "invented)."
    )
    for note in scenario.notes:
        progress.say(note)
    progress.say(f"Prefect: {world.house.prefect_ui_url}")


def _summary(
    results: Results,
    mail: MailFolder,
    comparison: Comparison | None,
    prefect_ui: str,
    seconds: float,
) -> dict[str, Any]:
    summary = {
        "imported": results.imported,
        "handed_off": results.handed_off,
        **results.counts,
        "messages": mail.messages,
        "invites": mail.invites,
        "mail_folder": str(mail.path),
        "prefect_ui": prefect_ui,
        "seconds": round(seconds, 1),
    }
    if comparison is not None:
        summary["funnel"] = comparison.as_json()
    return summary


def _say_where_to_look(console: Console, mail: MailFolder, world: World, seconds: float) -> None:
    console.print(
        f"{mail.messages} messages, {mail.invites} of them invites, and {mail.answers} answers: "
        f"{mail.path}",
        highlight=False,
        soft_wrap=True,
    )
    console.print(f"Prefect: {world.house.prefect_ui_url} (while the demo is up)", highlight=False)
    console.print(f"It took {seconds:.0f} seconds.", highlight=False)


def _stay(console: Console, world: World) -> None:
    console.print(
        f"Everything stays up until Ctrl-C. Prefect: {world.house.prefect_ui_url}, "
        f"API: {world.runtime.base_url}/api/docs",
        highlight=False,
    )
    try:
        threading.Event().wait()
    except KeyboardInterrupt:
        console.print("Stopping.")
