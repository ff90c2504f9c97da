"""Runtime control of HAProxy: drain, ready, maintenance, live figures."""

from ...workflows.ports import Precondition
from ..ports import Facts, Recipe, RecipeStep, haproxy_is_seen, is_heard


def checks(facts: Facts) -> list[Precondition]:
    missing = Precondition(facts.admin_socket is not True, "There is no admin socket yet.", "There is nothing to do.")
    return [is_heard(facts), haproxy_is_seen(facts), missing]


RECIPE = Recipe(
    id="admin_socket",
    title="Enable the HAProxy admin socket",
    description="Opens a socket on the host itself for draining servers and for live figures. It is not reachable over the network.",
    category="haproxy",
    checks=checks,
    steps=(
        RecipeStep(
            "enable",
            "Add the socket and reload",
            "haproxy.admin_socket_enable",
            "Two lines in the global section of haproxy.cfg: `stats socket … level admin` and its time-out, which takes the place of another `stats timeout` for good. HAProxy reloads; connections stay.",
            undo="haproxy.admin_socket_disable",
        ),
    ),
)
