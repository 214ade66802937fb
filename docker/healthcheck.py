"""Asks the web process whether it answers, as the proxy in front of it would; ends with 1 when it does not."""

from __future__ import annotations

import http.client
import os
import sys


def main() -> int:
    host = os.environ.get("ILDPORTAL_HOSTS", "localhost").split(",")[0].strip()
    connection = http.client.HTTPConnection("127.0.0.1", int(os.environ.get("PORT", "8000")), timeout=4)
    try:
        connection.request("GET", "/health/live", headers={"Host": host, "X-Forwarded-Proto": "https"})
        return 0 if connection.getresponse().status == http.client.OK else 1
    except OSError:
        return 1
    finally:
        connection.close()


if __name__ == "__main__":
    sys.exit(main())
