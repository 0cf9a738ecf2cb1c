"""Archives that need a tool: the tool is not believed.

Stand-ins play well-behaved and hostile tools; the real ones are used where this machine has them.
"""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from file_samples import SAMPLES, make_tar, make_zip

from core.errors import CancelledError, DownloadRefused
from core.files.archives.unpack import Limits, Tools, has_tool, unpack
from core.files.detect import detect_bytes

LISTING = """Path = chair.obj
Folder = -
Size = 5
Attributes = A -rw-r--r--
Encrypted = -

Path = textures
Folder = +
Size = 0
Attributes = D drwxr-xr-x
Encrypted = -

Path = textures/wood.png
Folder = -
Size = 4
Attributes = A -rw-r--r--
Encrypted = -
"""
UNPACK = """
(into / "textures").mkdir()
(into / "chair.obj").write_bytes(b"v 0 0")
(into / "textures/wood.png").write_bytes(b"wood")
"""
BROKEN = 'sys.stderr.write("ERROR: something is broken"); sys.exit(2)'

pytestmark = pytest.mark.skipif(os.name == "nt", reason="needs_tool: scripts with a first line for Unix")


@pytest.fixture
def make_tools(tmp_path: Path) -> Callable[..., Tools]:
    """Put scripts in a folder that stands for the PATH."""
    folder = tmp_path / "bin"
    folder.mkdir()

    def make(**scripts: str) -> Tools:
        for name, body in scripts.items():
            script = folder / name
            script.write_text(f"#!{sys.executable}\nimport os, sys, time\nfrom pathlib import Path\n{body}\n")
            script.chmod(0o755)
        return Tools(which=lambda name: str(folder / name) if (folder / name).exists() else None)

    return make


def seven_zip(listing: str = LISTING, unpacking: str = UNPACK) -> str:
    return (
        f'if sys.argv[1] == "l":\n    sys.stdout.write({listing!r})\n    sys.exit()\n'
        'into = Path(next(one[2:] for one in sys.argv if one.startswith("-o")))\n' + unpacking
    )


def unrar(listing: str, unpacking: str = UNPACK) -> str:
    return (
        f'if sys.argv[1] == "lt":\n    sys.stdout.write({listing!r})\n    sys.exit()\n'
        "into = Path(sys.argv[-1])\n" + unpacking
    )


def bsdtar(tar: bytes, then: str = "") -> str:
    return f"sys.stdout.buffer.write({tar!r})\nsys.stdout.flush()\n{then}"


def put(tmp_path: Path, kind: str) -> Path:
    path = tmp_path / f"download.{kind}"
    path.write_bytes(SAMPLES[kind])
    return path


def refuse(tmp_path: Path, tools: Tools, kind: str = "7z", limits: Limits | None = None) -> DownloadRefused:
    with pytest.raises(DownloadRefused) as caught:
        unpack(put(tmp_path, kind), tmp_path / "out", tools=tools, limits=limits or Limits())
    assert not (tmp_path / "out").exists()
    assert not list(tmp_path.glob("tool-*"))
    return caught.value


def test_seven_zip_lists_then_unpacks(tmp_path: Path, make_tools: Callable[..., Tools]) -> None:
    done = unpack(put(tmp_path, "7z"), tmp_path / "out", tools=make_tools(**{"7zz": seven_zip()}))
    assert [path.as_posix() for path in done.files] == ["chair.obj", "textures/wood.png"]
    assert done.size == 9
    assert not list(tmp_path.glob("tool-*"))


def test_unrar_lists_then_unpacks(tmp_path: Path, make_tools: Callable[..., Tools]) -> None:
    listing = (
        "Archive: x.rar\nDetails: RAR 5\n\n        Name: chair.obj\n        Type: File\n        Size: 5\n\n"
        "        Name: textures\n        Type: Directory\n\n"
        "        Name: textures/wood.png\n        Type: File\n        Size: 4\n\n"
    )
    done = unpack(put(tmp_path, "rar"), tmp_path / "out", tools=make_tools(unrar=unrar(listing)))
    assert len(done.files) == 2


@pytest.mark.parametrize("facts", ["Type: Unix symbolic link", "Type: Hard link", "Flags: encrypted"])
def test_unrar_with_links_or_locks_is_refused(
    facts: str, tmp_path: Path, make_tools: Callable[..., Tools]
) -> None:
    refuse(tmp_path, make_tools(unrar=unrar(f"        Name: x\n        {facts}\n\n")), kind="rar")


def test_bsdtar_streams_and_our_own_reader_writes(tmp_path: Path, make_tools: Callable[..., Tools]) -> None:
    tar = make_tar({"chair.obj": b"v 0 0", "empty.txt": b"", "textures/wood.png": b"w" * 100_000})
    done = unpack(put(tmp_path, "rar"), tmp_path / "out", tools=make_tools(bsdtar=bsdtar(tar)))
    assert [path.as_posix() for path in done.files] == ["chair.obj", "empty.txt", "textures/wood.png"]
    assert (tmp_path / "out/textures/wood.png").stat().st_size == 100_000


def test_tar_counts_only_when_it_is_bsdtar(tmp_path: Path, make_tools: Callable[..., Tools]) -> None:
    gnu = make_tools(tar='print("tar (GNU tar) 1.34")')
    assert not has_tool(detect_bytes(SAMPLES["7z"]), tools=gnu)
    assert refuse(tmp_path, gnu).code == "download.no_archive_tool"
    tar = make_tar({"a.txt": b"hello"})
    real = make_tools(
        tar='if "--version" in sys.argv:\n    print("bsdtar 3.6.2"); sys.exit()\n' + bsdtar(tar)
    )
    assert has_tool(detect_bytes(SAMPLES["7z"]), tools=real)
    assert unpack(put(tmp_path, "7z"), tmp_path / "out", tools=real).files == (Path("a.txt"),)


def test_names_from_a_stream_are_judged(tmp_path: Path, make_tools: Callable[..., Tools]) -> None:
    refuse(tmp_path, make_tools(bsdtar=bsdtar(make_tar({"good": b"x", "../evil": b"x"}))))
    assert not (tmp_path / "evil").exists()


def test_when_the_first_tool_fails_the_next_is_asked(
    tmp_path: Path, make_tools: Callable[..., Tools]
) -> None:
    tools = make_tools(bsdtar=BROKEN, **{"7z": seven_zip()})
    assert len(unpack(put(tmp_path, "7z"), tmp_path / "out", tools=tools).files) == 2


def test_a_stream_that_breaks_off_leaves_nothing(tmp_path: Path, make_tools: Callable[..., Tools]) -> None:
    tar = make_tar({"a": b"x" * 5000, "b": b"y" * 5000})
    refuse(tmp_path, make_tools(bsdtar=bsdtar(tar[:7000], "sys.exit(1)")))
    refuse(tmp_path, make_tools(bsdtar=bsdtar(tar, BROKEN)))


@pytest.mark.parametrize("said", ["Passphrase required", "Cannot open encrypted archive. Wrong password?"])
def test_a_locked_archive_says_so(said: str, tmp_path: Path, make_tools: Callable[..., Tools]) -> None:
    body = f"sys.stderr.write({said!r}); sys.exit(2)"
    assert refuse(tmp_path, make_tools(**{"7zz": body})).code == "download.archive_encrypted"
    listing = LISTING.replace("Encrypted = -", "Encrypted = +")
    assert refuse(tmp_path, make_tools(**{"7zz": seven_zip(listing)})).code == "download.archive_encrypted"


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("Path = chair.obj", "Path = ../evil", "download.archive_refused"),
        ("Path = chair.obj", "Path = /etc/evil", "download.archive_refused"),
        ("Path = chair.obj", "Path = C:\\evil", "download.archive_refused"),
        ("Size = 5", "Size = 99999999999999", "download.archive_bomb"),
        ("A -rw-r--r--", "A lrwxrwxrwx", "download.archive_link"),
        ("A -rw-r--r--", "A crw-r--r--", "download.archive_refused"),
        ("Folder = -\nSize = 5", "Folder = -\nSymbolic Link = /etc\nSize = 5", "download.archive_link"),
    ],
)
def test_a_hostile_listing_is_refused_before_unpacking(
    old: str, new: str, code: str, tmp_path: Path, make_tools: Callable[..., Tools]
) -> None:
    ran = tmp_path / "ran"
    tools = make_tools(**{"7zz": seven_zip(LISTING.replace(old, new), f"Path({str(ran)!r}).touch()")})
    assert refuse(tmp_path, tools).code == code
    assert not ran.exists()


@pytest.mark.parametrize(
    "unpacking",
    [
        'os.symlink("/etc/passwd", into / "chair.obj")',
        'os.symlink("/etc", into / "textures")',
        'os.mkfifo(into / "chair.obj")',
        '(into / "a").write_bytes(b"x"); os.link(into / "a", into / "b")',
        '(into / "con.txt").write_bytes(b"x")',
        '(into / "a\\nb").write_bytes(b"x")',
        '(into / "a").write_bytes(b"x"); (into / "A").write_bytes(b"x")',
    ],
)
def test_a_hostile_result_is_refused(
    unpacking: str, tmp_path: Path, make_tools: Callable[..., Tools]
) -> None:
    refuse(tmp_path, make_tools(**{"7zz": seven_zip(unpacking=unpacking)}))


def test_a_tool_that_writes_and_writes_is_ended(tmp_path: Path, make_tools: Callable[..., Tools]) -> None:
    endless = (
        "import itertools\n"
        "for number in itertools.count():\n"
        '    (into / f"{number}.bin").write_bytes(b"x" * 100_000)\n'
        "    time.sleep(0.01)\n"
    )
    limits = Limits(total_size=1_000_000)
    refused = refuse(tmp_path, make_tools(**{"7zz": seven_zip(unpacking=endless)}), limits=limits)
    assert refused.code == "download.archive_bomb"


def test_a_stream_that_never_ends_is_ended(tmp_path: Path, make_tools: Callable[..., Tools]) -> None:
    tar = make_tar({"a": b"x" * 1000})[:1024]
    endless = f"while True:\n    sys.stdout.buffer.write({tar!r}.replace(b'a', b'b', 1))"
    refuse(tmp_path, make_tools(bsdtar=endless))


def test_cancelling_ends_the_tool(tmp_path: Path, make_tools: Callable[..., Tools]) -> None:
    asked = iter([False] * 3)
    tools = make_tools(**{"7zz": seven_zip(unpacking="time.sleep(600)")})
    with pytest.raises(CancelledError):
        unpack(put(tmp_path, "7z"), tmp_path / "out", tools=tools, cancelled=lambda: next(asked, True))
    assert not (tmp_path / "out").exists()


def test_a_tool_that_cannot_be_started(tmp_path: Path) -> None:
    text = tmp_path / "not-a-program"
    text.write_text("x")
    tools = Tools(which=lambda name: str(text) if name == "7zz" else None)
    assert refuse(tmp_path, tools).code == "download.archive_refused"


def test_an_empty_listing_is_no_success(tmp_path: Path, make_tools: Callable[..., Tools]) -> None:
    refuse(tmp_path, make_tools(**{"7zz": seven_zip("")}))


def test_the_environment_is_the_given_one(tmp_path: Path, make_tools: Callable[..., Tools]) -> None:
    made = make_tools(
        bsdtar='sys.stdout.write(os.environ.get("LC_ALL", "") + os.environ["HERE"]); sys.exit(3)'
    )
    tools = Tools(which=made.which, environment={"HERE": "here"})
    assert tools.variables()["LC_ALL"] == "C.UTF-8"
    refuse(tmp_path, tools)


@pytest.mark.skipif(shutil.which("7zz") is None, reason="needs_tool: 7-Zip (7zz)")
@pytest.mark.parametrize("kind", ["7z", "Deflate64"])
def test_the_real_seven_zip(kind: str, tmp_path: Path) -> None:
    source = tmp_path / "source"
    (source / "ünter").mkdir(parents=True)
    (source / "ünter" / "größe.obj").write_bytes(b"v 0 0 0\n" * 1000)
    target = tmp_path / "download.bin"
    arguments = ["-t7z"] if kind == "7z" else ["-tzip", "-mm=Deflate64"]
    program = str(shutil.which("7zz"))
    subprocess.run(
        [program, "a", *arguments, str(target), "ünter"], cwd=source, check=True, capture_output=True
    )
    only = Tools(which=lambda name: program if name == "7zz" else None)
    assert unpack(target, tmp_path / "out", tools=only).files == (Path("ünter/größe.obj"),)


@pytest.mark.skipif(shutil.which("bsdtar") is None, reason="needs_tool: bsdtar")
def test_the_real_bsdtar(tmp_path: Path) -> None:
    source = tmp_path / "source.zip"
    source.write_bytes(make_zip({"a/größe.obj": b"v 0 0 0\n" * 1000, "empty": b""}))
    target = tmp_path / "download.bin"
    program = str(shutil.which("bsdtar"))
    subprocess.run([program, "--format", "7zip", "-cf", str(target), f"@{source}"], check=True)
    only = Tools(which=lambda name: program if name == "bsdtar" else None)
    done = unpack(target, tmp_path / "out", tools=only)
    assert done.files == (Path("a/größe.obj"), Path("empty"))
    assert all(stat.S_ISREG((done.folder / path).lstat().st_mode) for path in done.files)
