"""XMP packets in glTF: they keep to the part of JSON-LD that KHR_xmp_json_ld allows, and read back."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rights_samples import make_license
from xmp_rules import find_faults

from core.errors import UserInputError
from core.rights.record import Details, RightsLicense, Run
from core.rights.xmp import CONTEXT, make_packet, read_packet
from core.stamp_format import Stamp

ONE, TWO = make_license(1), make_license(2, terms_url="https://example.com/other", author="木村")
DECLARED = RightsLicense(
    stamp=Stamp(
        grant_id="declaration_1", marketplace="declared", listing_id="", license_id="declared.own_work",
        terms_sha256="",
    )
)  # fmt: skip
BARE = RightsLicense(stamp=make_license(3, credit="").stamp)
CASES = [
    ((ONE,), 0, ()),
    ((ONE, TWO), 1, (Run(0, 3, 6), Run(-1, 1, 1), Run(1, 2, 2))),
    ((ONE, TWO), None, (Run(1, 2, 2),)),
    ((BARE,), None, ()),
    ((BARE, ONE), 0, ()),
    ((DECLARED, ONE), 0, ()),
]


@pytest.mark.parametrize(("licenses", "stamp", "runs"), CASES)
def test_packets_keep_to_the_rules_and_read_back(
    licenses: tuple[RightsLicense, ...], stamp: int | None, runs: tuple[Run, ...]
) -> None:
    packet = json.loads(json.dumps(make_packet(licenses, stamp=stamp, runs=runs)))
    assert find_faults(packet) == []
    held, own, faces = read_packet(packet)
    assert (held, own) == (licenses, stamp)
    assert faces == tuple(Run(run.license, run.triangles, run.triangles) for run in runs)


def test_well_known_names_say_it_to_other_programs() -> None:
    packet = make_packet((ONE,), stamp=0)
    assert packet["dc:rights"]["rdf:_1"]["@value"] == ONE.stamp.credit
    assert packet["dc:creator"] == {"@list": ["Åse"]}
    assert packet["xmpRights:WebStatement"] == "https://example.com/terms"
    assert packet["xmpRights:Marked"] is True
    assert "Royalty Free" in packet["xmpRights:UsageTerms"]["rdf:_1"]["@value"]
    assert "xmpRights:WebStatement" not in make_packet((ONE, TWO))
    own = make_packet((DECLARED,))["xmpRights:UsageTerms"]["rdf:_1"]["@value"]
    assert own == "Declared as: own work."


def test_nothing_in_it_is_empty() -> None:
    """The exporter drops empty values, and a packet must not come to mean something else by that."""

    def walk(value: Any) -> None:
        assert value not in ({}, [], "", None)
        for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
            walk(inner)

    for licenses, stamp, runs in CASES:
        walk(make_packet(licenses, stamp=stamp, runs=runs))


@given(st.text(max_size=80), st.text(max_size=80))
def test_any_words_are_carried(title: str, author: str) -> None:
    licensed = RightsLicense(stamp=ONE.stamp, details=Details(title=title, author=author))
    packet = make_packet((licensed,))
    assert find_faults(packet) == []
    assert read_packet(json.loads(json.dumps(packet)))[0] == (licensed,)


@pytest.mark.parametrize(
    "packet",
    [
        None, [], 7, "x", {}, {"@context": CONTEXT}, {"dc:title": "x"},
        {"clearance:licenses": {"@list": []}},
        {"@context": {"clearance": "https://example.com/"}, "clearance:licenses": {"@list": [1]}},
        {"@context": [CONTEXT], "clearance:licenses": 3},
    ],
)  # fmt: skip
def test_the_packets_of_others_are_passed_over(packet: object) -> None:
    assert read_packet(packet) == ((), None, ())


@pytest.mark.parametrize(
    "change",
    [
        {"clearance:licenses": 3},
        {"clearance:licenses": {"@list": "x"}},
        {"clearance:licenses": {"@list": [3]}},
        {"clearance:licenses": {"@list": [{}]}},
        {"clearance:licenses": {"@list": [{"clearance:grantId": 3}]}},
        {"clearance:stamp": 1},
        {"clearance:stamp": -1},
        {"clearance:stamp": True},
        {"clearance:stamp": "0"},
        {"clearance:faces": {"@list": [0]}},
        {"clearance:faces": {"@list": [1, 4]}},
        {"clearance:faces": {"@list": [0, -4]}},
        {"clearance:faces": {"@list": [True, 4]}},
        {"clearance:faces": {"@list": [0, 1.5]}},
        {"clearance:faces": [0, 1]},
    ],
    ids=str,
)
def test_damaged_packets_of_ours_are_refused(change: dict[str, Any]) -> None:
    with pytest.raises(UserInputError) as caught:
        read_packet({**make_packet((ONE,), stamp=0), **change})
    assert caught.value.code == "rights.damaged"
