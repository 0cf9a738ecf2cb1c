"""What was bought is known by its look: learned from deliveries and imports, found again without a stamp."""

from __future__ import annotations

import hashlib
import io
import random
from array import array
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest
from fakes import FakeClock
from file_samples import make_exr, make_zip
from ledger_values import make_declaration, make_file, make_grant
from mesh_samples import make_chair_glb, pack, write_obj
from PIL import Image
from similar_content import make_any_box, make_chair, make_room
from varied_content import make_image, move, save, shuffle

from core.errors import CancelledError, UserInputError
from core.files.contents import Content
from core.files.store import Store
from core.http.cancel import CancelToken
from core.ledger.engine import SqlLedger, open_ledger
from core.model.content import Candidate, Pixels
from core.model.fingerprint import ContentKind, KnownContent
from core.model.grant import Grant, GrantState
from core.model.listing import ListingRef
from core.model.scene import DataBlock, SceneScan
from core.reports.recognized import ask, recognized_hints
from core.services.reporting.fingerprinting import Fingerprinting
from core.services.reporting.known_content import KeptIndex
from core.services.reporting.recognize import Recognize, find_free, with_objects

NAMES = {"cgtrader": "CGTrader", "shutterstock": "Shutterstock"}
CHAIR = make_chair(random.Random(1))


@dataclass
class House:
    """A ledger and a store with what was bought, and the services over them."""

    ledger: SqlLedger
    store: Store
    folder: Path
    fingerprinting: Fingerprinting
    recognize: Recognize

    def buy(self, number: int, *files: tuple[str, bytes], **facts: object) -> Grant:
        """Put a grant into the ledger, and its files into the store."""
        grant = make_grant(number, **facts)
        with self.ledger.transaction() as work:
            work.add_grant(grant)
            for index, (name, data) in enumerate(files):
                digest = hashlib.sha256(data).hexdigest()
                path = self.folder / f"{number}-{index}"
                path.write_bytes(data)
                self.store.adopt(path, digest)
                work.add_file(
                    make_file(
                        10 * number + index, grant_id=grant.id, sha256=digest, name=name, size=len(data)
                    )
                )
        return grant


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    ledger = open_ledger(tmp_path / "ledger.sqlite")
    store = Store(tmp_path / "store")
    with closing(ledger):
        yield House(
            ledger=ledger,
            store=store,
            folder=tmp_path,
            fingerprinting=Fingerprinting(ledger=ledger, store=store),
            recognize=Recognize(
                ledger=ledger,
                clock=FakeClock(),
                index=KeptIndex(ledger),
                name_of=lambda marketplace: NAMES.get(marketplace, marketplace),
            ),
        )


def obj(folder: Path, seed: int = 1) -> bytes:
    return write_obj(folder / "model.obj", make_chair(random.Random(seed))).read_bytes()


def moved(seed: int = 1) -> Candidate:
    rng = random.Random(seed)
    return Candidate(
        subject="MESH/Chair", mesh=pack(move(shuffle(make_chair(random.Random(seed)), rng), rng, 1e-6))
    )


def test_a_bought_model_is_known_when_it_comes_back_without_a_stamp(house: House, tmp_path: Path) -> None:
    grant = house.buy(
        1, ("chair.obj", obj(tmp_path)), title="Oak Chair", ref=ListingRef(marketplace="cgtrader", id="123")
    )
    taken = house.fingerprinting.take(grant.id)
    assert (taken.meshes, taken.images, taken.notes) == (1, 0, ())
    looked = house.recognize.find([moved()])
    assert [one.subject for one in looked.found] == ["MESH/Chair"]
    only = looked.found[0].certain
    assert only is not None and only.grant_id == grant.id and only.name == "Chair"
    assert ask(looked.found[0]) == (
        f"This mesh looks like CGTrader 123 (“Oak Chair”), bought {grant.granted_at.date()}; stamp it?"
    )
    assert house.recognize.find([moved(seed=2)]).found == ()


def test_archives_are_looked_into_and_leave_nothing(house: House, tmp_path: Path) -> None:
    members = {
        "textures/wood.png": save(make_room(1, 128)),
        "textures/sky.exr": make_exr(),
        "model/chair.obj": obj(tmp_path),
        "model/chair.fbx": b"Kaydara FBX Binary  \x00\x1a\x00" + bytes(40),
        "readme.txt": b"Thank you",
        "model/broken.glb": b"glTF\x02\x00\x00\x00",
    }
    grant = house.buy(1, ("chair.zip", make_zip(members)))
    taken = house.fingerprinting.take(grant.id)
    # The picture by its bytes and by its look; the other one by its bytes only.
    assert (taken.meshes, taken.images) == (1, 3)
    assert any("EXR" in note for note in taken.notes)
    assert any("only Blender reads" in note for note in taken.notes)
    assert any(note.startswith("broken.glb") for note in taken.notes)
    assert [*(house.store.root / "work").iterdir()] == []
    shrunk = save(make_room(1, 128).resize((50, 50)), "JPEG", quality=70)
    looked = house.recognize.find(
        [
            Candidate(subject="IMAGE/wood", image=shrunk),
            Candidate(subject="IMAGE/sky", image=make_exr()),
            Candidate(subject="IMAGE/other", image=save(make_room(2, 128))),
        ]
    )
    assert [(one.subject, one.suggestions[0].likeness) for one in looked.found] == [
        ("IMAGE/wood", "look"),
        ("IMAGE/sky", "exact"),
    ]


def test_pictures_inside_a_gltf_and_its_parts_together(house: House, tmp_path: Path) -> None:
    grant = house.buy(1, ("chair.glb", make_chair_glb(tmp_path / "chair.glb").read_bytes()))
    taken = house.fingerprinting.take(grant.id)
    assert taken.images == 2 and taken.meshes >= 3


def test_pictures_from_memory_and_from_disk(house: House, tmp_path: Path) -> None:
    image = make_image(4, 96)
    house.buy(1, ("photo.png", save(image)))
    house.fingerprinting.take("grant_1")
    upside_down = image.transpose(Image.Transpose.FLIP_TOP_BOTTOM).convert("RGBA")
    values = array("f", [value / 255 for value in upside_down.tobytes()])
    place = tmp_path / "copy.webp"
    place.write_bytes(save(image, "WEBP", quality=80))
    found = house.recognize.find(
        [
            Candidate(subject="IMAGE/memory", pixels=Pixels(width=96, height=96, values=values)),
            Candidate(subject="IMAGE/disk", image_path=place),
            Candidate(subject="IMAGE/gone", image_path=tmp_path / "gone.png"),
            Candidate(subject="IMAGE/damaged", image=b"\x89PNG"),
            Candidate(subject="IMAGE/short", pixels=Pixels(width=5, height=5, values=values)),
            Candidate(subject="MESH/edited", why_not="It is being edited."),
        ]
    )
    assert [(one.subject, one.suggestions[0].likeness) for one in found.found] == [
        ("IMAGE/memory", "exact"),
        ("IMAGE/disk", "look"),
    ]
    assert [one.subject for one in found.passed] == [
        "IMAGE/gone",
        "IMAGE/damaged",
        "IMAGE/short",
        "MESH/edited",
    ]
    assert found.looked_at == 6 and all(one.why for one in found.passed)


def test_plain_things_are_neither_kept_nor_found(house: House, tmp_path: Path) -> None:
    box = make_any_box(random.Random(1))
    house.buy(1, ("box.obj", write_obj(tmp_path / "b.obj", box).read_bytes()))
    assert house.fingerprinting.take("grant_1").meshes == 0
    assert house.recognize.find([Candidate(subject="MESH/Cube", mesh=pack(box))]).found == ()


def test_what_was_bought_twice_is_told_and_not_certain(house: House, tmp_path: Path) -> None:
    for number in (1, 2):
        house.buy(number, ("chair.obj", obj(tmp_path)), title=f"Chair {number}")
        house.fingerprinting.take(f"grant_{number}")
    found = house.recognize.find([moved()]).found[0]
    assert {one.grant_id for one in found.suggestions} == {"grant_1", "grant_2"}
    assert found.certain is None
    assert ask(found).startswith("This mesh may be one of several: CGTrader 123 (“Chair")
    assert ask(found).endswith("Which one is it?")


def test_an_exact_copy_outdoes_what_only_looks_the_same(house: House) -> None:
    image = make_image(3, 128)
    house.buy(1, ("large.png", save(image)))
    house.buy(2, ("small.jpg", save(image.resize((64, 64)), "JPEG", quality=90)))
    for number in (1, 2):
        house.fingerprinting.take(f"grant_{number}")
    found = house.recognize.find([Candidate(subject="IMAGE/a", image=save(image, compress_level=1))]).found[0]
    assert [one.grant_id for one in found.suggestions] == ["grant_1"]


def test_a_refunded_license_is_recognized_and_said(house: House, tmp_path: Path) -> None:
    house.buy(1, ("chair.obj", obj(tmp_path)))
    house.fingerprinting.take("grant_1")
    with house.ledger.transaction() as work:
        work.change_grant_state("grant_1", GrantState.REFUNDED, at=make_grant(1).granted_at)
    found = house.recognize.find([moved()]).found[0]
    assert found.suggestions[0].state == "refunded" and ", refunded; stamp it?" in ask(found)


def test_declared_content_is_recognized_until_it_is_withdrawn(house: House) -> None:
    declaration = make_declaration(1, title="Our Chair")
    with house.ledger.transaction() as work:
        work.add_declaration(declaration)
    kept = Fingerprinting(ledger=house.ledger, store=house.store)
    with house.ledger.transaction() as work:
        from core.fingerprints import fingerprint_mesh

        shape = fingerprint_mesh(*CHAIR)
        assert shape is not None
        work.replace_fingerprints(
            declaration.id,
            [KnownContent(grant_id=declaration.id, kind=ContentKind.MESH, name="Chair", code=shape.encode())],
        )
    assert not kept.is_taken("grant_1")
    found = house.recognize.find([moved()]).found[0]
    assert found.suggestions[0].is_declared and "“Our Chair”, declared 20" in ask(found)
    with house.ledger.transaction() as work:
        work.withdraw_declaration(declaration.id, at=declaration.declared_at)
    assert house.recognize.find([moved()]).found == ()


def test_taking_again_adds_and_never_takes_away(house: House, tmp_path: Path) -> None:
    house.buy(1, ("chair.obj", obj(tmp_path)))
    first = house.fingerprinting.take("grant_1")
    assert house.fingerprinting.take("grant_1") == first
    other = make_chair(random.Random(9))
    added = house.fingerprinting.add("grant_1", iter([Content(name="Other", mesh=pack(other))]))
    assert added.meshes == first.meshes + 1
    assert len(house.ledger.fingerprints_of("grant_1")) == 2
    found = house.recognize.find([Candidate(subject="MESH/x", mesh=pack(other)), moved()])
    assert len(found.found) == 2


def test_the_index_follows_the_ledger(house: House, tmp_path: Path) -> None:
    house.buy(1, ("chair.obj", obj(tmp_path)))
    assert house.recognize.find([moved()]).known == 0
    house.fingerprinting.take("grant_1")
    assert house.recognize.find([moved()]).known == 1
    index = house.recognize.index.get()
    assert house.recognize.index.get() is index
    with house.ledger.transaction() as work:
        work.replace_fingerprints("grant_1", [])
    assert house.recognize.find([moved()]).found == ()


def test_fingerprints_of_another_version_are_passed_over(house: House) -> None:
    house.buy(1)
    codes = ("cm1:1:2:3", "ci1:aa", "cf9:00", "", "\N{PILE OF POO}")
    contents = [
        KnownContent(grant_id="grant_1", kind=kind, name="x", code=code)
        for code in codes
        for kind in ContentKind
    ]
    with house.ledger.transaction() as work:
        work.replace_fingerprints("grant_1", contents)
    assert house.recognize.find([moved()]).found == ()
    assert house.recognize.index.get().unreadable == len(contents)


def test_update_takes_what_is_missing_and_says_what_it_could_not(house: House, tmp_path: Path) -> None:
    house.buy(1, ("chair.obj", obj(tmp_path)))
    house.buy(2, ("bad.zip", make_zip({"../evil.obj": b"v 0 0 0"})))
    house.buy(3)  # nothing here to look into
    house.buy(4, ("chair.obj", obj(tmp_path, 4)), state=GrantState.REFUNDED)
    seen: list[tuple[int, int | None]] = []
    taken = {
        one.grant_id: one for one in house.fingerprinting.update(progress=lambda a, b: seen.append((a, b)))
    }
    assert taken["grant_1"].meshes == 1 and taken["grant_2"].notes != ()
    assert set(taken) == {"grant_1", "grant_2"} and seen[-1] == (2, 2)
    # What holds nothing that can be recognized is noted, too: nobody looks into it again.
    assert list(house.fingerprinting.update()) == []
    assert {one.grant_id for one in house.fingerprinting.update(anew=True)} == {"grant_1", "grant_2"}


def test_learning_the_same_again_changes_nothing(house: House, tmp_path: Path) -> None:
    grant = house.buy(1, ("chair.obj", obj(tmp_path)))
    first, state = house.fingerprinting.take(grant.id), house.ledger.fingerprint_state()
    assert house.fingerprinting.take(grant.id) == first
    assert house.ledger.fingerprint_state() == state


def test_what_is_not_there_is_said(house: House) -> None:
    with pytest.raises(UserInputError) as caught:
        house.fingerprinting.take("grant_7")
    assert caught.value.code == "grant.unknown"
    house.buy(1)
    with pytest.raises(UserInputError) as caught:
        house.fingerprinting.take("grant_1")
    assert caught.value.code == "import.not_here"
    house.fingerprinting.keep_for("grant_1")
    with pytest.raises(UserInputError):
        house.fingerprinting.add("grant_7", [])


def test_a_look_can_be_stopped(house: House, tmp_path: Path) -> None:
    house.buy(1, ("chair.obj", obj(tmp_path)))
    token = CancelToken()
    token.cancel()
    with pytest.raises(CancelledError):
        house.fingerprinting.take("grant_1", cancel=token)
    with pytest.raises(CancelledError):
        house.recognize.find([moved()], cancelled=lambda: True)
    assert not house.ledger.fingerprinted("grant_1")


def test_names_from_files_are_shown_harmlessly(house: House) -> None:
    house.buy(1)
    name = "evil\n\x1b[31m" + "x" * 500
    house.fingerprinting.add("grant_1", [Content(name=name, mesh=pack(CHAIR))])
    kept = house.ledger.fingerprints_of("grant_1")[0].name
    assert kept.isprintable() and len(kept) <= 120


def test_stamping_is_noted_in_the_audit(house: House) -> None:
    house.recognize.note_stamped(
        [("MESH/Chair", "grant_1"), ("IMAGE/Wood", "grant_1"), ("MESH/Lamp", "grant_2")],
        scene="",
        actor="ann",
    )
    events = [entry.event for entry in house.ledger.audit()]
    assert [(event.action, event.subject) for event in events] == [
        ("content.stamped", "grant_1"),
        ("content.stamped", "grant_2"),
    ]
    details = dict(events[0].details)
    assert details["data_blocks"] == "MESH/Chair, IMAGE/Wood" and details["scene"] == "unsaved scene"
    assert house.ledger.verify_audit().ok


def test_only_what_carries_nothing_is_looked_at() -> None:
    blocks = (
        DataBlock(id_type="MESH", name="bare"),
        DataBlock(id_type="MESH", name="stamped", stamp="x"),
        DataBlock(id_type="MESH", name="marked", face_grants=frozenset({5})),
        DataBlock(id_type="MESH", name="unused", users=0),
        DataBlock(id_type="MESH", name="remembered", remembered="x"),
        DataBlock(id_type="MESH", name="missing", missing=True),
        DataBlock(id_type="IMAGE", name="picture", library="//lib.blend"),
        DataBlock(id_type="MATERIAL", name="wood"),
        DataBlock(id_type="OBJECT", name="chair", data_name="bare", data_type="MESH", session_uid=3),
        DataBlock(id_type="OBJECT", name="bought", data_name="bare", data_type="MESH", stamp="x"),
        DataBlock(id_type="OBJECT", name="curve", data_name="bare", data_type="CURVE"),
    )
    scan = SceneScan(host="test", scene="", data_blocks=blocks)
    assert [one.name for one in find_free(scan)] == ["bare", "picture"]
    assert [(one.id_type, one.session_uid) for one in with_objects(scan, blocks[0])] == [
        ("MESH", 0),
        ("OBJECT", 3),
    ]
    assert len(with_objects(scan, blocks[6])) == 1


def test_hints_change_no_verdict(house: House, tmp_path: Path) -> None:
    house.buy(1, ("chair.obj", obj(tmp_path)))
    house.fingerprinting.take("grant_1")
    hints = recognized_hints(house.recognize.find([moved()]).found)
    assert [(hint.rule, str(hint.severity), hint.subject) for hint in hints] == [
        ("content.recognized", "hint", "MESH/Chair")
    ]
    assert "stamp it?" in hints[0].message


def test_a_thousand_candidates_of_which_one_is_known(house: House, tmp_path: Path) -> None:
    house.buy(1, ("chair.obj", obj(tmp_path)))
    house.fingerprinting.take("grant_1")
    others = [
        Candidate(subject=f"MESH/{seed}", mesh=pack(make_chair(random.Random(seed))))
        for seed in range(100, 400)
    ]
    looked = house.recognize.find([*others, moved()])
    assert [one.subject for one in looked.found] == ["MESH/Chair"]
    assert looked.looked_at == 301


def test_images_larger_than_is_safe_are_passed_over(house: House) -> None:
    data = io.BytesIO()
    Image.new("1", (13_000, 13_000)).save(data, "PNG")
    looked = house.recognize.find([Candidate(subject="IMAGE/bomb", image=data.getvalue())])
    assert [one.subject for one in looked.passed] == ["IMAGE/bomb"]
