/* The shop's service worker: shows reminders that were pushed, and opens what they lead to. It answers no requests of pages. */
addEventListener('install', () => skipWaiting());
addEventListener('activate', e => e.waitUntil(clients.claim()));

addEventListener('push', e => {
  let message = {};
  try { message = e.data?.json() ?? {}; } catch { /* not ours; yet browsers want something to be shown for every push */ }
  const rtl = /^(fa|ar|he|ur)\b/.test(message.locale ?? '');
  e.waitUntil(registration.showNotification(message.title || location.hostname, {
    body: message.text ?? '',
    tag: message.tag,                                             /* the same message twice is shown once */
    lang: message.locale ?? '',
    dir: rtl ? 'rtl' : 'ltr',
    icon: '/static/img/mark.png',
    data: { url: message.url ?? '/cart' },
  }));
});

addEventListener('notificationclick', e => {
  e.notification.close();
  e.waitUntil(open(e.notification.data?.url));
});

/* In a tab of the shop if there is one, but never in place of a checkout that is half filled in. */
async function open(to) {
  let url = new URL(to ?? '/cart', location.origin);
  if (url.origin !== location.origin) url = new URL('/cart', location.origin);
  const tabs = (await clients.matchAll({ type: 'window', includeUncontrolled: true }))
    .filter(tab => !new URL(tab.url).pathname.startsWith('/checkout'));
  for (const tab of tabs.sort((one, other) => other.focused - one.focused)) {
    try {
      const there = tab.url === url.href ? tab : await tab.navigate(url.href);
      await (there ?? tab).focus().catch(() => {});               /* a browser may not let us come to the front */
      return;
    } catch { /* a tab that is not ours to lead: the next one, or a new one */ }
  }
  await clients.openWindow(url.href);
}
