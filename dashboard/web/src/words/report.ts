// Words of the monthly reports.
import type { Widen } from '../lib/zh';

const zh = {
  title: '月度报告', make: '编制报告', month: '月份', now: (m: string) => `${m}（未满月，阶段性）`, making: '正在汇总冻结数据…', made: (m: string, n: string) => `${m} 第 ${n} 号报告已生成`, failed: '未成功', refused: '连接中断，此操作需联网，未发送', none: '尚无报告', loading: '读取中…',
  number: (n: string) => `第 ${n} 号`, at: '编制时间', by: '编制人', state: '状态', whole: '整月', part: '阶段性', signed: '已签名', unsigned: '未签名', digest: '摘要', files: '文件', open: '查看', back: '返回列表', print: '打印', bundle: '核验包',
  hint: '编制时冻结全部输入；此后数据更正只进入新的一号报告，旧报告不改不删。', verify: '离线核验：campusgate check --report 文件', took: (s: string) => `用时 ${s} 毫秒`,
  docTitle: (c: string) => `${c}校园视频监控与安防设备运行月报`, period: (a: string, b: string) => `统计期间 ${a} 至 ${b}`, preliminary: '阶段性报告：当月尚未结束或有日期未计算，数据截至编制时', missing: (n: string, days: string) => `${n} 天没有日结果，未计入：${days}`,
  summary: '一、全县概况', byDay: '每日在线率', causes: '未在线时间的原因', townships: '二、乡镇', ranked: '三、单位排名', outages: '四、主要中断', missed: '五、未达标', cases: '六、检查、整改与隐患', restated: '七、更正', alarms: '八、告警', sealed: '九、核验信息',
  kind: '设备', devices: '台数', base: '基数（小时）', unobserved: '未观测（小时）', target: '目标', rank: '名次', site: '单位', township: '乡镇', value: '实际', level: '层级', rate: '指标', noOutages: '无中断', more: (n: string) => `仅列最长的 ${n} 次`, allMet: '全部达标', rest: (n: string) => `其余 ${n} 家见 XLSX`,
  levels: { county: '全县', township: '乡镇', site: '单位' },
  case_: { inspection: '检查', notice: '限期整改通知', hazard: '隐患' }, begun: '本月新增', stillOpen: '未办结', done: '本月新增中办结', overdue: '逾期', findings: '问题', overdueList: '逾期清单', noOverdue: '无逾期', due: '期限', id: '编号',
  restatedNone: '本月及上月报告以来没有更正', change: '变化', online: '在线', offline: '离线', count: '设备日', previous: (m: string, n: string) => `与上月报告（${m} 第 ${n} 号）相比`, said: '上月报告', today: '现值', noPrevious: '没有上月报告可比',
  raised: '新告警', late: '补传告警', operators: '值班员', perOperator: '每人每 10 分钟', peak: '10 分钟峰值', flood: '洪泛时间占比', top: '前十告警源占比', met: '达标', notMet: '未达标',
  inputsSum: '输入摘要（SHA-256）', csvSum: 'CSV 摘要', xlsxSum: 'XLSX 摘要', keySum: '签名公钥摘要（Ed25519）', noKey: '本报告未签名', chart: (d: string, p: string) => `${d} ${p}`, na: '无数据', targetLine: (p: string) => `目标 ${p} %`,
  hours: (n: string) => `${n} 小时`, footer: (m: string, n: string) => `${m} 第 ${n} 号`,
};

const en: Widen<typeof zh> = {
  title: 'Monthly reports', make: 'Make the report', month: 'Month', now: (m) => `${m} (not over: preliminary)`, making: 'Collecting and freezing the data…', made: (m, n) => `Report ${n} of ${m} is made`, failed: 'Failed', refused: 'Disconnected: this needs the server. Nothing was sent', none: 'No report yet', loading: 'Loading…',
  number: (n) => `No. ${n}`, at: 'Made', by: 'By', state: 'State', whole: 'whole month', part: 'preliminary', signed: 'signed', unsigned: 'not signed', digest: 'Digest', files: 'Files', open: 'Open', back: 'Back to the list', print: 'Print', bundle: 'Bundle',
  hint: 'All inputs are frozen when a report is made. What is corrected afterwards goes into a new report; the old one is neither changed nor deleted.', verify: 'To verify offline: campusgate check --report FILE', took: (s) => `made in ${s} ms`,
  docTitle: (c) => `${c}: cameras and safety devices of schools, monthly report`, period: (a, b) => `From ${a} to ${b}`, preliminary: 'Preliminary: the month is not over or days of it are not computed; the data are those of when this was made', missing: (n, days) => `${n} days have no result and are left out: ${days}`,
  summary: '1. The county', byDay: 'Online by day', causes: 'Why time was not online', townships: '2. Townships', ranked: '3. Sites, ranked', outages: '4. Main outages', missed: '5. Targets missed', cases: '6. Inspections, notices, hidden dangers', restated: '7. Restatements', alarms: '8. Alarms', sealed: '9. To verify',
  kind: 'Kind', devices: 'Devices', base: 'Base, hours', unobserved: 'Unobserved, hours', target: 'Target', rank: 'Rank', site: 'Site', township: 'Township', value: 'Reached', level: 'Level', rate: 'Rate', noOutages: 'No outage', more: (n) => `Only the ${n} longest`, allMet: 'All targets met', rest: (n) => `${n} more sites: see the XLSX`,
  levels: { county: 'County', township: 'Township', site: 'Site' },
  case_: { inspection: 'Inspections', notice: 'Rectification notices', hazard: 'Hidden dangers' }, begun: 'New this month', stillOpen: 'Open', done: 'Of the new: done', overdue: 'Overdue', findings: 'Findings', overdueList: 'Overdue', noOverdue: 'Nothing is overdue', due: 'Due', id: 'Number',
  restatedNone: 'Nothing was restated this month or since the last report', change: 'Change', online: 'online', offline: 'down', count: 'Device days', previous: (m, n) => `Against the last report (${m}, No. ${n})`, said: 'It said', today: 'Now', noPrevious: 'There is no report of the month before',
  raised: 'New alarms', late: 'Late ones', operators: 'On duty', perOperator: 'A person in 10 minutes', peak: 'Peak in 10 minutes', flood: 'Share of time in flood', top: 'Share of the top ten', met: 'met', notMet: 'missed',
  inputsSum: 'Digest of the inputs (SHA-256)', csvSum: 'Digest of the CSV', xlsxSum: 'Digest of the XLSX', keySum: 'Digest of the public key (Ed25519)', noKey: 'This report is not signed', chart: (d, p) => `${d} ${p}`, na: 'n/a', targetLine: (p) => `target ${p} %`,
  hours: (n) => `${n} h`, footer: (m, n) => `${m} No. ${n}`,
};

export const words = { zh, en };
