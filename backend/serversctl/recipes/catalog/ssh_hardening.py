"""Keys only, and fewer tries."""

from ..ports import Recipe, RecipeStep, is_heard

RECIPE = Recipe(
    id="ssh_hardening",
    title="Harden SSH",
    description="Passwords off, keys only, fewer tries, no X11. Refused when nobody who administers the host has a key.",
    category="access",
    checks=lambda facts: [is_heard(facts)],
    advanced=True,
    warning="Signing in with a password stops working. The settings take themselves back when the SSH server does not answer afterwards.",
    steps=(
        RecipeStep(
            "harden",
            "Write the settings, check them, reload",
            "ssh.hardening_enable",
            "One file of its own in /etc/ssh/sshd_config.d; open sessions stay.",
            undo="ssh.hardening_disable",
        ),
    ),
)
