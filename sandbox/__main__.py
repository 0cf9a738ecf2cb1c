"""`python -m sandbox`: start the marketplaces on loopback and say how to use them."""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import threading
import webbrowser
from pathlib import Path
from types import FrameType

from .server import SandboxServer
from .world import World

_ROOT = Path(__file__).resolve().parent.parent
_ASSETS = _ROOT.parent / "shared" / "assets"
_STATE = _ROOT / "build" / "sandbox"
_MODELS = _ROOT / "build" / "sandbox-models"


def main(arguments: list[str] | None = None) -> int:
    """Run until interrupted."""
    options = _parser().parse_args(arguments)
    assets: Path = options.assets or _ASSETS
    models: Path = options.models or _MODELS
    try:
        world = World(
            options.state,
            models=models if models.is_dir() else None,
            assets=assets if assets.is_dir() else None,
            cache=options.cache,
            limits=options.limits,
            copies=options.copies,
        )
        server = SandboxServer(world, options.port)
    except OSError as error:
        print(f"The sandbox cannot start: {error}", file=sys.stderr)
        return 1
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1}, name="sandbox")
    thread.start()
    stop = threading.Event()

    def finish(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, finish)
    if options.ready_file:
        _write_ready(options.ready_file, {"url": server.base_url, "credentials": world.credentials})
    if not options.quiet:
        print(_greeting(server), flush=True)
    if options.open:
        webbrowser.open(server.base_url)
    while not stop.wait(0.2):
        pass
    server.close()
    thread.join()
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="sandbox", description="The marketplaces on this machine.")
    parser.add_argument("--port", type=int, default=0, help="port on 127.0.0.1; 0 takes a free one")
    parser.add_argument(
        "--state", type=Path, default=_STATE, help="folder of the state; it survives restarts"
    )
    parser.add_argument("--ready-file", type=Path, help="write address and keys there when listening")
    parser.add_argument(
        "--models", type=Path, help="folder made by make_models.py (default: build/sandbox-models)"
    )
    parser.add_argument("--assets", type=Path, help="folder of further model and picture files to sell")
    parser.add_argument("--cache", type=Path, help="folder of generated files (default: in the state folder)")
    parser.add_argument("--limits", action="store_true", help="limit requests as the production services do")
    parser.add_argument("--copies", type=int, default=1, help="sell each Shutterstock image so often")
    parser.add_argument("--open", action="store_true", help="open the list of what is sold in a browser")
    parser.add_argument("--quiet", action="store_true", help="print nothing")
    return parser


def _write_ready(path: Path, content: object) -> None:
    """Write the ready file in one step, for its owner only: it holds keys, if only fake ones."""
    path.parent.mkdir(parents=True, exist_ok=True)
    half = path.with_name(f"{path.name}.{os.getpid()}.half")
    half.touch(mode=0o600)
    half.write_text(json.dumps(content, indent=2), encoding="utf-8")
    half.replace(path)


def _greeting(server: SandboxServer) -> str:
    url = server.base_url
    lines = ["", f"The sandbox marketplaces are open at {url}", ""]
    for marketplace, pairs in server.world.credentials.items():
        lines.append(f"  {marketplace}")
        lines += [f"    {name:<16} {value}" for name, value in pairs.items()]
    fault = '{"match": {"host": "api.shutterstock.com"}, "fault": "429", "retry_after": 2, "times": 1}'
    lines += [
        "",
        "What it sells, as a page:",
        f"  {url}/",
        "What was charged:",
        f"  {url}/_control/books",
        "Cause a fault (429 500 502 503 reset slow lost_answer hang truncate html garbage_json empty",
        "expired_link wrong_bytes no_content_length ignore_range):",
        f"  curl -X POST {url}/_control/faults -d '{fault}'",
        "Start over:",
        f"  curl -X POST {url}/_control/reset",
        "",
        "Stop with Ctrl+C.",
        "",
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
