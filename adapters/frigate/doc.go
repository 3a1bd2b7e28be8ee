// Package frigate reads the state of cameras that the recorder Frigate publishes.
//
//	frigate/available               online, offline, stopped  ──▶ device_status of the recorder
//	frigate/<camera>/status/<role>  online, offline, disabled ──▶ device_status of the camera
//	frigate/<camera>/enabled/state  OFF                       ──▶ device_status unknown
//	frigate/stats                   cameras.<camera>          ──▶ device_status, a heartbeat each
//	everything else (events, reviews, triggers, motion, snapshots, …) ──▶ nothing
//
// Versions: 0.9 to 0.17, over MQTT. The prefix may be any and have several levels; the
// recorder is named after it, a camera after its own level.
//
// Facts that matter:
//
//   - online is published at every connection to the broker, offline is the last will,
//     stopped is an orderly end. Both of them are down: nobody records.
//   - Roles are detect, record and audio, and one state of the camera is made of each. An
//     offline stream for detection is down; one for recording or sound leaves the camera
//     degraded. record also says whether there is a recording.
//   - disabled and enabled/state OFF are somebody's intent: the state is unknown, which
//     never is a fault. ON says nothing about the stream, and gives nothing.
//   - Statistics with 0 frames a second are down. Frigate calls a stream offline after 20 s
//     without frames. Its own time of the statistics is service.last_updated. Before 0.13
//     the cameras stood at the top level.
//   - Events, reviews and faces are what is seen, not a camera's state, and hold names of
//     people: they are not read at all.
//
// Source: Frigate documentation, "MQTT" (docs.frigate.video/integrations/mqtt).
//
//	subscriptions:
//	  - filter: "frigate/available"
//	    adapter: frigate
//	  - filter: "frigate/+/status/+"
//	    adapter: frigate
//	  - filter: "frigate/stats"
//	    adapter: frigate
package frigate
