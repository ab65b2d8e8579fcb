// Logs in at Orderbridge, signs one sales order, posts it until there is an answer, and prints its code.
// Needs Node.js 18 or newer and no package.
//
//   node post_order.mjs PO-2025-00001              post the order
//   node post_order.mjs --dry-run PO-2025-00001    print what would be sent, and send nothing
//
// Environment: ORDERBRIDGE_URL, CLIENT_ID, CLIENT_SECRET, PRIVATE_KEY_FILE,
// and SIGNATURE_PROFILE=snap-asym if your profile is the body-bound one.

import { createHash, sign } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

const { ORDERBRIDGE_URL, CLIENT_ID, CLIENT_SECRET, PRIVATE_KEY_FILE, SIGNATURE_PROFILE } = process.env
const LOGIN_PATH = '/api/v1/auth/login'
const ORDERS_PATH = '/api/v1/sales-orders'

function fail(words) {
  console.error(words)
  process.exit(1)
}

function signedHeaders(body) {
  const timestamp = String(Math.floor(Date.now() / 1000))
  const digest = createHash('sha256').update(body).digest('hex')
  const stringToSign =
    SIGNATURE_PROFILE === 'snap-asym' ? `POST:${ORDERS_PATH}:${digest}:${timestamp}` : `${CLIENT_ID}|${timestamp}`
  // For an RSA key, 'sha256' means RSASSA-PKCS1-v1_5: SHA256withRSA.
  const signature = sign('sha256', Buffer.from(stringToSign), readFileSync(PRIVATE_KEY_FILE))
  return { 'X-CLIENT-ID': CLIENT_ID, 'X-TIMESTAMP': timestamp, 'X-SIGNATURE': signature.toString('base64') }
}

// The answer's JSON. Repeats until there is an answer, with new headers each time. Without an answer nobody knows
// whether the order arrived; sending it again is safe, because its purchase_order_no makes it the same one.
async function post(path, body, headers = () => ({})) {
  for (const delay of [1, 2, 4, 8, null]) {
    let problem
    let wait = delay
    try {
      const answer = await fetch(ORDERBRIDGE_URL + path, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json', ...headers() },
        body,
        signal: AbortSignal.timeout(30_000),
      })
      if (answer.ok) return await answer.json()
      problem = `status ${answer.status}: ${await answer.text()}`
      if (answer.status !== 429 && answer.status < 500) fail(problem)
      wait = Number(answer.headers.get('Retry-After') ?? delay)
    } catch (error) {
      problem = `no answer: ${error.cause ?? error}`
    }
    if (delay === null) fail(problem)
    await sleep(wait * 1000)
  }
}

const dryRun = process.argv[2] === '--dry-run'
const purchaseOrderNo = process.argv[dryRun ? 3 : 2]
if (!purchaseOrderNo) fail('usage: node post_order.mjs [--dry-run] PURCHASE_ORDER_NO')

// The purchase order number is your own name for the order: every try with it is the same order.
const order = {
  customer_code: 'CUST-001',
  site_code: 'SITE-001',
  sales_name: 'John Doe',
  address: 'Jl. Sudirman No. 1, Jakarta',
  purchase_order_no: purchaseOrderNo,
  products: [{ product_code: 'PROD-001', quantity: 10 }],
}
const body = JSON.stringify(order) // written once: what is signed are the very bytes that are sent

if (dryRun) {
  for (const [name, value] of Object.entries(signedHeaders(body))) console.log(`${name}: ${value}`)
  console.log(`\n${body}`)
} else {
  const login = JSON.stringify({ client_id: CLIENT_ID, client_secret: CLIENT_SECRET })
  const { token } = await post(LOGIN_PATH, login)
  const answer = await post(ORDERS_PATH, body, () => ({ Authorization: `Bearer ${token}`, ...signedHeaders(body) }))
  console.log(answer.data.code)
}
