"""Settings: each bad value gets its own sentence with the fix."""

from __future__ import annotations

import os

import pytest
from support.control import SECRET
from support.form import agent

GOOD = {
    "BALCTL_ENROLLMENT_SECRET": SECRET,
    "BALCTL_API_BASE": "https://control.example.com",
    "BALCTL_HOSTNAME": "lb1.example.com",
}


def load(tmp_path, **values: str):
    return agent.load_config({**GOOD, "BALCTL_ROOT": str(tmp_path), **values})


def put_env(tmp_path, text: str, mode: int = 0o600) -> str:
    os.makedirs(tmp_path / "etc/balctl", exist_ok=True)
    path = tmp_path / "etc/balctl/agent.env"
    path.write_text(text)
    path.chmod(mode)
    return str(path)


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("BALCTL_ENROLLMENT_SECRET", SECRET[:-1], "47 characters"),
        ("BALCTL_ENROLLMENT_SECRET", SECRET + "0", "49 characters"),
        ("BALCTL_ENROLLMENT_SECRET", SECRET[:20] + "g" + SECRET[21:], "position 21"),
        ("BALCTL_ENROLLMENT_SECRET", "7d9a3a52-8d5c-4c1e-9a53-0f6f3c2d1b00", "UUID"),
        ("BALCTL_API_BASE", "http://control.example.com", "https://control.example.com"),
        ("BALCTL_API_BASE", "ftp://control.example.com", "must look like"),
        ("BALCTL_API_BASE", "https://", "must look like"),
        ("BALCTL_API_BASE", "https://a b", "must look like"),
        ("BALCTL_UPDATE_URL", "http://control.example.com/agent.zip", "plain text"),
        ("BALCTL_PUBLIC_IP_URL", "http://example.com", "plain text"),
        ("BALCTL_INTERVAL_SEC", "0", "1 to 60"),
        ("BALCTL_INTERVAL_SEC", "61", "1 to 60"),
        ("BALCTL_INTERVAL_SEC", "1.5", "whole number"),
        ("BALCTL_INTERVAL_SEC", "-1", "whole number"),
        ("BALCTL_DECLARE_IP", "203.0.113.1 203.0.113.2", "one IPv4"),
        ("BALCTL_DECLARE_IP", "2001:db8::1", "one IPv4"),
        ("BALCTL_DECLARE_IP", "203.0.113.0/24", "one IPv4"),
        ("BALCTL_DECLARE_IP", "203.0.113.256", "one IPv4"),
        ("BALCTL_HOSTNAME", "lb 1", "BALCTL_HOSTNAME"),
        ("BALCTL_HOSTNAME", "bücher.example", "BALCTL_HOSTNAME"),
        ("BALCTL_CA_FILE", "/nonexistent/ca.pem", "cannot be read"),
        ("BALCTL_DEBUG", "maybe", "1 or 0"),
        ("BALCTL_UPDATE_TRIAL_SEC", "4", "5 to 3600"),
        ("BALCTL_ROOT", "relative", "absolute"),
    ],
)
def test_a_bad_value_is_refused_with_its_own_sentence(tmp_path, name, value, says):
    with pytest.raises(agent.ConfigError, match=says.replace(".", r"\.")):
        load(tmp_path, **{name: value})


def test_the_four_bad_secrets_get_four_different_sentences(tmp_path):
    sentences = set()
    for bad in (SECRET[:-1], SECRET + "0", "g" + SECRET[1:], "7d9a3a52-8d5c-4c1e-9a53-0f6f3c2d1b00"):
        with pytest.raises(agent.ConfigError) as refused:
            load(tmp_path, BALCTL_ENROLLMENT_SECRET=bad)
        assert bad not in str(refused.value)  # the secret itself is not printed
        sentences.add(str(refused.value))
    assert len(sentences) == 4


def test_a_config_error_names_a_known_prefix_of_the_secret_never(tmp_path):
    config = load(tmp_path)
    assert config.secret == SECRET
    assert config.update_url == "https://control.example.com/download/agent.zip"


def test_the_hosted_default_keeps_its_own_update_address(tmp_path):
    config = agent.load_config({"BALCTL_HOSTNAME": "a.b", "BALCTL_ROOT": str(tmp_path)})
    assert (config.api_base, config.update_url) == (
        "https://serversctl.com",
        "https://download.serversctl.com/agent.zip",
    )


def test_the_file_fills_in_what_the_environment_lacks(tmp_path):
    put_env(tmp_path, f"BALCTL_ENROLLMENT_SECRET={SECRET}\nBALCTL_INTERVAL_SEC=5\nBALCTL_HOSTNAME=file.example\n")
    config = agent.load_config({"BALCTL_ROOT": str(tmp_path), "BALCTL_INTERVAL_SEC": "7"})
    assert (config.secret, config.interval_sec, config.hostname) == (SECRET, 7, "file.example")


def test_an_unknown_name_is_warned_about_with_the_nearest_known_one(tmp_path):
    config = load(tmp_path, BALCTL_API_BAS="https://x")
    assert any("BALCTL_API_BAS is not" in w and "BALCTL_API_BASE" in w for w in config.warnings)


def test_a_readable_secret_is_warned_about_with_the_fix(tmp_path):
    path = put_env(tmp_path, f"BALCTL_ENROLLMENT_SECRET={SECRET}\n", 0o644)
    assert any(f"chmod 600 {path}" in w for w in load(tmp_path).warnings)


def test_env_syntax_is_that_of_systemd():
    values, complaints = agent.parse_env_text(
        '# c\n; c\n\nA=1\n B = two words \nC="q \\" x"\nD=\'s $HOME\'\nE=$HOME\nF=a\\\nb\n'
    )
    assert values == {"A": "1", "B": "two words", "C": 'q " x', "D": "s $HOME", "E": "$HOME", "F": "ab"}
    assert complaints == []
    assert agent.parse_env_text("no equals\n")[1] == ["line 1 is not NAME=value"]


def test_an_env_file_cut_at_any_byte_is_an_error_and_never_another_setting(tmp_path):
    settings = {**GOOD, "BALCTL_CA_FILE": "", "BALCTL_DECLARE_IP": "203.0.113.10"}
    whole = agent.render_env(settings)
    refused = 0
    for length in range(len(whole) + 1):
        put_env(tmp_path, whole[:length])
        try:
            config = agent.load_config({"BALCTL_ROOT": str(tmp_path)})
            config.need_secret()
        except agent.ConfigError as why:
            assert why.exit_code == 3
            refused += 1
        else:
            assert (config.secret, config.api_base, config.hostname, config.declared_ip) == (
                SECRET, "https://control.example.com", "lb1.example.com", "203.0.113.10",
            )  # fmt: skip
    assert refused == len(whole) - 1  # only the whole file, with or without its last newline, is good


@pytest.mark.parametrize(
    "content", [b"\xff\xfe\x00", b"\x00" * 10, b"A" * 70000, b"=\n", b"BALCTL_ENROLLMENT_SECRET\n"]
)
def test_garbage_in_the_env_file_is_an_error_with_the_fix(tmp_path, content):
    path = put_env(tmp_path, "")
    with open(path, "wb") as out:
        out.write(content)
    with pytest.raises(agent.ConfigError, match=r"enrol|Correct"):
        agent.load_config({"BALCTL_ROOT": str(tmp_path)})


def test_one_setting_changes_and_the_rest_of_the_file_stays():
    text = agent.render_env({"A": "1", "B": "2"})
    assert agent.replace_setting(text, "A", "9") == text.replace("A=1", "A=9")
    added = agent.replace_setting(text, "C", "3")
    assert agent.parse_env_text(added)[0] == {"A": "1", "B": "2", "C": "3"}
    assert added.endswith("\n# end\n")


def test_the_program_ends_with_the_documented_status_for_bad_settings(host):
    host.write_env(BALCTL_ENROLLMENT_SECRET="short")
    done = host.run()
    assert done.returncode == 3
    assert "5 characters" in done.stderr


def test_every_setting_is_in_the_example_and_the_reference():
    from support.form import AGENT_FOLDER

    for name in ("balctl-heartbeat.env.example", "README.md"):
        with open(os.path.join(AGENT_FOLDER, "packaging", name)) as source:
            text = source.read()
        missing = [setting for setting in agent.SETTING_NAMES if setting not in text]
        assert missing == [], name
