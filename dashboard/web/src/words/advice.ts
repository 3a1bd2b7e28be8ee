// What to do about an alarm, by rule, in the order of doing it. The county's rules bring
// their own advice in the alarm's text.
const zh: Record<string, string[]> = {
  emergency_call: ['立即拨打学校值班电话并调看最近的摄像头。', '无法联系或情况属实：拨打 110，通知最近警务点。', '记录到场时间和处置结果。'],
  bus_sos: ['立即联系驾驶员和随车照管员。', '无应答：按最后位置通知交警和 110。', '联系学校，告知家长安抚口径。'],
  bus_pupil_left_behind: ['立即电话要求驾驶员逐排查车。', '车已锁：通知场站值班人员开车门，必要时破窗。', '联系学校核对人数，身体不适拨打 120。'],
  gas: ['通知食堂立即关闭总阀、停火、开窗，不要动电器开关。', '疏散人员；浓度持续上升拨打 119。', '专业人员检测合格后方可恢复。'],
  smoke: ['调看摄像头，电话核实火情。', '有明火或无法核实：启动疏散并拨打 119。', '排除后写明烟雾来源。'],
  fever_cluster: ['通知校医和分管领导，安排发热学生单独等候。', '核对班级、宿舍、食堂关联，登记名单。', '按规定时限报告疾控部门。'],
  fever: ['通知校医用水银或腋下体温计复测。', '复测超限：单独等候，联系家长就医。', '登记复测结果。'],
  gate_forced: ['调看该门摄像头，核实闯入人员去向。', '通知门卫和警务点拦查，必要时拨打 110。', '保存录像片段作为证据。'],
  visitor_unregistered: ['通知门卫核实身份并补登记。', '无法核实：由保安陪同离校。'],
  visitor_overstay: ['联系被访人确认访客位置。', '请访客离校并在门岗登记离开时间。'],
  pupil_out_unapproved: ['通知门卫拦停，联系班主任核实。', '已离开：立即联系监护人，必要时报 110。'],
  bus_overspeed: ['电话提醒驾驶员降速。', '持续超速：通知场站负责人，记录违规。'],
  bus_overcapacity: ['联系随车照管员清点人数。', '确有超员：安排接驳车，不得继续行驶。'],
  bus_off_route: ['联系驾驶员问明原因。', '无应答或原因不明：持续跟踪位置并通知交警。'],
  bus_silent: ['联系驾驶员或照管员确认位置和人数。', '联系不上：按最后位置派人查找。'],
  site_outage: ['先联系学校确认是否停电。', '未停电：联系网络运维查主交换机和线路。', '恢复前请学校加强人工值守。'],
  camera_mass_outage: ['检查录像机、交换机供电。', '通知运维到场，预计时间写入备注。'],
  cold_store: ['通知食堂检查门是否关严、压缩机是否运行。', '超过 2 小时：转移食品，按规定处置。'],
  freezer: ['通知食堂检查冷冻库门和压缩机。', '食品已化冻：不得复冻使用，登记处置。'],
  entry_out_of_hours: ['调看摄像头核实进入人员。', '与学校核对是否有加班或施工安排。'],
  gate_denied_repeatedly: ['通知门卫到场核实。', '确认卡片或人脸信息是否过期。'],
  visitor_unmeasured: ['通知门卫补测体温。'],
  visitor_items_unchecked: ['通知门卫补查随身物品。'],
  thermometer_fault: ['改用手持体温计，通知运维更换或校准。'],
  kitchen_silent: ['联系食堂确认设备供电。', '人工测量并登记温度，直到恢复。'],
  camera_down: ['查看同一交换机下其他设备是否正常。', '派单给运维，写明预计恢复时间。'],
  camera_flapping: ['检查供电、网线和接头。', '派单给运维；频繁时可搁置并写明原因。'],
  device_silent: ['联系学校确认设备供电和网络。', '派单给运维。'],
  clock_wrong: ['通知运维核对设备时间同步设置。'],
  sequence_gap: ['检查该设备离线缓存，必要时补传。'],
  journal_dropping: ['立即通知系统管理员：数据正在丢失。', '检查磁盘空间和数据库连接。'],
};

const en: Record<string, string[]> = {
  emergency_call: ['Call the school on duty now and look at the nearest camera.', 'No answer, or it is true: call 110 and the nearest police post.', 'Write down when help arrived and what was done.'],
  bus_sos: ['Call driver and attendant now.', 'No answer: give the last position to the traffic police and 110.', 'Tell the school.'],
  bus_pupil_left_behind: ['Have the driver walk the bus row by row, now.', 'Locked: have the depot open it, break a window if need be.', 'Check heads with the school; call 120 for anybody unwell.'],
  gas: ['Have the kitchen close the main valve, put fires out and open windows; no switches.', 'Evacuate; still rising: call 119.', 'Back to work only after it was measured.'],
  smoke: ['Look at the cameras and call to check.', 'Fire, or no way to check: evacuate and call 119.', 'Write down where the smoke came from.'],
  fever_cluster: ['Tell the school doctor and the head; let the pupils wait apart.', 'Look for class, dormitory and canteen in common; list them.', 'Report to disease control within the time prescribed.'],
  fever: ['Have the doctor measure again under the arm.', 'Still over: wait apart, call the guardian.', 'Write down the second measurement.'],
  gate_forced: ['Look at the gate\'s camera: who, and where to?', 'Tell guard and police post; 110 if need be.', 'Keep the recording as evidence.'],
  visitor_unregistered: ['Have the guard check and register the visitor.', 'Cannot be checked: show out with an escort.'],
  visitor_overstay: ['Ask the host where the visitor is.', 'Have the visitor leave and sign out.'],
  pupil_out_unapproved: ['Have the guard stop the pupil and ask the class teacher.', 'Gone already: call the guardian now, 110 if need be.'],
  bus_overspeed: ['Call the driver to slow down.', 'Goes on: tell the depot and record it.'],
  bus_overcapacity: ['Have the attendant count.', 'Too many: send a second bus; do not drive on.'],
  bus_off_route: ['Ask the driver why.', 'No answer or no reason: follow the position and tell the traffic police.'],
  bus_silent: ['Call driver or attendant for place and heads.', 'No answer: send somebody to the last position.'],
  site_outage: ['Ask the school whether the power is off.', 'It is on: have switch and line checked.', 'Ask for guards by hand until it is back.'],
  camera_mass_outage: ['Check power of recorder and switch.', 'Send maintenance; note when it should be back.'],
  cold_store: ['Have the kitchen check door and compressor.', 'Over 2 hours: move the food and follow the rules.'],
  freezer: ['Have the kitchen check door and compressor.', 'Thawed food is not frozen again; record it.'],
  entry_out_of_hours: ['Look at the camera: who entered?', 'Ask the school about late work.'],
  gate_denied_repeatedly: ['Have the guard look.', 'Check whether card or face has expired.'],
  visitor_unmeasured: ['Have the guard measure now.'],
  visitor_items_unchecked: ['Have the guard check the bags now.'],
  thermometer_fault: ['Measure by hand; have it replaced or calibrated.'],
  kitchen_silent: ['Ask the kitchen about power.', 'Measure and write down by hand until it is back.'],
  camera_down: ['See whether others on the same switch work.', 'Send maintenance; note when it should be back.'],
  camera_flapping: ['Check power, cable and plug.', 'Send maintenance; shelve it with a reason if it goes on.'],
  device_silent: ['Ask the school about power and network.', 'Send maintenance.'],
  clock_wrong: ['Have the device\'s time source checked.'],
  sequence_gap: ['Look for records kept in the device and have them sent.'],
  journal_dropping: ['Tell the administrator now: data is being lost.', 'Check disk space and the database.'],
};

export const words = { zh, en };

/** The advice that a county's rule put behind its text, and the text without it. */
export function splitAdvice(text: string): { text: string; advice: string } {
  for (const mark of ['。处置：', '. What to do: ']) {
    const at = text.indexOf(mark);
    if (at >= 0) return { text: text.slice(0, at + 1), advice: text.slice(at + mark.length) };
  }
  return { text, advice: '' };
}
