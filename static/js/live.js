/* An open cart page follows what changes elsewhere: the live process says when to look, or it looks by itself now and then. */
(() => {
  const place = document.getElementById('live');
  if (!place) return;
  const UNTOLD = 120_000, HIDDEN = 60_000, FRESH = 30_000;
  const cart = () => document.getElementById('cart');
  let ticket = place.dataset.ticket, source, shows = '', hears = false, opened = false;
  let busy = 0, sent = 0, looking = false, owed = null, looked = Date.now(), failures = 0, asleep;

  /* Ask the shop what is new. Never while a form is on its way: its answer comes first. */
  async function look(version = null) {
    if (busy || looking) { owed = { version: owed && owed.version !== version ? null : version }; return; }
    looking = true;
    const before = sent;
    try {
      const headers = { 'HX-Request': 'true', 'HX-Request-Type': 'partial', 'If-None-Match': `W/"${cart().dataset.tag}"` };
      const answer = await fetch(place.dataset.region, { headers, cache: 'no-store' });
      const text = answer.status === 200 ? await answer.text() : '';
      if (busy || sent !== before) owed = { version: null };
      else if (answer.headers.get('HX-Refresh')) location.reload();
      else if (answer.ok || answer.status === 304) {
        if (text) await put(text);
        looked = Date.now();
        take(answer.headers.get('Live-Ticket'));
      }
    } catch { /* no way to the shop: the next occasion will do */ }
    looking = false;
    settle();
  }

  /* Morph the region; what is unfolded, typed or focused stays, and nothing else takes the focus. */
  async function put(text) {
    const untouched = [...cart().querySelectorAll('input')].filter(e => e.type === 'checkbox' || e.value === e.defaultValue);
    const focused = document.activeElement !== document.body;
    htmx.config.morphIgnore.push('open');
    await htmx.swap({ text, target: cart(), swap: 'outerMorph', sourceElement: place }).finally(() => htmx.config.morphIgnore.pop());
    for (const e of untouched) if (e.type === 'checkbox') e.checked = e.defaultChecked; else e.value = e.defaultValue;
    if (focused && document.activeElement === document.body) document.querySelector('[data-refocus]')?.focus({ preventScroll: true });
  }
  place.addEventListener('htmx:after:swap', e => e.stopPropagation());   /* ui.js looks after the focus of answers to forms */

  /* A new ticket for another cart (somebody signed in or out in another tab), or lines that the stream does not know of. */
  function take(fresh) {
    if (fresh?.split('.')[1] !== ticket?.split('.')[1]) stop();
    ticket = fresh;
    listen();
  }

  function listen() {
    if (source && !cart().dataset.shows.split('.').every(tail => shows.includes(tail))) stop();
    if (source || !ticket || !place.dataset.stream || document.hidden) return;
    shows = cart().dataset.shows;
    source = new EventSource(`${place.dataset.stream}?${new URLSearchParams({ ticket, v: cart().dataset.version, shows })}`);
    source.onopen = () => { hears = opened = true; failures = 0; };
    source.onerror = () => {
      const comesBack = opened && source?.readyState !== EventSource.CLOSED;   /* the browser does, once */
      hears = opened = false;
      if (comesBack) return;
      stop();
      setTimeout(look, Math.min(UNTOLD, 5_000 * 2 ** failures++) * (0.5 + Math.random() / 2));
    };
    source.addEventListener('changed', e => {
      if (e.data === '0') setTimeout(look, 1_500);   /* signed in or out in another tab, whose new cookies may still be on their way */
      if (e.data !== cart().dataset.version) look(e.data);
    });
    source.addEventListener('look', () => { hears = true; look(); });
    source.addEventListener('deaf', () => { hears = false; });
    source.addEventListener('renew', () => { stop(); look(); });
  }

  function stop() {
    source?.close();
    source = undefined;
    hears = opened = false;
  }

  function settle() {
    if (busy || looking) return;
    listen();
    const { version } = owed ?? { version: cart().dataset.version };     /* our own change comes back to us, too */
    owed = null;
    if (version !== cart().dataset.version) look();
  }

  function wake() {
    if (document.hidden) return;
    if (Date.now() - looked > (hears ? FRESH : 1_000)) look(); else listen();
  }

  addEventListener('htmx:before:request', () => { busy++; sent++; });
  addEventListener('htmx:finally:request', () => { busy--; looked = Date.now(); settle(); });
  document.addEventListener('visibilitychange', () => {
    clearTimeout(asleep);
    if (document.hidden) asleep = setTimeout(stop, HIDDEN); else wake();
  });
  for (const occasion of ['focus', 'online', 'pageshow']) addEventListener(occasion, wake);
  addEventListener('pagehide', stop);
  new BroadcastChannel('cart').addEventListener('message', () => ticket || look());
  setInterval(() => document.hidden || hears || look(), UNTOLD);
  listen();
})();
