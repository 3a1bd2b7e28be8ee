package report

import (
	"bytes"
	"encoding/csv"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/campusgate/campusgate/dashboard/availability/rollup"
)

// rendering is the version of the files: it goes up whenever the same report becomes other
// bytes, also by another excelize. A test holds the bytes of one report.
const rendering = 2

const hour = 3600.0

// sheets are the tables of the report, in both languages where a name is meant for people.
func sheets(r *Monthly) []Sheet {
	pct := func(v *float64) any {
		if v == nil {
			return nil // nothing was observed
		}
		return *v
	}
	columns := []string{
		"设备 devices", "在线率 online_pct", "录像完整率 recorded_pct", "图像可用率 usable_pct", "基数 base_h", "在线 up_h", "异常 degraded_h", "离线 down_h", "检修 maintenance_h",
		"非服务 off_hours_h", "设备原因 device_h", "供电 power_h", "网关 gateway_h", "网络 network_h", "中心 centre_h", "未观测 unobserved_h", "中断 outages", "最长 longest_h",
	}
	cells := func(l *Line) []any {
		return []any{
			l.Devices, pct(l.Rates.OnlinePct), pct(l.Rates.RecordedPct), pct(l.Rates.UsablePct), l.BaseS / hour, l.Seconds.Up / hour, l.Seconds.Degraded / hour, l.Seconds.Down / hour,
			l.Seconds.Maintenance / hour, l.Seconds.OffHours / hour, l.Causes.Device / hour, l.Causes.Power / hour, l.Causes.Gateway / hour, l.Causes.Network / hour,
			l.Causes.Centre / hour, l.Causes.Unobserved / hour, l.Outages, l.LongestS / hour,
		}
	}
	head := func(names ...string) []string { return append(append([]string{"类型 kind"}, names...), columns...) }
	county := Sheet{Name: "county", Header: head("目标 target_online_pct", "目标 target_recorded_pct", "目标 target_usable_pct")}
	days := Sheet{Name: "days", Header: head("日期 day")}
	townships := Sheet{Name: "townships", Header: head("乡镇 township")}
	sites := Sheet{Name: "sites", Header: head("名次 rank", "乡镇 township", "单位 site", "名称 name_zh", "name_en")}
	missed := Sheet{Name: "targets missed", Header: []string{"类型 kind", "层级 level", "乡镇 township", "单位 site", "名称 name_zh", "指标 rate", "实际 pct", "目标 target"}}
	outages := Sheet{Name: "outages", Header: []string{"类型 kind", "乡镇 township", "单位 site", "设备 device", "名称 name_zh", "原因 cause", "起 from", "止 to", "未恢复 open", "时长 hours", "告警 alarms"}}
	for i := range r.Kinds {
		k := &r.Kinds[i]
		kind := string(k.Kind)
		county.Rows = append(county.Rows, append([]any{kind, pct(k.Goal.OnlinePct), pct(k.Goal.RecordedPct), pct(k.Goal.UsablePct)}, cells(&k.Total)...))
		for j := range k.Days {
			days.Rows = append(days.Rows, append([]any{kind, k.Days[j].Day}, cells(&k.Days[j])...))
		}
		for j := range k.Townships {
			townships.Rows = append(townships.Rows, append([]any{kind, k.Townships[j].Township}, cells(&k.Townships[j])...))
		}
		for j := range k.Sites {
			s := &k.Sites[j]
			sites.Rows = append(sites.Rows, append([]any{kind, s.Rank, s.Township, string(s.Site), s.Name.ZH, s.Name.EN}, cells(s)...))
		}
		for _, m := range k.Missed {
			missed.Rows = append(missed.Rows, []any{kind, m.Level, m.Township, string(m.Site), m.Name.ZH, m.Rate, m.Pct, m.Target})
		}
		for _, o := range k.Outages {
			outages.Rows = append(outages.Rows, []any{kind, o.Township, string(o.Site), string(o.Device), o.Name.ZH, o.Cause, stamp(o.From), stamp(o.To), strconv.FormatBool(o.Open), o.S / hour, strings.Join(o.Alarms, " ")})
		}
	}
	return []Sheet{about(r), county, townships, sites, days, outages, missed, cases(r), restatements(r), alarms(r)}
}

func about(r *Monthly) Sheet {
	return Sheet{Name: "report", Header: []string{"项目 item", "内容 value"}, Rows: [][]any{
		{"县 county", r.County.ZH},
		{"county", r.County.EN},
		{"月份 month", r.Month},
		{"起 from", r.From},
		{"止 to", r.To},
		{"整月 whole", strconv.FormatBool(r.Whole)},
		{"编制时间 at", stamp(r.At)},
		{"编制人 by", r.By},
		{"未计算的日期 missing", strings.Join(r.Missing, " ")},
	}}
}

func cases(r *Monthly) Sheet {
	out := Sheet{Name: "inspections", Header: []string{"类别 kind", "编号 id", "单位 site", "状态 state", "期限 due", "本月新增 begun", "未办结 open", "已办结 done", "逾期 overdue", "问题 findings", "一般 general", "较重 serious", "重大 major"}}
	for _, kind := range []string{"inspection", "notice", "hazard"} {
		c := r.Cases[kind]
		out.Rows = append(out.Rows, []any{kind, nil, nil, nil, nil, c.Begun, c.Open, c.Done, c.Overdue, c.Findings, c.Weights["general"], c.Weights["serious"], c.Weights["major"]})
	}
	for _, c := range r.Overdue {
		out.Rows = append(out.Rows, []any{c.Kind, c.ID, string(c.Site), c.State, c.DueDay, nil, nil, nil, 1, c.Findings, nil, nil, nil})
	}
	return out
}

func restatements(r *Monthly) Sheet {
	out := Sheet{Name: "restatements", Header: []string{"日期 day", "缘由 why", "次数 n", "最近 last", "在线变化 up_h", "离线变化 down_h", "录像变化 covered_h"}}
	for _, x := range r.Restated {
		out.Rows = append(out.Rows, []any{x.Day, x.Why, x.N, stamp(x.Last), x.UpS / hour, x.DownS / hour, x.CoverS / hour})
	}
	if p := r.Previous; p != nil {
		for _, k := range rollup.Kinds() {
			said, ok := p.Said[k]
			now := p.Now[k]
			if ok && (said.Online != nil || now.Online != nil) {
				out.Rows = append(out.Rows, []any{p.Month, string(k) + " online_pct", nil, nil, optional(said.Online), optional(now.Online), nil})
			}
		}
	}
	return out
}

func optional(v *float64) any {
	if v == nil {
		return nil
	}
	return *v
}

func alarms(r *Monthly) Sheet {
	n := &r.Alarms
	out := Sheet{Name: "alarms", Header: []string{"指标 figure", "数值 value", "目标 target", "达标 met"}, Rows: [][]any{
		{"raised", n.Raised, nil, nil},
		{"late", n.Late, nil, nil},
		{"operators", n.Operators, nil, nil},
		{"per_operator_10m", n.PerOperator10m, nil, nil},
		{"peak_10m", n.Peak10m, nil, nil},
		{"flood_pct", n.FloodPct, nil, nil},
		{"top_pct", n.TopPct, nil, nil},
	}}
	for _, t := range n.Targets {
		out.Rows = append(out.Rows, []any{t.Key, t.Value, t.Target, strconv.FormatBool(t.OK)})
	}
	return out
}

// renderCSV is all tables in one file: the table's name, its columns, its rows, an empty line.
func renderCSV(sheets []Sheet) ([]byte, error) {
	var out bytes.Buffer
	out.WriteString("\ufeff") // spreadsheets take UTF-8 by it
	w := csv.NewWriter(&out)
	w.UseCRLF = true
	for i := range sheets {
		s := &sheets[i]
		lines := [][]string{{"# " + s.Name}, s.Header}
		for _, row := range s.Rows {
			line := make([]string, len(row))
			for j, v := range row {
				line[j] = plain(v)
			}
			lines = append(lines, line)
		}
		if err := w.WriteAll(append(lines, []string{""})); err != nil {
			return nil, err
		}
	}
	return out.Bytes(), nil
}

// plain is a cell as text; a name is never taken for a formula.
func plain(v any) string {
	switch x := v.(type) {
	case int:
		return strconv.Itoa(x)
	case float64:
		return strconv.FormatFloat(math.Round(x*1000)/1000, 'f', -1, 64) // shares and seconds to a thousandth
	case string:
		if x != "" && strings.ContainsRune("=+-@\t\r", rune(x[0])) {
			return "'" + x
		}
		return x
	}
	return ""
}

func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}
