// Made by shell.ts with each build.
const cacheName = "campusgate-ca51b7911a46a5d4";
const files = ["/assets/Account-CIMNLpFp.js","/assets/Accounts-D5k5Nt-t.js","/assets/Alarms-B5rUlIUO.js","/assets/Audit-BBK_H_EY.js","/assets/Buses-BeO6oF6A.js","/assets/CamNav-D8cRtb8H.js","/assets/Camera-DKBguMnT.js","/assets/Cameras-Dvaitfho.js","/assets/CaseList-DyteXbc-.js","/assets/Config-BkFOYC0R.js","/assets/CountyMap-B57ZtJ-_.js","/assets/CountyPanel-C2IpdMPL.js","/assets/DeskNav-B9v-lkXH.js","/assets/DevicePage-BalyCtYs.js","/assets/DeviceState-v_JAQ-jp.js","/assets/Devices-C89pywxU.js","/assets/ExportButton-CODy6rvF.js","/assets/Gate-_p9ViB1R.js","/assets/GateDesk-CLwk_-aT.js","/assets/GateHistory-DCqHAUTG.js","/assets/GateNav-B7rcfVK5.js","/assets/Hazards-MUiH8FYp.js","/assets/HelpDialog-BgaRLlrG.js","/assets/Icon-D5A9_Ycn.js","/assets/InspectNav-D8s5POH4.js","/assets/Inspections-DBqDwJw6.js","/assets/Login-Ehw3Moq9.js","/assets/LookTable-BUoIkQcn.js","/assets/Looks-CQ7I7JAW.js","/assets/Notice-C0Wfl5Ux.js","/assets/Notify-DITqzYiG.js","/assets/Numbers-D5dzSpOe.js","/assets/Ops-BU8_2cVe.js","/assets/Outcome-B5yb6_xe.js","/assets/Overview-llQ0XPHp.js","/assets/Patrol-Wg6fnWaH.js","/assets/PermissionGrid-C_v5Vlsl.js","/assets/Player-CIds9LWI.js","/assets/Registry-3WbZfCCs.js","/assets/Reports-D1GsUziA.js","/assets/Rules-C57cLlHJ.js","/assets/Shelved-W93EYWT3.js","/assets/Shift-z_Iqyil7.js","/assets/SiteContacts-CbU9WyC4.js","/assets/SitePage-CzsJ3_ER.js","/assets/StateBar-BF3dipZD.js","/assets/TimeField-CNCOafz2.js","/assets/Unmask-Da8Xc6V5.js","/assets/Uptime-B1EQ2mO5.js","/assets/UptimeNav-BRwMRh-s.js","/assets/Wall-TMdqMADY.js","/assets/WeekDays-C__0nAap.js","/assets/account-NY5O7kyW.js","/assets/alarms-Dx7kNwUq.js","/assets/api-DcWi8Vbf.js","/assets/audit-C_TE2Xr4.js","/assets/buses.svelte-cJIkEC51.js","/assets/clock.svelte-Bo2ZrFue.js","/assets/data.svelte-Dcko-Czy.js","/assets/datum-BbBEvd5a.js","/assets/desk-BO8Bs4QM.js","/assets/desk-ksUmnVco.js","/assets/en-BYQo1Q0O.js","/assets/gatelog-BmyKkEml.js","/assets/i18n.svelte-CzSWiIaH.js","/assets/index-BCK2OmoM.js","/assets/inspect-B_iuChnS.js","/assets/keys.svelte-BB-PdWQr.js","/assets/mapbase-D2oQJwsd.js","/assets/maplibre-gl-qvkd0SPb.css","/assets/media-DtIUDkuV.js","/assets/numbers-Bw7YnbCN.js","/assets/ops-B4J5c7cB.js","/assets/passkey-C7NswXfr.js","/assets/router.svelte-BN7tAGEe.js","/assets/sender.svelte-D_h45VNJ.js","/assets/session.svelte-BlvMMk84.js","/assets/shell-CtQb04rl.js","/assets/style-D6ha7Ikc.css","/assets/types-CaNo_VkW.js","/assets/windows-DycSaZ3O.js","/"];
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
