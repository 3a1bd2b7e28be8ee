// Words of the guards' desk.
import type { Widen } from '../lib/zh';

const zh = {
  title: '门卫台', log: '门禁记录', desk: '门卫台', history: '历史查询', nav: '门卫页面', site: '单位', choose: '请选择单位',
  tabs: '登记内容',
  inside: '当前在校', pupil: '学生', staff: '教职工', visitor: '访客', vehicle: '车辆', unknown: '未知', unknownCounts: '门禁记录暂不可用，只列出登记的访客', registered: '登记在校访客',
  asOf: (t: string) => `截至 ${t}`, noVisitors: '没有登记在校的访客', byGate: '门禁显示已离校，请核实并登记离校', unregistered: '门禁通过但未登记',
  register: '登记访客', name: '姓名', idNumber: '证件号', phone: '电话', reason: '事由', host: '被访人', celsius: '体温 °C', items: '携带物品', plate: '车牌',
  save: '登记', sending: '发送中…', saved: '已登记', kept: '已保存在本机，恢复连接后自动发送', since: '进入', out: '登记离校', search: '姓名、车牌或被访人', today: '今日访客', left: '离校', still: '在校', none: '没有记录',
  hit: '布控名单相符', fever: '发热', feverNow: (limit: string) => `达到 ${limit} °C，属发热：请勿放行，登记后即向指挥中心告警`, outbox: '待发送', outboxCount: (n: number) => `${n} 条待发送`, refused: '服务器未接受', drop: '删除', noStore: '此浏览器无法保存，离线时请勿关闭页面', kind: { visitor: '访客登记', out: '访客离校', duty: '到岗', off: '离岗', pass: '离校申请', guardian: '监护人确认', teacher: '班主任确认', deny: '拒绝离校', leave: '放行' },
  offlineRefused: '连接中断，无法执行。紧急情况请直接拨打 110。', help: '呼叫支援', helpSure: '确定呼叫支援？指挥中心立即收到紧急告警。', helpDone: '已呼叫，指挥中心已收到', helpNote: '情况（可不填）', cancel: '取消',
  person: '姓名', post: '岗位', posts: { arrival: '上学护学岗', departure: '放学护学岗', gate: '门卫室' }, police: '民警', certificate: '保安员证', noCertificate: '无证件（将产生告警）', checkIn: '到岗签到', checkOut: '离岗签退', onDuty: '在岗', postState: { coming: '未到时间', manned: '在岗', empty: '无人在岗', late: '曾无人在岗', done: '已完成' },
  gap: (a: string, b: string) => `${a}–${b} 无人`, certificates: '保安员证', expires: '有效期至', expired: '已过期', soon: '即将到期', noPost: '本单位未设护学岗',
  print: '打印今日',
  fault: '请检查此项', invalidCelsius: '30 至 45，或不填', needed: '请填写',
};

const en: Widen<typeof zh> = {
  title: 'Guard desk', log: 'Gate log', desk: 'Guard desk', history: 'History', nav: 'Guard pages', site: 'Site', choose: 'Choose a site',
  tabs: 'What to write down',
  inside: 'Inside now', pupil: 'Pupils', staff: 'Staff', visitor: 'Visitors', vehicle: 'Vehicles', unknown: 'Unknown', unknownCounts: 'The gate log is out of reach; only registered visitors are listed', registered: 'Registered visitors inside',
  asOf: (t: string) => `as of ${t}`, noVisitors: 'No registered visitor is inside', byGate: 'The gate saw this visitor leave: check, and sign out', unregistered: 'Came in at the gate unregistered',
  register: 'Register a visitor', name: 'Name', idNumber: 'ID number', phone: 'Phone', reason: 'Reason', host: 'Person visited', celsius: 'Temperature °C', items: 'Items', plate: 'Plate',
  save: 'Register', sending: 'Sending…', saved: 'Registered', kept: 'Kept on this machine; sent when the connection is back', since: 'In', out: 'Sign out', search: 'Name, plate or person visited', today: 'Visitors today', left: 'Out', still: 'Inside', none: 'No records',
  hit: 'On the watch list', fever: 'Fever', feverNow: (limit: string) => `At ${limit} °C or more it is a fever: do not admit; registering alarms the centre`, outbox: 'Waiting to be sent', outboxCount: (n: number) => `${n} waiting to be sent`, refused: 'Refused by the server', drop: 'Delete', noStore: 'This browser cannot keep entries: do not close the page while offline', kind: { visitor: 'Visitor', out: 'Sign-out', duty: 'On duty', off: 'Off duty', pass: 'Leave', guardian: 'Guardian’s word', teacher: 'Class teacher’s word', deny: 'Leave refused', leave: 'Let out' },
  offlineRefused: 'The connection is down: not done. In an emergency call 110.', help: 'Call for help', helpSure: 'Call for help? The command centre gets a critical alarm at once.', helpDone: 'Called; the command centre has it', helpNote: 'What happens (optional)', cancel: 'Cancel',
  person: 'Name', post: 'Post', posts: { arrival: 'Police post, arrival', departure: 'Police post, departure', gate: 'Guard room' }, police: 'Police officer', certificate: 'Certificate', noCertificate: 'None (raises an alarm)', checkIn: 'Come on duty', checkOut: 'Go off duty', onDuty: 'On duty', postState: { coming: 'Not yet', manned: 'Manned', empty: 'Empty', late: 'Was empty', done: 'Done' },
  gap: (a: string, b: string) => `empty ${a}–${b}`, certificates: 'Certificates', expires: 'Valid until', expired: 'Expired', soon: 'Expires soon', noPost: 'This site has no police post',
  print: 'Print the day',
  fault: 'Check this', invalidCelsius: '30 to 45, or nothing', needed: 'Fill this in',
};

export const words = { zh, en };
