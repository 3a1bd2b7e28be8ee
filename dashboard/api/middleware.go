package api

import (
	"errors"
	"mime"
	"net/http"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"

	"github.com/campusgate/campusgate/dashboard/auth"
	"github.com/campusgate/campusgate/dashboard/live"
	"github.com/campusgate/campusgate/gateway/event"
)

const livePath = "/api/v1/live"

// policy lets the page load from here only. Styles may be inline: the map library sets them.
const policy = "default-src 'self'; script-src 'self'; worker-src 'self'; style-src 'self' 'unsafe-inline'; " +
	"img-src 'self' data: blob:; media-src 'self' blob:; connect-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

func (a *API) headers(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Permissions-Policy", "camera=(), microphone=(), geolocation=(self), payment=()")
		if a.deps.TLS {
			h.Set("Strict-Transport-Security", "max-age=31536000")
		}
		if strings.HasPrefix(r.URL.Path, "/api/") {
			h.Set("Cache-Control", "no-store")
		}
		next.ServeHTTP(w, r)
	})
}

// measure times requests by the pattern of their route, of which there are few. A
// websocket is no request that ends.
func (a *API) measure(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == livePath {
			next.ServeHTTP(w, r)
			return
		}
		begin := time.Now()
		ww := middleware.NewWrapResponseWriter(w, r.ProtoMajor)
		next.ServeHTTP(ww, r)
		route := chi.RouteContext(r.Context()).RoutePattern()
		if route == "" {
			route = "page"
		}
		method := r.Method
		switch method {
		case http.MethodGet, http.MethodPost, http.MethodHead:
		default:
			method = "other" // it is the caller's word
		}
		a.took.WithLabelValues(method, route, strconv.Itoa(ww.Status())).Observe(time.Since(begin).Seconds())
	})
}

// recover keeps one broken request from ending the connection without a word.
func (a *API) recover(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			v := recover()
			if v == nil {
				return
			}
			if err, ok := v.(error); ok && errors.Is(err, http.ErrAbortHandler) {
				panic(v)
			}
			a.deps.Log.Error().Interface("panic", v).Str("path", r.URL.Path).Bytes("stack", debug.Stack()).Msg("request failed")
			problem(http.StatusInternalServerError, codeInternal, "something went wrong here; it is in the log").write(w)
		}()
		next.ServeHTTP(w, r)
	})
}

// onlyJSON refuses bodies that a foreign form could send without asking first. Pictures are
// taken where they are evidence: a form cannot send them as what they are either.
func onlyJSON(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.Method {
		case http.MethodGet, http.MethodHead, http.MethodOptions:
		default:
			kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
			picture := strings.HasPrefix(kind, "image/") && strings.HasSuffix(r.URL.Path, "/attachments")
			if err != nil || kind != "application/json" && !picture {
				problem(http.StatusUnsupportedMediaType, codeInvalid, "want Content-Type: application/json").write(w)
				return
			}
		}
		next.ServeHTTP(w, r)
	})
}

// page serves the web application, and problems for paths of the API that are none.
func (a *API) page(w http.ResponseWriter, r *http.Request) {
	if a.deps.Web == nil || strings.HasPrefix(r.URL.Path, "/api/") {
		notFound().write(w)
		return
	}
	a.deps.Web.ServeHTTP(w, r)
}

// live upgrades to the websocket. The hub checks the Origin.
func (a *API) live(w http.ResponseWriter, r *http.Request) {
	id, ok := auth.From(r.Context())
	if !ok || id.Session == "" { // tokens are for REST
		problem(http.StatusUnauthorized, codeUnauthenticated, auth.ErrUnauthenticated.Error()).write(w)
		return
	}
	a.deps.Hub.Serve(w, r, live.Viewer{
		User: id.Username, Role: string(id.Role), Scope: id.Scope, Session: id.Session, Expires: id.Expires,
		Channels: channelsOf(id),
	})
}

// channelsOf lists what somebody may follow: what REST would show them as well.
func channelsOf(id auth.Identity) []string {
	out := []string{}
	for _, c := range []struct {
		need     auth.Permission
		channels []string
	}{
		{auth.PermissionFor("alarms", everyone()), []string{"alarms", "voice"}},
		{auth.PermissionFor("county", everyone()), []string{"devices", "sites", "stats"}},
		{auth.PermissionFor("history", everyone()), []string{"feed"}},
		{auth.PermissionFor("gateways", everyone()), []string{"gateways"}},
	} {
		if id.May(c.need) {
			out = append(out, c.channels...)
		}
	}
	return out
}

// ready answers 200 when everything does its work, else 503, with every component's state.
func (a *API) ready(w http.ResponseWriter, _ *http.Request) {
	components := a.deps.Health()
	out := struct {
		State      event.HealthState       `json:"state"`
		Components map[string]event.Health `json:"components"`
	}{event.OK, components}
	status := http.StatusOK
	for _, h := range components {
		switch {
		case h.State != event.OK && h.State != event.Degraded:
			out.State, status = event.Failed, http.StatusServiceUnavailable
		case h.State == event.Degraded && out.State == event.OK:
			out.State = event.Degraded
		}
	}
	writeJSON(w, status, out)
}
