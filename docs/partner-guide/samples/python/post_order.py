"""Logs in at Orderbridge, signs one sales order, posts it until there is an answer, and prints its code.

    pip install cryptography
    python post_order.py PO-2025-00001              post the order
    python post_order.py --dry-run PO-2025-00001    print what would be sent, and send nothing

Environment: ORDERBRIDGE_URL, CLIENT_ID, CLIENT_SECRET, PRIVATE_KEY_FILE,
and SIGNATURE_PROFILE=snap-asym if your profile is the body-bound one.
"""

import base64
import hashlib
import json
import os
import sys
import time
from collections.abc import Callable
from http.client import HTTPException
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key

LOGIN_PATH = "/api/v1/auth/login"
ORDERS_PATH = "/api/v1/sales-orders"
CLIENT_ID = os.environ["CLIENT_ID"]
PRIVATE_KEY = load_pem_private_key(Path(os.environ["PRIVATE_KEY_FILE"]).read_bytes(), password=None)


def signed_headers(body: bytes) -> dict[str, str]:
    timestamp = str(int(time.time()))
    if os.environ.get("SIGNATURE_PROFILE") == "snap-asym":
        string_to_sign = f"POST:{ORDERS_PATH}:{hashlib.sha256(body).hexdigest()}:{timestamp}"
    else:
        string_to_sign = f"{CLIENT_ID}|{timestamp}"
    signature = PRIVATE_KEY.sign(string_to_sign.encode(), PKCS1v15(), SHA256())
    return {
        "X-CLIENT-ID": CLIENT_ID,
        "X-TIMESTAMP": timestamp,
        "X-SIGNATURE": base64.b64encode(signature).decode(),
    }


def post(path: str, body: bytes, headers: Callable[[], dict[str, str]] = dict) -> dict:
    """The answer's JSON. Repeats until there is an answer, with new headers each time.

    Without an answer nobody knows whether the order arrived. Sending it again is safe, because its purchase_order_no
    makes it the same one.
    """
    wait = 1
    while True:
        all_headers = {"Content-Type": "application/json", **headers()}
        try:
            with urlopen(Request(os.environ["ORDERBRIDGE_URL"] + path, body, all_headers), timeout=30) as answer:
                return json.load(answer)
        except HTTPError as refusal:
            problem = f"status {refusal.code}: {refusal.read().decode()}"
            if refusal.code != 429 and refusal.code < 500:
                sys.exit(problem)
            pause = float(refusal.headers.get("Retry-After", wait))
        except (OSError, HTTPException) as failure:
            problem, pause = f"no answer: {failure}", wait
        if wait > 8:
            sys.exit(problem)
        time.sleep(pause)
        wait *= 2


def main(*arguments: str) -> None:
    # The purchase order number is your own name for the order: every try with it is the same order.
    order = {
        "customer_code": "CUST-001",
        "site_code": "SITE-001",
        "sales_name": "John Doe",
        "address": "Jl. Sudirman No. 1, Jakarta",
        "purchase_order_no": arguments[-1],
        "products": [{"product_code": "PROD-001", "quantity": 10}],
    }
    body = json.dumps(order).encode()  # written once: what is signed are the very bytes that are sent
    if arguments[0] == "--dry-run":
        print("".join(f"{name}: {value}\n" for name, value in signed_headers(body).items()), body.decode(), sep="\n")
        return
    login = {"client_id": CLIENT_ID, "client_secret": os.environ["CLIENT_SECRET"]}
    token = post(LOGIN_PATH, json.dumps(login).encode())["token"]
    answer = post(ORDERS_PATH, body, lambda: {"Authorization": f"Bearer {token}", **signed_headers(body)})
    print(answer["data"]["code"])


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit("usage: post_order.py [--dry-run] PURCHASE_ORDER_NO")
    main(*sys.argv[1:])
