// Words of files, of the gate log over long times, and of a device's readings.
import type { Widen } from '../lib/zh';

const zh = {
  export: '导出', format: '格式', csv: 'CSV（纯文本）', xlsx: 'Excel 工作簿', start: '开始导出', starting: '发送中…', cancel: '取消', cancelling: '正在取消…', download: '下载', remove: '删除', close: '关闭',
  title: '导出文件', hint: '按当前筛选条件导出全部记录，写入审计。文件保留一小时。', none: '还没有导出任务',
  states: { queued: '排队中', running: '正在导出', done: '已完成', failed: '失败', cancelled: '已取消' },
  reasons: { too_long: '记录过多：请缩小范围', disk_full: '服务器磁盘已满', history: '历史数据库没有完成读取' },
  rows: (n: string) => `${n} 行`, rowsOf: (n: string, all: string) => `${n} / ${all} 行`, size: (n: string) => `${n} MB`, until: (t: string) => `保留至 ${t}`,
  lists: { 'gate-log': '出入记录', alarms: '告警', history: '设备记录', availability: '在线率', audit: '操作审计' },
  tooMany: '导出任务过多：请取消一个或等待完成。', offline: '连接中断：未送达，恢复后请重试。', lost: '任务已不在服务器上（已过期或服务器重启）。',
  historyTitle: '出入记录查询', nav: '历史查询', range: '时段', ranges: { day: '今天', week: '近 7 天', month: '近 30 天', term: '近半年', year: '近一年', own: '自定义' },
  from: '从', to: '到', township: '乡镇', allTownships: '全部乡镇', device: '设备编号', text: '查找', textHint: '人员编号、卡号、车牌、登记号',
  counting: '正在统计…', count: (n: string) => `共 ${n} 条`, atLeast: (n: string) => `至少 ${n} 条`, loaded: (n: string) => `已载入 ${n} 条`,
  searched: (t: string) => `正在向前查找，已查到 ${t}`, paused: (t: string) => `已查到 ${t}`, goOn: '继续查找', stop: '停止', more: '继续载入', end: '已到最早', nothing: '这段时间内没有符合条件的记录', badOrder: '结束须晚于开始', badDevice: '查设备须先选单位',
  day: '日期', readings: '读数', deviceTitle: '设备读数', back: '返回单位', quantity: '项目', chart: '图表', table: '表格', hours: { h6: '6 小时', h24: '24 小时', d7: '7 天', d30: '30 天', d365: '一年' },
  min: '最低', mean: '平均', max: '最高', samples: '次数', time: '时间', silence: '无数据', gaps: (n: number) => `${n} 段无数据`, noData: '这段时间没有数据', points: (n: string, step: string) => `${n} 点，每点 ${step}`,
  chartLabel: (what: string, from: string, to: string) => `${what}，${from} 至 ${to}。左右方向键逐点查看，Home、End 到两端。`, at: (t: string, a: string, b: string, c: string) => `${t}：平均 ${b}，最低 ${a}，最高 ${c}`, single: (t: string, v: string) => `${t}：${v}`, gapAt: (a: string, b: string) => `${a} 至 ${b} 无数据`,
  noDevice: '没有此设备，或不在您的权限范围内', noReadings: '这类设备没有可画图的读数。', latency: '响应时间', speed: '车速', score: '图像评分', celsius: '体温', dots: '按次测量，不连线', state: '状态', since: '起', lastSeen: '最近上报',
};

const en: Widen<typeof zh> = {
  export: 'Export', format: 'Format', csv: 'CSV (plain text)', xlsx: 'Excel workbook', start: 'Start', starting: 'Sending…', cancel: 'Cancel', cancelling: 'Cancelling…', download: 'Download', remove: 'Remove', close: 'Close',
  title: 'Export', hint: 'All rows of the present filter, noted in the audit. Files are kept for an hour.', none: 'Nothing exported yet',
  states: { queued: 'Waiting', running: 'Exporting', done: 'Done', failed: 'Failed', cancelled: 'Cancelled' },
  reasons: { too_long: 'too many rows: narrow the filter', disk_full: 'the disk of the server is full', history: 'the history could not be read to its end' },
  rows: (n) => `${n} rows`, rowsOf: (n, all) => `${n} of ${all} rows`, size: (n) => `${n} MB`, until: (t) => `kept until ${t}`,
  lists: { 'gate-log': 'Gate log', alarms: 'Alarms', history: 'History of a device', availability: 'Availability', audit: 'Audit' },
  tooMany: 'Too many exports: cancel one, or wait until one ends.', offline: 'Disconnected: not delivered. Try again when the connection is back.', lost: 'The server no longer has it (expired, or restarted).',
  historyTitle: 'Gate log search', nav: 'History', range: 'Period', ranges: { day: 'Today', week: '7 days', month: '30 days', term: 'Half a year', year: 'One year', own: 'Own dates' },
  from: 'From', to: 'To', township: 'Township', allTownships: 'All townships', device: 'Device id', text: 'Find', textHint: 'Person, card, plate, registration',
  counting: 'Counting…', count: (n) => `${n} in all`, atLeast: (n) => `${n} or more`, loaded: (n) => `${n} loaded`,
  searched: (t) => `Searching back, now at ${t}`, paused: (t) => `Searched back to ${t}`, goOn: 'Search on', stop: 'Stop', more: 'Load more', end: 'That is the oldest', nothing: 'Nothing in this period matches', badOrder: 'The end must be after the begin', badDevice: 'Choose the site of the device',
  day: 'Date', readings: 'Readings', deviceTitle: 'Readings of a device', back: 'Back to the site', quantity: 'Quantity', chart: 'Chart', table: 'Table', hours: { h6: '6 hours', h24: '24 hours', d7: '7 days', d30: '30 days', d365: 'One year' },
  min: 'Lowest', mean: 'Mean', max: 'Highest', samples: 'Samples', time: 'Time', silence: 'No data', gaps: (n) => `${n} ${n === 1 ? 'pause' : 'pauses'} without data`, noData: 'No data in this period', points: (n, step) => `${n} points of ${step} each`,
  chartLabel: (what, from, to) => `${what}, ${from} to ${to}. Arrow keys left and right go from point to point, Home and End to the ends.`, at: (t, a, b, c) => `${t}: mean ${b}, lowest ${a}, highest ${c}`, single: (t, v) => `${t}: ${v}`, gapAt: (a, b) => `No data from ${a} to ${b}`,
  noDevice: 'There is no such device, or it is not within your scope', noReadings: 'Devices of this kind have no readings to draw.', latency: 'Time to answer', speed: 'Speed', score: 'Image score', celsius: 'Body temperature', dots: 'measured one by one: no line', state: 'State', since: 'since', lastSeen: 'Last report',
};

export const words = { zh, en };
