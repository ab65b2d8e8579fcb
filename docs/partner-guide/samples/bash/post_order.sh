#!/usr/bin/env bash
# Logs in at Orderbridge, signs one sales order, posts it until there is an answer, and prints its code.
# Needs openssl and curl.
#
#   ./post_order.sh PO-2025-00001              post the order
#   ./post_order.sh --dry-run PO-2025-00001    print what would be sent, and send nothing
#
# Environment: ORDERBRIDGE_URL, CLIENT_ID, CLIENT_SECRET, PRIVATE_KEY_FILE,
# and SIGNATURE_PROFILE=snap-asym if your profile is the body-bound one.
set -euo pipefail
umask 077

dry_run=
if [ "${1:-}" = --dry-run ]; then
  dry_run=yes
  shift
fi
purchase_order_no=${1:?usage: post_order.sh [--dry-run] PURCHASE_ORDER_NO}
orders_path=/api/v1/sales-orders
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# The purchase order number is your own name for the order: every try with it is the same order.
cat >"$work/order.json" <<JSON
{
  "customer_code": "CUST-001",
  "site_code": "SITE-001",
  "sales_name": "John Doe",
  "address": "Jl. Sudirman No. 1, Jakarta",
  "purchase_order_no": "$purchase_order_no",
  "products": [{"product_code": "PROD-001", "quantity": 10}]
}
JSON

string_to_sign() { # string_to_sign TIMESTAMP
  if [ "${SIGNATURE_PROFILE:-legacy}" = snap-asym ]; then
    local digest
    digest=$(openssl dgst -sha256 -r "$work/order.json" | cut -d ' ' -f 1)
    printf '%s' "POST:$orders_path:$digest:$1"
  else
    printf '%s' "$CLIENT_ID|$1" # printf, because echo would add a newline
  fi
}

signed_headers() {
  local timestamp
  timestamp=$(date +%s)
  printf 'X-CLIENT-ID: %s\n' "$CLIENT_ID"
  printf 'X-TIMESTAMP: %s\n' "$timestamp"
  printf 'X-SIGNATURE: %s\n' "$(string_to_sign "$timestamp" |
    openssl dgst -sha256 -sign "$PRIVATE_KEY_FILE" | openssl base64 -A)"
}

order_headers() {
  printf 'Authorization: Bearer %s\n' "$token"
  signed_headers
}

no_headers() { :; }

# post PATH BODY_FILE HEADERS_FUNCTION: repeats until there is an answer, with new headers each time. Without an answer
# nobody knows whether the order arrived; sending it again is safe, because its purchase_order_no makes it the same one.
# Secrets travel through stdin and files, never through arguments, which other users of the machine can see.
post() {
  local delay status pause
  for delay in 1 2 4 8 none; do
    status=$("$3" | curl --silent --show-error --max-time 30 --header @- --header 'Content-Type: application/json' \
      --data-binary "@$2" --dump-header "$work/headers" --output "$work/answer" --write-out '%{http_code}' \
      "$ORDERBRIDGE_URL$1") || status=000
    case $status in
      200 | 201) return ;;
      000 | 429 | 5??) [ "$delay" != none ] || break ;;
      *) break ;;
    esac
    pause=$(sed -n 's/^[Rr]etry-[Aa]fter: *\([0-9][0-9]*\).*/\1/p' "$work/headers" 2>/dev/null || true)
    sleep "${pause:-$delay}"
  done
  echo "status $status: $(cat "$work/answer" 2>/dev/null || true)" >&2
  exit 1
}

if [ "$dry_run" ]; then
  signed_headers
  echo
  cat "$work/order.json"
  echo
  exit
fi

printf '{"client_id": "%s", "client_secret": "%s"}' "$CLIENT_ID" "$CLIENT_SECRET" >"$work/login.json"
post /api/v1/auth/login "$work/login.json" no_headers
token=$(sed -n 's/.*"token": *"\([^"]*\)".*/\1/p' "$work/answer")

post "$orders_path" "$work/order.json" order_headers
printf '%s\n' "$(sed -n 's/.*"code": *"\([^"]*\)".*/\1/p' "$work/answer")"
