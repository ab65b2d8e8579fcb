// Logs in at Orderbridge, signs one sales order, posts it until there is an answer, and prints its code.
// Needs JDK 17 or newer and no library.
//
//   java PostOrder.java PO-2025-00001              post the order
//   java PostOrder.java --dry-run PO-2025-00001    print what would be sent, and send nothing
//
// Environment: ORDERBRIDGE_URL, CLIENT_ID, CLIENT_SECRET, PRIVATE_KEY_FILE (PKCS#8: "BEGIN PRIVATE KEY"),
// and SIGNATURE_PROFILE=snap-asym if your profile is the body-bound one.

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.MessageDigest;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.spec.PKCS8EncodedKeySpec;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.regex.Pattern;

public class PostOrder {
    static final String LOGIN_PATH = "/api/v1/auth/login";
    static final String ORDERS_PATH = "/api/v1/sales-orders";
    static final String CLIENT_ID = System.getenv("CLIENT_ID");
    static final HttpClient HTTP = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(Duration.ofSeconds(10))
            .build();

    public static void main(String[] arguments) throws Exception {
        boolean dryRun = arguments.length > 1 && arguments[0].equals("--dry-run");
        if (arguments.length != (dryRun ? 2 : 1)) {
            fail("usage: java PostOrder.java [--dry-run] PURCHASE_ORDER_NO");
        }
        // The purchase order number is your own name for the order: every try with it is the same order.
        // Your JSON library writes this for you, and reads the answers; the JDK has none.
        byte[] body = """
                {
                  "customer_code": "CUST-001",
                  "site_code": "SITE-001",
                  "sales_name": "John Doe",
                  "address": "Jl. Sudirman No. 1, Jakarta",
                  "purchase_order_no": "%s",
                  "products": [{"product_code": "PROD-001", "quantity": 10}]
                }
                """.formatted(arguments[arguments.length - 1]).getBytes(UTF_8);

        if (dryRun) {
            signedHeaders(body).forEach((name, value) -> System.out.println(name + ": " + value));
            System.out.println("\n" + new String(body, UTF_8));
            return;
        }
        String login = "{\"client_id\": \"%s\", \"client_secret\": \"%s\"}"
                .formatted(CLIENT_ID, System.getenv("CLIENT_SECRET"));
        String token = member("token", post(LOGIN_PATH, login.getBytes(UTF_8), Map::of));
        String answer = post(ORDERS_PATH, body, () -> {
            Map<String, String> headers = signedHeaders(body);
            headers.put("Authorization", "Bearer " + token);
            return headers;
        });
        System.out.println(member("code", answer));
    }

    static Map<String, String> signedHeaders(byte[] body) throws GeneralSecurityException, IOException {
        String timestamp = String.valueOf(Instant.now().getEpochSecond());
        String stringToSign = CLIENT_ID + "|" + timestamp;
        if ("snap-asym".equals(System.getenv("SIGNATURE_PROFILE"))) {
            String digest = HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(body));
            stringToSign = "POST:" + ORDERS_PATH + ":" + digest + ":" + timestamp;
        }
        Signature signer = Signature.getInstance("SHA256withRSA");
        signer.initSign(privateKey(Path.of(System.getenv("PRIVATE_KEY_FILE"))));
        signer.update(stringToSign.getBytes(UTF_8));

        Map<String, String> headers = new LinkedHashMap<>();
        headers.put("X-CLIENT-ID", CLIENT_ID);
        headers.put("X-TIMESTAMP", timestamp);
        headers.put("X-SIGNATURE", Base64.getEncoder().encodeToString(signer.sign()));
        return headers;
    }

    static PrivateKey privateKey(Path pem) throws GeneralSecurityException, IOException {
        String base64 = Files.readString(pem).replaceAll("-----(BEGIN|END) PRIVATE KEY-----", "");
        byte[] der = Base64.getMimeDecoder().decode(base64);
        return KeyFactory.getInstance("RSA").generatePrivate(new PKCS8EncodedKeySpec(der));
    }

    // The answer's JSON. Repeats until there is an answer, with new headers each time. Without an answer nobody knows
    // whether the order arrived; sending it again is safe, because its purchase_order_no makes it the same one.
    static String post(String path, byte[] body, Callable<Map<String, String>> headers) throws Exception {
        for (int tries = 1; ; tries++) {
            var request = HttpRequest.newBuilder(URI.create(System.getenv("ORDERBRIDGE_URL") + path))
                    .timeout(Duration.ofSeconds(30))
                    .header("Content-Type", "application/json")
                    .POST(HttpRequest.BodyPublishers.ofByteArray(body));
            headers.call().forEach(request::header);
            long wait = 1L << (tries - 1);
            String problem;
            try {
                HttpResponse<String> answer = HTTP.send(request.build(), HttpResponse.BodyHandlers.ofString(UTF_8));
                if (answer.statusCode() == 200 || answer.statusCode() == 201) {
                    return answer.body();
                }
                problem = "status " + answer.statusCode() + ": " + answer.body();
                if (answer.statusCode() != 429 && answer.statusCode() < 500) {
                    fail(problem);
                }
                wait = answer.headers().firstValueAsLong("Retry-After").orElse(wait);
            } catch (IOException failure) {
                problem = "no answer: " + failure;
            }
            if (tries == 5) {
                fail(problem);
            }
            Thread.sleep(wait * 1000);
        }
    }

    static String member(String name, String json) {
        var found = Pattern.compile("\"" + name + "\"\\s*:\\s*\"([^\"]*)\"").matcher(json);
        if (!found.find()) {
            fail("no " + name + " in the answer");
        }
        return found.group(1);
    }

    static void fail(String words) {
        System.err.println(words);
        System.exit(1);
    }
}
