# SPDX-License-Identifier: GPL-3.0-or-later
"""The commands of build.py: read the arguments, call the module that does it, give the exit code."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from . import console
from .console import BuildError, say
from .demo import run_demo
from .environments import NEWEST_BLENDER_FIRST, RECIPES, Environments
from .install import install_zip, profile_environment
from .interpreters import Interpreters
from .layout import find_layout
from .locks import write_locks
from .package import make_repository, package
from .sandbox import ensure_models, serve
from .stage import stage
from .survival import run_survival
from .testing import GROUPS, run_tests
from .wheels import PLATFORMS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from .layout import Layout

EXIT_FAILURE = 1
EXIT_USAGE = 2
EXIT_INTERRUPTED = 130


def _demo(layout: Layout, environments: Environments, options: argparse.Namespace) -> int:
    return run_demo(layout, environments, options.rest)


def _test(layout: Layout, environments: Environments, options: argparse.Namespace) -> int:
    return run_tests(layout, environments, options.group, fast=options.fast, keyword=options.keyword)


def _survival(layout: Layout, environments: Environments, options: argparse.Namespace) -> int:
    return run_survival(layout, environments, check=options.check)


def _package(layout: Layout, environments: Environments, options: argparse.Namespace) -> int:
    blender = environments.ensure_newest_blender()
    package(layout, blender, platforms=options.platform, pythons=options.python)
    return 0


def _repo(layout: Layout, environments: Environments, options: argparse.Namespace) -> int:
    blender = environments.ensure_newest_blender()
    make_repository(
        layout, blender, package(layout, blender, platforms=options.platform, pythons=options.python)
    )
    return 0


def _stage(layout: Layout, _environments: Environments, _options: argparse.Namespace) -> int:
    say(f"staged {stage(layout).relative_to(layout.build.parent)}")
    return 0


def _lock(layout: Layout, environments: Environments, options: argparse.Namespace) -> int:
    write_locks(layout, environments.interpreters.require_any(), upgrade=options.upgrade)
    return 0


def _sandbox(layout: Layout, environments: Environments, options: argparse.Namespace) -> int:
    """Serve with the models made by Blender where one is here already, else with those made without."""
    arguments = list(options.rest)
    ready = [recipe for recipe in NEWEST_BLENDER_FIRST if environments.is_ready(recipe)]
    if ready and not {"--models", "-h", "--help"} & set(arguments):
        arguments += ["--models", str(ensure_models(layout, environments.ensure(ready[0])))]
    core = environments.ensure_core(environments.interpreters.require_any().version)
    return serve(layout, core, arguments)


def _bench(layout: Layout, environments: Environments, options: argparse.Namespace) -> int:
    """Measure in the core's environment, with Blender and the installed zip at hand for what needs them."""
    blender = environments.ensure_newest_blender()
    core = environments.ensure_core(blender.recipe.python)
    dev = environments.ensure(RECIPES["dev"])  # has NumPy, and a BAT that needs no Blender
    (zip_path,) = package(layout, blender, platforms=["current"])
    folder = layout.build / "bench"
    install_zip(layout, blender, zip_path, folder / "profile")
    variables = {
        **profile_environment(folder / "profile"),
        "CLEARANCE_DATA_DIR": str(folder / "data"),
        "CLEARANCE_ZIP": str(zip_path),
        "CLEARANCE_BPY_PYTHON": str(blender.python),
        "CLEARANCE_SANDBOX_PYTHON": str(core.python),
        "CLEARANCE_DEV_PYTHON": str(dev.python),
    }
    return console.run([core.python, "tests/bench/run.py", *options.rest], cwd=layout.root, env=variables)


def _drill(layout: Layout, environments: Environments, options: argparse.Namespace) -> int:
    core = environments.ensure_core(environments.interpreters.require_any().version)
    variables = {
        "CLEARANCE_SANDBOX_PYTHON": str(core.python),
        "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring",
    }
    return console.run([core.python, "tests/drill/run.py", *options.rest], cwd=layout.root, env=variables)


def _env(_layout: Layout, environments: Environments, options: argparse.Namespace) -> int:
    for name in options.name:
        print(environments.ensure(RECIPES[name]).python)
    return 0


_COMMANDS: dict[str, tuple[Callable[[Layout, Environments, argparse.Namespace], int], str]] = {
    "demo": (_demo, "do the main job in real Blender against the sandbox marketplaces"),
    "test": (_test, "run the tests, all or some groups"),
    "survival": (_survival, "show what the license survives in three Blenders, as a table"),
    "package": (_package, "build the extension's zips into build/dist"),
    "repo": (_repo, "make a static extension repository in build/repo"),
    "bench": (_bench, "measure and print how long things take"),
    "drill": (_drill, "kill the process at random moments of a purchase and count what was bought"),
    "sandbox": (_sandbox, "run the sandbox marketplaces in the foreground"),
    "stage": (_stage, "copy the extension's tree to build/stage/clearance"),
    "env": (_env, "make environments and print their interpreters, for work by hand"),
    "lock": (_lock, "resolve requirements/*.in into hashed locks"),
}
_PASS_ON = ("demo", "bench", "drill", "sandbox")


def make_parser() -> argparse.ArgumentParser:
    """Describe the command line."""
    parser = argparse.ArgumentParser(
        prog="build.py", description="Set up, test, package and demonstrate Clearance.", allow_abbrev=False
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="command")
    for name, (_, text) in _COMMANDS.items():
        command = commands.add_parser(
            name, help=text, description=text, allow_abbrev=False, add_help=name not in _PASS_ON
        )
        if name == "test":
            command.add_argument("group", nargs="*", help=f"one of: {', '.join(GROUPS)}")
            command.add_argument(
                "-k", dest="keyword", default="", help="only tests whose names match, as in pytest"
            )
            command.add_argument(
                "--fast", action="store_true", help="only what needs no Blender and little time"
            )
        elif name == "survival":
            command.add_argument(
                "--check", action="store_true", help="only compare the page about it, do not write it"
            )
        elif name in {"package", "repo"}:
            choices = [*PLATFORMS, "current"]
            command.add_argument(
                "--platform", action="append", default=[], choices=choices, help="all by default"
            )
            command.add_argument(
                "--python", action="append", default=[], metavar="3.x", help="add wheels for a further Python"
            )
        elif name == "env":
            command.add_argument("name", nargs="+", choices=sorted(RECIPES))
        elif name == "lock":
            command.add_argument(
                "--upgrade", action="store_true", help="take newer versions where the ranges allow"
            )
    return parser


def main(arguments: Sequence[str]) -> int:
    """Run one command and give the exit code."""
    options, rest = make_parser().parse_known_args(arguments)
    if rest and options.command not in _PASS_ON:
        make_parser().error(f"{options.command} does not know {' '.join(rest)}")
    options.rest = rest
    layout = find_layout()
    environments = Environments(layout, Interpreters())
    try:
        return _COMMANDS[options.command][0](layout, environments, options)
    except BuildError as error:
        print(f"build.py {options.command}: {error}", file=sys.stderr)
        return EXIT_FAILURE
    except KeyboardInterrupt:
        console.end_all()
        return EXIT_INTERRUPTED
