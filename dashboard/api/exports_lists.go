package api

import (
	"context"
	"errors"
	"time"

	"github.com/campusgate/campusgate/dashboard/alarm"
	"github.com/campusgate/campusgate/dashboard/auth"
	"github.com/campusgate/campusgate/dashboard/availability/rollup"
	"github.com/campusgate/campusgate/dashboard/export"
	"github.com/campusgate/campusgate/gateway/event"
)

// exportRead is how many rows an export reads at a time; with so many a page of the gate
// log is no longer narrowed first.
const exportRead = 5000

// GateExportInput is the filter of the gate log and the wishes for the file.
type GateExportInput struct {
	GateLogInput
	ExportOptions
}

// AlarmsExportInput is the filter of the alarms and the wishes for the file.
type AlarmsExportInput struct {
	AlarmsInput
	ExportOptions
}

// HistoryExportInput is the filter of a device's events and the wishes for the file.
type HistoryExportInput struct {
	HistoryInput
	ExportOptions
}

// AvailabilityExportInput is the filter of availability and the wishes for the file.
type AvailabilityExportInput struct {
	UptimeQuery
	Group string `query:"group" enum:"county,township,site,device,day" default:"device"`
	ExportOptions
}

// word is the text of a closed list; what is not in it stays as it is.
func (o *ExportOptions) word(key string) string {
	if o.Lang == "en" {
		return key
	}
	if zh, ok := exportWords()[key]; ok {
		return zh
	}
	return key
}

// exportWords are the Chinese words of closed lists, as the page has them.
func exportWords() map[string]string {
	return map[string]string{
		"in": "进", "out": "出", "pupil": "学生", "staff": "教职工", "visitor": "访客", "vehicle": "车辆", "unknown": "未知",
		"card": "刷卡", "face": "人脸", "qr": "二维码", "plate": "车牌", "manual": "人工", "granted": "通过", "denied": "拒绝", "forced": "闯入",
		"critical": "紧急", "high": "严重", "warning": "警告", "info": "提示",
		"unack": "未确认", "acked": "已确认", "rtn_unack": "已恢复未确认", "normal": "已结束", "shelved": "已搁置", "suppressed": "已抑制", "oos": "停用",
		"false_alarm": "误报", "need_help": "请求支援", "confirmed": "属实",
	}
}

func (a *API) names(o *ExportOptions) placeNames { return placeNames{a.present(), o.pick} }

func (a *API) exportGateLog(ctx context.Context, id auth.Identity, in *GateExportInput) (*body[export.Export], error) {
	q, err := a.gateLogQuery(id, &in.GateLogInput)
	if err != nil {
		return nil, err
	}
	if a.deps.History == nil {
		return nil, a.unavailable("the history", errors.New("no history is configured"))
	}
	q.Limit, q.Cursor, q.Budget = exportRead, "", 0
	o, names := in.ExportOptions, a.names(&in.ExportOptions)
	r := export.Request{
		List: "gate-log", Title: o.pick(event.Text{ZH: "出入记录", EN: "Gate log"}), Sites: q.Sites,
		Header: o.header("时间|Time,乡镇|Township,单位|Site,单位编号|Site id,设备|Device,设备编号|Device id,人员类型|Who,方向|Direction,方式|Method,结果|Result,人员编号|Person,凭证|Credential,登记号|Registration,陪同|Escort,监护人|Guardian,班主任|Class teacher,物品检查|Items checked,体温 °C|Temperature °C,接收时间|Received,补传|Late,事件编号|Event id"),
		Rows: func(ctx context.Context, yield func([]any) error) error {
			if q.Sites != nil && len(q.Sites) == 0 {
				return nil
			}
			return eachGate(ctx, a.deps.History, q, func(e *event.Event) error {
				g := e.Gate
				site, township := names.site(e.Site)
				return yield([]any{
					e.ObservedAt, township, site, string(e.Site), names.device(e.Site, e.Device), string(e.Device),
					o.word(g.PersonKind), o.word(g.Direction), o.word(g.Method), o.word(g.Result), g.Person, g.Credential, g.Registration, g.EscortedBy, g.Guardian, g.ClassTeacher,
					o.tri(g.ItemsChecked), measured(g.Celsius), e.ReceivedAt, o.yes(e.Late), e.ID,
				})
			})
		},
	}
	if q.Text == "" { // a text is looked for in every row: counting takes as long as writing
		r.Count = func(ctx context.Context) (int64, error) { return a.deps.History.GateLogCount(ctx, q) }
	}
	return a.begin(ctx, id, &in.ExportOptions, r)
}

// eachGate reads the gate log page by page.
func eachGate(ctx context.Context, h History, q GateLogQuery, fn func(*event.Event) error) error {
	for {
		rows, next, err := h.GateLog(ctx, q)
		if err != nil {
			return err
		}
		for i := range rows {
			if rows[i].Gate == nil {
				continue
			}
			if err := fn(&rows[i]); err != nil {
				return err
			}
		}
		if next == "" {
			return nil
		}
		q.Cursor = next
	}
}

// measured leaves out what was not.
func measured(v float64) any {
	if v == 0 {
		return nil
	}
	return v
}

func (o *ExportOptions) yes(v bool) string {
	if !v {
		return ""
	}
	return o.pick(event.Text{ZH: "是", EN: "yes"})
}

func (o *ExportOptions) tri(t event.Tri) string {
	switch t {
	case event.Yes:
		return o.yes(true)
	case event.No:
		return o.pick(event.Text{ZH: "否", EN: "no"})
	}
	return ""
}

func (a *API) exportAlarms(ctx context.Context, id auth.Identity, in *AlarmsExportInput) (*body[export.Export], error) {
	q, err := alarmsQuery(id, &in.AlarmsInput)
	if err != nil {
		return nil, err
	}
	q.Limit, q.Cursor = 500, ""
	o, names := in.ExportOptions, a.names(&in.ExportOptions)
	optional := func(t *time.Time) any {
		if t == nil {
			return nil
		}
		return *t
	}
	return a.begin(ctx, id, &in.ExportOptions, export.Request{
		List: "alarms", Title: o.pick(event.Text{ZH: "告警", EN: "Alarms"}), Sites: q.Sites,
		Header: o.header("开始|Started,级别|Severity,状态|State,规则|Rule,内容|Text,乡镇|Township,单位|Site,单位编号|Site id,设备|Device,设备编号|Device id,数值|Value,限值|Limit,单位符号|Unit,次数|Raises,最近触发|Last raised,恢复|Cleared,确认人|Acknowledged by,确认时间|Acknowledged,负责人|Assignee,判定|Verdict,备注|Note,上级告警|Caused by,补传|Late,告警编号|Alarm id"),
		Rows: func(ctx context.Context, yield func([]any) error) error {
			for {
				rows, next, err := a.deps.Alarms.Alarms(ctx, q)
				if err != nil {
					return err
				}
				for i := range rows {
					r := &rows[i]
					site, township := names.site(r.Site)
					if err := yield([]any{
						r.StartedAt, o.word(string(r.Severity)), o.word(string(r.State)), r.Rule, o.pick(r.Text), township, site, string(r.Site), names.device(r.Site, r.Device), string(r.Device),
						measured(r.Value), measured(r.Limit), r.Unit, r.Raises, r.RaisedAt, optional(r.ClearedAt), r.AckedBy, optional(r.AckedAt), r.Assignee, o.word(string(r.Verdict)), r.Note, r.CausedBy, o.yes(r.Late), r.ID,
					}); err != nil {
						return err
					}
				}
				if next == "" {
					return nil
				}
				q.Cursor = next
			}
		},
	})
}

func (a *API) exportHistory(ctx context.Context, id auth.Identity, in *HistoryExportInput) (*body[export.Export], error) {
	q, err := a.historyQuery(id, &in.HistoryInput)
	if err != nil {
		return nil, err
	}
	q.Limit, q.Cursor = exportRead, ""
	o, names := in.ExportOptions, a.names(&in.ExportOptions)
	site, _ := names.site(q.Site)
	return a.begin(ctx, id, &in.ExportOptions, export.Request{
		List: "history", Title: o.pick(event.Text{ZH: "设备记录", EN: "History"}), Sites: []event.SiteID{q.Site},
		Header: o.header("时间|Time,单位|Site,单位编号|Site id,设备|Device,设备编号|Device id,类型|Type,项目|Quantity,数值|Value,计量单位|Unit,说明|Text,接收时间|Received,补传|Late,事件编号|Event id"),
		Rows: func(ctx context.Context, yield func([]any) error) error {
			for {
				rows, next, err := a.deps.History.History(ctx, q)
				if err != nil {
					return err
				}
				for i := range rows {
					e := &rows[i]
					quantity, value, unit, text := reading(e, &o)
					if err := yield([]any{
						e.ObservedAt, site, string(e.Site), names.device(e.Site, e.Device), string(e.Device), string(e.Type), quantity, value, unit, text, e.ReceivedAt, o.yes(e.Late), e.ID,
					}); err != nil {
						return err
					}
				}
				if next == "" {
					return nil
				}
				q.Cursor = next
			}
		},
	})
}

// reading is what an event says, for one line of a file.
func reading(e *event.Event, o *ExportOptions) (quantity string, value any, unit, text string) {
	switch {
	case e.Gate != nil:
		return "", measured(e.Gate.Celsius), "°C", o.word(e.Gate.PersonKind) + " " + o.word(e.Gate.Direction) + " " + o.word(e.Gate.Result)
	case e.Temperature != nil:
		return "", measured(e.Temperature.Celsius), "°C", o.word(e.Temperature.PersonKind)
	case e.Reading != nil:
		return e.Reading.Quantity, e.Reading.Value, e.Reading.Unit, ""
	case e.Position != nil:
		return "", e.Position.SpeedKMH, "km/h", e.Position.TripState
	case e.Status != nil:
		return "", measured(e.Status.LatencyMS), "ms", e.Status.Status + " " + e.Status.Reason
	case e.Call != nil:
		return "", nil, "", e.Call.State + " " + e.Call.Place
	case e.Check != nil:
		return e.Check.Check, measured(e.Check.Score), "", e.Check.Result + " " + e.Check.Reason
	}
	return "", nil, "", ""
}

func (a *API) exportAvailability(ctx context.Context, id auth.Identity, in *AvailabilityExportInput) (*body[export.Export], error) {
	q, err := a.query(id, &in.UptimeQuery)
	if err != nil {
		return nil, err
	}
	s, err := a.uptime()
	if err != nil {
		return nil, err
	}
	return a.begin(ctx, id, &in.ExportOptions, export.Request{
		List: "availability", Title: in.pick(event.Text{ZH: "在线率", EN: "Availability"}), Sites: q.Sites, Header: uptimeColumns(),
		Rows: func(ctx context.Context, yield func([]any) error) error {
			rows, err := s.Groups(ctx, q, in.Group)
			if err != nil {
				return err
			}
			for i := range rows {
				rows[i].Kind = q.Kind
				if err := yield(uptimeCells(&rows[i])); err != nil {
					return err
				}
			}
			return nil
		},
	})
}

// uptimeCells are the cells of uptimeColumns.
func uptimeCells(r *rollup.Row) []any {
	share := func(v *float64) any {
		if v == nil {
			return nil // nothing was observed
		}
		return *v
	}
	rates := r.Rates()
	cells := []any{
		r.Day, r.Township, string(r.Site), string(r.Device), string(r.Kind), r.Name.ZH, r.Name.EN, r.Devices, r.Days, r.RegisteredS, r.BaseS(),
		share(r.Summary().UpPct), share(rates.OnlinePct), share(rates.RecordedPct), share(rates.UsablePct),
	}
	for _, v := range []float64{
		r.Seconds.Up, r.Seconds.Degraded, r.Seconds.Down, r.Seconds.Maintenance, r.Seconds.OffHours, r.Seconds.Elsewhere, r.Seconds.Unobserved,
		r.Causes.Device, r.Causes.Power, r.Causes.Gateway, r.Causes.Network, r.Causes.Centre, r.Causes.Unobserved,
	} {
		cells = append(cells, v)
	}
	return append(cells, r.Outages, r.LongestS)
}

// alarmsQuery is the filter of the alarms within a scope; the list and the file use it.
func alarmsQuery(id auth.Identity, in *AlarmsInput) (alarm.Query, error) {
	sites, err := sitesOf(id, in.Site)
	if err != nil {
		return alarm.Query{}, err
	}
	sort := alarm.Sort(in.Sort)
	switch {
	case in.Sort == "start":
		sort = alarm.ByStart
	case sort == alarm.ByShelvedUntil && in.State != string(alarm.Shelved), sort == alarm.BySuppressedUntil && in.State != string(alarm.Suppressed):
		return alarm.Query{}, invalid("query.sort", "want the state that has such an end")
	}
	return alarm.Query{
		Sites: sites, AllSites: sites == nil, State: in.State, Severity: event.Severity(in.Severity), Rule: in.Rule,
		Device: event.DeviceID(in.Device), CausedBy: in.CausedBy, Limit: in.Limit, Cursor: in.Cursor,
		Priority: alarm.Priority(in.Priority), Suppression: alarm.Suppression(in.Why), Assignee: in.Assignee, Group: in.Group, Sort: sort,
	}, nil
}
