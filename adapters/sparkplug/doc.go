// Package sparkplug reads Sparkplug B (Eclipse Sparkplug 3.0, payload "org.eclipse.tahu"),
// which industrial gateways and controllers speak over MQTT.
//
//	spBv1.0/<group>/NBIRTH|DBIRTH/<node>[/<device>]  ──▶ device_status up, kitchen_reading for each number
//	spBv1.0/<group>/NDATA|DDATA/<node>[/<device>]    ──▶ kitchen_reading for each number
//	spBv1.0/<group>/NDEATH|DDEATH/<node>[/<device>]  ──▶ device_status down
//	spBv1.0/STATE/<host>, STATE/<host>               ──▶ device_status of the host application
//	spBv1.0/<group>/NCMD|DCMD/…                      ──▶ nothing: commands are no observations
//
// The device is <node> or <node>-<device>. A metric's name becomes the quantity
// ("Supply Voltage" is "supply-voltage"). The last level "temperature" is °C and takes the
// mapping's quantity; a bare "temperature" is "room" without one. The last levels "humidity"
// and "battery" are %. Booleans are 0 and 1.
// Texts, data sets, templates, null metrics, and the names "bdSeq", "Node Control/…",
// "Device Control/…" and "Properties/…" make no reading. is_historical is backfill.
//
// Aliases: a node may name its metrics in the birth only and send numbers afterwards. So this
// adapter remembers births, in memory: a message with an alias that no birth named is an
// error, to be tried again once the birth has come.
//
// A node is asked for a rebirth (NCMD "Node Control/Rebirth", at most once in a minute) when
// it was not heard from its birth on, when an alias is not known, or when its seq (0 to 255,
// one counter for a node and all its devices) shows that messages are missing. The gateway
// publishes that only where the subscription says "ask: true". seq is not Event.Seq, which
// counts the messages of one device.
//
// A death of a node is its last will, written when it connected: the time is the arrival, as
// clause 5 asks (tck-id-operational-behavior-edge-node-termination-host-action-ndeath-node-offline),
// one with another bdSeq than the last birth is of an earlier connection and says nothing,
// and the devices whose births were heard are unknown from then on. The time of a host that
// goes offline is the arrival too.
//
// Sources: Sparkplug 3.0 chapters 4 (topics), 5 (operation), 6 (payloads, 6.4.5 metric; the
// protobuf schema of 6.4.1). A subscription:
//
//	subscriptions:
//	  - filter: "spBv1.0/#"
//	    adapter: sparkplug
//	    ask: true
package sparkplug
