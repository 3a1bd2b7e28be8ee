// Made by shell.ts with each build.
const cacheName = "campusgate-584a459a1003a680";
const files = ["/assets/Account-CIMNLpFp.js","/assets/Accounts-CLTOv0lp.js","/assets/Alarms-3lQTGV7L.js","/assets/Audit--AurKvSZ.js","/assets/Buses-DD-fzDpc.js","/assets/CamNav-CLuc4bfY.js","/assets/Camera-C_a9NKsc.js","/assets/Cameras-CHG4A5rF.js","/assets/CaseList-mzOHWbFI.js","/assets/Config-Crv4wT0C.js","/assets/CountyMap-D7QdZYxG.js","/assets/CountyPanel-By_45O9o.js","/assets/DeskNav-B9v-lkXH.js","/assets/DevicePage-1xz63LhV.js","/assets/DeviceState-v_JAQ-jp.js","/assets/Devices-D_B3enWF.js","/assets/ExportButton-CODy6rvF.js","/assets/Gate-D7Ck-gXE.js","/assets/GateDesk-BiLCmX58.js","/assets/GateHistory-dHaA3bQ3.js","/assets/GateNav-C58FlKj6.js","/assets/Hazards-Dg_SJwCo.js","/assets/HelpDialog-CbP6_VUb.js","/assets/Icon-D5A9_Ycn.js","/assets/InspectNav-BZv382Tf.js","/assets/Inspections-CLpRvliw.js","/assets/Login-BSoAxxDg.js","/assets/LookTable-DluiJUg0.js","/assets/Looks-DXGWquz1.js","/assets/Notice-DG0hTuyo.js","/assets/Notify-_6nwGwD-.js","/assets/Numbers-CEPDquDy.js","/assets/Ops-CFmFxOFq.js","/assets/Outcome-B5yb6_xe.js","/assets/Overview-Bg30jetv.js","/assets/Patrol-gQW5jylk.js","/assets/PermissionGrid-C_v5Vlsl.js","/assets/Player-Ev0R6it9.js","/assets/Registry-Ct77iMV_.js","/assets/Reports-BsmierGB.js","/assets/Rules-BA2hJmgn.js","/assets/Shelved-20GOc1uX.js","/assets/Shift-DB19l8lb.js","/assets/SiteContacts-D-Nqu6-l.js","/assets/SitePage-cYIURh4y.js","/assets/StateBar-BrDn3DTS.js","/assets/TimeField-CNCOafz2.js","/assets/Unmask-Da8Xc6V5.js","/assets/Uptime-BpEjesyy.js","/assets/UptimeNav-la_IfSg7.js","/assets/Wall-CkJX1T6n.js","/assets/WeekDays-C__0nAap.js","/assets/account-NY5O7kyW.js","/assets/alarms-Dx7kNwUq.js","/assets/api-DcWi8Vbf.js","/assets/audit-nOTfkAK5.js","/assets/buses.svelte-D_J83PXd.js","/assets/clock.svelte-Bo2ZrFue.js","/assets/data.svelte-Dhp8GvAc.js","/assets/datum-BbBEvd5a.js","/assets/desk-Bk5ls9Td.js","/assets/desk-ksUmnVco.js","/assets/en-BYQo1Q0O.js","/assets/gatelog-BmyKkEml.js","/assets/i18n.svelte-CzSWiIaH.js","/assets/index-CHyhqJVU.js","/assets/inspect-B_iuChnS.js","/assets/keys.svelte-BB-PdWQr.js","/assets/mapbase-D2oQJwsd.js","/assets/maplibre-gl-qvkd0SPb.css","/assets/media-ihe9lcUu.js","/assets/numbers-Bw7YnbCN.js","/assets/ops-B4J5c7cB.js","/assets/passkey-C7NswXfr.js","/assets/router.svelte-BN7tAGEe.js","/assets/sender.svelte-D_h45VNJ.js","/assets/session.svelte-DvbnUn94.js","/assets/shell-D4UkDeW8.js","/assets/style-CFRIejMi.css","/assets/types-CaNo_VkW.js","/assets/windows--yX2-SSP.js","/"];
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
