"""Send a simulation whose body takes three seconds to arrive, and fail unless the answer is whole.

`scripts/slow_request.py http://127.0.0.1:8000`. It shows that a server told to stop finishes what it has begun.
"""

from __future__ import annotations

import http.client
import json
import sys
import time
from urllib.parse import urlsplit

SECONDS = 3.0
SCENARIO = {
    "version": 1,
    "experiment": {"problem": {"kind": "cliff"}, "variants": [{"name": "norm", "clip": {"kind": "norm"}}]},
}


def main(address: str) -> None:
    place = urlsplit(address)
    body = json.dumps(SCENARIO).encode()
    connection = http.client.HTTPConnection(place.hostname or "127.0.0.1", place.port or 80, timeout=30)
    connection.putrequest("POST", "/api/v1/simulate")
    connection.putheader("Content-Type", "application/json")
    connection.putheader("Content-Length", str(len(body)))
    connection.endheaders(body[:20])
    time.sleep(SECONDS)
    connection.send(body[20:])
    answer = connection.getresponse()
    content = json.loads(answer.read())
    assert answer.status == 200, content
    assert content["variants"][0]["summary"]["n_steps"] > 0


if __name__ == "__main__":
    main(sys.argv[1])
