// Logs in at Orderbridge, signs one sales order, posts it until there is an answer, and prints its code.
// Needs .NET 8 or newer and no package.
//
//   dotnet run -- PO-2025-00001              post the order
//   dotnet run -- --dry-run PO-2025-00001    print what would be sent, and send nothing
//
// Environment: ORDERBRIDGE_URL, CLIENT_ID, CLIENT_SECRET, PRIVATE_KEY_FILE,
// and SIGNATURE_PROFILE=snap-asym if your profile is the body-bound one.

using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

const string LoginPath = "/api/v1/auth/login";
const string OrdersPath = "/api/v1/sales-orders";

var dryRun = args.Length > 0 && args[0] == "--dry-run";
if (args.Length != (dryRun ? 2 : 1))
{
    return Fail("usage: dotnet run -- [--dry-run] PURCHASE_ORDER_NO");
}

var clientId = Setting("CLIENT_ID");
using var key = RSA.Create();
key.ImportFromPem(File.ReadAllText(Setting("PRIVATE_KEY_FILE")));

// The purchase order number is your own name for the order: every try with it is the same order.
// The body is written once: what is signed are the very bytes that are sent.
var body = JsonSerializer.SerializeToUtf8Bytes(new
{
    customer_code = "CUST-001",
    site_code = "SITE-001",
    sales_name = "John Doe",
    address = "Jl. Sudirman No. 1, Jakarta",
    purchase_order_no = args[^1],
    products = new[] { new { product_code = "PROD-001", quantity = 10 } },
});

if (dryRun)
{
    foreach (var (name, value) in SignedHeaders())
    {
        Console.WriteLine($"{name}: {value}");
    }
    Console.WriteLine($"\n{Encoding.UTF8.GetString(body)}");
    return 0;
}

using var http = new HttpClient { Timeout = TimeSpan.FromSeconds(30) };
try
{
    var credentials = new { client_id = clientId, client_secret = Setting("CLIENT_SECRET") };
    using var login = await Post(LoginPath, JsonSerializer.SerializeToUtf8Bytes(credentials), () => new());
    var token = login.RootElement.GetProperty("token").GetString();
    using var answer = await Post(OrdersPath, body, () =>
    {
        var headers = SignedHeaders();
        headers["Authorization"] = $"Bearer {token}";
        return headers;
    });
    Console.WriteLine(answer.RootElement.GetProperty("data").GetProperty("code").GetString());
    return 0;
}
catch (InvalidOperationException problem)
{
    return Fail(problem.Message);
}

Dictionary<string, string> SignedHeaders()
{
    var timestamp = DateTimeOffset.UtcNow.ToUnixTimeSeconds().ToString();
    var digest = Convert.ToHexString(SHA256.HashData(body)).ToLowerInvariant();
    var stringToSign = Environment.GetEnvironmentVariable("SIGNATURE_PROFILE") == "snap-asym"
        ? $"POST:{OrdersPath}:{digest}:{timestamp}"
        : $"{clientId}|{timestamp}";
    var signature = key.SignData(
        Encoding.UTF8.GetBytes(stringToSign), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
    return new()
    {
        ["X-CLIENT-ID"] = clientId,
        ["X-TIMESTAMP"] = timestamp,
        ["X-SIGNATURE"] = Convert.ToBase64String(signature),
    };
}

// The answer's JSON. Repeats until there is an answer, with new headers each time. Without an answer nobody knows
// whether the order arrived; sending it again is safe, because its purchase_order_no makes it the same one.
async Task<JsonDocument> Post(string path, byte[] content, Func<Dictionary<string, string>> headers)
{
    for (var tries = 1; ; tries++)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, Setting("ORDERBRIDGE_URL") + path);
        request.Content = new ByteArrayContent(content);
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        foreach (var (name, value) in headers())
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }
        var wait = TimeSpan.FromSeconds(1 << (tries - 1));
        string problem;
        try
        {
            using var response = await http.SendAsync(request);
            var text = await response.Content.ReadAsStringAsync();
            if (response.IsSuccessStatusCode)
            {
                return JsonDocument.Parse(text);
            }
            var status = (int)response.StatusCode;
            problem = $"status {status}: {text}";
            if (status != 429 && status < 500)
            {
                throw new InvalidOperationException(problem);
            }
            wait = response.Headers.RetryAfter?.Delta ?? wait;
        }
        catch (Exception failure) when (failure is HttpRequestException or TaskCanceledException)
        {
            problem = $"no answer: {failure.Message}";
        }
        if (tries == 5)
        {
            throw new InvalidOperationException(problem);
        }
        await Task.Delay(wait);
    }
}

static string Setting(string name) =>
    Environment.GetEnvironmentVariable(name) ?? throw new InvalidOperationException($"{name} is not set");

static int Fail(string words)
{
    Console.Error.WriteLine(words);
    return 1;
}
