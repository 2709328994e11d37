/* What a person sees while the shop is asked, and when no answer comes: pressed, slow, very slow, lost. */
(() => {
  const SLOW = 400, LONG = 8_000;
  const latest = new Map();                                        /* by the element that asked */
  const words = () => document.getElementById('waiting');
  const posts = ctx => ctx.request.method === 'POST';

  function begin(ctx) {
    const source = ctx.sourceElement, form = source.matches('form') ? source : null;
    latest.get(source)?.end();
    const submitter = ctx.sourceEvent?.submitter;
    const pressed = submitter ?? form?.querySelector('[data-submits]') ?? source;
    const region = source.closest('#cart, #product, #results, .product, .alert-slot') ?? source;
    const attempt = { ctx, source, form, submitter, under: true, kept: sent(ctx.request.body), end, say };
    const slow = setTimeout(() => {
      region.dataset.slow = '';
      if (posts(ctx)) announce(words().dataset.updating);
    }, SLOW);
    const long = setTimeout(() => attempt.say(words().dataset.long), LONG);
    pressed.setAttribute('aria-busy', 'true');
    latest.set(source, attempt);
    latest.set(ctx, attempt);

    function end() {
      attempt.under = false;
      clearTimeout(slow);
      clearTimeout(long);
      pressed.removeAttribute('aria-busy');
      delete region.dataset.slow;
      attempt.note?.remove();
      latest.delete(ctx);
      if (latest.get(source) === attempt) latest.delete(source);
    }

    function say(text) {
      attempt.note?.remove();
      attempt.note = words().content.firstElementChild.cloneNode(true);
      if (text) attempt.note.querySelector('span').textContent = text;   /* else what stands there: it did not reach us */
      attempt.note.querySelector('button').addEventListener('click', () => again(attempt));
      place(attempt);
    }
  }

  /* On the line, else behind the form. */
  function place({ source, note }) {
    const line = source.closest('.line');
    if (line) line.append(note); else source.after(note);
  }

  /* The request got no answer, or one that is no answer: what was typed stays, and the same can be sent once more. */
  function fail(attempt, text) {
    attempt.end();
    if (!attempt.source.isConnected) return;
    latest.set(attempt.source, attempt);
    attempt.say(text);
    const operation = attempt.form?.elements.op_id;
    if (operation) operation.value = fresh();                      /* whatever is sent besides this is another operation */
  }

  /* The same form with the same operation id: should the first have arrived, nothing is done twice. */
  function again(attempt) {
    const { source, form, submitter, under, kept } = attempt;
    attempt.end();
    if (!source.isConnected) return;
    if (under) htmx.trigger(source, 'htmx:abort');
    setTimeout(() => {                                             /* an aborted request needs a turn to make way */
      if (!form) { source.click(); return; }
      for (const [name, value] of Object.entries(kept)) if (form.elements[name]) form.elements[name].value = value;
      form.requestSubmit(submitter?.isConnected ? submitter : undefined);
    });
  }

  /* What the form cannot be asked for later: by then another answer may have changed it. */
  function sent(body) {
    return Object.fromEntries(['op_id', 'seen', 'version'].filter(name => body?.has?.(name)).map(name => [name, body.get(name)]));
  }

  function fresh() {
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    return Array.from(bytes, byte => byte.toString(16).padStart(2, '0')).join('');
  }

  function announce(text) {
    const status = document.getElementById('announce');
    if (status) status.textContent = text;
  }

  /* What the shop said in place of an answer, if this is no answer: a refusal at the front door, or an error page. */
  function sentence({ response, text }) {
    if (response.status < 400) return null;
    const { body } = new DOMParser().parseFromString(text, 'text/html');
    const said = body.children.length === 1 && body.querySelector('#announce');
    if (said) return said.textContent;
    return response.status < 500 ? null : words().dataset.broken;
  }

  addEventListener('htmx:before:request', e => { if (words()) begin(e.detail.ctx); });
  addEventListener('htmx:after:request', e => {
    const attempt = latest.get(e.detail.ctx), text = attempt && sentence(e.detail.ctx);
    if (!text) return;
    e.preventDefault();                                            /* nothing is swapped: the page stays as it is */
    fail(attempt, text);
  });
  addEventListener('htmx:error', e => {
    const attempt = latest.get(e.detail.ctx);
    if (attempt) fail(attempt, posts(e.detail.ctx) ? '' : words().dataset.unloaded);
  });
  addEventListener('htmx:finally:request', e => latest.get(e.detail.ctx)?.end());
  addEventListener('htmx:after:swap', () => {                      /* another answer came: what failed before still stands */
    for (const attempt of new Set(latest.values())) {
      if (!attempt.note || attempt.note.isConnected) continue;
      const { source, form, kept } = attempt;
      const same = source.isConnected && (!form?.elements.seen || form.elements.seen.value === kept.seen);
      if (same) place(attempt); else attempt.end();
    }
  });
})();
