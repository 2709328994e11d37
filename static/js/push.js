/* Reminders in this browser: offered where they can be shown, turned on and off. Without JavaScript nothing is offered. */
(() => {
  const box = document.getElementById('push');
  if (!box || !('serviceWorker' in navigator) || !('PushManager' in window) || !('Notification' in window)) return;
  if (Notification.permission === 'denied') return;
  const form = box.querySelector('form'), button = form.querySelector('button'), said = box.querySelector('[role="status"]');
  const words = box.dataset;
  let on = false, busy = false;

  const base64url = buffer => btoa(String.fromCharCode(...new Uint8Array(buffer))).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
  const bytes = text => Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), letter => letter.charCodeAt(0));

  function show(state) {
    on = state;
    button.lastElementChild.textContent = on ? words.off : words.on;
    box.classList.toggle('push-on', on);
    box.hidden = false;
  }

  function say(text, failed = false) {
    said.textContent = text;
    said.classList.toggle('flag-out', failed);
    said.classList.toggle('flag-ok', !failed);
  }

  async function subscription() {
    const registration = await navigator.serviceWorker.getRegistration('/');
    return await registration?.pushManager.getSubscription() ?? null;
  }

  /* What the shop knows: somebody else may be signed in by now, or reminders were turned off elsewhere. */
  async function known(one) {
    const hash = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(one.endpoint));
    const hex = [...new Uint8Array(hash)].map(byte => byte.toString(16).padStart(2, '0')).join('');
    const answer = await fetch(`${form.getAttribute('action')}/${hex}`, { cache: 'no-store' });
    return answer.ok && (await answer.json()).on;
  }

  async function send(address, fields) {
    const body = new FormData(form);
    for (const [name, value] of Object.entries(fields)) body.set(name, value);
    const answer = await fetch(address, { method: 'POST', body });
    if (!answer.ok) throw new Error(String(answer.status));
  }

  async function turnOn() {
    if (await Notification.requestPermission() !== 'granted') return say(words.denied, true);
    const registration = await navigator.serviceWorker.register(words.worker, { scope: '/' });
    await navigator.serviceWorker.ready;
    let one = await registration.pushManager.getSubscription();
    if (one && base64url(one.options.applicationServerKey) !== words.key) {   /* of a key that the shop no longer has */
      await one.unsubscribe();
      one = null;
    }
    one ??= await registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: bytes(words.key) });
    const fields = { endpoint: one.endpoint, p256dh: base64url(one.getKey('p256dh')), auth: base64url(one.getKey('auth')) };
    if ('handsOver' in words) return handOver(fields);
    await send(form.action, fields);
    show(true);
    say(words.done);
  }

  /* For once only, as the form says: the answer is the page that the form leads to. */
  function handOver(fields) {
    for (const [name, value] of Object.entries(fields)) form.elements[name].value = value;
    form.submit();
  }

  async function turnOff() {
    const one = await subscription();
    if (one) await send(words.removal, { endpoint: one.endpoint });           /* the shop first: its word decides */
    await one?.unsubscribe();
    show(false);
    say(words.ended);
  }

  form.addEventListener('submit', async event => {
    event.preventDefault();
    if (busy) return;
    busy = true;                                                   /* that it is pressed, ui.js shows */
    try { await (on ? turnOff() : turnOn()); } catch { say(words.failed, true); }
    busy = false;
    button.removeAttribute('aria-busy');
  });

  /* Whoever signs out here leaves the browser to others: it gives up its end, which the push service tells the shop. */
  for (const leaving of document.querySelectorAll('form[data-leaves]')) {
    leaving.addEventListener('submit', async event => {
      event.preventDefault();
      const late = new Promise(resolve => setTimeout(resolve, 2000));
      await Promise.race([subscription().then(one => one?.unsubscribe()), late]).catch(() => {});
      leaving.submit();
    }, { once: true });
  }

  if ('handsOver' in words) show(false);
  else subscription().then(one => one && known(one)).catch(() => false).then(state => show(Boolean(state)));
})();
