import type { Dict } from './zh';

const n1 = (n: number, one: string, many: string): string => `${n} ${n === 1 ? one : many}`;

export const en: Dict = {
  htmlLang: 'en',
  appName: 'Campus safety',
  skip: 'Skip to content',
  nav: { situation: 'Situation', alarms: 'Alarms', gate: 'Gates', cameras: 'Cameras', buses: 'Buses', wall: 'Wall', uptime: 'Uptime', reports: 'Monthly reports', ops: 'Ops', label: 'Main', shelved: 'Shelved & maintenance', shift: 'Hand-over', numbers: 'Alarm numbers', inspections: 'Inspect', notices: 'Notice', hazards: 'Hidden dangers', desk: 'Guard desk', account: 'Account', history: 'Gate history', device: 'Device', camera: 'Camera', patrol: 'Patrol', looks: 'Look-ups' },
  login: {
    title: 'Sign in', user: 'User name', password: 'Password', submit: 'Sign in', busy: 'Signing in…',
    hint: 'County campus safety centre', ended: 'Your session has ended. Please sign in again.',
  },
  user: {
    logout: 'Sign out', menu: 'Account', scopeAll: 'Whole county', scopeNone: 'No site',
    scopeSites: (n) => n1(n, 'site', 'sites'),
  },
  role: { admin: 'Administrator', operator: 'Operator', guard: 'Guard', inspector: 'Inspector' },
  severity: { critical: 'Critical', high: 'High', warning: 'Warning', info: 'Info' },
  state: {
    unack: 'Unacknowledged', acked: 'Acknowledged', rtn_unack: 'Returned, unack.', normal: 'Ended', shelved: 'Shelved',
    suppressed: 'Suppressed', oos: 'Out of service', open: 'Not ended', all: 'All',
  },
  kind: {
    gate: 'Gate', temperature: 'Temperature', bus: 'Bus', kitchen: 'Kitchen', camera: 'Camera', button: 'Button', gateway: 'Gateway',
  },
  siteKind: { school: 'School', kindergarten: 'Kindergarten', depot: 'Bus depot', centre: 'Centre' },
  device: { up: 'Up', degraded: 'Degraded', down: 'Down', unknown: 'Unknown', stale: 'Silent' },
  letter: { up: 'U', degraded: 'G', down: 'D', unknown: '?', stale: 'S' },
  rule: {
    fever: 'Fever', fever_cluster: 'Fever cluster', thermometer_fault: 'Thermometer fault', gate_forced: 'Gate forced',
    gate_denied_repeatedly: 'Denied repeatedly', entry_out_of_hours: 'Entry out of hours', visitor_unregistered: 'Visitor not registered',
    visitor_unmeasured: 'Visitor not measured', visitor_items_unchecked: 'Visitor items unchecked', visitor_overstay: 'Visitor still inside',
    pupil_out_unapproved: 'Pupil out unapproved', emergency_call: 'Emergency call', bus_overspeed: 'Bus over speed',
    bus_overcapacity: 'Bus over capacity', bus_off_route: 'Bus off route', bus_sos: 'Bus SOS', bus_pupil_left_behind: 'Pupil left on bus',
    bus_silent: 'Bus silent', cold_store: 'Cold store warm', freezer: 'Freezer warm', gas: 'Gas leak', smoke: 'Smoke',
    kitchen_silent: 'Kitchen silent', camera_down: 'Camera down', camera_flapping: 'Camera flapping',
    camera_mass_outage: 'Many cameras down', switch_outage: 'Switch or recorder out', township_outage: 'Township outage', camera_image_unusable: 'Picture unusable', recording_gap: 'Not recording', device_silent: 'Device silent', clock_wrong: 'Clock wrong', sequence_gap: 'Sequence gap',
    site_outage: 'Site outage', journal_dropping: 'Journal dropping', post_empty: 'Police post empty', guard_uncertified: 'Guard without valid certificate', watch_list_hit: 'Watch list hit', notice_overdue: 'Notice overdue', hazard_overdue: 'Hidden danger overdue', patrol_finding: 'Found on patrol',
  },
  cause: { power: 'power', switch: 'switch', gateway: 'gateway', network: 'network' },
  direction: { in: 'In', out: 'Out' },
  person: { pupil: 'Pupil', staff: 'Staff', visitor: 'Visitor', vehicle: 'Vehicle', unknown: 'Unknown' },
  method: { card: 'card', face: 'face', qr: 'QR code', plate: 'plate', manual: 'by hand' },
  result: { granted: 'Granted', denied: 'Denied', forced: 'Forced' },
  call: { pressed: 'pressed', released: 'released', test: 'test' },
  trip: { running: 'on trip', ended: 'trip ended' },
  quantity: {
    cold_store: 'Cold store', freezer: 'Freezer', hot_holding: 'Hot holding', room: 'Room', humidity: 'Humidity', gas: 'Gas', smoke: 'Smoke',
  },
  action: {
    raise: 'Raised', clear: 'Returned', ack: 'Acknowledged', close: 'Closed', shelve: 'Shelved', unshelve: 'Unshelved', comment: 'Comment',
    suppress: 'Suppressed', unsuppress: 'Unsuppressed', out_of_service: 'Out of service', in_service: 'In service',
    reraise: 'Raised again', quiet: 'Quiet again', assign: 'Assigned', false_alarm: 'Called false', need_help: 'Called for help', confirm: 'Confirmed', attach: 'Evidence',
  },
  verdict: { false_alarm: 'False alarm', need_help: 'Needs help', confirmed: 'Confirmed' },
  suppression: { cause: 'same cause', maintenance: 'maintenance', chatter: 'chatter' },
  conn: {
    live: 'Live', connecting: 'Connecting', waiting: 'Reconnecting', lost: 'Disconnected', ended: 'Closed',
    lostSince: (t) => `Connection lost, data as of ${t}`,
    noData: 'Connection lost, no data yet',
    retry: 'Retry now', lostTitle: 'Disconnected', scopeEnded: 'Your scope has changed. Please reload the page.', reload: 'Reload',
    newBuild: 'A new version is running. Reload to use it.',
    age: (s) => `data ${s} old`, ageLabel: 'Age of the data', lag: (n) => `lag ${n} ms`,
  },
  sound: {
    locked: 'Click to enable sound', on: 'Sound on', off: 'Sound off', muted: (t) => `Muted ${t}`, mute5: 'Mute 5 minutes',
    mute15: 'Mute 15 minutes', unmute: 'Unmute', other: 'Another tab sounds', menu: 'Sound', unsupported: 'No sound here', test: 'Test sound',
    voice: { on: 'Voice: on', off: 'Voice: off', none: 'Voice: none for English here', failed: 'Voice: could not be played', unsupported: 'Voice: not in this browser' }, voiceTest: 'Voice is on',
  },
  alert: {
    newCritical: (sev, site, place, rule) => `${sev} alarm: ${site}, ${place}, ${rule}`,
    more: (n) => `and ${n} more`, wholeSite: 'whole site',
    banner: (n) => `${n1(n, 'critical alarm', 'critical alarms')} unacknowledged`, go: 'Show',
  },
  counters: { label: 'Alarm counters', unack: 'unack.', total: 'in work', devices: 'Devices', rate: (n) => `${n} events/s` },
  queue: {
    title: 'Alarm queue', empty: 'No alarm needs work now', same: (n) => `${n} of one source`, expand: 'Expand', collapse: 'Collapse',
    since: 'Start', ack: 'Ack', sending: 'Sending', ackedBy: (who, at) => `${who} ${at}`,
    conflict: (who, at) => `${who} was first, at ${at}`, failed: 'Not delivered, try again', offline: 'Offline, not delivered',
    notAllowed: 'Not possible in this state', forbidden: 'Not allowed', count: (n) => `${n}×`, late: 'late', all: 'All alarms',
    standing: 'standing', returned: 'returned', assignee: (who) => `With ${who}`, suppressed: (why) => `Suppressed: ${why}`,
    flood: (n, limit) => `Alarm flood: ${n} new in 10 minutes (limit ${limit} a person); ranked and folded`, evidence: (n) => `Evidence ${n}`,
    doneBy: (who, at, action) => `${action} by ${who} at ${at}`,
  },
  feed: {
    title: 'Live feed', pause: 'Pause', resume: 'Resume', paused: 'Paused', jump: 'Jump to now', newer: (n) => `${n} new`,
    kind: 'Kind', site: 'Site', text: 'Filter text', empty: 'Nothing yet', emptyFilter: 'Nothing matches the filter', late: 'late', allKinds: 'All kinds',
    skipped: (n) => `${n1(n, 'event', 'events')} not shown (too fast)`,
  },
  sites: {
    title: 'Sites', site: 'Site', township: 'Township', alarms: 'Alarms', up: 'Up', down: 'Down', unknown: 'Unknown', allSites: 'All sites',
    allTownships: 'All townships', cameras: 'Cameras', today: 'In/out today', none: 'No site', search: 'Find a site',
    group: (n) => n1(n, 'site', 'sites'), sort: 'Sort', devices: 'Devices', bad: 'Down/silent', degraded: 'Degraded', back: 'Back to situation', pupils: (n) => `${n} pupils`,
    police: 'Police post', fever: 'Fever', visitors: 'Visitors inside', todayIn: 'In today', todayOut: 'Out today', denied: 'Denied', checked: 'Measured',
    notFound: 'There is no such site, or it is outside your scope.', recent: 'Recent events', value: 'Latest value', lastSeen: 'Last seen', place: 'Place', status: 'Status', name: 'Name',
  },
  cam: {
    title: 'Cameras', summary: 'Cameras', all: 'Heat map', heat: 'Camera heat map',
    help: 'Arrow keys move, Home/End to first and last, Enter opens the site', legend: 'Legend', cell: 'Current cell', none: 'No camera data', total: 'Total',
    online: 'Online', problem: 'Only sites with trouble', recording: 'recording', notRecording: 'not recording',
  },
  stale: {
    for: (s) => `silent for ${s}`, never: 'never reported', seen: (t) => `last seen ${t}`,
  },
  alarms: { title: 'Alarms', severity: 'Severity', ack: 'Acknowledge', text: 'Text' },
  gate: { title: 'Gate log', time: 'Time' },
  uptime: {
    title: 'Uptime', pct: 'Uptime', base: 'Observed', down: 'Down', outages: 'Outages', longest: 'Longest', unobserved: 'Unobserved', na: 'n/a', from: 'From', to: 'To',
    kind: 'Kind', range: 'Range', today: 'Today', day1: '24 hours', day7: '7 days', day30: '30 days', none: 'No data in this range', by: 'Per', bySite: 'Site', byDevice: 'Device', elsewhere: 'Cause elsewhere', name: 'Name',
    devices: (n) => n1(n, 'device', 'devices'), worst: 'Lowest first', note: 'Percentages count observed service time only; time that nobody observed is not uptime.', share: 'Share of time',
    states: { up: 'Up', degraded: 'Degraded', down: 'Down', elsewhere: 'Cause elsewhere', maintenance: 'Maintenance', off_hours: 'Off hours', unobserved: 'Unobserved' },
  },
  common: {
    close: 'Close', theme: 'Theme', dark: 'Dark', light: 'Light', lang: '中文', langLabel: 'Switch to Chinese', help: 'Keyboard shortcuts', all: 'All', print: 'Print', filter: 'Filter', clear: 'Clear', notFound: 'There is no such page.', home: 'To the situation page',
    loading: 'Loading…', retry: 'Retry', of: (a, b) => `${a} / ${b}`, rows: (n) => n1(n, 'row', 'rows'), yes: 'yes', no: 'no', unassigned: 'unassigned', more: 'More',
  },
  error: {
    unauthenticated: 'Please sign in.', bad_credentials: 'Wrong user name or password.', too_many_tries: 'Too many tries. Please wait.', too_many_requests: 'Too many requests. Please wait.', forbidden: 'You may not do this.', not_found: 'Not found.',
    conflict: 'Somebody else was first.', not_allowed: 'Not possible in this state.', invalid: 'Something is not filled in right.', unavailable: 'The service is unavailable for now.', internal: 'The server failed.', offline: 'The server cannot be reached.',
  },
  ev: {
    onboard: (n) => `${n} aboard`, kmh: (n) => `${n} km/h`, sos: 'SOS', nofix: 'no fix', notMeasured: 'not measured', checks: 'check', deviceFlag: (s) => `device says ${s}`,
  },
};
