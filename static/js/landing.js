/* A visit is a person's once somebody moves on a page that can be seen: told once, for the count of clicks alone. */
const form = document.getElementById('confirm');
const signs = ['pointermove', 'pointerdown', 'keydown', 'touchstart', 'wheel'];
const tell = event => {
  if (!event.isTrusted || document.visibilityState !== 'visible') return;
  signs.forEach(sign => removeEventListener(sign, tell));
  fetch(form.action, { method: 'POST', body: new FormData(form), keepalive: true }).catch(() => {});
};
if (form) signs.forEach(sign => addEventListener(sign, tell, { passive: true }));
