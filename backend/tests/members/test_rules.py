"""What may be said of a member, and what is answered to nonsense."""

from __future__ import annotations

import pytest
from serversctl.kernel.errors import Invalid
from serversctl.members.rules import allows, clean_addresses, clean_hostname, clean_name, clean_sources


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("lb1.example.com", "lb1.example.com"), ("LB1.Example.COM", "lb1.example.com"), ("edge", "edge"),
        ("lb1.example.com.", "lb1.example.com"), ("1.example.com", "1.example.com"), ("xn--bcher-kva.example", "xn--bcher-kva.example"),
        ("a" * 63 + ".example.com", "a" * 63 + ".example.com"),
    ],
)  # fmt: skip
def test_host_names_are_kept_in_lower_case(text: str, clean: str) -> None:
    assert clean_hostname(text) == clean


@pytest.mark.parametrize(
    "text",
    ["", " ", "lb1 .example.com", " lb1", "lb1\n", "-lb1", "lb1-", "lb_1.example.com", "lb1..example.com", ".example.com",
     "a" * 64, ("a" * 63 + ".") * 4 + "com", "bücher.example", "lb1/x", "lb1;id", "$(id)", "lb1\x00", "[::1]", "lb1:80"],
)  # fmt: skip
def test_what_is_no_host_name_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(Invalid) as caught:
        clean_hostname(text)
    assert "lb1.example.com" in caught.value.errors["hostname"][0]


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("203.0.113.10", "203.0.113.10"), ("203.0.113.10/32", "203.0.113.10"), ("203.0.113.0/24", "203.0.113.0/24"),
        ("10.0.0.5", "10.0.0.5"), ("127.0.0.1", "127.0.0.1"), ("100.64.0.1", "100.64.0.1"), ("169.254.1.1", "169.254.1.1"),
        ("2001:DB8::0001", "2001:db8::1"), ("2001:db8::/48", "2001:db8::/48"), ("fe80::1", "fe80::1"),
    ],
)  # fmt: skip
def test_any_unicast_source_is_taken_in_canonical_form(text: str, clean: str) -> None:
    assert clean_sources([text]) == [clean]


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        (" 203.0.113.10", "spaces"), ("203.0.113.10 ", "spaces"), ("203.0. 113.10", "spaces"), ("203.0.113", "203.0.113.10"),
        ("203.0.113.256", "203.0.113.10"), ("203.0.113.010", "203.0.113.10"), ("203.0.113.10/33", "203.0.113.10"),
        ("203.0.113.10/24", "203.0.113.0/24"), ("203.0.113.10:443", "203.0.113.10"), ("lb1.example.com", "203.0.113.10"),
        ("0.0.0.0", "unspecified"), ("0.0.0.0/0", "whole internet"), ("::/0", "whole internet"), ("::", "unspecified"),
        ("224.0.0.1", "multicast"), ("ff02::1", "multicast"), ("255.255.255.255", "no request"), ("fe80::1%eth0", "zone"),
        ("::ffff:203.0.113.10", "203.0.113.10"), ("", "203.0.113.10"), ("٣.٣.٣.٣", "203.0.113.10"), ("-1", "203.0.113.10"),
    ],
)  # fmt: skip
def test_what_no_request_can_come_from_is_refused_with_the_fix(text: str, hint: str) -> None:
    with pytest.raises(Invalid) as caught:
        clean_sources([text])
    assert hint in caught.value.errors["allowedIps"][0]


def test_each_wrong_entry_is_named_and_doubles_fall_together() -> None:
    with pytest.raises(Invalid) as caught:
        clean_sources(["203.0.113.10", "x", "0.0.0.0/0"])
    assert len(caught.value.errors["allowedIps"]) == 2
    assert clean_sources(["203.0.113.10", "203.0.113.10/32"]) == ["203.0.113.10"]


def test_none_and_too_many_are_refused() -> None:
    for texts in ([], [f"10.0.{n}.1" for n in range(65)]):
        with pytest.raises(Invalid):
            clean_sources(texts)


def test_publishable_addresses_are_single_ones() -> None:
    assert clean_addresses([]) == []
    assert clean_addresses(["203.0.113.10"]) == ["203.0.113.10"]
    with pytest.raises(Invalid):
        clean_addresses(["203.0.113.0/24"])


def test_a_source_is_compared_as_an_address_and_not_as_text() -> None:
    assert allows(["2001:db8::1"], "2001:0db8:0:0::1")
    assert allows(["203.0.113.0/24"], "203.0.113.255")
    assert not allows(["203.0.113.0/24"], "2001:db8::1")


@pytest.mark.parametrize("text", ["", "   ", "x" * 121, "a\x00b", "a\u202eb"])
def test_names_are_printable_and_bounded(text: str) -> None:
    with pytest.raises(Invalid):
        clean_name(text, "displayName", 120)
    assert clean_name("  Edge   one ", "displayName", 120) == "Edge one"
