// Words of inspections, rectification notices and hidden dangers.
import type { Widen } from '../lib/zh';

const zh = {
  nav: { label: '巡查', inspections: '巡查任务', draws: '随机抽查', notices: '限期整改', hazards: '隐患台账' },
  topic: { camera: '视频监控', kitchen: '食堂', guard: '安保与护学岗' },
  weight: { general: '一般', serious: '较重', major: '重大' },
  result: { pass: '合格', fail: '不合格', na: '不适用' },
  state: { planned: '待检查', done: '已完成', void: '已取消', issued: '已下达', received: '已签收', replied: '已回复待复查', reported: '已上报', assigned: '整改中', checked: '复查合格', closed: '已销号' },
  action: { plan: '列入计划', fill: '填写', finish: '完成', void: '取消', notice: '下达通知书', issue: '下达', receive: '签收', reply: '回复整改情况', pass: '复查通过', fail: '复查不通过', report: '上报', assign: '交办', reject: '不予立项', close: '销号', comment: '备注', attach: '添加图片' },
  number: '编号', site: '单位', what: '对象', stateWord: '状态', due: '期限', findings: '问题', updated: '最近更新', any: '全部', openOnly: '未办结', overdueOnly: '只看逾期', overdue: '逾期', none: '没有符合条件的记录', more: '更多', loaded: (n: number) => `${n} 条`,
  drawTitle: '随机抽查', drawNew: '新建抽查', size: '抽取数量', sizeHint: '每个乡镇至少一个，按数量分层', seed: '随机种子', seedHint: '留空由系统随机产生；也可填写公开号码', note: '说明', drawGo: '抽取', drawDone: (id: string, n: number) => `${id} 已抽取 ${n} 个，任务已列入计划`,
  algorithm: (n: number) => `算法第 ${n} 版`, population: '总体', drawn: '抽中', verify: '核验', verified: '核验通过：种子与总体重算结果一致', unverified: '核验不通过：记录与重算结果不一致', presentSame: '现登记总体未变', presentOther: '此后登记总体有变化', digest: '总体摘要', tasks: '查看任务', township: '乡镇', givenSeed: '指定种子', ownSeed: '系统种子',
  plan: '指定检查', planGo: '列入计划', device: '摄像头', choose: '请选择',
  form: '检查表', save: '保存', finish: '完成检查', saved: '已保存', sending: '发送中…', failed: '未成功', unanswered: (n: number) => `还有 ${n} 项未填写`, itemNote: '情况说明', weightWord: '程度', overallNote: '总体说明',
  issue: '下达限期整改通知书', days: '整改期限（工作日）', daysBad: '填写 1 到 60', demand: '整改要求', allGood: '全部合格，无须整改', openNotice: '查看通知书', done: '完成',
  pictures: '图片', addPicture: '添加图片', look: '查看（将记入审计）', badPicture: '请选择 5 MB 以内的 JPEG、PNG 或 WebP 图片', gone: '图片无法显示', history: '办理记录', noteBad: '请填写说明', assignee: '责任人账号', assigneeBad: '填写账号名',
  conflict: (by: string) => `${by} 刚刚修改过，已刷新，请核对后再试`, refused: '连接中断，此操作需联网，未发送', go: '确定', cancel: '取消', reload: '刷新',
  docTitle: '限期整改通知书', docNumber: (year: string, n: string) => `整改〔${year}〕${n} 号`, docTo: (name: string) => `${name}：`,
  docIntro: (day: string, topic: string, id: string) => `${day}，对你单位${topic}进行了检查（检查编号 ${id}），发现存在下列问题：`,
  docOrder: (day: string, days: string) => `请于 ${day} 前（${days} 个工作日内）完成整改，并书面回复整改情况。逾期未整改的，将按有关规定处理。`, docDemand: '整改要求：', docNot: '不符合：', docSeal: '（盖章处）', docIssuer: '下达单位', docDate: '下达日期', docReceipt: '签收人（签字）', docReceiptDate: '签收日期', docInspector: '检查人', docRound: (n: number) => `第 ${n} 次限期`, docCopies: '本通知书一式两份，一份交受检单位，一份存档。', print: '打印', reply: '学校回复', back: '返回列表',
  hazardTitle: '隐患台账', hazardNew: '上报隐患', hazardText: '隐患描述', hazardTextHint: '写明地点和现象，不写个人姓名', place: '具体部位', report: '上报', work: '整改情况', textBad: '请填写隐患描述', siteBad: '请选择单位', deviceBad: '请选择摄像头', otherAccount: '其他账号', reportedAs: (id: string) => `已登记，编号 ${id}`, detail: '详情', sizeBad: '数量不在允许范围', fieldBad: '填写有误',
};

const en: Widen<typeof zh> = {
  nav: { label: 'Inspections', inspections: 'Inspections', draws: 'Random draws', notices: 'Notices', hazards: 'Hidden dangers' },
  topic: { camera: 'Cameras', kitchen: 'Kitchen', guard: 'Guards and post' },
  weight: { general: 'general', serious: 'serious', major: 'major' },
  result: { pass: 'Good', fail: 'Not good', na: 'Not here' },
  state: { planned: 'To be made', done: 'Done', void: 'Called off', issued: 'Issued', received: 'Received', replied: 'Replied, to be checked', reported: 'Reported', assigned: 'Being mended', checked: 'Checked', closed: 'Closed' },
  action: { plan: 'planned', fill: 'filled in', finish: 'Done', void: 'Call off', notice: 'notice issued', issue: 'issued', receive: 'Confirm receipt', reply: 'Reply', pass: 'Re-check: passed', fail: 'Re-check: failed', report: 'reported', assign: 'Assign', reject: 'Not a danger', close: 'Close', comment: 'Comment', attach: 'picture added' },
  number: 'Number', site: 'Site', what: 'What', stateWord: 'State', due: 'Due', findings: 'Findings', updated: 'Changed', any: 'All', openOnly: 'Not closed', overdueOnly: 'Overdue only', overdue: 'overdue', none: 'Nothing of the kind', more: 'More', loaded: (n) => (n === 1 ? '1 row' : `${n} rows`),
  drawTitle: 'Random draws', drawNew: 'New draw', size: 'How many', sizeHint: 'One for each township at least; the rest by their size', seed: 'Seed', seedHint: 'Empty: a random one. Or a number that is public', note: 'Note', drawGo: 'Draw', drawDone: (id, n) => `${id}: ${n} drawn, and planned`,
  algorithm: (n) => `algorithm ${n}`, population: 'Of', drawn: 'Drawn', verify: 'Verify', verified: 'Verified: seed and population give the same result', unverified: 'Not verified: the record does not give this result', presentSame: 'the registry is the same today', presentOther: 'the registry has changed since', digest: 'Digest of the population', tasks: 'Its inspections', township: 'Township', givenSeed: 'seed given', ownSeed: 'seed by the system',
  plan: 'Plan one', planGo: 'Plan', device: 'Camera', choose: 'Choose',
  form: 'Form', save: 'Save', finish: 'Finish', saved: 'Saved', sending: 'Sending…', failed: 'Failed', unanswered: (n) => `${n} items have no answer`, itemNote: 'What was found', weightWord: 'Weight', overallNote: 'In general',
  issue: 'Issue a rectification notice', days: 'Working days given', daysBad: 'Give 1 to 60', demand: 'What is demanded', allGood: 'All is good: nothing to mend', openNotice: 'Open the notice', done: 'Done',
  pictures: 'Pictures', addPicture: 'Add a picture', look: 'Look (goes into the audit)', badPicture: 'Choose a JPEG, PNG or WebP picture of at most 5 MB', gone: 'The picture cannot be shown', history: 'History', noteBad: 'Please write a note', assignee: 'Account of who mends it', assigneeBad: 'Give the name of an account',
  conflict: (by) => `${by} has just changed it. It was fetched again: look, then try again`, refused: 'Disconnected: this needs the server. Nothing was sent', go: 'OK', cancel: 'Cancel', reload: 'Fetch again',
  docTitle: 'Rectification notice', docNumber: (year, n) => `No. ${n} of ${year}`, docTo: (name) => `To ${name}:`,
  docIntro: (day, topic, id) => `On ${day} your site was inspected (${topic}, inspection ${id}). The following was found:`,
  docOrder: (day, days) => `Put this right by the end of ${day} (${days} working days), and reply in writing what was done. What is not put right in time is dealt with by the rules.`, docDemand: 'What is demanded: ', docNot: 'Not met: ', docSeal: '(Seal)', docIssuer: 'Issued by', docDate: 'Date', docReceipt: 'Received by (signature)', docReceiptDate: 'Received on', docInspector: 'Inspector', docRound: (n) => `deadline ${n}`, docCopies: 'Two copies: one for the site, one for the files.', print: 'Print', reply: 'The school replied', back: 'Back to the list',
  hazardTitle: 'Hidden dangers', hazardNew: 'Report one', hazardText: 'What is dangerous', hazardTextHint: 'Where and what; no names of persons', place: 'Exact place', report: 'Report', work: 'What was done', textBad: 'Please say what is dangerous', siteBad: 'Please choose a site', deviceBad: 'Please choose a camera', otherAccount: 'Another account', reportedAs: (id) => `Entered as ${id}`, detail: 'Detail', sizeBad: 'Not a possible number', fieldBad: 'Something is wrong here',
};

export const words = { zh, en };
