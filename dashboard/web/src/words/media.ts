// Words of live pictures, patrols and the register of look-ups.
import type { Widen } from '../lib/zh';

const zh = {
  nav: { label: '摄像头页面', cameras: '热力图', patrol: '视频巡检', looks: '调阅登记' },
  open: '查看画面', ofSite: '调看本单位摄像头', camera: '摄像头', site: '单位', other: '本单位其他摄像头',
  state: '状态', recording: '录像', yes: '正常', no: '未录像', unknown: '未知', lastSeen: '最后上报', uptime: '近 24 小时', noUptime: '没有观测数据', latency: '响应',
  look: '调阅画面', law: '依据《公共安全视频图像信息系统管理条例》第十六条，每次调阅都登记事由、单位、姓名和时间。登记先于画面。',
  reason: '调阅事由', reasons: ['接警核实', '求助核实', '日常巡检', '设备检修', '事件调查'], unit: '所在单位', unitColumn: '单位', person: '姓名', personHint: '默认为账号名称', about: (id: string) => `关联告警 ${id}`,
  live: '实时画面', snapshot: '抓拍一张', again: '重新调阅', stop: '停止', attach: '抓拍为告警证据', attached: '已附到告警', full: '全屏',
  noServer: '没有可用于此摄像头的媒体服务器（未配置，或登记表中没有相应地址）。', noLive: '此摄像头只能抓拍。',
  needReason: '请填写事由（2 至 300 字）', needUnit: '请填写单位', bad: '填写有误',
  states: { idle: '未调阅', asking: '正在登记', connecting: '正在连接', live: '实时', stalled: '画面停滞', ended: '已停止', refused: '未能调阅', shown: '抓拍' },
  delay: (s: string) => `延迟约 ${s} 秒`, delayUnknown: '延迟未知', left: (t: string) => `剩余 ${t}`, still: (s: string) => `${s} 秒没有新画面`, takenAt: (t: string) => `${t} 抓拍`,
  ended: { '': '调阅中', left: '已关闭', hidden: '页面切到后台，已停止', done: '已完成', limit: '已到时限', lost: '页面失去联系', failed: '没有得到画面', stopped: '系统停止' },
  errors: { limit: '同时调阅已达上限，请先停止其他画面。', upstream: '媒体服务器没有给出画面。', not_allowed: '没有媒体服务器提供此画面。', not_found: '没有这个摄像头，或不在权限范围内。', offline: '连接中断，未发送。', gone: '此次调阅已结束。', unplayable: '此浏览器不能播放该画面。' },
  looks: '调阅登记', recent: '最近调阅', none: '没有调阅记录', when: '时间', what: '方式', who: '姓名', account: '账号', result: '结束', lasted: '时长', alarm: '告警', kind: { '': '全部', live: '实时', snapshot: '抓拍' }, text: '事由、单位或姓名', from: '起', to: '止', openOnly: '正在调阅', exportCsv: '导出 CSV', more: '更多', print: '打印', rows: (n: number) => `${n} 条`,
  patrol: '视频巡检', newTour: '新建巡检', name: '名称', dwell: '每路停留（秒）', township: '乡镇', place: '位置或名称', list: '已存清单', chosen: (n: number) => `${n} 路`, tooMany: '一次最多 300 路', noneChosen: '没有符合条件的摄像头', start: '开始巡检', save: '存为清单', saved: '已保存', remove: '删除清单', mode: '方式', tours: '巡检记录', noTours: '没有巡检记录', resume: '继续', view: '查看', tourDefault: (d: string) => `${d} 巡检`,
  nameBad: '请填写名称', dwellBad: '3 至 600', progress: (a: number, b: number) => `第 ${a} / ${b} 路`, noted: (a: number, b: number) => `已记录 ${a} / ${b}`, pause: '暂停', goOn: '继续', paused: '已暂停', prev: '上一路', next: '下一路', keysHint: '← → 前后，P 暂停，O 正常，B 画面异常，V 需到场', within: (s: number) => `${s} 秒后下一路`,
  results: { ok: '正常', bad: '画面异常', person: '需人员到场', skipped: '跳过', '': '未记录' }, note: '情况说明', noteNeeded: '需人员到场时请写明情况', finish: '结束巡检', done: '已走完一遍', endedAt: '结束', openTour: '进行中', raise: '生成告警', raised: '已生成告警', inspect: '列入检查', inspected: (id: string) => `检查 ${id}`, order: '序号', at: '记录时间', by: '巡检人', back: '返回', sending: '发送中…', failed: '未成功', offline: '连接中断，此操作需联网，未发送', tourReason: (name: string) => `视频巡检：${name}`, allTown: '全部乡镇', conflict: '此记录刚被修改，请刷新', autoLook: '巡检逐路自动登记调阅',
};

const en: Widen<Omit<typeof zh, 'reasons'>> & { reasons: string[] } = {
  nav: { label: 'Camera pages', cameras: 'Heat map', patrol: 'Patrol', looks: 'Look-ups' },
  open: 'Look', ofSite: 'Look at this site’s cameras', camera: 'Camera', site: 'Site', other: 'Other cameras of this site',
  state: 'State', recording: 'Recording', yes: 'Yes', no: 'Not recording', unknown: 'Unknown', lastSeen: 'Last heard', uptime: 'Last 24 hours', noUptime: 'Not observed', latency: 'Answers in',
  look: 'Look at the picture', law: 'By article 16 of the regulation on public security video systems every look-up is registered with reason, unit, name and time, before a picture is given.',
  reason: 'Reason', reasons: ['Check an alarm', 'Check a call for help', 'Routine patrol', 'Maintenance', 'Investigation'], unit: 'Your unit', unitColumn: 'Unit', person: 'Your name', personHint: 'The account’s name by default', about: (id) => `About alarm ${id}`,
  live: 'Live picture', snapshot: 'Single picture', again: 'Look again', stop: 'Stop', attach: 'Attach to the alarm', attached: 'Attached to the alarm', full: 'Full screen',
  noServer: 'No media server shows this camera (none is configured, or the registry has no address for it).', noLive: 'This camera gives single pictures only.',
  needReason: 'Give a reason of 2 to 300 characters', needUnit: 'Give your unit', bad: 'Something is wrong here',
  states: { idle: 'Not looked at', asking: 'Registering', connecting: 'Connecting', live: 'Live', stalled: 'Stalled', ended: 'Stopped', refused: 'No picture', shown: 'Picture' },
  delay: (s) => `about ${s} s late`, delayUnknown: 'delay unknown', left: (t) => `${t} left`, still: (s) => `no new picture for ${s} s`, takenAt: (t) => `taken ${t}`,
  ended: { '': 'Open', left: 'Closed', hidden: 'Stopped: the page went out of sight', done: 'Done', limit: 'Time limit reached', lost: 'The page was not heard any more', failed: 'No picture came', stopped: 'System stopped' },
  errors: { limit: 'Too many are being looked at: stop another picture first.', upstream: 'The media server gave no picture.', not_allowed: 'No media server gives this picture.', not_found: 'No such camera, or not within your sites.', offline: 'Disconnected: nothing was sent.', gone: 'This look has ended.', unplayable: 'This browser cannot play the picture.' },
  looks: 'Register of look-ups', recent: 'Who looked last', none: 'Nobody looked', when: 'Time', what: 'How', who: 'Name', account: 'Account', result: 'End', lasted: 'Lasted', alarm: 'Alarm', kind: { '': 'All', live: 'Live', snapshot: 'Picture' }, text: 'Reason, unit or name', from: 'From', to: 'To', openOnly: 'Open now', exportCsv: 'Export CSV', more: 'More', print: 'Print', rows: (n) => `${n} rows`,
  patrol: 'Patrol', newTour: 'New patrol', name: 'Name', dwell: 'Seconds at each', township: 'Township', place: 'Place or name', list: 'Saved list', chosen: (n) => `${n} cameras`, tooMany: 'At most 300 at once', noneChosen: 'No such camera', start: 'Start', save: 'Save as a list', saved: 'Saved', remove: 'Delete the list', mode: 'How', tours: 'Patrols', noTours: 'No patrols yet', resume: 'Go on', view: 'View', tourDefault: (d) => `Patrol ${d}`,
  nameBad: 'Give a name', dwellBad: '3 to 600', progress: (a, b) => `${a} of ${b}`, noted: (a, b) => `${a} of ${b} noted`, pause: 'Pause', goOn: 'Go on', paused: 'Paused', prev: 'Previous', next: 'Next', keysHint: '← → previous and next, P pause, O good, B bad picture, V person needed', within: (s) => `next in ${s} s`,
  results: { ok: 'Good', bad: 'Bad picture', person: 'Person needed', skipped: 'Skipped', '': 'Not noted' }, note: 'Note', noteNeeded: 'Say what somebody has to see to', finish: 'End the patrol', done: 'All were shown', endedAt: 'Ended', openTour: 'Open', raise: 'Raise an alarm', raised: 'Alarm raised', inspect: 'Plan an inspection', inspected: (id) => `Inspection ${id}`, order: 'No.', at: 'Noted', by: 'By', back: 'Back', sending: 'Sending…', failed: 'Failed', offline: 'Disconnected: this needs the server. Nothing was sent', tourReason: (name) => `Patrol: ${name}`, allTown: 'All townships', conflict: 'It has just been changed: fetch it again', autoLook: 'Each camera is registered as a look-up of its own',
};

export const words = { zh, en };
