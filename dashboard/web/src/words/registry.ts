// Words of the registry's page.
import type { Widen } from '../lib/zh';

const zh = {
  sheets: { sites: '单位', devices: '设备', vehicles: '车辆', routes: '线路', people: '人员' }, sheet: '登记表', search: '查找编号、名称、地址', none: '没有符合条件的登记', create: '新建', importing: '导入', exporting: '导出', history: '变更历史', recent: '最近变更',
  version: (n: number) => `登记册第 ${n} 版`, published: (n: number) => `网关可取第 ${n} 版`, notPublished: (n: number, why: string) => `第 ${n} 版尚未下发：${why}`, count: (n: number) => `${n} 条`, part: (n: number) => `已读 ${n} 条`,
  id: '编号', changed: (who: string, at: string) => `${who} 于 ${at} 修改`, makeNew: (what: string) => `新建${what}`, choose: '选择一条登记以查看和修改。', removeSure: '确认删除', keep: '不删除', removed: '已删除', inUse: '仍被引用，不能删除。', rest: '其他问题',
  masked: '姓名只显示掩码；不改动则保持原名。', mapOnly: '线路走向和站点由 GeoJSON 导入，此处不可改。', points: (n: number, s: number) => `走向 ${n} 点，站点 ${s} 个`, emptyDefault: '空 = 默认', number: '应为数字', pairs: '应为“名称=数值”，每行一个', needId: '请填写编号', linesHint: '每行一个',
  field: {
    'name.zh': '中文名称', 'name.en': '英文名称', kind: '类型', township: '乡镇', lat: '纬度（WGS-84）', lon: '经度（WGS-84）', pupils: '学生人数', police_post: '设护学岗', 'hours.open': '开门', 'hours.class_from': '上课', 'hours.class_to': '放学', 'hours.lunch_from': '午休始', 'hours.lunch_to': '午休止',
    'hours.close': '关门', 'hours.kitchen_from': '厨房始', 'hours.kitchen_to': '厨房止', 'hours.days': '上课日', place: '位置', period_s: '上报周期（秒）', duty: '值守时间', 'duty_hours.from': '值守始', 'duty_hours.to': '值守止', 'duty_hours.days': '值守日', 'duty_hours.school_days': '仅上课日', parent: '上级设备（交换机、录像机）', addresses: '协议地址', plate: '车牌',
    capacity: '核载人数', route: '线路编号', limits: '限值', corridor_m: '走廊宽度（米）', departures: '发车时刻（HH:MM）', site: '单位编号', class: '班级或部门', name: '姓名', device: '设备编号', person: '化名编号',
  } as Record<string, string>,
  choice: {
    school: '学校', kindergarten: '幼儿园', depot: '校车场站', centre: '中心', gate: '门禁', temperature: '测温', bus: '校车', kitchen: '厨房', camera: '摄像头', button: '紧急按钮', gateway: '网关', pupil: '学生', staff: '教职工', visitor: '访客', driver: '驾驶员',
    default: '按类型默认', always: '全天', service: '服务时间', trip: '行驶途中', hours: '指定时间',
  } as Record<string, string>,
  action: { seed: '初始导入', create: '新建', update: '修改', delete: '删除', reveal: '查看姓名' } as Record<string, string>, noHistory: '没有变更', before: '原值', after: '新值', empty: '空', whole: '整条',
  file: '文件', fileHint: 'CSV（UTF-8 或 GB18030）或 XLSX，线路也可用 GeoJSON，不超过 8 MB。第一行为表头，可先导出一份作为模板。', needFile: '请选择文件', tooBig: '文件超过 8 MB', dryRun: '试导入', dryHint: '只检查，不改动', takeAll: '全部导入', takeGood: '只导入无误的行',
  lines: '行数', created: '新建', updated: '修改', unchanged: '不变', refused: '有误', applied: (v: number) => `已导入，登记册第 ${v} 版`, notApplied: '试导入完成，尚未改动登记册。', ignored: (c: string) => `未识别的列已忽略：${c}`, line: '行', column: '列', value: '值', want: '应为', wholeFile: '整个文件', problems: '有误的行', saveProblems: '保存有误清单', shown: (n: number) => `只列出前 ${n} 条`, as: (f: string) => `导出 ${f}`,
};

const en: Widen<typeof zh> = {
  sheets: { sites: 'Sites', devices: 'Devices', vehicles: 'Vehicles', routes: 'Routes', people: 'People' }, sheet: 'Sheet', search: 'Find an id, name or address', none: 'Nothing in the registry matches', create: 'New', importing: 'Import', exporting: 'Export', history: 'History', recent: 'Recent changes',
  version: (n) => `Registry version ${n}`, published: (n) => `gateways can have version ${n}`, notPublished: (n, why) => `version ${n} is not published yet: ${why}`, count: (n) => `${n} entries`, part: (n) => `${n} read`,
  id: 'Id', changed: (who, at) => `Changed by ${who} at ${at}`, makeNew: (what) => `New: ${what}`, choose: 'Choose an entry to see and change it.', removeSure: 'Really remove', keep: 'Keep it', removed: 'Removed', inUse: 'Others still refer to it.', rest: 'Other faults',
  masked: 'Names are masked; left as it is, the name stays.', mapOnly: 'Line and stops come from GeoJSON and are not changed here.', points: (n, s) => `line of ${n} points, ${s} stops`, emptyDefault: 'empty = default', number: 'Must be a number', pairs: 'Must be name=number, one a line', needId: 'An id is needed', linesHint: 'one a line',
  field: {
    'name.zh': 'Name, Chinese', 'name.en': 'Name, English', kind: 'Kind', township: 'Township', lat: 'Latitude (WGS-84)', lon: 'Longitude (WGS-84)', pupils: 'Pupils', police_post: 'Police post', 'hours.open': 'Opens', 'hours.class_from': 'Classes from', 'hours.class_to': 'Classes to', 'hours.lunch_from': 'Lunch from', 'hours.lunch_to': 'Lunch to',
    'hours.close': 'Closes', 'hours.kitchen_from': 'Kitchen from', 'hours.kitchen_to': 'Kitchen to', 'hours.days': 'School days', place: 'Place', period_s: 'Reports every (s)', duty: 'Duty', 'duty_hours.from': 'Duty from', 'duty_hours.to': 'Duty to', 'duty_hours.days': 'Duty days', 'duty_hours.school_days': 'School days only', parent: 'Hangs on (switch, recorder)', addresses: 'Protocol addresses', plate: 'Plate',
    capacity: 'Seats', route: 'Route id', limits: 'Limits', corridor_m: 'Corridor (m)', departures: 'Departures (HH:MM)', site: 'Site id', class: 'Class or group', name: 'Name', device: 'Device id', person: 'Pseudonym',
  },
  choice: {
    school: 'School', kindergarten: 'Kindergarten', depot: 'Bus depot', centre: 'Centre', gate: 'Gate', temperature: 'Temperature', bus: 'Bus', kitchen: 'Kitchen', camera: 'Camera', button: 'Emergency button', gateway: 'Gateway', pupil: 'Pupil', staff: 'Staff', visitor: 'Visitor', driver: 'Driver',
    default: 'Default of its kind', always: 'Always', service: 'Service hours', trip: 'During trips', hours: 'Set hours',
  },
  action: { seed: 'First version', create: 'Created', update: 'Changed', delete: 'Removed', reveal: 'Name read' }, noHistory: 'No changes', before: 'Before', after: 'After', empty: 'empty', whole: 'all of it',
  file: 'File', fileHint: 'CSV (UTF-8 or GB18030) or XLSX, routes also GeoJSON, at most 8 MB. The first line names the columns: an export is a template.', needFile: 'Choose a file', tooBig: 'The file is larger than 8 MB', dryRun: 'Dry run', dryHint: 'Checks and changes nothing', takeAll: 'Import all', takeGood: 'Import lines without a fault',
  lines: 'Lines', created: 'New', updated: 'Changed', unchanged: 'As they were', refused: 'Refused', applied: (v) => `Imported: registry version ${v}`, notApplied: 'Dry run: nothing is changed yet.', ignored: (c) => `Unknown columns left out: ${c}`, line: 'Line', column: 'Column', value: 'Value', want: 'Must be', wholeFile: 'whole file', problems: 'Refused lines', saveProblems: 'Save the refused lines', shown: (n) => `Only the first ${n} are listed`, as: (f) => `Export ${f}`,
};

export const words = { zh, en };
