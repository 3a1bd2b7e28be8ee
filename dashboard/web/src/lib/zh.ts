// Chinese is the language the screens are written in; en.ts has to hold the same keys.
export const zh = {
  htmlLang: 'zh-CN',
  appName: '校园安防态势',
  skip: '跳到正文',
  nav: { situation: '态势', alarms: '告警', gate: '门禁', cameras: '摄像头', buses: '校车', wall: '大屏', uptime: '在线率', reports: '月度报告', ops: '运维', label: '主导航', shelved: '搁置与检修', shift: '交接班', numbers: '告警指标', inspections: '巡查', notices: '限期整改', hazards: '隐患', desk: '门卫台', account: '账户', history: '历史查询', device: '设备', camera: '画面', patrol: '视频巡检', looks: '调阅登记' },
  login: {
    title: '登录', user: '用户名', password: '密码', submit: '登录', busy: '登录中…',
    hint: '县级校园安全监测中心', ended: '会话已结束，请重新登录。',
  },
  user: {
    logout: '退出', menu: '账户', scopeAll: '全县', scopeNone: '无单位',
    scopeSites: (n: number) => `${n} 个单位`,
  },
  role: { admin: '管理员', operator: '值班员', guard: '门卫', inspector: '督导员' },
  severity: { critical: '紧急', high: '严重', warning: '警告', info: '提示' },
  state: {
    unack: '未确认', acked: '已确认', rtn_unack: '已恢复未确认', normal: '已结束', shelved: '已搁置',
    suppressed: '已抑制', oos: '停用', open: '未结束', all: '全部',
  },
  kind: {
    gate: '门禁', temperature: '测温', bus: '校车', kitchen: '厨房', camera: '摄像头', button: '紧急按钮', gateway: '网关',
  },
  siteKind: { school: '学校', kindergarten: '幼儿园', depot: '校车场站', centre: '中心' },
  device: { up: '在线', degraded: '异常', down: '离线', unknown: '未知', stale: '失联' },
  letter: { up: '线', degraded: '异', down: '断', unknown: '?', stale: '失' },
  rule: {
    fever: '体温异常', fever_cluster: '聚集性发热', thermometer_fault: '测温设备故障', gate_forced: '强行闯入',
    gate_denied_repeatedly: '多次拒绝通行', entry_out_of_hours: '非开放时段进入', visitor_unregistered: '访客未登记',
    visitor_unmeasured: '访客未测温', visitor_items_unchecked: '访客物品未检查', visitor_overstay: '访客逾时未离校',
    pupil_out_unapproved: '学生未经批准离校', emergency_call: '紧急呼叫', bus_overspeed: '校车超速',
    bus_overcapacity: '校车超员', bus_off_route: '校车偏离线路', bus_sos: '校车求助', bus_pupil_left_behind: '学生滞留车内',
    bus_silent: '校车失联', cold_store: '冷藏温度异常', freezer: '冷冻温度异常', gas: '燃气泄漏', smoke: '烟雾报警',
    kitchen_silent: '厨房设备失联', camera_down: '摄像头离线', camera_flapping: '摄像头频繁掉线',
    camera_mass_outage: '摄像头大面积离线', switch_outage: '交换机或录像机故障', township_outage: '乡镇大面积断电断网', camera_image_unusable: '画面不可用', recording_gap: '录像中断', device_silent: '设备失联', clock_wrong: '设备时钟错误', sequence_gap: '数据缺号',
    site_outage: '全站中断', journal_dropping: '日志队列丢弃', post_empty: '护学岗无人', guard_uncertified: '保安员无有效证件', watch_list_hit: '布控名单相符', notice_overdue: '整改通知书逾期', hazard_overdue: '隐患整改逾期', patrol_finding: '巡检发现',
  },
  cause: { power: '停电', switch: '交换机', gateway: '网关', network: '网络' },
  direction: { in: '进', out: '出' },
  person: { pupil: '学生', staff: '教职工', visitor: '访客', vehicle: '车辆', unknown: '未知' },
  method: { card: '刷卡', face: '人脸', qr: '二维码', plate: '车牌', manual: '人工' },
  result: { granted: '通过', denied: '拒绝', forced: '闯入' },
  call: { pressed: '按下', released: '复位', test: '测试' },
  trip: { running: '行驶中', ended: '已结束' },
  quantity: {
    cold_store: '冷藏', freezer: '冷冻', hot_holding: '热存', room: '室温', humidity: '湿度', gas: '燃气', smoke: '烟雾',
  },
  action: {
    raise: '触发', clear: '恢复', ack: '确认', close: '关闭', shelve: '搁置', unshelve: '取消搁置', comment: '备注',
    suppress: '抑制', unsuppress: '解除抑制', out_of_service: '停用', in_service: '启用',
    reraise: '再次触发', quiet: '恢复稳定', assign: '指派', false_alarm: '判为误报', need_help: '请求支援', confirm: '确认属实', attach: '附证据',
  },
  verdict: { false_alarm: '误报', need_help: '需要支援', confirmed: '属实' },
  suppression: { cause: '同因', maintenance: '检修', chatter: '频繁' },
  conn: {
    live: '实时', connecting: '连接中', waiting: '重连中', lost: '连接中断', ended: '已断开',
    lostSince: (t: string) => `连接中断, 数据截至 ${t}`,
    noData: '连接中断, 尚无数据',
    retry: '立即重连', lostTitle: '连接中断', scopeEnded: '权限范围已变更，请刷新页面。', reload: '刷新页面',
    newBuild: '系统已更新，刷新后使用新版本。',
    age: (s: string) => `数据 ${s}前`, ageLabel: '数据时间', lag: (n: number) => `延迟 ${n} 毫秒`,
  },
  sound: {
    locked: '点击启用声音', on: '声音开', off: '声音关', muted: (t: string) => `静音 ${t}`, mute5: '静音 5 分钟',
    mute15: '静音 15 分钟', unmute: '恢复声音', other: '由另一标签页发声', menu: '声音', unsupported: '无法发声', test: '试音',
    voice: { on: '语音播报：开', off: '语音播报：关', none: '语音播报：本机没有中文语音', failed: '语音播报：播放失败', unsupported: '语音播报：浏览器不支持' }, voiceTest: '语音播报已开启',
  },
  alert: {
    newCritical: (sev: string, site: string, place: string, rule: string) => `${sev}告警：${site}，${place}，${rule}`,
    more: (n: number) => `另有 ${n} 条`, wholeSite: '全站',
    banner: (n: number) => `${n} 条紧急告警未确认`, go: '查看',
  },
  counters: { label: '告警计数', unack: '未确认', total: '处理中', devices: '设备', rate: (n: string) => `${n} 条/秒` },
  queue: {
    title: '告警队列', empty: '当前没有需要处理的告警', same: (n: number) => `同源 ${n} 条`, expand: '展开', collapse: '收起',
    since: '开始', ack: '确认', sending: '发送中', ackedBy: (who: string, at: string) => `${who} ${at}`,
    conflict: (who: string, at: string) => `已由 ${who} 于 ${at} 处理`, failed: '未送达，请重试', offline: '离线，未送达',
    notAllowed: '当前状态不能这样操作', forbidden: '无权操作', count: (n: number) => `${n} 次`, late: '补传', all: '全部告警',
    standing: '持续', returned: '已恢复', assignee: (who: string) => `处理人 ${who}`, suppressed: (why: string) => `已抑制：${why}`,
    flood: (n: number, limit: number) => `告警洪泛：10 分钟内新增 ${n} 条（每人限 ${limit} 条），已按处置次序排列并折叠`, evidence: (n: number) => `证据 ${n}`,
    doneBy: (who: string, at: string, action: string) => `已由 ${who} 于 ${at} ${action}`,
  },
  feed: {
    title: '实时动态', pause: '暂停', resume: '继续', paused: '已暂停', jump: '回到最新', newer: (n: number) => `${n} 条新动态`,
    kind: '类型', site: '单位', text: '筛选文字', empty: '暂无动态', emptyFilter: '没有符合条件的动态', late: '补传', allKinds: '全部类型',
    skipped: (n: number) => `有 ${n} 条因速度过快未显示`,
  },
  sites: {
    title: '单位状态', site: '单位', township: '乡镇', alarms: '告警', up: '在线', down: '离线', unknown: '未知', allSites: '全部单位',
    allTownships: '全部乡镇', cameras: '摄像头', today: '今日进/出', none: '没有单位', search: '查找单位',
    group: (n: number) => `${n} 个单位`, sort: '排序', devices: '设备', bad: '离线/失联', degraded: '异常', back: '返回态势', pupils: (n: string) => `学生 ${n} 人`,
    police: '设护学岗', fever: '发热', visitors: '访客在校', todayIn: '今日进', todayOut: '今日出', denied: '拒绝', checked: '测温',
    notFound: '没有这个单位，或不在您的权限范围内。', recent: '最近动态', value: '最新数值', lastSeen: '最后上报', place: '位置', status: '状态', name: '名称',
  },
  cam: {
    title: '摄像头', summary: '摄像头概况', all: '热力图', heat: '摄像头热力图',
    help: '方向键移动，Home/End 到首尾，回车打开所属单位', legend: '图例', cell: '当前单元', none: '没有摄像头数据', total: '合计',
    online: '在线率', problem: '只看异常单位', recording: '录像中', notRecording: '未录像',
  },
  stale: {
    for: (s: string) => `失联 ${s}`, never: '从未上报', seen: (t: string) => `最后上报 ${t}`,
  },
  alarms: { title: '告警', severity: '级别', ack: '确认', text: '内容' },
  gate: { title: '门禁记录', time: '时间' },
  uptime: {
    title: '在线率', pct: '在线率', base: '观测时长', down: '离线时长', outages: '中断次数', longest: '最长中断', unobserved: '未观测', na: '无数据', from: '起', to: '止',
    kind: '设备类型', range: '时段', today: '今天', day1: '24 小时', day7: '7 天', day30: '30 天', none: '该时段没有数据', by: '统计到', bySite: '单位', byDevice: '设备', elsewhere: '外部原因', name: '名称',
    devices: (n: number) => `${n} 台`, worst: '从低到高', note: '百分比只按观测到的服务时间计算；没有观测到的时间不算在线。', share: '时间构成',
    states: { up: '在线', degraded: '异常', down: '离线', elsewhere: '外部原因', maintenance: '检修', off_hours: '非服务时段', unobserved: '未观测' },
  },
  common: {
    close: '关闭', theme: '主题', dark: '深色', light: '浅色', lang: 'English', langLabel: '切换到英文', help: '键盘快捷键', all: '全部', print: '打印', filter: '筛选', clear: '清除', notFound: '没有这个页面。', home: '回到态势',
    loading: '加载中…', retry: '重试', of: (a: number, b: number) => `${a} / ${b}`, rows: (n: number) => `${n} 行`, yes: '是', no: '否', unassigned: '未分配', more: '更多',
  },
  error: {
    unauthenticated: '请先登录。', bad_credentials: '用户名或密码不正确。', too_many_tries: '尝试次数过多，请稍后再试。', too_many_requests: '操作太频繁，请稍候。', forbidden: '无权执行此操作。', not_found: '未找到。',
    conflict: '已被他人处理。', not_allowed: '当前状态不能这样操作。', invalid: '填写有误。', unavailable: '服务暂不可用。', internal: '服务器出错。', offline: '无法连接服务器。',
  },
  ev: {
    onboard: (n: number) => `车内 ${n} 人`, kmh: (n: string) => `${n} km/h`, sos: '求助', nofix: '未定位', notMeasured: '未测温', checks: '测温', deviceFlag: (s: string) => `设备判定 ${s}`,
  },
};

/** The shape of words: strings and functions of the same arguments. */
export type Widen<T> = T extends string ? string : T extends (...args: infer A) => string ? (...args: A) => string : { [K in keyof T]: Widen<T[K]> };
/** What every language has to say: the keys of Chinese. */
export type Dict = Widen<typeof zh>;
