"""What a person does in a browser on the sandbox's websites: opens pages, buys, saves invoice and file.

Standard library only, so that it works in every interpreter that runs tests.
"""

from __future__ import annotations

import os
import re
import time
from dataclasses import dataclass
from datetime import date
from email.message import Message
from html import unescape
from pathlib import Path
from urllib.parse import urlencode, urlsplit

from sandbox_process import Answer, SandboxProcess, send

FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@dataclass(frozen=True, kw_only=True)
class Paper:
    """What a purchase on a website leaves in the user's hands. ``price`` as the page writes it."""

    order_number: str
    bought_on: date
    license_label: str
    price: str
    invoice: Path
    file: Path


def in_sandbox(url: str, sandbox: SandboxProcess) -> str:
    """Return where the sandbox has an address of the real world."""
    if url.startswith(sandbox.url):
        return url
    parts = urlsplit(url)
    return f"{sandbox.url}/{parts.netloc}{parts.path}" + (f"?{parts.query}" if parts.query else "")


def open_page(url: str, sandbox: SandboxProcess) -> Answer:
    """Open an address, wherever it leads."""
    answer = send("GET", in_sandbox(url, sandbox))
    while answer.status in (301, 302, 303):
        answer = send("GET", answer.headers["location"])
    return answer


def buy_there(page: str, sandbox: SandboxProcess, *, tier: str, papers: Path, files: Path) -> Paper:
    """Buy on a product's page; save the invoice and the file as a browser (or the Unity Editor) does."""
    assert open_page(page, sandbox).status == 200
    bought = send("POST", in_sandbox(page, sandbox), body=urlencode({"tier": tier}).encode(), headers=FORM)
    assert bought.status == 303
    order = open_page(bought.headers["location"], sandbox).body.decode()
    links = {text: unescape(link) for link, text in re.findall(r'<a href="([^"]+)">([^<]+)</a>', order)}

    def told(pattern: str) -> str:
        found = re.search(pattern, order)
        assert found is not None
        return unescape(found[1])

    return Paper(
        order_number=told(r"<h1>Order (\d+)</h1>"),
        bought_on=date.fromisoformat(told(r'id="date">([^<]+)<')),
        license_label=told(r'id="license">([^<]+)<'),
        price=told(r'id="total">([^<]+)<'),
        invoice=save(links["Invoice"], papers, sandbox),
        file=save(links["Download"], files, sandbox),
    )


def save(url: str, folder: Path, sandbox: SandboxProcess) -> Path:
    """Save a file under the name that the website gives it."""
    answer = open_page(url, sandbox)
    assert answer.status == 200
    headers = Message()
    headers["content-disposition"] = answer.headers.get("content-disposition", "")
    folder.mkdir(parents=True, exist_ok=True)
    return put(folder / (headers.get_filename() or "download"), answer.body)


def put(path: Path, content: bytes) -> Path:
    """Put a file somewhere, as if it had come a minute ago."""
    path.write_bytes(content)
    came = time.time() - 60.0
    os.utime(path, (came, came))
    return path
