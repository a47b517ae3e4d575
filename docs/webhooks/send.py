"""Signs a delivery and sends it until it is kept: python send.py URL SECRET FILE."""

import sys
import time
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import httpx
from standardwebhooks.webhooks import Webhook

url, secret, file = sys.argv[1:]
body = Path(file).read_text(encoding="utf-8")
own_id = sha256(body.encode()).hexdigest()[
    :32
]  # the same at every attempt; take the event's own where it has one
for attempt in range(8):
    moment = datetime.now(UTC)
    headers = {
        "content-type": "application/json",
        "webhook-id": own_id,
        "webhook-timestamp": str(int(moment.timestamp())),
        "webhook-signature": Webhook(secret).sign(own_id, moment, body),
    }
    try:
        answer = httpx.post(url, content=body.encode(), headers=headers, timeout=10)
    except httpx.TransportError as error:
        sys.stdout.write(f"{error}\n")
    else:
        sys.stdout.write(f"{answer.status_code} {answer.text}\n")
        if answer.status_code in (200, 403, 413, 422):  # kept, or never to be taken as it is
            sys.exit(answer.status_code != 200)
    time.sleep(2**attempt)
sys.exit(1)
