<?php
// Logs in at Orderbridge, signs one sales order, posts it until there is an answer, and prints its code.
// Needs PHP 8.1 or newer with the openssl extension.
//
//   php post_order.php PO-2025-00001              post the order
//   php post_order.php --dry-run PO-2025-00001    print what would be sent, and send nothing
//
// Environment: ORDERBRIDGE_URL, CLIENT_ID, CLIENT_SECRET, PRIVATE_KEY_FILE,
// and SIGNATURE_PROFILE=snap-asym if your profile is the body-bound one.

declare(strict_types=1);

const LOGIN_PATH = '/api/v1/auth/login';
const ORDERS_PATH = '/api/v1/sales-orders';

function fail(string $words): never
{
    fwrite(STDERR, $words . "\n");
    exit(1);
}

/** @return array<string, string> */
function signedHeaders(string $body): array
{
    $clientId = getenv('CLIENT_ID');
    $timestamp = (string) time();
    $stringToSign = getenv('SIGNATURE_PROFILE') === 'snap-asym'
        ? 'POST:' . ORDERS_PATH . ':' . hash('sha256', $body) . ':' . $timestamp
        : $clientId . '|' . $timestamp;
    $key = openssl_pkey_get_private((string) file_get_contents((string) getenv('PRIVATE_KEY_FILE')));
    if ($key === false || !openssl_sign($stringToSign, $signature, $key, OPENSSL_ALGO_SHA256)) {
        fail('cannot sign: ' . openssl_error_string());
    }
    return ['X-CLIENT-ID' => $clientId, 'X-TIMESTAMP' => $timestamp, 'X-SIGNATURE' => base64_encode($signature)];
}

/**
 * The answer's JSON. Repeats until there is an answer, with new headers each time. Without an answer nobody knows
 * whether the order arrived; sending it again is safe, because its purchase_order_no makes it the same one.
 *
 * @param callable(): array<string, string> $headers
 * @return array<string, mixed>
 */
function post(string $path, string $body, callable $headers): array
{
    foreach ([1, 2, 4, 8, null] as $delay) {
        $lines = ['Content-Type: application/json'];
        foreach ($headers() as $name => $value) {
            $lines[] = "$name: $value";
        }
        [$status, $retryAfter, $text] = send(getenv('ORDERBRIDGE_URL') . $path, $lines, $body);
        if ($status === 200 || $status === 201) {
            return json_decode($text, true, flags: JSON_THROW_ON_ERROR);
        }
        $problem = $status === null ? "no answer: $text" : "status $status: $text";
        if ($delay === null || ($status !== null && $status !== 429 && $status < 500)) {
            fail($problem);
        }
        sleep($retryAfter ?? $delay);
    }
}

/**
 * @param list<string> $headers
 * @return array{?int, ?int, string} status, Retry-After, body; the status is null where there was no answer
 */
function send(string $url, array $headers, string $body): array
{
    $context = stream_context_create(['http' => [
        'method' => 'POST', 'header' => $headers, 'content' => $body, 'timeout' => 30, 'protocol_version' => 1.1,
        'ignore_errors' => true, 'follow_location' => 0,
    ]]);
    $stream = @fopen($url, 'rb', false, $context);
    if ($stream === false) {
        return [null, null, error_get_last()['message'] ?? ''];
    }
    $answered = stream_get_meta_data($stream)['wrapper_data'];
    $text = (string) stream_get_contents($stream);
    fclose($stream);
    $retryAfter = null;
    foreach ($answered as $line) {
        if (preg_match('/^Retry-After:\s*(\d+)/i', $line, $found)) {
            $retryAfter = (int) $found[1];
        }
    }
    return [(int) explode(' ', $answered[0])[1], $retryAfter, $text];
}

$dryRun = ($argv[1] ?? '') === '--dry-run';
$purchaseOrderNo = $argv[$dryRun ? 2 : 1] ?? fail('usage: php post_order.php [--dry-run] PURCHASE_ORDER_NO');

// The purchase order number is your own name for the order: every try with it is the same order.
$order = [
    'customer_code' => 'CUST-001',
    'site_code' => 'SITE-001',
    'sales_name' => 'John Doe',
    'address' => 'Jl. Sudirman No. 1, Jakarta',
    'purchase_order_no' => $purchaseOrderNo,
    'products' => [['product_code' => 'PROD-001', 'quantity' => 10]],
];
$body = json_encode($order, JSON_THROW_ON_ERROR); // written once: what is signed are the very bytes that are sent

if ($dryRun) {
    foreach (signedHeaders($body) as $name => $value) {
        echo "$name: $value\n";
    }
    echo "\n$body\n";
    exit;
}

$login = json_encode(['client_id' => getenv('CLIENT_ID'), 'client_secret' => getenv('CLIENT_SECRET')]);
$token = post(LOGIN_PATH, $login, fn () => [])['token'];
$answer = post(ORDERS_PATH, $body, fn () => ['Authorization' => "Bearer $token"] + signedHeaders($body));
echo $answer['data']['code'], "\n";
