package auth_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/campusgate/campusgate/dashboard/auth"
	"github.com/campusgate/campusgate/dashboard/store"
)

const origin = "https://safety.example.org"

// Flags of authenticator data (Web Authentication Level 3, 6.1).
const (
	present  = 0x01
	verified = 0x04
	attested = 0x40
)

// authenticator is one in software, with one passkey.
type authenticator struct {
	t      *testing.T
	key    *ecdsa.PrivateKey
	id     []byte
	handle string
	count  uint32
	flags  byte
	origin string
	rp     string
}

func newAuthenticator(t *testing.T) *authenticator {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return &authenticator{t: t, key: key, id: []byte(rand.Text()), flags: present | verified, origin: origin, rp: "safety.example.org"}
}

func b64(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

func (a *authenticator) clientData(kind string, options json.RawMessage) []byte {
	var o struct {
		Challenge string
		User      struct{ ID string }
	}
	if err := json.Unmarshal(options, &o); err != nil || len(o.Challenge) < 22 {
		a.t.Fatalf("options %s: %v", options, err)
	}
	if o.User.ID != "" {
		a.handle = o.User.ID
	}
	return fmt.Appendf(nil, `{"type":%q,"challenge":%q,"origin":%q,"crossOrigin":false}`, kind, o.Challenge, a.origin)
}

func (a *authenticator) data(flags byte) []byte {
	rp := sha256.Sum256([]byte(a.rp))
	return binary.BigEndian.AppendUint32(append(rp[:], flags), a.count)
}

// create answers navigator.credentials.create with an attestation of format "none".
func (a *authenticator) create(options json.RawMessage) []byte {
	client := a.clientData("webauthn.create", options)
	point, err := a.key.PublicKey.Bytes() // 4, x, y
	if err != nil {
		a.t.Fatal(err)
	}
	data := append(a.data(a.flags|attested), make([]byte, 16)...)
	data = append(binary.BigEndian.AppendUint16(data, uint16(len(a.id))), a.id...)
	data = append(data, 0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21, 0x58, 0x20) // COSE: EC2, ES256, P-256, x
	data = append(append(append(data, point[1:33]...), 0x22, 0x58, 0x20), point[33:]...)
	object := []byte("\xa3\x63fmt\x64none\x67attStmt\xa0\x68authData\x59")
	object = append(binary.BigEndian.AppendUint16(object, uint16(len(data))), data...)
	return fmt.Appendf(nil, `{"id":%q,"rawId":%q,"type":"public-key","clientExtensionResults":{},"response":{"clientDataJSON":%q,"attestationObject":%q,"transports":["internal"]}}`,
		b64(a.id), b64(a.id), b64(client), b64(object))
}

// get answers navigator.credentials.get.
func (a *authenticator) get(options json.RawMessage) []byte {
	a.count++
	client := a.clientData("webauthn.get", options)
	data, hash := a.data(a.flags), sha256.Sum256(client)
	digest := sha256.Sum256(append(bytes.Clone(data), hash[:]...))
	signature, err := ecdsa.SignASN1(rand.Reader, a.key, digest[:])
	if err != nil {
		a.t.Fatal(err)
	}
	return fmt.Appendf(nil, `{"id":%q,"rawId":%q,"type":"public-key","clientExtensionResults":{},"response":{"clientDataJSON":%q,"authenticatorData":%q,"signature":%q,"userHandle":%q}}`,
		b64(a.id), b64(a.id), b64(client), b64(data), b64(signature), a.handle)
}

// door is a manager with passkeys and one guard, whose clock the test holds.
type door struct {
	*auth.Manager
	t   *testing.T
	db  *store.Store
	now time.Time
}

func newDoor(t *testing.T) *door {
	t.Helper()
	d := &door{t: t, db: newStore(t), now: time.Now()}
	if err := auth.EnsureAccounts(t.Context(), d.db, []auth.Account{guard()}); err != nil {
		t.Fatal(err)
	}
	m, err := auth.New(auth.DefaultConfig(), d.db, d.db.Sessions(), true,
		auth.WithPasskeys(auth.RelyingParty{ID: "safety.example.org", Origin: origin, Name: "campusgate"}))
	if err != nil {
		t.Fatal(err)
	}
	d.Manager = m
	return d
}

var me = auth.Identity{Username: "guard", Session: "s"}

// enrol makes a passkey for the guard.
func (d *door) enrol(a *authenticator) auth.PasskeyInfo {
	d.t.Helper()
	options, err := d.BeginPasskey(d.t.Context(), me, " phone ", password, "10.0.0.1:1", d.now)
	if err != nil {
		d.t.Fatal(err)
	}
	k, err := d.FinishPasskey(d.t.Context(), me, a.create(options), d.now)
	if err != nil {
		d.t.Fatal(err)
	}
	return k
}

func (d *door) challenge() json.RawMessage {
	d.t.Helper()
	options, err := d.BeginPasskeyLogin("10.0.0.1:1", d.now)
	if err != nil {
		d.t.Fatal(err)
	}
	return options
}

// answer logs in with an answer, inside a request that has a session to begin.
func (d *door) answer(answer []byte) (id auth.Identity, err error) {
	inner := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		id, _, err = d.LoginByPasskey(r.Context(), answer, auth.LoginRequest{Address: "10.0.0.1:1"}, d.now)
	})
	d.Middleware(http.NotFoundHandler())(inner).ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodPost, "/", nil))
	return id, err
}

func (d *door) refused(what string, answer []byte) {
	d.t.Helper()
	if id, err := d.answer(answer); !errors.Is(err, auth.ErrPasskey) {
		d.t.Errorf("%s: logged in as %q, %v", what, id.Username, err)
	}
}

func TestPasskeyIsBothFactors(t *testing.T) {
	t.Parallel()
	d, a := newDoor(t), newAuthenticator(t)
	k := d.enrol(a)
	if k.Name != "phone" || k.Used != nil || k.Copied {
		t.Errorf("enrolled %+v", k)
	}
	if err := d.db.PutTOTP(t.Context(), "guard", auth.TOTP{Secret: "JBSWY3DPEHPK3PXP", Confirmed: true}, nil); err != nil {
		t.Fatal(err)
	}
	options := d.challenge()
	if strings.Contains(string(options), "guard") || strings.Contains(string(options), "allowCredentials") {
		t.Errorf("the challenge tells of accounts: %s", options)
	}
	answer := a.get(options)
	id, err := d.answer(answer)
	if err != nil || id.Username != "guard" || id.Session == "" {
		t.Fatalf("logged in as %+v, %v", id, err)
	}
	sessions, err := d.Sessions(t.Context(), "guard", d.now)
	if err != nil || len(sessions) != 1 || sessions[0].How != auth.ByPasskey {
		t.Errorf("sessions %+v, %v", sessions, err)
	}
	if all, err := d.Passkeys(t.Context(), "guard"); err != nil || len(all) != 1 || all[0].Used == nil {
		t.Errorf("passkeys %+v, %v", all, err)
	}
	d.refused("the same answer again", answer)
}

func TestPasskeyLoginIsRefused(t *testing.T) {
	t.Parallel()
	d, a := newDoor(t), newAuthenticator(t)
	d.enrol(a)
	with := func(change func(*authenticator)) *authenticator {
		b := *a
		change(&b)
		return &b
	}
	for what, b := range map[string]*authenticator{
		"user not verified":  with(func(b *authenticator) { b.flags = present }),
		"another origin":     with(func(b *authenticator) { b.origin = "https://evil.example.org" }),
		"another place":      with(func(b *authenticator) { b.rp = "evil.example.org" }),
		"unknown passkey":    with(func(b *authenticator) { b.id = []byte("somebody else's") }),
		"another key":        with(func(b *authenticator) { b.key = newAuthenticator(t).key }),
		"another handle":     with(func(b *authenticator) { b.handle = b64([]byte("somebody")) }),
		"without any handle": with(func(b *authenticator) { b.handle = "" }),
	} {
		d.refused(what, b.get(d.challenge()))
	}
	d.refused("nothing", nil)
	d.refused("no JSON", []byte("{"))
	d.refused("a challenge never given", a.get(json.RawMessage(`{"challenge":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}`)))
	late := a.get(d.challenge())
	d.now = d.now.Add(4 * time.Minute)
	d.refused("too late", late)
	enrolling, err := d.BeginPasskey(t.Context(), me, "second", password, "10.0.0.1:1", d.now)
	if err != nil {
		t.Fatal(err)
	}
	d.refused("a challenge of an enrolment", a.get(enrolling))
	if _, err := d.answer(a.get(d.challenge())); err != nil {
		t.Fatalf("the right one: %v", err)
	}
	off, err := d.db.Account(t.Context(), "guard")
	if err != nil {
		t.Fatal(err)
	}
	off.Disabled = true
	off.Version++
	if err := d.db.PutAccount(t.Context(), off); err != nil {
		t.Fatal(err)
	}
	d.refused("disabled account", a.get(d.challenge()))
}

func TestManyWrongPasskeysMustWait(t *testing.T) {
	t.Parallel()
	d, a := newDoor(t), newAuthenticator(t)
	d.enrol(a)
	var wait *auth.TooManyTries
	for range 40 {
		if _, err := d.answer([]byte("{}")); errors.As(err, &wait) {
			break
		}
	}
	if wait == nil {
		t.Fatal("40 wrong answers from one address go without a wait")
	}
	d.now = d.now.Add(wait.Wait)
	if _, err := d.answer(a.get(d.challenge())); err != nil {
		t.Errorf("after the wait: %v", err)
	}
}

func TestCopiedPasskeyIsRefusedAndAudited(t *testing.T) {
	t.Parallel()
	d, a := newDoor(t), newAuthenticator(t)
	k := d.enrol(a)
	copied := *a
	for range 3 {
		if _, err := d.answer(a.get(d.challenge())); err != nil {
			t.Fatal(err)
		}
	}
	d.refused("a copy whose counter is behind", copied.get(d.challenge()))
	d.refused("the right one after that", a.get(d.challenge()))
	all, err := d.Passkeys(t.Context(), "guard")
	if err != nil || len(all) != 1 || !all[0].Copied {
		t.Errorf("passkeys %+v, %v", all, err)
	}
	if err := d.RemovePasskey(t.Context(), me, k.ID, "wrong", "10.0.0.1:1", d.now); err == nil {
		t.Error("removed with a wrong password")
	}
	if err := d.RemovePasskey(t.Context(), auth.Identity{Username: "guard"}, "nothere", password, "10.0.0.1:1", d.now); !errors.Is(err, auth.ErrNoAccount) {
		t.Errorf("removed one that is not there: %v", err)
	}
	if err := d.RemovePasskey(t.Context(), me, k.ID, password, "10.0.0.1:1", d.now); err != nil {
		t.Error(err)
	}
	d.refused("removed", a.get(d.challenge()))
	for action, want := range map[string]int{"account.passkey.add": 1, "account.passkey.copied": 2, "account.passkey.remove": 1} {
		if n := audited(t, d.db, action); n != want {
			t.Errorf("%d audits %s, want %d", n, action, want)
		}
	}
}

func TestEnrolmentOfPasskeys(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	begin := func(name, pass string) (json.RawMessage, error) {
		return d.BeginPasskey(t.Context(), me, name, pass, "10.0.0.1:1", d.now)
	}
	finish := func(id auth.Identity, answer []byte) error {
		_, err := d.FinishPasskey(context.WithoutCancel(t.Context()), id, answer, d.now)
		return err
	}
	var bad *auth.Invalid
	for _, c := range [][3]string{{"", password, "name"}, {"a\nb", password, "name"}, {strings.Repeat("x", 65), password, "name"}, {"phone", "wrong", "password"}} {
		if _, err := begin(c[0], c[1]); !errors.As(err, &bad) || bad.Field != c[2] {
			t.Errorf("begin %q %q: %v", c[0], c[1], err)
		}
	}
	options, err := begin("phone", password)
	if err != nil {
		t.Fatal(err)
	}
	var o struct {
		User                   struct{ ID string }
		AuthenticatorSelection struct{ ResidentKey, UserVerification string }
	}
	if err := json.Unmarshal(options, &o); err != nil || o.AuthenticatorSelection.ResidentKey != "required" || o.AuthenticatorSelection.UserVerification != "required" {
		t.Errorf("options %s: %v", options, err)
	}
	unverified := newAuthenticator(t)
	unverified.flags = present
	if err := finish(me, unverified.create(options)); !errors.As(err, &bad) || bad.Field != "credential" {
		t.Errorf("user not verified: %v", err)
	}
	options, _ = begin("phone", password)
	if err := finish(auth.Identity{Username: "guard", Session: "another"}, newAuthenticator(t).create(options)); !errors.As(err, &bad) {
		t.Errorf("in another session: %v", err)
	}
	if err := finish(me, newAuthenticator(t).create(options)); !errors.As(err, &bad) {
		t.Errorf("a challenge for the second time: %v", err)
	}
	first := newAuthenticator(t)
	d.enrol(first)
	options, _ = begin("again", password)
	if !strings.Contains(string(options), b64(first.id)) {
		t.Errorf("the passkey there is is not excluded: %s", options)
	}
	if err := finish(me, first.create(options)); !errors.Is(err, auth.ErrOvertaken) {
		t.Errorf("the same passkey again: %v", err)
	}
	waiting, _ := begin("eleventh", password)
	for range auth.MaxPasskeys - 1 {
		d.enrol(newAuthenticator(t))
	}
	if _, err := begin("eleventh", password); !errors.As(err, &bad) || bad.Field != "name" {
		t.Errorf("the eleventh: %v", err)
	}
	if err := finish(me, newAuthenticator(t).create(waiting)); !errors.Is(err, auth.ErrOvertaken) {
		t.Errorf("the eleventh, begun before: %v", err)
	}
}

func TestWithoutAPlaceThereAreNoPasskeys(t *testing.T) {
	t.Parallel()
	db := newStore(t)
	m, err := auth.New(auth.DefaultConfig(), db, db.Sessions(), true)
	if err != nil {
		t.Fatal(err)
	}
	var not *auth.NotAllowed
	if _, err := m.BeginPasskeyLogin("", time.Now()); !errors.As(err, &not) || m.PasskeyOrigin() != "" {
		t.Errorf("%v, %q", err, m.PasskeyOrigin())
	}
	if _, err := m.BeginPasskey(t.Context(), me, "phone", password, "", time.Now()); !errors.As(err, &not) {
		t.Error(err)
	}
}

func audited(t *testing.T, db *store.Store, action string) int {
	t.Helper()
	rows, err := db.AuditLog(t.Context(), store.AuditQuery{Area: "account", Limit: 100})
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, r := range rows {
		if r.Action == action {
			n++
		}
	}
	return n
}
