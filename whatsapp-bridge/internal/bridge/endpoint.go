package bridge

import (
	"encoding/hex"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"time"

	"go.mau.fi/whatsmeow"
)

// Endpoint is the server that stands in for WhatsApp in tests; the zero value is WhatsApp itself.
type Endpoint struct {
	server *url.URL
}

// The two variables of a test's server.
const (
	EndpointVariable = "WHATSAPP_BRIDGE_URL"
	RootKeyVariable  = "WHATSAPP_BRIDGE_ROOT_KEY"
)

// EndpointFrom reads the variables. Loopback addresses alone: the variables must never be a way to
// make a real account talk to somebody else's server.
func EndpointFrom(getenv func(string) string) (Endpoint, error) {
	address, key := getenv(EndpointVariable), getenv(RootKeyVariable)
	if address == "" && key == "" {
		return Endpoint{}, nil
	}
	server, err := url.Parse(address)
	if err != nil || server.Scheme != "ws" {
		return Endpoint{}, fmt.Errorf("%s: %q is not a ws:// URL", EndpointVariable, address)
	}
	if ip := net.ParseIP(server.Hostname()); ip == nil || !ip.IsLoopback() {
		return Endpoint{}, fmt.Errorf("%s: %q is not a loopback address such as ws://127.0.0.1:4711", EndpointVariable, address)
	}
	root, err := hex.DecodeString(key)
	if err != nil || len(root) != len(whatsmeow.WACertPubKey) {
		return Endpoint{}, fmt.Errorf("%s: must be the %d bytes of the server's root key in hexadecimal digits",
			RootKeyVariable, len(whatsmeow.WACertPubKey))
	}
	whatsmeow.WACertPubKey = [32]byte(root)
	return Endpoint{server}, nil
}

// client is an HTTP client for WhatsApp's servers. The timeout ends a dial that nobody answers; an open
// WebSocket is not subject to it.
func (e Endpoint) client(timeout time.Duration) *http.Client {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	if e.server == nil {
		return &http.Client{Transport: transport, Timeout: timeout}
	}
	return &http.Client{Transport: redirect{transport, e.server}, Timeout: timeout}
}

type redirect struct {
	next   http.RoundTripper
	server *url.URL
}

func (r redirect) RoundTrip(request *http.Request) (*http.Response, error) {
	request = request.Clone(request.Context())
	request.URL.Scheme = "http"
	request.URL.Host = r.server.Host
	request.Host = r.server.Host
	return r.next.RoundTrip(request)
}
