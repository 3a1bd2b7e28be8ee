package signon

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"
	"unicode"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"github.com/campusgate/campusgate/dashboard/auth"
)

// Code says why a login did not come to its end, for the page's own words. Never rename.
type Code string

// The codes.
const (
	Down      Code = "down"       // the provider is out of reach
	Stale     Code = "stale"      // too late, used before, or begun in another browser
	Cancelled Code = "cancelled"  // the person, or the provider, did not want
	BadAnswer Code = "bad_answer" // the provider's answer does not hold
	NoRole    Code = "no_role"    // no mapping for the person's roles
	NoSites   Code = "no_sites"   // no mapping for the person's schools
	BadName   Code = "bad_name"   // no account can be called so
	Taken     Code = "taken"      // an account of this place has that name
	Disabled  Code = "disabled"   // the account was disabled here
	Failed    Code = "failed"     // something else, which is in the log
)

// Refusal is why a login did not come to its end.
type Refusal struct {
	Code Code
	Err  error
}

// Error says why; it names nobody.
func (r *Refusal) Error() string { return fmt.Sprintf("%s: %v", r.Code, r.Err) }

// Unwrap returns what was wrong.
func (r *Refusal) Unwrap() error { return r.Err }

// Answer is what the provider sends back with the browser.
type Answer struct {
	State, Code, Error, Issuer string
}

// Begin starts a login. The browser goes to the address, and keeps the value in a cookie,
// which it must show to Finish. to is where it wants to be afterwards, see LocalPath. The
// error is a *Refusal.
func (p *Provider) Begin(ctx context.Context, to, peer string) (address, browser string, err error) {
	k, err := p.discover(ctx)
	if err != nil {
		return "", "", err
	}
	state, nonce, browser := rand.Text(), rand.Text(), rand.Text()
	verifier := oauth2.GenerateVerifier()
	l := login{browser: digest(browser), nonce: nonce, verifier: verifier, to: LocalPath(to), peer: peer, at: p.now()}
	p.mu.Lock()
	p.logins.put(digest(state), l, p.cfg.Patience)
	p.mu.Unlock()
	return k.oauth.AuthCodeURL(state, oidc.Nonce(nonce), oauth2.S256ChallengeOption(verifier)), browser, nil
}

// Patience is how long the browser keeps its cookie.
func (p *Provider) Patience() time.Duration { return p.cfg.Patience }

// Finish says who has logged in, and where the browser wanted to be; that also with an error
// where it is known. The error is a *Refusal.
func (p *Provider) Finish(ctx context.Context, in Answer, browser string) (person auth.Person, to string, err error) {
	p.mu.Lock()
	l, ok := p.logins.take(digest(in.State))
	k := p.known
	p.mu.Unlock()
	to = "/"
	stale := func(why string) (auth.Person, string, error) { return person, to, &Refusal{Stale, errors.New(why)} }
	switch {
	case !ok || k == nil:
		return stale("nobody waits for this state")
	case subtle.ConstantTimeCompare([]byte(l.browser), []byte(digest(browser))) != 1:
		return stale("begun in another browser")
	}
	to = l.to
	switch {
	case p.now().Sub(l.at) > p.cfg.Patience:
		return stale("too late")
	case in.Issuer != "" && in.Issuer != p.cfg.Issuer: // RFC 9207: an answer of another provider
		return person, to, &Refusal{BadAnswer, errors.New("the answer is of another issuer")}
	case in.Error != "":
		return person, to, refusedBy(in.Error)
	}
	claims, subject, err := p.redeem(ctx, k, in.Code, l)
	if err != nil {
		return person, to, err
	}
	person, err = p.cfg.person(claims)
	person.Subject = p.cfg.Issuer + " " + subject
	return person, to, err
}

// refusedBy is the refusal of a provider that says no (RFC 6749, 4.1.2.1).
func refusedBy(word string) *Refusal {
	switch word {
	case "access_denied", "login_required", "interaction_required", "consent_required":
		return &Refusal{Cancelled, errors.New("the provider says " + word)}
	case "temporarily_unavailable", "server_error":
		return &Refusal{Down, errors.New("the provider says " + word)}
	}
	return &Refusal{BadAnswer, errors.New("the provider refuses")} // the word is the caller's
}

// redeem changes the code into the claims of an ID token that holds.
func (p *Provider) redeem(ctx context.Context, k *known, code string, l login) (claims map[string]any, subject string, err error) {
	ctx, cancel := context.WithTimeout(oidc.ClientContext(ctx, p.client), p.cfg.Timeout)
	defer cancel()
	select {
	case p.exchanges <- struct{}{}:
		defer func() { <-p.exchanges }()
	case <-ctx.Done():
		return nil, "", &Refusal{Down, ctx.Err()}
	}
	bad := func(err error) (map[string]any, string, error) { return nil, "", &Refusal{BadAnswer, err} }
	token, err := k.oauth.Exchange(ctx, code, oauth2.VerifierOption(l.verifier))
	if err != nil {
		var said *oauth2.RetrieveError
		if errors.As(err, &said) && said.Response != nil && said.Response.StatusCode < http.StatusInternalServerError {
			return bad(fmt.Errorf("the provider does not take the code: status %d", said.Response.StatusCode))
		}
		if said != nil { // its text would hold the whole answer
			err = errors.New("the provider fails")
		}
		return nil, "", &Refusal{Down, err}
	}
	raw, ok := token.Extra("id_token").(string)
	if !ok {
		return bad(errors.New("no ID token"))
	}
	id, err := k.verifier.Verify(ctx, raw)
	if err != nil {
		return bad(fmt.Errorf("ID token: %w", err))
	}
	if err := id.Claims(&claims); err != nil {
		return bad(fmt.Errorf("claims of the ID token: %w", err))
	}
	azp, named := claims["azp"]
	switch {
	case subtle.ConstantTimeCompare([]byte(id.Nonce), []byte(l.nonce)) != 1:
		return bad(errors.New("the ID token has another nonce"))
	case id.Subject == "" || len(id.Subject) > 255 || strings.ContainsFunc(id.Subject, unicode.IsControl): // OpenID Connect Core, 2
		return bad(errors.New("the ID token has no subject"))
	case named && azp != p.cfg.ClientID || !named && len(id.Audience) > 1: // OpenID Connect Core, 3.1.3.7
		return bad(errors.New("the ID token is for another client"))
	}
	return claims, id.Subject, nil
}

// LocalPath is a path of the page to go to, or "/" for everything that is none: a login must
// not send anybody elsewhere.
func LocalPath(to string) string {
	if len(to) > 1000 || !strings.HasPrefix(to, "/") || strings.HasPrefix(to, "//") || strings.ContainsRune(to, '\\') || strings.ContainsFunc(to, unicode.IsControl) {
		return "/"
	}
	u, err := url.Parse(to)
	if err != nil || u.Host != "" || u.Scheme != "" || strings.HasPrefix(u.Path, "//") || strings.HasPrefix(u.Path, "/api/") ||
		strings.ContainsRune(u.Path, '\\') || strings.ContainsFunc(u.Path, unicode.IsControl) {
		return "/"
	}
	return u.RequestURI()
}

// digest is what the memory has of a random value.
func digest(value string) string {
	sum := sha256.Sum256([]byte(value))
	return hex.EncodeToString(sum[:])
}
