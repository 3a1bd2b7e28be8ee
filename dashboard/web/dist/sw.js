// Made by shell.ts with each build.
const cacheName = "campusgate-8c74bf0b33aeaf8e";
const files = ["/assets/Account-CIMNLpFp.js","/assets/Accounts-D5k5Nt-t.js","/assets/Alarms-DjH89yBA.js","/assets/Audit-B4xhxwEM.js","/assets/Buses-CgHHwTl0.js","/assets/CamNav-D8cRtb8H.js","/assets/Camera-C8-yRbEU.js","/assets/Cameras-D8J3WrH3.js","/assets/CaseList-BAMxzobO.js","/assets/Config-BkFOYC0R.js","/assets/CountyMap-DUTi-rVD.js","/assets/CountyPanel-C6JbRpym.js","/assets/DeskNav-B9v-lkXH.js","/assets/DevicePage-C_wKEgHz.js","/assets/DeviceState-v_JAQ-jp.js","/assets/Devices-B-V_BD5H.js","/assets/ExportButton-CODy6rvF.js","/assets/Gate-C8Ki3aK7.js","/assets/GateDesk-DQQwtxBK.js","/assets/GateHistory-D_EDnbUp.js","/assets/GateNav-B7rcfVK5.js","/assets/Hazards-DvEJhv_M.js","/assets/HelpDialog-DLwUFoEJ.js","/assets/Icon-D5A9_Ycn.js","/assets/InspectNav-D8s5POH4.js","/assets/Inspections-MMIr922i.js","/assets/Login-C53r8pBr.js","/assets/LookTable-BUoIkQcn.js","/assets/Looks-DdEnQ0-t.js","/assets/Notice-C0Wfl5Ux.js","/assets/Notify-DkmPbxGW.js","/assets/Numbers-9Rg6Vyv8.js","/assets/Ops-Dx1UGWCy.js","/assets/Outcome-B5yb6_xe.js","/assets/Overview-D5oMDazK.js","/assets/Patrol-BimD-V0a.js","/assets/PermissionGrid-C_v5Vlsl.js","/assets/Player-CIds9LWI.js","/assets/Registry-YTKrc4Rc.js","/assets/Reports-D1GsUziA.js","/assets/Rules-C57cLlHJ.js","/assets/Shelved-D6vGhtR1.js","/assets/Shift-BH7yvncx.js","/assets/SiteContacts-CbU9WyC4.js","/assets/SitePage--ta2XF7I.js","/assets/StateBar-DTFbBXOi.js","/assets/TimeField-CNCOafz2.js","/assets/Unmask-Da8Xc6V5.js","/assets/Uptime-Cg7AtQOp.js","/assets/UptimeNav-BRwMRh-s.js","/assets/Wall-N7HmekWc.js","/assets/WeekDays-C__0nAap.js","/assets/account-NY5O7kyW.js","/assets/alarms-Dx7kNwUq.js","/assets/api-DcWi8Vbf.js","/assets/audit-C_TE2Xr4.js","/assets/buses.svelte-D6iOZOYz.js","/assets/clock.svelte-Bo2ZrFue.js","/assets/data.svelte-Dcko-Czy.js","/assets/datum-BbBEvd5a.js","/assets/desk-BO8Bs4QM.js","/assets/desk-ksUmnVco.js","/assets/en-BYQo1Q0O.js","/assets/gatelog-BmyKkEml.js","/assets/i18n.svelte-CzSWiIaH.js","/assets/index-Cqix30b7.js","/assets/inspect-B_iuChnS.js","/assets/keys.svelte-BB-PdWQr.js","/assets/mapbase-D2oQJwsd.js","/assets/maplibre-gl-qvkd0SPb.css","/assets/media-DtIUDkuV.js","/assets/numbers-Bw7YnbCN.js","/assets/ops-B4J5c7cB.js","/assets/passkey-C7NswXfr.js","/assets/router.svelte-BN7tAGEe.js","/assets/sender.svelte-D_h45VNJ.js","/assets/session.svelte-BlvMMk84.js","/assets/shell-DAI8eSut.js","/assets/style-Cm5Wu85e.css","/assets/types-CaNo_VkW.js","/assets/windows-DycSaZ3O.js","/"];
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
