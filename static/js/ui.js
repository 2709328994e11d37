/* The whole of the shop's own JavaScript. Everything works without it. */
addEventListener('htmx:after:swap', e => {
  const box = e.detail?.ctx?.sourceElement?.querySelector?.('.stepper input, #code');
  if (box) box.value = box.defaultValue;                          /* the answer decides what stands in the box, not the morph */
});
addEventListener('htmx:after:swap', () => {                       /* focus is never lost to <body>, nor in what was folded away */
  document.activeElement?.closest('details:not([open])')?.querySelector('summary').focus({ preventScroll: true });
  if (document.activeElement && document.activeElement !== document.body) return;
  document.querySelector('[data-refocus]')?.focus({ preventScroll: true });
});
addEventListener('submit', e => e.submitter?.setAttribute('aria-busy', 'true'), true);   /* feedback in the same frame */
addEventListener('htmx:after:request', e => {                     /* tabs of this browser that have no cart to listen to yet */
  if (e.detail?.ctx?.request?.method !== 'POST') return;
  const tabs = new BroadcastChannel('cart');
  tabs.postMessage('changed');
  tabs.close();
});
addEventListener('pageshow', () => document.querySelectorAll('[aria-busy="true"]').forEach(e => e.removeAttribute('aria-busy')));   /* Back */
addEventListener('change', e => { if (e.target.matches('[data-submits]')) e.target.form.requestSubmit(); });
addEventListener('keydown', e => {                                /* Ctrl/⌘+Z outside inputs takes the last change back */
  if (e.key !== 'z' || !(e.ctrlKey || e.metaKey) || e.shiftKey || e.target.matches('input, textarea, select')) return;
  const undo = document.querySelector('#toast [data-undo]');
  if (undo) { e.preventDefault(); undo.click(); }
});
addEventListener('click', e => { if (e.target.closest('[data-dismiss]')) { e.preventDefault(); e.target.closest('.toast').remove(); } });
