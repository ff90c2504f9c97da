"""A public key that may sign in."""

from ..ports import Recipe, RecipeStep, is_heard

RECIPE = Recipe(
    id="ssh_access",
    title="Enable SSH access",
    description="Lets one public key sign in to this host. The SSH server is installed and started when needed.",
    category="access",
    checks=lambda facts: [is_heard(facts)],
    warning="Whoever holds the private key of this public key can sign in to the host.",
    steps=(
        RecipeStep(
            "enable",
            "Start the SSH server and add the key",
            "ssh.access_enable",
            "One line in the user's authorized_keys; the package openssh-server when it is missing.",
            asks=("publicKey", "user"),
            undo="ssh.access_disable",
            undo_asks=("publicKey", "user"),
        ),
    ),
)
