// Words of the alarm desk: what is done about one alarm. Imported by its page alone.
import type { Widen } from '../lib/zh';

const zh = {
  nav: { label: '告警工作台', alarms: '告警列表', shelved: '搁置与抑制', maintenance: '检修窗口', calendar: '校历', shift: '交接班', numbers: '告警指标' },
  act: {
    label: '处置', ack: '确认', close: '关闭告警', shelve: '搁置', unshelve: '取消搁置', comment: '备注', assign: '指派', mine: '指派给我', release: '不再指派',
    'false-alarm': '判为误报', 'need-help': '请求支援', confirm: '确认属实', 'out-of-service': '停用', 'in-service': '恢复启用', attach: '附加证据', position: '附加位置',
  },
  hint: {
    close: '关闭须写明处置结果，记录长期保留。', shelve: '搁置须有原因和期限，到期自动恢复。', 'false-alarm': '写明为什么是误报。', 'need-help': '立即置顶并通知全部值班员。',
    confirm: '现场已核实。', 'out-of-service': '停用后不再提示，直到恢复启用；写明原因。', comment: '', 'in-service': '', assign: '', attach: '', position: '',
  },
  note: '说明', noteMaybe: '说明（可不填）', needNote: '请填写说明', until: '搁置时长', untilTime: '至', person: '处理人', nobody: '无人', choose: '请选择处理人',
  file: '图片', fileHint: 'JPEG、PNG 或 WebP，不超过 5 MB；更大的会先缩小。', needFile: '请选择图片', badFile: '只接受 JPEG、PNG 或 WebP 图片', bigFile: '图片超过 5 MB，且无法缩小', shrunk: (mb: string) => `已缩小到 ${mb} MB`,
  lat: '纬度', lon: '经度', badLat: '纬度应在 -90 到 90 之间', badLon: '经度应在 -180 到 180 之间', here: '使用本机位置', hereFailed: '无法取得本机位置', ofDevice: '使用设备位置', ofSite: '使用学校位置',
  send: '提交', sending: '发送中…', sent: '已提交', cancel: '取消', offline: '连接中断，未送达；恢复后请重新提交。',
  first: (who: string, at: string, action: string) => `已由 ${who} 于 ${at} ${action}，请核对后再操作。`,
  assignee: '处理人', verdict: '判定', priority: '优先级', priorities: { high: '高', medium: '中', low: '低' }, raises: '触发次数', lastRaised: '最近触发', suppression: '抑制原因',
  suppressedUntil: (t: string) => `至 ${t}`, whyCause: '上级告警代表了它', whyMaintenance: '在检修窗口内', whyChatter: '一分钟内反复触发，平稳后自动恢复',
  advice: '处置建议', noAdvice: '核实现场情况，联系学校值班人员，写明处置结果。', evidence: '证据', noEvidence: '暂无证据', view: '查看', look: '查看图片会记入审计', by: (who: string, at: string) => `${who} ${at}`, digest: '摘要',
  picture: '图片', positionWord: '位置', kb: (n: string) => `${n} KB`, gone: '图片无法打开', timeline: '处理记录', near: '附近摄像头', noCameras: '该单位没有摄像头', more: (n: number) => `另有 ${n} 个`, samePlace: '同一位置',
  contacts: '单位人员', noContacts: '登记册中没有该单位人员', byline: '值班', waiting: '正在读取…',
  filterAssignee: '处理人', anyone: '全部', me: '我的', noOne: '未指派', filterWhy: '抑制原因', keysHint: 'A 确认 · S 搁置 · E 证据 · M 指派给我 · Esc 返回', quietCount: (n: number) => `已抑制 ${n} 条`, shelvedCount: (n: number) => `已搁置 ${n} 条`,
  to: (who: string) => `给 ${who}`, untilAt: (t: string) => `至 ${t}`,
};

const en: Widen<typeof zh> = {
  nav: { label: 'Alarm desk', alarms: 'Alarm list', shelved: 'Shelved & suppressed', maintenance: 'Maintenance', calendar: 'Calendar', shift: 'Hand-over', numbers: 'Alarm numbers' },
  act: {
    label: 'Actions', ack: 'Acknowledge', close: 'Close alarm', shelve: 'Shelve', unshelve: 'Unshelve', comment: 'Comment', assign: 'Assign', mine: 'Assign to me', release: 'Assign to nobody',
    'false-alarm': 'False alarm', 'need-help': 'Call for help', confirm: 'Confirm', 'out-of-service': 'Out of service', 'in-service': 'Back in service', attach: 'Attach evidence', position: 'Attach position',
  },
  hint: {
    close: 'Say what was done. The record stays.', shelve: 'Needs a reason and an end; it comes back by itself.', 'false-alarm': 'Say why it is false.', 'need-help': 'Goes to the top for every operator at once.',
    confirm: 'It was checked on the spot.', 'out-of-service': 'It stays silent until it is put back into service; say why.', comment: '', 'in-service': '', assign: '', attach: '', position: '',
  },
  note: 'Note', noteMaybe: 'Note (optional)', needNote: 'A note is needed', until: 'Shelve for', untilTime: 'until', person: 'Person', nobody: 'Nobody', choose: 'Choose a person',
  file: 'Picture', fileHint: 'JPEG, PNG or WebP, at most 5 MB; larger ones are scaled down first.', needFile: 'Choose a picture', badFile: 'Only JPEG, PNG and WebP pictures are taken', bigFile: 'The picture is over 5 MB and cannot be scaled down', shrunk: (mb) => `Scaled down to ${mb} MB`,
  lat: 'Latitude', lon: 'Longitude', badLat: 'Latitude is -90 to 90', badLon: 'Longitude is -180 to 180', here: 'Use my position', hereFailed: 'This device does not tell its position', ofDevice: 'Use the device\'s position', ofSite: 'Use the school\'s position',
  send: 'Submit', sending: 'Sending…', sent: 'Submitted', cancel: 'Cancel', offline: 'Disconnected: not delivered. Submit again when the connection is back.',
  first: (who, at, action) => `${action} by ${who} at ${at}: look again before you act.`,
  assignee: 'Assigned to', verdict: 'Verdict', priority: 'Priority', priorities: { high: 'High', medium: 'Medium', low: 'Low' }, raises: 'Raised', lastRaised: 'Last raised', suppression: 'Suppressed because',
  suppressedUntil: (t) => `until ${t}`, whyCause: 'another alarm stands for it', whyMaintenance: 'of a maintenance window', whyChatter: 'it came and went within a minute; back when it is quiet',
  advice: 'What to do', noAdvice: 'Check what is happening, call the school on duty, write down what was done.', evidence: 'Evidence', noEvidence: 'No evidence yet', view: 'View', look: 'Viewing a picture is written into the audit', by: (who, at) => `${who} ${at}`, digest: 'Digest',
  picture: 'Picture', positionWord: 'Position', kb: (n) => `${n} KB`, gone: 'The picture cannot be opened', timeline: 'History', near: 'Cameras nearby', noCameras: 'This site has no cameras', more: (n) => `${n} more`, samePlace: 'same place',
  contacts: 'People of the site', noContacts: 'The registry has no people of this site', byline: 'On duty', waiting: 'Reading…',
  filterAssignee: 'Assigned to', anyone: 'Anybody', me: 'Me', noOne: 'Nobody', filterWhy: 'Suppressed because', keysHint: 'A acknowledge · S shelve · E evidence · M to me · Esc back', quietCount: (n) => `${n} suppressed`, shelvedCount: (n) => `${n} shelved`,
  to: (who) => `to ${who}`, untilAt: (t) => `until ${t}`,
};

export const words = { zh, en };
