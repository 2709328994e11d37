/* The overview follows the store: told by the live process when to look, at most once a second; all boxes anew each minute. */
(() => {
  const place = document.getElementById('live');
  if (!place) return;
  const EVERY = 1_000, ANEW = 60_000, HIDDEN = 60_000, SHOWN = 8;
  const words = place.dataset, locale = document.documentElement.lang === 'fa' ? 'fa-IR' : 'en-GB';
  const clock = new Intl.DateTimeFormat(locale, { hour: '2-digit', minute: '2-digit', timeZone: words.zone });
  const $ = id => document.getElementById(id);
  const feed = () => $('feed');
  let ticket = words.ticket, source, hears = false, opened = false, failures = 0, asleep;
  let paused = false, since, looking = false, owed = false, looked = 0, fresh = [];

  const ask = address => fetch(address, { headers: { 'HX-Request': 'true', 'HX-Request-Type': 'partial' }, cache: 'no-store' });

  function show() {
    const state = $('live-state');
    place.classList.toggle('is-live', hears && !paused);
    place.classList.toggle('is-away', !hears && !paused);
    state.hidden = !words.stream;
    state.textContent = paused ? `${words.paused}, ${clock.format(since)}` : hears ? words.live : words.away;
    $('live-refresh').hidden = hears && !paused;
    const button = $('feed-new');
    if (button) {
      button.hidden = !fresh.length || !(paused || reading());
      button.textContent = words.new.replace('{n}', new Intl.NumberFormat(locale).format(fresh.length));
    }
  }

  /* Somebody reads the list: it must not move under their eyes. */
  const reading = () => feed()?.matches(':hover, :focus-within') || feed()?.getBoundingClientRect().top < 0;

  async function look() {
    clearTimeout(owed);
    owed = false;
    if (looking || document.hidden) return;
    looking = true;
    looked = Date.now();
    try {
      const answer = await ask(words.now);
      if (answer.redirected || answer.headers.get('HX-Refresh')) return location.reload();
      if (answer.ok) {
        take(await answer.text());
        ticket = answer.headers.get('Live-Ticket') || ticket;
        listen();
      }
    } catch { /* no way to the shop: the next occasion will do */ }
    looking = false;
  }

  function soon() {
    if (!owed) owed = setTimeout(look, Math.max(0, EVERY - (Date.now() - looked)));
  }

  function take(text) {
    const page = new DOMParser().parseFromString(text, 'text/html');
    const list = page.getElementById('feed');
    if (list && feed()) {
      const known = new Set([...feed().children, ...fresh].map(e => e.dataset.key));
      fresh = [...[...list.children].filter(e => e.dataset.key && !known.has(e.dataset.key)), ...fresh].slice(0, 99);
    }
    if (!paused) for (const id of ['live-open', 'kpi-open']) {
      const [now, then] = [$(id), page.getElementById(id)];
      if (now && then && now.innerHTML !== then.innerHTML) now.replaceWith(then);
    }
    show();
  }

  function insert(entry) {
    if (!feed()) return;
    feed().querySelector('.none')?.remove();
    feed().prepend(entry);
    while (feed().children.length > SHOWN) feed().lastElementChild.remove();
  }

  setInterval(() => {                                             /* one entry a second, the oldest first */
    if (fresh.length && !paused && !reading() && !document.hidden) insert(fresh.pop());
    show();
  }, EVERY);

  document.addEventListener('click', e => {
    if (e.target.id !== 'feed-new') return;
    while (fresh.length) insert(fresh.pop());
    feed().focus();
    show();
  });

  $('live-pause').addEventListener('click', e => {
    paused = !paused;
    since = Date.now();
    e.target.setAttribute('aria-pressed', paused);
    if (!paused) anew();
    show();
  });

  async function anew() {
    if (paused || document.hidden || !$('boxes')) return;
    try {
      const answer = await ask(words.boxes);
      if (answer.redirected || answer.headers.get('HX-Refresh')) return location.reload();
      if (!answer.ok) return;
      const text = await answer.text();
      ticket = answer.headers.get('Live-Ticket') || ticket;
      const focused = document.activeElement !== document.body;
      htmx.config.morphIgnore.push('open');                       /* what is unfolded stays so */
      await htmx.swap({ text, target: $('boxes'), swap: 'outerMorph', sourceElement: place }).finally(() => htmx.config.morphIgnore.pop());
      if (focused && document.activeElement === document.body) $('main').focus({ preventScroll: true });
      fresh = [];
      listen();
      show();
    } catch { /* the next minute will do */ }
  }
  place.addEventListener('htmx:after:swap', e => e.stopPropagation());
  setInterval(anew, ANEW);

  function listen() {
    if (source || !ticket || !words.stream || document.hidden) return;
    source = new EventSource(`${words.stream}?${new URLSearchParams({ ticket })}`);
    source.onopen = () => { hears = opened = true; failures = 0; show(); };
    source.onerror = () => {
      const comesBack = opened && source?.readyState !== EventSource.CLOSED;   /* the browser does, once */
      hears = opened = false;
      show();
      if (comesBack) return;
      stop();
      setTimeout(look, Math.min(ANEW, 5_000 * 2 ** failures++) * (0.5 + Math.random() / 2));
    };
    for (const name of ['changed', 'look']) source.addEventListener(name, () => { hears = true; soon(); });
    source.addEventListener('deaf', () => { hears = false; show(); });
    source.addEventListener('renew', () => { stop(); look(); });
  }

  function stop() {
    source?.close();
    source = undefined;
    hears = opened = false;
  }

  document.addEventListener('visibilitychange', () => {
    clearTimeout(asleep);
    if (document.hidden) asleep = setTimeout(stop, HIDDEN); else if (Date.now() - looked > ANEW) anew().then(listen); else { listen(); look(); }
  });
  addEventListener('pagehide', stop);
  $('live-pause').hidden = false;
  listen();
  show();
})();
