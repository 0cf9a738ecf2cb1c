"""A server that speaks S3 on this machine (moto), with one bucket and the client's side set up for it."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import boto3
import requests
from moto.server import ThreadedMotoServer

BUCKET = "studio"
WHO = {
    "AWS_ACCESS_KEY_ID": "AKIAEXAMPLE",
    "AWS_SECRET_ACCESS_KEY": "swordfish",
    "AWS_DEFAULT_REGION": "us-east-1",
}


@dataclass
class S3Server:
    """Where it is, and a way to it beside the one that is tested."""

    url: str

    @property
    def environ(self) -> dict[str, str]:
        """What a machine that uses it has in its environment."""
        # One attempt: a test that is refused need not wait for more.
        return {
            **WHO,
            "AWS_ENDPOINT_URL": self.url,
            "AWS_MAX_ATTEMPTS": "1",
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    def client(self) -> Any:
        """Return the vendor's own client."""
        return boto3.client(
            "s3",
            endpoint_url=self.url,
            region_name=WHO["AWS_DEFAULT_REGION"],
            aws_access_key_id=WHO["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=WHO["AWS_SECRET_ACCESS_KEY"],
        )

    def reset(self) -> None:
        """Be empty, but for the bucket, and let everybody in."""
        self.check_credentials(after=1_000_000)
        requests.post(f"{self.url}/moto-api/reset", timeout=60).raise_for_status()
        client = self.client()
        client.create_bucket(Bucket=BUCKET)
        client.close()

    def check_credentials(self, *, after: int = 0) -> None:
        """Refuse whom the server does not know, from so many requests on."""
        requests.post(f"{self.url}/moto-api/reset-auth", data=str(after), timeout=60).raise_for_status()


@contextmanager
def start_s3() -> Iterator[S3Server]:
    """Start a server on a free port; it is gone afterwards."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        yield S3Server(url=f"http://{host}:{port}")
    finally:
        server.stop()
