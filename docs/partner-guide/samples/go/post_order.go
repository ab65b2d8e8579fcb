// Logs in at Orderbridge, signs one sales order, posts it until there is an answer, and prints its code.
// Needs Go 1.18 or newer and no module.
//
//	go run post_order.go PO-2025-00001              post the order
//	go run post_order.go --dry-run PO-2025-00001    print what would be sent, and send nothing
//
// Environment: ORDERBRIDGE_URL, CLIENT_ID, CLIENT_SECRET, PRIVATE_KEY_FILE (PKCS#8: "BEGIN PRIVATE KEY"),
// and SIGNATURE_PROFILE=snap-asym if your profile is the body-bound one.
package main

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"strconv"
	"time"
)

const (
	loginPath  = "/api/v1/auth/login"
	ordersPath = "/api/v1/sales-orders"
)

type product struct {
	ProductCode string `json:"product_code"`
	Quantity    int    `json:"quantity"`
}

type order struct {
	CustomerCode    string    `json:"customer_code"`
	SiteCode        string    `json:"site_code"`
	SalesName       string    `json:"sales_name"`
	Address         string    `json:"address"`
	PurchaseOrderNo string    `json:"purchase_order_no"`
	Products        []product `json:"products"`
}

var client = http.Client{Timeout: 30 * time.Second}

func main() {
	log.SetFlags(0)
	arguments := os.Args[1:]
	dryRun := len(arguments) > 0 && arguments[0] == "--dry-run"
	if dryRun {
		arguments = arguments[1:]
	}
	if len(arguments) != 1 {
		log.Fatal("usage: go run post_order.go [--dry-run] PURCHASE_ORDER_NO")
	}
	if err := run(dryRun, arguments[0]); err != nil {
		log.Fatal(err)
	}
}

func run(dryRun bool, purchaseOrderNo string) error {
	key, err := readPrivateKey(os.Getenv("PRIVATE_KEY_FILE"))
	if err != nil {
		return err
	}
	// The purchase order number is your own name for the order: every try with it is the same order.
	// The body is written once: what is signed are the very bytes that are sent.
	body, err := json.Marshal(order{
		CustomerCode:    "CUST-001",
		SiteCode:        "SITE-001",
		SalesName:       "John Doe",
		Address:         "Jl. Sudirman No. 1, Jakarta",
		PurchaseOrderNo: purchaseOrderNo,
		Products:        []product{{"PROD-001", 10}},
	})
	if err != nil {
		return err
	}
	if dryRun {
		header := http.Header{}
		if err := sign(header, key, body); err != nil {
			return err
		}
		for name := range header {
			fmt.Printf("%s: %s\n", name, header.Get(name))
		}
		fmt.Printf("\n%s\n", body)
		return nil
	}

	credentials, err := json.Marshal(map[string]string{
		"client_id": os.Getenv("CLIENT_ID"), "client_secret": os.Getenv("CLIENT_SECRET"),
	})
	if err != nil {
		return err
	}
	var login struct{ Token string }
	if err := post(loginPath, credentials, &login, func(http.Header) error { return nil }); err != nil {
		return err
	}
	var accepted struct{ Data struct{ Code string } }
	err = post(ordersPath, body, &accepted, func(header http.Header) error {
		header.Set("Authorization", "Bearer "+login.Token)
		return sign(header, key, body)
	})
	if err != nil {
		return err
	}
	fmt.Println(accepted.Data.Code)
	return nil
}

func sign(header http.Header, key *rsa.PrivateKey, body []byte) error {
	timestamp := strconv.FormatInt(time.Now().Unix(), 10)
	stringToSign := os.Getenv("CLIENT_ID") + "|" + timestamp
	if os.Getenv("SIGNATURE_PROFILE") == "snap-asym" {
		stringToSign = fmt.Sprintf("POST:%s:%x:%s", ordersPath, sha256.Sum256(body), timestamp)
	}
	digest := sha256.Sum256([]byte(stringToSign))
	signature, err := rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, digest[:])
	if err != nil {
		return err
	}
	header.Set("X-CLIENT-ID", os.Getenv("CLIENT_ID"))
	header.Set("X-TIMESTAMP", timestamp)
	header.Set("X-SIGNATURE", base64.StdEncoding.EncodeToString(signature))
	return nil
}

// post repeats until there is an answer, with new headers each time, and reads it into answer. Without an answer nobody
// knows whether the order arrived; sending it again is safe, because its purchase_order_no makes it the same one.
func post(path string, body []byte, answer any, setHeaders func(http.Header) error) error {
	for try := 0; ; try++ {
		request, err := http.NewRequest(http.MethodPost, os.Getenv("ORDERBRIDGE_URL")+path, bytes.NewReader(body))
		if err != nil {
			return err
		}
		request.Header.Set("Content-Type", "application/json")
		if err := setHeaders(request.Header); err != nil {
			return err
		}
		status, retryAfter, text, err := send(request)
		if err == nil && (status == http.StatusOK || status == http.StatusCreated) {
			return json.Unmarshal(text, answer)
		}
		if err == nil {
			err = fmt.Errorf("status %d: %s", status, text)
			if status != http.StatusTooManyRequests && status < 500 {
				return err
			}
		}
		if try == 4 {
			return err
		}
		wait := time.Second << try
		if retryAfter > 0 {
			wait = time.Duration(retryAfter) * time.Second
		}
		time.Sleep(wait)
	}
}

func send(request *http.Request) (status, retryAfter int, text []byte, err error) {
	response, err := client.Do(request)
	if err != nil {
		return 0, 0, nil, err
	}
	defer response.Body.Close()
	text, err = io.ReadAll(response.Body)
	retryAfter, _ = strconv.Atoi(response.Header.Get("Retry-After")) // 0 where there is none
	return response.StatusCode, retryAfter, text, err
}

func readPrivateKey(path string) (*rsa.PrivateKey, error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	block, _ := pem.Decode(content)
	if block == nil {
		return nil, errors.New(path + " is not a PEM file")
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, err
	}
	key, ok := parsed.(*rsa.PrivateKey)
	if !ok {
		return nil, errors.New(path + " is not an RSA key")
	}
	return key, nil
}
