// Made by shell.ts with each build.
const cacheName = "campusgate-5519a759580e3c22";
const files = ["/assets/Account-CIMNLpFp.js","/assets/Accounts-CLTOv0lp.js","/assets/Alarms-C_DYmjyT.js","/assets/Audit-BsumMhA6.js","/assets/Buses-BTNRwYJW.js","/assets/CamNav-D0SJ2n30.js","/assets/Camera-DFNJoBg-.js","/assets/Cameras-BW87K1xb.js","/assets/CaseList-BzC8pYG1.js","/assets/Config-BkFOYC0R.js","/assets/CountyMap-CyHVXpaq.js","/assets/CountyPanel-B7zZgDVi.js","/assets/DeskNav-B9v-lkXH.js","/assets/DevicePage-DVVgMO1G.js","/assets/DeviceState-v_JAQ-jp.js","/assets/Devices-ecwdg9d9.js","/assets/ExportButton-CODy6rvF.js","/assets/Gate-DcTqHU2y.js","/assets/GateDesk-BhVOiUCI.js","/assets/GateHistory-D5R9xmRZ.js","/assets/GateNav-CfaE8EuH.js","/assets/Hazards-BC6OmOmL.js","/assets/HelpDialog-hgOnGssC.js","/assets/Icon-D5A9_Ycn.js","/assets/InspectNav-BPmzIn9i.js","/assets/Inspections-DnAljMGk.js","/assets/Login-Cx1DG1IL.js","/assets/LookTable-aJwjjp-9.js","/assets/Looks-_wBe9D7w.js","/assets/Notice-Y7jtmSlb.js","/assets/Notify-Dp8J86qS.js","/assets/Numbers-CGKcqsCS.js","/assets/Ops-Bwb9goJJ.js","/assets/Outcome-B5yb6_xe.js","/assets/Overview-r65tIldG.js","/assets/Patrol-DvB8yCpQ.js","/assets/PermissionGrid-C_v5Vlsl.js","/assets/Player-CIds9LWI.js","/assets/Registry-DnC5DkAJ.js","/assets/Reports-sXa4b_mZ.js","/assets/Rules--24gHzow.js","/assets/Shelved-B0tzXHeT.js","/assets/Shift-B9QBRiw4.js","/assets/SiteContacts-D-Nqu6-l.js","/assets/SitePage-BQEzDpOl.js","/assets/StateBar-DVge-X5d.js","/assets/TimeField-CNCOafz2.js","/assets/Unmask-Da8Xc6V5.js","/assets/Uptime-BFUnUfIb.js","/assets/UptimeNav-CZdTvRqN.js","/assets/Wall-CNYEO0TT.js","/assets/WeekDays-C__0nAap.js","/assets/account-NY5O7kyW.js","/assets/alarms-Dx7kNwUq.js","/assets/api-DcWi8Vbf.js","/assets/audit-C_TE2Xr4.js","/assets/buses.svelte-TDh-sEkH.js","/assets/clock.svelte-Bo2ZrFue.js","/assets/data.svelte-CF7bZS8y.js","/assets/datum-BbBEvd5a.js","/assets/desk-CF-FQnxG.js","/assets/desk-ksUmnVco.js","/assets/en-BYQo1Q0O.js","/assets/gatelog-BmyKkEml.js","/assets/i18n.svelte-CzSWiIaH.js","/assets/index-ViiCqbyE.js","/assets/inspect-B_iuChnS.js","/assets/keys.svelte-BB-PdWQr.js","/assets/mapbase-D2oQJwsd.js","/assets/maplibre-gl-qvkd0SPb.css","/assets/media-DtIUDkuV.js","/assets/numbers-Bw7YnbCN.js","/assets/ops-B4J5c7cB.js","/assets/passkey-C7NswXfr.js","/assets/router.svelte-BN7tAGEe.js","/assets/sender.svelte-D_h45VNJ.js","/assets/session.svelte-DvbnUn94.js","/assets/shell-DNfS5M7J.js","/assets/style-Cm5Wu85e.css","/assets/types-CaNo_VkW.js","/assets/windows-DgWYVfPj.js","/"];
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
