"""Files that travel with a job: checked against the sealed order, tried again when the network fails, refused when wrong."""

from __future__ import annotations

import hashlib
import json

import pytest
from support.form import agent

DATA = b"global\n    maxconn 10\n" + bytes(range(256))


def named(**files: bytes) -> dict[str, dict[str, object]]:
    return {name: {"sha256": hashlib.sha256(data).hexdigest(), "sizeBytes": len(data)} for name, data in files.items()}


@pytest.fixture
def cargo(host, control):
    config = agent.load_config({"BALCTL_ROOT": host.root})
    control.cargo[("j1", "config")] = DATA
    return lambda **files: agent.JobCargo(config, "j1", 1, named(**(files or {"config": DATA})))


def test_an_ordered_file_comes_as_it_was_ordered(cargo):
    assert cargo().fetch("config") == DATA


def test_a_file_that_was_changed_on_the_way_is_not_used(cargo, control):
    control.cargo[("j1", "config")] = DATA + b"\n"
    with pytest.raises(agent.StepFailed, match="not the file that was ordered"):
        cargo().fetch("config")


def test_a_file_that_the_order_does_not_name_is_not_asked_for(cargo, control):
    control.cargo[("j1", "other")] = b"x"
    with pytest.raises(agent.StepFailed, match="carries no file"):
        cargo().fetch("other")


def test_a_lossy_network_is_tried_again(cargo, control, monkeypatch):
    monkeypatch.setattr(agent.time, "sleep", lambda _seconds: None)
    control.lose = 0.3
    found = cargo()
    assert [found.fetch("config") for _ in range(5)] == [DATA] * 5
    found.hand_over("diff", DATA)
    assert control.outputs == {("j1", "diff"): DATA}


def test_a_refusal_is_final_and_tells_its_reason(cargo, control):
    del control.cargo[("j1", "config")]
    with pytest.raises(agent.StepFailed, match="cargo_not_found"):
        cargo().fetch("config")


def test_more_than_a_job_may_hand_over_is_not_sent(cargo, control):
    with pytest.raises(agent.StepFailed, match="at most"):
        cargo().hand_over("big", b"x" * (agent.PIECE_CAP_BYTES + 1))
    assert control.outputs == {}


@pytest.mark.parametrize("text", ["[]", "{", 7, json.dumps("x")])
def test_cargo_that_is_not_a_list_of_files_refuses_the_job(text):
    with pytest.raises(agent.JobRefused, match="cargo"):
        agent.cargo_in({"cargo": text})


def test_cargo_is_not_a_parameter_of_the_command():
    assert agent.cargo_in({"a": 1, "cargo": json.dumps(named(x=b"1"))}) == ({"a": 1}, named(x=b"1"))
    assert agent.cargo_in({"a": 1}) == ({"a": 1}, {})
