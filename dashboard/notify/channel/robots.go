package channel

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"time"
)

// What the robots take of text, in bytes.
const (
	maxWeCom    = 4096  // content of a markdown message (developer.work.weixin.qq.com, 91770)
	maxDingTalk = 18000 // the whole body is held to 20000 bytes
	maxFeishu   = 18000 // the whole body is held to 20 KB
)

// How long a robot that was too fast is left alone. The vendors do not send Retry-After.
const (
	pauseMinute  = time.Minute
	pauseDing    = 10 * time.Minute // for which DingTalk shuts the robot up
	pauseFeishu  = 10 * time.Second // 5 a second, 100 a minute
	codeTooFast  = 45009            // WeCom: too many a minute
	codeDingFast = 130101           // DingTalk: more than 20 a minute
	codeDingFlow = 410100           // DingTalk: flow control
	codeFeiFast  = 11232            // Feishu: create message trigger system frequency limit
	codeFeiFast2 = 9499             // Feishu: too many requests
)

// wecom is a group robot of WeCom. Its address holds its key, and it is not signed.
type wecom struct{ *poster }

// Send posts a markdown message.
func (w *wecom) Send(ctx context.Context, m *Message, _ string) error {
	answer, err := w.post(ctx, map[string]any{
		"msgtype": "markdown", "markdown": map[string]string{"content": Cut(markdown(m), maxWeCom)},
	}, nil)
	if err != nil {
		return err
	}
	return verdict(answer, map[int]time.Duration{codeTooFast: pauseMinute, -1: 0})
}

// dingtalk is a custom robot of DingTalk. With a secret the address gets the milliseconds of
// now and Base64(HMAC-SHA256(secret, milliseconds + "\n" + secret)).
type dingtalk struct {
	*poster
	secret string
	now    func() time.Time
}

// Send posts a markdown message.
func (d *dingtalk) Send(ctx context.Context, m *Message, _ string) error {
	answer, err := d.post(ctx, map[string]any{
		"msgtype":  "markdown",
		"markdown": map[string]string{"title": Cut(m.Title.ZH, 200), "text": Cut(markdown(m), maxDingTalk)},
	}, func(r *http.Request, _ []byte) {
		if d.secret == "" {
			return
		}
		stamp := strconv.FormatInt(d.now().UnixMilli(), 10)
		q := r.URL.Query()
		q.Set("timestamp", stamp)
		q.Set("sign", sign(d.secret, stamp+"\n"+d.secret))
		r.URL.RawQuery = q.Encode()
	})
	if err != nil {
		return err
	}
	return verdict(answer, map[int]time.Duration{codeDingFast: pauseDing, codeDingFlow: pauseDing, -1: 0})
}

// feishu is a custom robot of Feishu (Lark). With a secret the body has the seconds of now
// and Base64(HMAC-SHA256(seconds + "\n" + secret, "")): the text is the key.
type feishu struct {
	*poster
	secret string
	now    func() time.Time
}

// Send posts a text message.
func (f *feishu) Send(ctx context.Context, m *Message, _ string) error {
	body := map[string]any{"msg_type": "text", "content": map[string]string{"text": Cut(plain(m), maxFeishu)}}
	if f.secret != "" {
		stamp := strconv.FormatInt(f.now().Unix(), 10)
		body["timestamp"], body["sign"] = stamp, sign(stamp+"\n"+f.secret, "")
	}
	answer, err := f.post(ctx, body, nil)
	if err != nil {
		return err
	}
	return verdict(answer, map[int]time.Duration{codeFeiFast: pauseFeishu, codeFeiFast2: pauseFeishu})
}

func sign(key, text string) string {
	mac := hmac.New(sha256.New, []byte(key))
	mac.Write([]byte(text))
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// verdict reads the code inside an answer of status 200. wait has the codes after which
// another try makes sense, and for how long the robot wants to be left alone.
func verdict(answer []byte, wait map[int]time.Duration) error {
	var said struct {
		ErrCode *int   `json:"errcode"` // WeCom, DingTalk
		ErrMsg  string `json:"errmsg"`
		Code    *int   `json:"code"` // Feishu
		Msg     string `json:"msg"`
		Status  *int   `json:"StatusCode"` // Feishu's older answers
	}
	if err := json.Unmarshal(answer, &said); err != nil {
		return &Error{Text: "answered what is no JSON object"}
	}
	code, text := said.ErrCode, said.ErrMsg
	if code == nil {
		code, text = said.Code, said.Msg
	}
	if code == nil {
		code = said.Status
	}
	if code == nil {
		return &Error{Text: "answered without a code"}
	}
	if *code == 0 {
		return nil
	}
	e := &Error{Text: fmt.Sprintf("answered code %d: %s", *code, Cut(text, 200))}
	pause, again := wait[*code]
	e.After, e.Slow, e.Lasting = pause, pause > 0, !again
	return e
}
