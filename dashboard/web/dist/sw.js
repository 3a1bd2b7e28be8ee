// Made by shell.ts with each build.
const cacheName = "campusgate-248152559b367ac3";
const files = ["/assets/Account-CIMNLpFp.js","/assets/Accounts-CLTOv0lp.js","/assets/Alarms-De_v5tDH.js","/assets/Audit-DdP9snnH.js","/assets/Buses-CdX9upZd.js","/assets/CamNav-D0SJ2n30.js","/assets/Camera-fGr6IB31.js","/assets/Cameras-BwS30HQF.js","/assets/CaseList-BInyaRZH.js","/assets/Config-BkFOYC0R.js","/assets/CountyMap-CdlYheSY.js","/assets/CountyPanel-kUjrPGdj.js","/assets/DeskNav-B9v-lkXH.js","/assets/DevicePage-BiLpM9gy.js","/assets/DeviceState-v_JAQ-jp.js","/assets/Devices-BPaUP0FH.js","/assets/ExportButton-CODy6rvF.js","/assets/Gate-3W9rHjzY.js","/assets/GateDesk-sJErwNK-.js","/assets/GateHistory-yOGmUNy8.js","/assets/GateNav-CfaE8EuH.js","/assets/Hazards-CdNkKE0y.js","/assets/HelpDialog-WhZEvGSh.js","/assets/Icon-D5A9_Ycn.js","/assets/InspectNav-BZv382Tf.js","/assets/Inspections-BW4dq96O.js","/assets/Login-RSBMbvgV.js","/assets/LookTable-BUioERt9.js","/assets/Looks-BXE3bkai.js","/assets/Notice-DG0hTuyo.js","/assets/Notify-D-MXXVU3.js","/assets/Numbers-CCsxTff5.js","/assets/Ops-CPYQbRJF.js","/assets/Outcome-B5yb6_xe.js","/assets/Overview-BQeYJABz.js","/assets/Patrol-DLvt7KTE.js","/assets/PermissionGrid-C_v5Vlsl.js","/assets/Player-CIds9LWI.js","/assets/Registry-BOxgDVnZ.js","/assets/Reports-CX_iLZ96.js","/assets/Rules-BA2hJmgn.js","/assets/Shelved-CJMPhRBr.js","/assets/Shift-BiInBaiw.js","/assets/SiteContacts-D-Nqu6-l.js","/assets/SitePage-DPfAChNG.js","/assets/StateBar-23x708d8.js","/assets/TimeField-CNCOafz2.js","/assets/Unmask-Da8Xc6V5.js","/assets/Uptime-BevU0AsD.js","/assets/UptimeNav-CZdTvRqN.js","/assets/Wall-CmtbQex2.js","/assets/WeekDays-C__0nAap.js","/assets/account-NY5O7kyW.js","/assets/alarms-Dx7kNwUq.js","/assets/api-DcWi8Vbf.js","/assets/audit-C_TE2Xr4.js","/assets/buses.svelte-UPChhAnd.js","/assets/clock.svelte-Bo2ZrFue.js","/assets/data.svelte-Dhp8GvAc.js","/assets/datum-BbBEvd5a.js","/assets/desk-Bk5ls9Td.js","/assets/desk-ksUmnVco.js","/assets/en-BYQo1Q0O.js","/assets/gatelog-BmyKkEml.js","/assets/i18n.svelte-CzSWiIaH.js","/assets/index-B4NPOtll.js","/assets/inspect-B_iuChnS.js","/assets/keys.svelte-BB-PdWQr.js","/assets/mapbase-D2oQJwsd.js","/assets/maplibre-gl-qvkd0SPb.css","/assets/media-DtIUDkuV.js","/assets/numbers-Bw7YnbCN.js","/assets/ops-B4J5c7cB.js","/assets/passkey-C7NswXfr.js","/assets/router.svelte-BN7tAGEe.js","/assets/sender.svelte-D_h45VNJ.js","/assets/session.svelte-DvbnUn94.js","/assets/shell-D8F8SgZO.js","/assets/style-Cm5Wu85e.css","/assets/types-CaNo_VkW.js","/assets/windows--yX2-SSP.js","/"];
addEventListener('install', (e) => {
  e.waitUntil(caches.open(cacheName).then((c) => c.addAll(files.map((f) => new Request(f, { cache: 'reload' })))).then(() => skipWaiting()));
});
addEventListener('activate', (e) => {
  e.waitUntil(caches.keys().then((all) => Promise.all(all.filter((n) => n.startsWith('campusgate-') && n !== cacheName).map((n) => caches.delete(n)))).then(() => clients.claim()));
});
addEventListener('fetch', (e) => {
  const url = new URL(e.request.url);
  if (e.request.method !== 'GET' || url.origin !== location.origin || url.pathname.startsWith('/api/')) return;
  const kept = (path) => caches.open(cacheName).then((c) => c.match(path, { ignoreVary: true }));
  if (e.request.mode === 'navigate') {
    e.respondWith(fetch(e.request).catch(() => kept('/').then((r) => r ?? Response.error())));
  } else if (files.includes(url.pathname)) {
    e.respondWith(kept(url.pathname).then((r) => r ?? fetch(e.request)));
  }
});
