"""HAProxy from the distribution's packages."""

from ...workflows.ports import Precondition
from ..ports import Facts, Recipe, RecipeStep, is_heard


def checks(facts: Facts) -> list[Precondition]:
    return [
        is_heard(facts),
        Precondition(
            not facts.has_haproxy, "HAProxy is not installed yet.", "There is nothing to do: it runs already."
        ),
    ]


RECIPE = Recipe(
    id="install_haproxy",
    title="Install HAProxy",
    description="Installs the distribution's HAProxy, checks its configuration, enables and starts it.",
    category="haproxy",
    checks=checks,
    steps=(
        RecipeStep(
            "install",
            "Install and start HAProxy",
            "haproxy.provision",
            "The package haproxy with what it needs; its service is enabled and started.",
            no_undo_reason="An installed package stays: remove it on the host when nothing else needs it.",
        ),
        RecipeStep(
            "socket",
            "Add the admin socket",
            "haproxy.admin_socket_enable",
            "Two lines in the global section of haproxy.cfg, for live figures and draining.",
            undo="haproxy.admin_socket_disable",
        ),
    ),
)
