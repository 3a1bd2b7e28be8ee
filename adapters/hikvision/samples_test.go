package hikvision_test

import (
	"testing"

	"github.com/campusgate/campusgate/adapters/hikvision"
	"github.com/campusgate/campusgate/adapters/payload/payloadtest"
)

// TestSamples reads messages of real devices to what their sources say they mean.
func TestSamples(t *testing.T) {
	t.Parallel()
	payloadtest.Samples(t, hikvision.New(), "hikvision_isapi", "hikvision/d1", map[string]string{
		"001_gateway_face_temp.json":           "gate d1 #123 36.5 normal; gate d1 #123 in face granted 1001/12345678; ",
		"003_facecapture_abnormal_string.json": "temperature d1 2019-11-29T10:04:46Z 36.8 abnormal; ",
		"005_wrapped_string_serial.json":       "gate d1 2026-02-01T08:00:00Z #100 in card granted E1001/; ",
		"007_card_only.json":                   "gate d1 in card granted /1234567890; ",
		"009_fingerprint_ok.json":              "gate d1 2026-09-02T07:05:00Z #1001 in manual granted E001/; ",
		"011_face_checkin.json":                "gate d1 2026-08-02T14:15:30Z in face granted 1001/; ",
		"013_serial_at_top.json":               "gate d1 2026-07-24T13:15:00Z #17 in face granted SIGMA-42/; ",
		"015_live_vs_replay.json":              "gate d1 2026-08-01T10:40:00Z #501 in face granted 5001/; ",
		"017_multipart_named_event.http.txt":   "gate d1 in face granted WS001/; gate d1 in face denied WS002/; ",
		"019_heartbeat_dvr_verbatim.xml":       "camera d1 2026-09-09T09:02:40Z heartbeat up; ",
		"021_heartbeat_cam.xml":                "camera d1 2024-05-01T04:35:01Z heartbeat up; ",
		"023_videoloss_real.xml":               "camera d1 status degraded video loss; ",
		"025_bad_offset.xml":                   "camera d1 2016-12-25T02:59:49Z heartbeat up; ",
		"027_ignored_heartbeat_min.xml":        "camera d1 heartbeat up; ",
		"029_clockout_xml.xml":                 "gate d1 2026-03-29T10:15:00Z out manual denied WS-002/; ",
		"031_event_code_table.txt":             "refused",
	})
}
