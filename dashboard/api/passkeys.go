package api

import (
	"context"
	"encoding/json"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/campusgate/campusgate/dashboard/auth"
)

// PasskeyPlace says whether passkeys open accounts here.
type PasskeyPlace struct {
	Origin string `json:"origin" doc:"Where the page must be open for it; empty: nowhere."`
}

// PasskeyOptions are what the browser's credentials API is given; binary values are base64url.
type PasskeyOptions struct {
	PublicKey json.RawMessage `json:"public_key" doc:"PublicKeyCredentialCreationOptionsJSON or PublicKeyCredentialRequestOptionsJSON."`
}

// PasskeyAnswer is what the browser answered.
type PasskeyAnswer struct {
	Credential json.RawMessage `json:"credential" doc:"RegistrationResponseJSON or AuthenticationResponseJSON."`
}

// passkeyLogin registers the login without a name or password.
func (a *API) passkeyLogin() {
	huma.Register(a.huma, huma.Operation{
		OperationID: "passkey-place", Method: http.MethodGet, Path: "/api/v1/login/passkey", Summary: "Where passkeys work",
	}, func(context.Context, *nothing) (*body[PasskeyPlace], error) {
		return &body[PasskeyPlace]{PasskeyPlace{a.deps.Auth.PasskeyOrigin()}}, nil
	})
	huma.Register(a.huma, huma.Operation{
		OperationID: "begin-passkey-login", Method: http.MethodPost, Path: "/api/v1/login/passkey/begin", Summary: "Begin to log in with a passkey", MaxBodyBytes: 1 << 10,
	}, func(_ context.Context, in *struct {
		Peer
		Body struct{}
	},
	) (*body[PasskeyOptions], error) {
		options, err := a.deps.Auth.BeginPasskeyLogin(in.address, a.deps.Now())
		if err != nil {
			return nil, a.explain(err)
		}
		return &body[PasskeyOptions]{PasskeyOptions{options}}, nil
	})
	huma.Register(a.huma, huma.Operation{
		OperationID: "login-by-passkey", Method: http.MethodPost, Path: "/api/v1/login/passkey", Summary: "Log in with a passkey", MaxBodyBytes: 16 << 10,
	}, func(ctx context.Context, in *struct {
		Peer
		Body PasskeyAnswer
	},
	) (*sessionOutput, error) {
		id, cookies, err := a.deps.Auth.LoginByPasskey(ctx, in.Body.Credential, auth.LoginRequest{Address: in.address, Agent: in.Agent, Browser: in.Browser}, a.deps.Now())
		if err != nil {
			a.deps.Log.Info().Str("peer", in.address).Msg("login by passkey refused")
			return nil, a.explain(err)
		}
		a.deps.Log.Info().Str("user", id.Username).Str("peer", in.address).Msg("logged in by passkey")
		return &sessionOutput{written(cookies), a.me(id)}, nil
	})
}

// ownPasskeys registers the caller's own passkeys.
func (a *API) ownPasskeys() {
	personal(a, http.MethodGet, "/account/passkeys", "My passkeys, the oldest first", func(ctx context.Context, id auth.Identity, _ *nothing) (*body[list[auth.PasskeyInfo]], error) {
		all, err := a.deps.Auth.Passkeys(ctx, id.Username)
		return page(all, ""), err
	})
	personal(a, http.MethodPost, "/account/passkeys/begin", "Begin to make a passkey", func(ctx context.Context, id auth.Identity, in *struct {
		Peer
		Body struct {
			Name     string `json:"name" maxLength:"256"`
			Password string `json:"password" maxLength:"256" doc:"The present one."`
		}
	},
	) (*body[PasskeyOptions], error) {
		options, err := a.deps.Auth.BeginPasskey(ctx, id, in.Body.Name, in.Body.Password, in.address, a.deps.Now())
		return &body[PasskeyOptions]{PasskeyOptions{options}}, err
	})
	personal(a, http.MethodPost, "/account/passkeys", "Keep the passkey that the browser made", func(ctx context.Context, id auth.Identity, in *struct{ Body PasskeyAnswer }) (*body[auth.PasskeyInfo], error) {
		k, err := a.deps.Auth.FinishPasskey(ctx, id, in.Body.Credential, a.deps.Now())
		return &body[auth.PasskeyInfo]{k}, err
	})
	personal(a, http.MethodPost, "/account/passkeys/{id}/remove", "Remove one of my passkeys", func(ctx context.Context, id auth.Identity, in *struct {
		ID string `path:"id" maxLength:"1400"`
		passwordInput
	},
	) (*struct{}, error) {
		return &struct{}{}, a.deps.Auth.RemovePasskey(ctx, id, in.ID, in.Body.Password, in.address, a.deps.Now())
	})
}
