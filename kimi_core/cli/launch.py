"""``kimi-k2 launch``: a launch plan on paper.

Owns: how a plan is printed. May know: its own files, endpoints; rich.
"""

from __future__ import annotations

from rich.padding import Padding
from rich.text import Text

from kimi_core.cli._output import console, print_json
from kimi_core.cli.launch_plan import LaunchPlan, on_lines
from kimi_core.endpoints import ENDPOINTS

__all__ = ["show_plan"]


def show_plan(plan: LaunchPlan, *, as_json: bool) -> None:
    """Print how to serve a model.

    Args:
        plan: The plan.
        as_json: Print it as JSON.
    """
    if as_json:
        print_json(plan.to_dict())
        return
    screen = console()
    for place, command in plan.commands:
        screen.print(Text(f"# {place}", style="dim"))
        # Not wrapped by rich: a command is copied, and a break inside it would be copied too.
        screen.print(Text(on_lines(command)), soft_wrap=True)
    screen.print()
    # Below each other: beside a flag of 90 characters no column is left for the reason.
    for flag in plan.flags:
        screen.print(Text(flag.text, style="bold"), soft_wrap=True)
        screen.print(Padding(Text(flag.reason), (0, 0, 0, 4)))
    screen.print()
    screen.print(Text(plan.hardware))
    for warning in plan.warnings:
        screen.print(Text(f"Mind: {warning}", style="yellow"))
    base_url = ENDPOINTS[plan.engine].base_url
    name, _, arguments = plan.client.rstrip(")").partition("(")
    call = "\n".join([f"{name}(", *(f"    {said}," for said in arguments.split(", ")), ")"])
    check = f"kimi-k2 check --endpoint {plan.engine} --base-url {base_url}"
    screen.print(Text(f"Then: {call}"), soft_wrap=True)
    screen.print(Text(on_lines(f"Prove it: {check}")), soft_wrap=True)
