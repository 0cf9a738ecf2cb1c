"""What is said of a delivery: what differs, what holds, and what could not be checked."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.model.delivery import (
    DeliveredFacts,
    MediaFacts,
    ModelFacts,
    OfferedFacts,
    OfferSource,
    PictureFacts,
    SourceFacts,
)
from core.model.delivery_check import CheckResult
from core.model.listing import Listing, ListingRef, MediaKind
from core.quality.compare import compare
from core.quality.finding import QualityFinding, Severity, Subject, judge
from core.quality.offer import decode_offer, encode_offer, read_offer, says_anything
from core.quality.record import (
    KEPT,
    decode_files,
    decode_findings,
    decode_source,
    encode_facts,
    encode_findings,
    write_claim,
)
from core.quality.words import listed, meters, plain, seconds

OFFER = OfferedFacts(source=OfferSource.QUOTE, as_of="2026-11-23", kind=MediaKind.MODEL)
CHAIR = ModelFacts(
    name="chair.fbx", format="fbx", polygons=1000, vertices=900, textures=("oak.png",), has_uvs=True,
    rigged=False, animated=False, size_m=0.9,
)  # fmt: skip
CAME = DeliveredFacts(
    files=2, formats=("fbx", "png"), models=(CHAIR,),
    pictures=(PictureFacts(name="oak.png", width=2048, height=2048),)
)  # fmt: skip
FROM = SourceFacts(host="dl.cgtrader.com", secured=True, certificate_sha256="ab" * 32, checksum_promised=True)


def about(subject: Subject, offer: OfferedFacts, came: DeliveredFacts) -> QualityFinding:
    (found,) = [one for one in compare(offer, came, FROM) if one.subject is subject]
    return found


def with_model(**facts: Any) -> DeliveredFacts:
    return replace(CAME, models=(replace(CHAIR, **facts),))


def test_all_that_was_promised_and_seen_is_as_offered() -> None:
    offer = replace(OFFER, formats=("fbx",), polygons=1050, pbr=True)
    findings = compare(offer, CAME, FROM)
    assert judge(findings) is CheckResult.AS_OFFERED
    assert {one.subject for one in findings if one.severity is Severity.AS_OFFERED} == {
        Subject.FORMATS, Subject.POLYGONS, Subject.TEXTURES, Subject.CHECKSUM,
    }  # fmt: skip
    assert write_claim(findings, checked_on="2026-11-24", file_names=["a.zip"]) == ""


def test_without_an_offer_nothing_is_called_good() -> None:
    findings = compare(OfferedFacts(kind=MediaKind.MODEL), CAME, SourceFacts())
    assert judge(findings) is CheckResult.UNKNOWN
    assert findings[0].severity is Severity.NOT_CHECKED
    assert "not known what was offered" in " ".join(one.sentence for one in findings)
    assert not any(one.severity is Severity.AS_OFFERED for one in findings)
    assert judge(()) is CheckResult.UNKNOWN


def test_an_offer_that_says_nothing_is_said_to() -> None:
    assert "says nothing" in about(Subject.OFFER, OFFER, CAME).sentence
    feed = replace(OFFER, source=OfferSource.FEED, polygons=5)
    assert "product feed said on 2026-11-23" in about(Subject.OFFER, feed, CAME).sentence
    assert not says_anything(OFFER)


@pytest.mark.parametrize(
    ("polygons", "only_triangles", "severity"),
    [
        (1000, False, Severity.AS_OFFERED),
        (900, False, Severity.AS_OFFERED),
        (1100, False, Severity.AS_OFFERED),
        (899, False, Severity.DIFFERS),
        (1101, False, Severity.DIFFERS),
        (2000, False, Severity.DIFFERS),
        (2000, True, Severity.AS_OFFERED),
        (2200, True, Severity.AS_OFFERED),
        (2201, True, Severity.DIFFERS),
        (None, False, Severity.NOT_CHECKED),
        (0, False, Severity.NOT_CHECKED),
    ],
)
def test_polygons_may_be_off_by_a_tenth(
    polygons: int | None, only_triangles: bool, severity: Severity
) -> None:
    offer = replace(OFFER, polygons=1000)
    came = with_model(polygons=polygons, only_triangles=only_triangles)
    assert about(Subject.POLYGONS, offer, came).severity is severity


def test_parts_of_a_model_are_added_up_and_any_fitting_file_will_do() -> None:
    offer = replace(OFFER, polygons=3000)
    parts = replace(CAME, models=tuple(replace(CHAIR, name=f"{n}.fbx") for n in range(3)))
    assert about(Subject.POLYGONS, offer, parts).severity is Severity.AS_OFFERED
    lods = replace(CAME, models=(CHAIR, replace(CHAIR, polygons=3000, format="obj", name="high.obj")))
    assert about(Subject.POLYGONS, offer, lods).severity is Severity.AS_OFFERED
    unseen = replace(CAME, unread_models=("max",))
    found = about(Subject.POLYGONS, offer, unseen)
    assert (found.severity, "not looked into" in found.sentence) == (Severity.NOT_CHECKED, True)
    assert about(Subject.POLYGONS, OFFER, CAME).severity is Severity.NOTE


def test_missing_maps_are_named() -> None:
    found = about(Subject.TEXTURES, OFFER, with_model(missing=("C:\\art\\oak_n.png", "rough.png")))
    assert found.severity is Severity.DIFFERS
    assert "oak_n.png, rough.png" in found.sentence
    assert "art" not in found.sentence
    unity = replace(CAME, missing=("_BumpMap",))
    assert "_BumpMap" in about(Subject.TEXTURES, OFFER, unity).sentence
    packed = replace(with_model(missing=("a.png",)), closed_archives=("tex.rar",))
    assert about(Subject.TEXTURES, OFFER, packed).severity is Severity.NOT_CHECKED


def test_pbr_wants_textures() -> None:
    offer = replace(OFFER, pbr=True)
    bare = replace(with_model(textures=(), has_uvs=False), pictures=())
    assert about(Subject.TEXTURES, offer, bare).severity is Severity.DIFFERS
    assert about(Subject.UVS, offer, bare).severity is Severity.WARNING
    assert (
        about(Subject.TEXTURES, offer, replace(bare, unread_models=("ma",))).severity is Severity.NOT_CHECKED
    )
    assert about(Subject.TEXTURES, OFFER, bare).severity is Severity.NOTE
    assert about(Subject.UVS, OFFER, bare).severity is Severity.NOTE
    inside = with_model(textures=(), embedded=3)
    assert about(Subject.TEXTURES, offer, inside).severity is Severity.AS_OFFERED


@pytest.mark.parametrize("subject", [Subject.RIG, Subject.ANIMATION])
def test_a_rig_and_animation_are_there_when_they_were_offered(subject: Subject) -> None:
    word = "rigged" if subject is Subject.RIG else "animated"
    offer = replace(OFFER, **{word: True})
    assert about(subject, offer, with_model(**{word: True})).severity is Severity.AS_OFFERED
    missing = about(subject, offer, CAME)
    assert missing.severity is Severity.DIFFERS
    assert judge([missing]) is CheckResult.DIFFERS
    assert about(subject, offer, with_model(**{word: None})).severity is Severity.NOT_CHECKED
    assert about(subject, offer, replace(CAME, unread_models=("max",))).severity is Severity.NOT_CHECKED
    assert about(subject, offer, replace(CAME, models=())).severity is Severity.NOT_CHECKED
    assert about(subject, OFFER, with_model(**{word: True})).severity is Severity.NOTE
    assert not [one for one in compare(OFFER, CAME, FROM) if one.subject is subject]
    assert not [one for one in compare(replace(OFFER, **{word: False}), CAME, FROM) if one.subject is subject]


@pytest.mark.parametrize(
    ("size", "severity"),
    [
        (0.0009, Severity.WARNING),
        (0.001, Severity.NOTE),
        (10_000.0, Severity.NOTE),
        (12_000.0, Severity.WARNING),
    ],
)
def test_a_size_that_nothing_has_is_a_warning(size: float, severity: Severity) -> None:
    assert about(Subject.SCALE, OFFER, with_model(size_m=size)).severity is severity


def test_a_size_without_a_unit_or_without_any_is_not_checked() -> None:
    units = about(Subject.SCALE, OFFER, with_model(size_m=None, size_units=170.0))
    assert (units.severity, units.found) == (Severity.NOT_CHECKED, "170 units")
    assert about(Subject.SCALE, OFFER, with_model(size_m=None)).severity is Severity.NOT_CHECKED
    two = replace(CAME, models=(CHAIR, replace(CHAIR, size_m=90.0)))
    assert "between 90 cm and 90 m" in about(Subject.SCALE, OFFER, two).sentence


@pytest.mark.parametrize(
    ("formats", "severity"),
    [
        (("fbx", "png"), Severity.AS_OFFERED),
        (("blend",), Severity.DIFFERS),
        (("fbx", "marmoset"), Severity.NOT_CHECKED),
        ((), Severity.NOTE),
    ],
)
def test_formats_are_compared(formats: tuple[str, ...], severity: Severity) -> None:
    assert about(Subject.FORMATS, replace(OFFER, formats=formats), CAME).severity is severity


def test_formats_are_known_by_more_than_one_ending() -> None:
    came = replace(CAME, formats=("gltf", "jpg", "tif", "usdc"))
    offer = replace(OFFER, formats=("glb", "jpeg", "tiff", "usd"))
    assert about(Subject.FORMATS, offer, came).severity is Severity.AS_OFFERED
    closed = replace(CAME, closed_archives=("chair.rar",))
    found = about(Subject.FORMATS, replace(OFFER, formats=("blend",)), closed)
    assert (found.severity, "chair.rar" in found.sentence) == (Severity.NOT_CHECKED, True)


def test_of_a_picture_one_format_is_bought() -> None:
    offer = replace(OFFER, kind=MediaKind.IMAGE, formats=("jpg", "eps"))
    came = DeliveredFacts(
        files=1, formats=("jpg",), pictures=(PictureFacts(name="a.jpg", width=1, height=1),)
    )
    assert about(Subject.FORMATS, offer, came).severity is Severity.AS_OFFERED
    assert about(Subject.FORMATS, offer, replace(came, formats=("gif",))).severity is Severity.DIFFERS


@pytest.mark.parametrize(
    ("came", "variant", "severity"),
    [
        ((6000, 4000), "", Severity.AS_OFFERED),
        ((4000, 6000), "", Severity.AS_OFFERED),
        ((5950, 3970), "", Severity.AS_OFFERED),
        ((1000, 667), "", Severity.DIFFERS),
        ((1000, 667), "small", Severity.NOT_CHECKED),
        ((None, None), "", Severity.NOT_CHECKED),
    ],
)
def test_pixels_are_compared(came: tuple[int | None, int | None], variant: str, severity: Severity) -> None:
    offer = replace(OFFER, kind=MediaKind.IMAGE, width=6000, height=4000, variant=variant)
    facts = DeliveredFacts(
        files=1, formats=("jpg",), pictures=(PictureFacts(name="a.jpg", width=came[0], height=came[1]),)
    )
    assert about(Subject.RESOLUTION, offer, facts).severity is severity
    film = replace(offer, kind=MediaKind.VIDEO)
    movie = DeliveredFacts(
        files=1, media=(MediaFacts(name="a.mp4", kind=MediaKind.VIDEO, width=came[0], height=came[1]),)
    )
    assert about(Subject.RESOLUTION, film, movie).severity is severity


@pytest.mark.parametrize(
    ("length", "severity"),
    [
        (10.0, Severity.AS_OFFERED),
        (9.0, Severity.AS_OFFERED),
        (8.9, Severity.DIFFERS),
        (12.0, Severity.WARNING),
        (None, Severity.NOT_CHECKED),
    ],
)
def test_durations_are_compared(length: float | None, severity: Severity) -> None:
    offer = replace(OFFER, kind=MediaKind.AUDIO, duration_s=10.0)
    came = DeliveredFacts(files=1, media=(MediaFacts(name="a.wav", kind=MediaKind.AUDIO, duration_s=length),))
    found = about(Subject.DURATION, offer, came)
    assert found.severity is severity
    open_end = about(Subject.DURATION, replace(offer, duration_s=None), came)
    assert open_end.severity is (Severity.NOT_CHECKED if length is None else Severity.NOTE)


def test_where_it_came_from_is_told() -> None:
    def said(source: SourceFacts) -> tuple[Severity, str]:
        (one,) = [one for one in compare(OFFER, CAME, source) if one.subject is Subject.SOURCE]
        return one.severity, one.sentence

    assert said(FROM) == (
        Severity.NOTE,
        "Came from dl.cgtrader.com over an encrypted connection whose certificate was verified.",
    )
    assert said(SourceFacts(host="a.example", secured=False))[0] is Severity.WARNING
    assert said(SourceFacts(host="a.example"))[0] is Severity.NOT_CHECKED
    assert said(SourceFacts())[0] is Severity.NOT_CHECKED
    unnamed = compare(OFFER, CAME, replace(FROM, checksum_promised=False))
    assert "names no checksum" in " ".join(one.sentence for one in unnamed)


def test_what_was_not_looked_into_is_said() -> None:
    came = DeliveredFacts(
        files=3, models=(ModelFacts(name="a.glb", format="glb", problem="It is damaged."),) * 2,
        unread_models=("max",), closed_archives=("b.rar",), left_out=12_000,
    )  # fmt: skip
    said = " ".join(one.sentence for one in compare(OFFER, came, FROM))
    for words in ("a.glb could not be looked into: It is damaged.", "1 more", "max", "b.rar", "12,000 files"):
        assert words in said


def test_a_claim_names_what_differs_and_nothing_else() -> None:
    offer = replace(OFFER, formats=("blend",), rigged=True)
    claim = write_claim(
        compare(offer, CAME, FROM), checked_on="2026-11-24", file_names=[f"{n}.zip" for n in range(7)]
    )
    assert "- formats: Offered, but not delivered: blend." in claim
    assert "- rig: It was offered as rigged" in claim
    assert "scale" not in claim
    assert claim.endswith("Checked on 2026-11-24 in: 0.zip, 1.zip, 2.zip, 3.zip, 4.zip and 2 more.")


def test_an_offer_is_read_from_a_listing_and_kept_as_text() -> None:
    listing = Listing(
        ref=ListingRef(marketplace="cgtrader", id="1"), title="Chair", kind=MediaKind.MODEL, offers=(),
        formats=("FBX", ".obj", "fbx"), polygons=12, rigged=False, duration_s=1.5,
    )  # fmt: skip
    offer = read_offer(listing, source=OfferSource.QUOTE, as_of=date(2026, 11, 23), variant="max")
    assert offer.formats == ("fbx", "obj")
    assert decode_offer(encode_offer(offer)) == offer
    assert "polygons" in encode_offer(offer)
    assert "width" not in encode_offer(offer)


@given(
    text=st.text(max_size=200)
    | st.sampled_from(["[]", "null", '{"formats": 3, "polygons": "7", "kind": "x"}'])
)
def test_any_text_is_an_offer_or_none(text: str) -> None:
    offer = decode_offer(text)
    assert not says_anything(offer) or isinstance(offer.formats, tuple)
    assert decode_findings(text) == ()
    assert decode_files(text) == frozenset()
    assert decode_source(text) == SourceFacts()


def test_a_check_is_read_back_as_it_was_written_and_stays_small() -> None:
    many = replace(CAME, models=(replace(CHAIR, textures=tuple(f"{n}.png" for n in range(500))),) * 300)
    findings = compare(replace(OFFER, polygons=7), many, FROM)
    assert decode_findings(encode_findings(findings)) == findings
    facts = encode_facts(["b" * 64, "a" * 64], OFFER, many, FROM)
    assert decode_files(facts) == {"a" * 64, "b" * 64}
    assert decode_source(facts) == FROM
    assert len(facts) < 100_000
    assert facts.count('"chair.fbx"') == KEPT
    newer = '[{"subject": "smell", "severity": "differs", "sentence": "x"}, {"subject": "rig"}, 7]'
    assert decode_findings(newer) == ()


def test_words_stay_short_and_plain() -> None:
    assert listed(["a"] * 10) == "a, a, a, a, a, a, a, a and 2 more"
    assert plain("a\u202eb\n") == "a\N{REPLACEMENT CHARACTER}b\N{REPLACEMENT CHARACTER}"
    assert len(plain("x" * 500)) == 80
    assert [meters(one) for one in (0.002, 0.05, 1.7, 12_345)] == ["2 mm", "5 cm", "1.7 m", "12.3 km"]
    assert [seconds(one) for one in (1.5, 75)] == ["1.5 s", "1 min 15 s"]


def test_what_was_picked_up_may_be_one_of_several_downloads() -> None:
    offer = replace(OFFER, formats=("fbx", "blend"), rigged=True, polygons=9000)
    picked_up = {one.subject: one for one in compare(offer, CAME, SourceFacts())}
    assert "not picked up here: blend" in picked_up[Subject.FORMATS].sentence
    for subject in (Subject.FORMATS, Subject.RIG, Subject.POLYGONS):
        assert picked_up[subject].severity is Severity.NOT_CHECKED
        assert about(subject, offer, CAME).severity is Severity.DIFFERS
    nothing_of_it = compare(replace(offer, formats=("blend", "max")), CAME, SourceFacts())
    assert {one.subject for one in nothing_of_it if one.severity is Severity.DIFFERS} == {
        Subject.FORMATS, Subject.RIG, Subject.POLYGONS,
    }  # fmt: skip
