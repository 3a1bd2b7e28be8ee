// Made by shell.ts with each build.
const cacheName = "campusgate-191c6260d63473b7";
const files = ["/assets/Account-CIMNLpFp.js","/assets/Accounts-CLTOv0lp.js","/assets/Alarms-C9HXZisl.js","/assets/Audit-CwcO8fkh.js","/assets/Buses-x7zWabmV.js","/assets/CamNav-CLuc4bfY.js","/assets/Camera-D4eZAe2l.js","/assets/Cameras-DVVLvNIU.js","/assets/CaseList-JEuDYFP9.js","/assets/Config-Crv4wT0C.js","/assets/CountyMap-N_IpLcDj.js","/assets/CountyPanel-yvCxKr6I.js","/assets/DeskNav-B9v-lkXH.js","/assets/DevicePage-BQD7PoBa.js","/assets/DeviceState-v_JAQ-jp.js","/assets/Devices-BdL03qzD.js","/assets/ExportButton-CODy6rvF.js","/assets/Gate--gFHdqOn.js","/assets/GateDesk-B3EB9xTN.js","/assets/GateHistory-D6xqmBhY.js","/assets/GateNav-C58FlKj6.js","/assets/Hazards-BQP72J6F.js","/assets/HelpDialog-W7NCw4fB.js","/assets/Icon-D5A9_Ycn.js","/assets/InspectNav-BZv382Tf.js","/assets/Inspections-B7dW14D2.js","/assets/Login-Bsl50O72.js","/assets/LookTable-DluiJUg0.js","/assets/Looks-Dwa97Jq-.js","/assets/Notice-DG0hTuyo.js","/assets/Notify-DPjzTeEE.js","/assets/Numbers-CPrkHDaQ.js","/assets/Ops-oKvyhSFI.js","/assets/Outcome-B5yb6_xe.js","/assets/Overview-DGY2-6XR.js","/assets/Patrol-Bjqaionx.js","/assets/PermissionGrid-C_v5Vlsl.js","/assets/Player-Ev0R6it9.js","/assets/Registry-DMJZwrz9.js","/assets/Reports-DDtXPPRx.js","/assets/Rules-BA2hJmgn.js","/assets/Shelved-Wr2Vqokr.js","/assets/Shift-BWkAxlQV.js","/assets/SiteContacts-D-Nqu6-l.js","/assets/SitePage-C7O04xeJ.js","/assets/StateBar-CLnYlQky.js","/assets/TimeField-CNCOafz2.js","/assets/Unmask-Da8Xc6V5.js","/assets/Uptime-CeCeqOBw.js","/assets/UptimeNav-la_IfSg7.js","/assets/Wall-DZWsEIkv.js","/assets/WeekDays-C__0nAap.js","/assets/account-NY5O7kyW.js","/assets/alarms-Dx7kNwUq.js","/assets/api-DcWi8Vbf.js","/assets/audit-nOTfkAK5.js","/assets/buses.svelte-D1kh55th.js","/assets/clock.svelte-Bo2ZrFue.js","/assets/data.svelte-Dhp8GvAc.js","/assets/datum-BbBEvd5a.js","/assets/desk-Bk5ls9Td.js","/assets/desk-ksUmnVco.js","/assets/en-BYQo1Q0O.js","/assets/gatelog-BmyKkEml.js","/assets/i18n.svelte-CzSWiIaH.js","/assets/index-Cls8lzN3.js","/assets/inspect-B_iuChnS.js","/assets/keys.svelte-BB-PdWQr.js","/assets/mapbase-D2oQJwsd.js","/assets/maplibre-gl-qvkd0SPb.css","/assets/media-ihe9lcUu.js","/assets/numbers-Bw7YnbCN.js","/assets/ops-B4J5c7cB.js","/assets/passkey-C7NswXfr.js","/assets/router.svelte-BN7tAGEe.js","/assets/sender.svelte-D_h45VNJ.js","/assets/session.svelte-DvbnUn94.js","/assets/shell-YQng3hT7.js","/assets/style-CFRIejMi.css","/assets/types-CaNo_VkW.js","/assets/windows--yX2-SSP.js","/"];
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
